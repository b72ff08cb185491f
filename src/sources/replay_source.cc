#include "sources/replay_source.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/bytes.h"
#include "base/check.h"
#include "formats/utf8.h"
#include "sources/file_input.h"
#include "sources/merged_inputs.h"
#include "sources/sorted_records.h"
#include "sources/source_name.h"
#include "sources/zone.h"

namespace tickerhouse::sources {
namespace {

constexpr std::uint32_t kPositionVersion = 1;
constexpr std::size_t kNameBytesMax = 200;

struct Position {
  bool sorted = false;
  std::uint64_t taken = 0;  // of the sorted records
  std::vector<FilePosition> files;

  [[nodiscard]] std::string encode() const {
    std::string bytes;
    base::ByteWriter out(bytes);
    out.put(kPositionVersion);
    out.put(sorted);
    out.put(taken);
    out.put(static_cast<std::uint32_t>(files.size()));
    for (const FilePosition& file : files) file.save(out);
    return bytes;
  }
  static base::Result<Position> decode(std::string_view bytes) {
    base::ByteReader in(bytes);
    Position position;
    const auto version = in.get<std::uint32_t>();
    position.sorted = in.get<bool>();
    position.taken = in.get<std::uint64_t>();
    for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count)
      position.files.emplace_back().load(in);
    if (version != kPositionVersion || !in.at_end())
      return base::Error{base::ErrorCode::damaged, "unreadable position of a replay", ""};
    return position;
  }
};

class ReplaySource final : public flow::Source {
 public:
  ReplaySource(flow::SourceInfo info, std::vector<std::unique_ptr<FileInput>> files,
               std::vector<std::string> names, bool sort)
      : info_(std::move(info)), files_(std::move(files)) {
    position_.sorted = sort;
    for (std::string& name : names) position_.files.emplace_back().name = std::move(name);
  }

  [[nodiscard]] const flow::SourceInfo& info() const override { return info_; }

  base::Status restore(std::string_view bytes) override {
    ASSIGN_OR_RETURN(const Position stored, Position::decode(bytes));
    CHECK(stored.files.size() == files_.size());  // open_replay matched them
    if (stored.sorted != position_.sorted)
      return base::Error{base::ErrorCode::configuration,
                         stored.sorted ? "it was loaded with --sort; go on with it"
                                       : "it was loaded without --sort; go on without it",
                         info_.name};
    position_ = stored;
    if (position_.sorted) return {};  // checked when they are sorted again
    for (std::size_t i = 0; i < files_.size(); ++i) RETURN_IF_ERROR(files_.at(i).go_to(stored.files[i]));
    return {};
  }

  base::Result<flow::PollState> poll(std::size_t records_max, flow::SourceBatch& batch) override {
    if (batch.files.empty())
      for (const FilePosition& file : position_.files) batch.files.push_back(file.name);
    if (position_.sorted) return poll_sorted(records_max, batch);
    ASSIGN_OR_RETURN(const flow::PollState state, files_.poll(records_max, batch));
    batch.skipped = files_.skipped() - skipped_before_;
    skipped_before_ += batch.skipped;
    if (state == flow::PollState::finished || state == flow::PollState::cut_off || batch.skipped > 0 ||
        batch.records() > 0) {
      for (std::size_t i = 0; i < files_.size(); ++i) files_.at(i).save(position_.files[i]);
      batch.position = position_.encode();
    }
    return state;
  }

 private:
  base::Result<flow::PollState> poll_sorted(std::size_t records_max, flow::SourceBatch& batch) {
    if (!sorted_) {
      std::vector<FileInput*> inputs;
      inputs.reserve(files_.size());
      for (std::size_t i = 0; i < files_.size(); ++i) inputs.push_back(&files_.at(i));
      ASSIGN_OR_RETURN(sorted_, SortedRecords::read(inputs, cut_off_));
      const Position before = position_;
      for (std::size_t i = 0; i < files_.size(); ++i) files_.at(i).save(position_.files[i]);
      bool counted = true;  // these very bytes have been read before, and their excluded lines counted
      for (std::size_t i = 0; i < files_.size(); ++i) {
        const bool same = before.files[i].hash_before == position_.files[i].hash_before;
        if (!same && before.taken > 0)
          return base::Error{base::ErrorCode::configuration,
                             "a sorted input cannot go on after its bytes have changed",
                             before.files[i].name};
        counted = counted && same;
      }
      batch.skipped = counted ? 0 : sorted_->skipped();
    }
    while (position_.taken < sorted_->size() && batch.records() < records_max)
      sorted_->append(position_.taken++, batch);
    batch.position = position_.encode();
    if (position_.taken < sorted_->size()) return flow::PollState::more;
    return cut_off_ ? flow::PollState::cut_off : flow::PollState::finished;
  }

  flow::SourceInfo info_;
  MergedInputs<FileInput> files_;
  Position position_;
  bool cut_off_ = false;  // of a sorted one
  std::uint64_t skipped_before_ = 0;
  std::unique_ptr<SortedRecords> sorted_;
};

// The name shown for a file: its base name without .gz, in clean UTF-8.
std::string display_name(const std::string& path) {
  if (path == "-") return "stdin";
  std::string name = std::filesystem::path(path).filename().string();
  if (name.size() > 3 && name.ends_with(".gz")) name.resize(name.size() - 3);
  const bool clean = formats::is_utf8(name);
  for (char& c : name)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f' || (!clean && (c & '\x80') != 0)) c = '_';
  if (name.size() > kNameBytesMax) name = name.substr(0, 40).append(base::to_hex(base::hash128(name)));
  return name;
}

struct Known {
  std::string source;
  Position position;
};

base::Result<std::vector<Known>> decode_known(const std::vector<KnownInput>& inputs) {
  std::vector<Known> known;
  for (const KnownInput& input : inputs) {
    auto position = Position::decode(input.position);
    if (position.ok()) known.push_back({input.source, std::move(*position)});  // others are no replays
  }
  return known;
}

bool is_file(const FilePosition& known, const std::string& head) {
  return known.head_length > 0 && known.head_length <= head.size() &&
         base::hash128(std::string_view(head).substr(0, known.head_length)) == known.head_hash;
}

struct Match {
  std::size_t input = static_cast<std::size_t>(-1);
  std::size_t file = 0;
  [[nodiscard]] bool found() const { return input != static_cast<std::size_t>(-1); }
};

// The known file with the longest identity that the head begins with.
Match match(const std::vector<Known>& known, const std::string& head) {
  Match best;
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < known.size(); ++i)
    for (std::size_t f = 0; f < known[i].position.files.size(); ++f) {
      const FilePosition& file = known[i].position.files[f];
      if (file.head_length < length || (file.head_length == length && best.found()) || !is_file(file, head))
        continue;
      best = {i, f};
      length = file.head_length;
    }
  return best;
}

base::Error partly_loaded(const std::vector<std::string>& paths, const std::vector<Match>& matches,
                          const std::vector<Known>& known) {
  std::string what = "these files were loaded before, but in another set:";
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (matches[i].found())
      what.append(" ").append(paths[i]).append(" (in ").append(known[matches[i].input].source).append(")");
  what.append("; give the same files as then, or only new ones");
  return {base::ErrorCode::configuration, what, "replay"};
}

}  // namespace

base::Result<OpenedInput> open_replay(const ReplayOptions& options) {
  CHECK(!options.paths.empty());
  ASSIGN_OR_RETURN(const std::vector<Known> known, decode_known(options.known));
  OpenedInput opened;
  opened.meter = std::make_shared<InputMeter>();
  formats::Mapping mapping = options.mapping;
  ASSIGN_OR_RETURN(mapping.rules.to_utc, make_zone(mapping.zone));

  std::uint64_t head_wanted = 0;  // standard input is held back only as far as it may be a known one
  for (const Known& input : known)
    for (const FilePosition& file : input.position.files)
      head_wanted = std::max(head_wanted, file.head_length);
  std::vector<std::unique_ptr<FileInput>> files;
  std::vector<Match> matches;
  std::size_t found = 0;
  for (const std::string& path : options.paths) {
    ASSIGN_OR_RETURN(auto file, FileInput::open(path, mapping, options.follow,
                                                path == "-" ? head_wanted : kHeadBytes, opened.meter.get()));
    matches.push_back(match(known, file->head()));
    found += matches.back().found() ? 1 : 0;
    files.push_back(std::move(file));
  }

  std::vector<std::string> names;
  std::set<std::string> taken;
  flow::SourceInfo info;
  for (const std::string& path : options.paths)
    info.being_written = info.being_written || is_being_written(path, options.follow);
  if (found == 0) {
    for (const std::string& path : options.paths) {
      names.push_back(unique_name(display_name(path), taken));
      taken.insert(names.back());
    }
    taken.clear();
    for (const KnownInput& input : options.known) taken.insert(input.source);
    info.name = unique_name(names.front(), taken);
    if (names.size() == 1) names.front() = info.name;
  } else {
    const std::size_t input = matches.front().input;
    std::vector<std::unique_ptr<FileInput>> in_order(files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
      const bool fits = matches[i].found() && matches[i].input == input &&
                        known[input].position.files.size() == files.size() &&
                        in_order[matches[i].file] == nullptr;
      if (!fits) return partly_loaded(options.paths, matches, known);
      in_order[matches[i].file] = std::move(files[i]);  // ties go by the order of the first command
    }
    files = std::move(in_order);
    for (const FilePosition& file : known[input].position.files) names.push_back(file.name);
    info.name = known[input].source;
    opened.known = true;
  }
  opened.source =
      std::make_unique<ReplaySource>(std::move(info), std::move(files), std::move(names), options.sort);
  return opened;
}

}  // namespace tickerhouse::sources
