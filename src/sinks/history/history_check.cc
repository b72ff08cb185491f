#include "sinks/history/history_check.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "sinks/history/history_files.h"
#include "sinks/history/history_rows.h"

namespace tickerhouse::sinks {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStaging = ".staging";

struct File {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::string path;  // where it is now
};

base::Error difference(std::string what, std::string where) {
  return {base::ErrorCode::check_failed, std::move(what), std::move(where)};
}

// Takes "TEXT" or a number with no more digits than it needs off the beginning.
bool take(std::string_view& in, std::string_view text) {
  if (!in.starts_with(text)) return false;
  in.remove_prefix(text.size());
  return true;
}
bool take(std::string_view& in, std::uint64_t& number) {
  const auto [end, code] = std::from_chars(in.data(), in.data() + in.size(), number);
  if (code != std::errc()) return false;
  const std::string_view digits = in.substr(0, static_cast<std::size_t>(end - in.data()));
  in.remove_prefix(digits.size());
  return digits == "0" || digits.front() != '0';
}

class HistoryCheck {
 public:
  HistoryCheck(const HistoryCheckOptions& options, flow::Tape& tape, HistoryJournal journal)
      : options_(options),
        tape_(tape),
        journal_(std::move(journal)),
        ending_(std::string(".") + history_name(options.format)),
        writer_(options.format == HistoryFormat::csv
                    ? make_csv_writer()
                    : make_parquet_writer(options.memory_limit, spill_folder())) {}

  base::Result<HistoryReport> run() {
    RETURN_IF_ERROR(find_files());
    for (const flow::Topic topic : {flow::Topic::events, flow::Topic::settled})
      for (std::uint16_t p = 0; p < options_.partitions; ++p) RETURN_IF_ERROR(each_row_once(topic, p));
    for (const auto& [part, files] : files_)
      for (const File& file : files) RETURN_IF_ERROR(check_file(part, file));
    return report_;
  }

 private:
  // Not in history/: nothing there is changed.
  static std::string spill_folder() {
    return (fs::temp_directory_path() / "tickerhouse-verify.spill").string();
  }

  base::Status find_files() {
    const std::set<std::string> renames(journal_.renames.begin(), journal_.renames.end());
    std::set<std::string> seen;
    for (const flow::Topic topic : {flow::Topic::events, flow::Topic::settled}) {
      const fs::path folder =
          fs::path(options_.directory) / history_folder(topic) / history_name(options_.format);
      std::error_code code;
      for (fs::recursive_directory_iterator it(folder, code), end; it != end && !code; it.increment(code)) {
        if (it->is_directory(code)) continue;
        std::string path = it->path().string();
        std::string name = path;
        // Killed between the journal and the last rename, which the next start makes up for.
        if (name.ends_with(kStaging)) {
          name.erase(name.size() - kStaging.size());
          if (!renames.contains(fs::path(name).lexically_relative(options_.directory).string())) continue;
        }
        if (!name.ends_with(ending_)) continue;   // no reader's glob finds it
        if (!seen.insert(name).second) continue;  // renamed while this looked
        RETURN_IF_ERROR(add_file(topic, fs::path(name).lexically_relative(folder).string(), std::move(path)));
      }
      if (code && code != std::errc::no_such_file_or_directory)
        return base::Error{base::ErrorCode::io, code.message(), folder.string()};
    }
    for (auto& [part, files] : files_) {
      std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.first < b.first; });
      for (std::size_t i = 1; i < files.size(); ++i)
        if (files[i].first <= files[i - 1].last)
          return difference("holds rows that are also in " + files[i - 1].path, files[i].path);
    }
    return {};
  }

  // name: "date=2026-01-05/part-events-0-8192-16383.csv"
  base::Status add_file(flow::Topic topic, const std::string& name, std::string path) {
    const std::string::size_type slash = name.find('/');
    std::string_view rest = std::string_view(name).substr(slash == std::string::npos ? 0 : slash + 1);
    std::uint64_t partition = 0;
    File file;
    const bool ours = take(rest, "part-") && take(rest, flow::topic_name(topic)) && take(rest, "-") &&
                      take(rest, partition) && take(rest, "-") && take(rest, file.first) && take(rest, "-") &&
                      take(rest, file.last) && rest == ending_ && partition < options_.partitions &&
                      file.first <= file.last;
    if (!ours) return difference("is no file of this history, but readers take it for one", path);
    const auto known = journal_.position.find({topic, static_cast<std::uint16_t>(partition)});
    const std::uint64_t end = known == journal_.position.end() ? 0 : known->second.value;
    if (file.last >= end) {
      if (options_.running && file.first >= end) return {};  // came after the journal was read
      return difference("holds rows beyond the writer's position " + std::to_string(end), path);
    }
    HistoryPart part{topic, static_cast<std::uint16_t>(partition), 0};
    // The date is known by its folder's name, as readers know it.
    ASSIGN_OR_RETURN(part.date, date_of(name.substr(0, slash == std::string::npos ? 0 : slash), path));
    file.path = std::move(path);
    files_[part].push_back(std::move(file));
    return {};
  }

  static base::Result<std::int64_t> date_of(const std::string& folder, const std::string& path) {
    const std::string_view date = std::string_view(folder).substr(std::min<std::size_t>(5, folder.size()));
    const auto ts = base::parse_iso_time(std::string(date) + "T00:00:00Z");
    const std::int64_t days = ts ? history_date(*ts) : 0;
    if (!ts || history_date_name(days) != folder)
      return difference("is in no folder of a date, but readers find it", path);
    return days;
  }

  // Walks the tape up to the position: is the file there that must hold each row?
  base::Status each_row_once(flow::Topic topic, std::uint16_t partition) {
    const auto known = journal_.position.find({topic, partition});
    const flow::Offset end = known == journal_.position.end() ? flow::Offset{} : known->second;
    ASSIGN_OR_RETURN(const flow::Offset tape_end, tape_.end(topic, partition));
    if (end > tape_end)
      return difference("says more rows than the tape has; it belongs to another tape", journal_path());
    if (topic == flow::Topic::settled)
      return rows_have_files<market::BatchView<market::BarRow>>(topic, partition, end);
    return rows_have_files<market::EventBatchView>(topic, partition, end);
  }

  template <typename View>
  base::Status rows_have_files(flow::Topic topic, std::uint16_t partition, flow::Offset end) {
    std::map<std::int64_t, std::size_t> at;  // by date: the file in hand
    return for_each_batch(
        topic, partition, {0, end.value}, [&](const flow::ResultBatch& batch) -> base::Status {
          const View view(batch.rows.bytes);
          std::uint64_t offset = batch.rows.first.value;
          for (std::size_t i = batch.rows.skip; i < view.rows().size() && offset < end.value; ++i, ++offset) {
            base::TsNanos ts = 0;
            if (!in_history(view.rows()[i], ts)) continue;
            const HistoryPart part{topic, partition, history_date(ts)};
            const auto files = files_.find(part);
            std::size_t& file = at[part.date];
            if (files != files_.end())
              while (file < files->second.size() && files->second[file].last < offset) ++file;
            if (files == files_.end() || file == files->second.size() || files->second[file].first > offset)
              return difference(missing(part, offset, ts, view.string(view.rows()[i].symbol)),
                                options_.directory);
            ++report_.rows;
          }
          return {};
        });
  }

  [[nodiscard]] std::string missing(const HistoryPart& part, std::uint64_t offset, base::TsNanos ts,
                                    std::string_view symbol) const {
    std::string text = "no file holds the row at offset " + std::to_string(offset) + " of ";
    text.append(flow::topic_name(part.topic)).append("/").append(std::to_string(part.partition));
    text.append(" (").append(symbol).append(", ");
    base::append_iso_time(text, ts);
    return text.append("); it belongs into ")
        .append(history_folder(part.topic))
        .append("/")
        .append(history_name(options_.format))
        .append("/")
        .append(history_date_name(part.date));
  }

  // What the tape no longer has cannot be compared; a running process may cut it while this looks.
  base::Status check_file(const HistoryPart& part, const File& file) {
    base::Status equal = equal_values(part, file);
    ASSIGN_OR_RETURN(const flow::Offset begin, tape_.begin(part.topic, part.partition));
    if (file.first >= begin.value) {
      ++report_.files;
      return equal;
    }
    ++report_.files_before;
    return {};
  }

  // Makes the file anew from the tape, in memory, and compares.
  base::Status equal_values(const HistoryPart& part, const File& file) {
    rows_.clear();
    RETURN_IF_ERROR(for_each_batch(part.topic, part.partition, {file.first, file.last + 1},
                                   [&](const flow::ResultBatch& batch) {
                                     return rows_.keep(batch, {file.first}, {file.last + 1}, &part);
                                   }));
    if (rows_.parts().empty()) return difference("holds rows of another date", file.path);
    const HistoryRows::Range range = rows_.range(part);
    if (range.first != file.first || range.last != file.last)
      return difference("is named for other rows than the tape has there", file.path);
    ASSIGN_OR_RETURN(const std::string found, compare(part, file.path));
    if (!found.empty()) return difference(found, file.path);
    return {};
  }

  // A running writer may rename a staged file at any moment.
  base::Result<std::string> compare(const HistoryPart& part, std::string path) {
    auto found = writer_->compare(rows_.sorted(part), path);
    const bool equal = found.ok() && found->empty();  // a file that went is a difference too
    if (equal || !path.ends_with(kStaging) || fs::exists(path)) return found;
    path.erase(path.size() - kStaging.size());
    return writer_->compare(rows_.sorted(part), path);
  }

  template <typename Visit>
  base::Status for_each_batch(flow::Topic topic, std::uint16_t partition,
                              std::pair<std::uint64_t, std::uint64_t> range, const Visit& visit) {
    ASSIGN_OR_RETURN(const auto reader, tape_.read(topic, partition, {range.first}));
    flow::ResultBatch batch;
    batch.topic = topic;
    batch.partition = partition;
    for (flow::Offset at{range.first}; at.value < range.second; at = batch.rows.next) {
      ASSIGN_OR_RETURN(const bool more, reader->next(batch.rows));
      if (!more) break;
      RETURN_IF_ERROR(visit(batch));
    }
    return {};
  }

  [[nodiscard]] std::string journal_path() const {
    return options_.directory + "/" + history_name(options_.format) + ".journal";
  }

  const HistoryCheckOptions& options_;
  flow::Tape& tape_;
  HistoryJournal journal_;
  std::string ending_;
  std::unique_ptr<HistoryWriter> writer_;
  std::map<HistoryPart, std::vector<File>> files_;
  HistoryRows rows_;
  HistoryReport report_;
};

}  // namespace

base::Result<std::optional<HistoryReport>> check_history(const HistoryCheckOptions& options,
                                                         flow::Tape& tape) {
  const std::string path = options.directory + "/" + history_name(options.format) + ".journal";
  ASSIGN_OR_RETURN(auto journal, read_history_journal(path));
  // Without a journal there may be no file either; the check says so if there is.
  const bool none = !journal.has_value();
  HistoryCheck check(options, tape, none ? HistoryJournal{} : std::move(*journal));
  ASSIGN_OR_RETURN(const HistoryReport report, check.run());
  if (none) return std::optional<HistoryReport>();
  return std::optional(report);
}

}  // namespace tickerhouse::sinks
