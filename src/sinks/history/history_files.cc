#include "sinks/history/history_files.h"

#include <array>
#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>
#include <system_error>

#include "base/disk.h"
#include "base/hash.h"
#include "base/time.h"
#include "sinks/staged_file.h"

namespace tickerhouse::sinks {
namespace {

constexpr std::string_view kTitle = "tickerhouse history 1\n";
constexpr std::size_t kSyncedOneByOneMax = 16;
constexpr std::array<const char*, 2> kFolders = {"bars", "events"};

std::string staging_of(const std::string& path) { return path + ".staging"; }

std::string check_of(std::string_view text) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), base::hash64(text), 16).ptr;
  return {digits.data(), end};
}

}  // namespace

const char* history_folder(flow::Topic topic) { return topic == flow::Topic::settled ? "bars" : "events"; }

std::string history_date_name(std::int64_t days) {
  std::string name = "date=";
  base::append_date(name, days);
  return name;
}

base::Result<std::optional<HistoryJournal>> read_history_journal(const std::string& path) {
  auto text = base::system_disk().read_file(path);
  if (!text.ok() && text.error().code == base::ErrorCode::not_found) return std::optional<HistoryJournal>();
  if (!text.ok()) return text.error();
  const base::Error damaged{base::ErrorCode::damaged,
                            "the journal of the history is damaged; move the folder history/ aside and it is "
                            "written again from the tape",
                            path};
  const std::size_t check = text->rfind("check ");
  if (!text->starts_with(kTitle) || check == std::string::npos ||
      text->substr(check) !=
          std::string("check ").append(check_of(std::string_view(*text).substr(0, check))) + "\n")
    return damaged;
  HistoryJournal journal;
  std::istringstream lines(text->substr(kTitle.size(), check - kTitle.size()));
  std::string word;
  while (lines >> word) {
    if (word == "rename") {
      lines >> std::ws;
      std::getline(lines, word);
      journal.renames.push_back(word);
      continue;
    }
    std::string topic;
    std::uint16_t partition = 0;
    std::uint64_t next = 0;
    if (word != "position" || !(lines >> topic >> partition >> next)) return damaged;
    if (topic == flow::topic_name(flow::Topic::events))
      journal.position[{flow::Topic::events, partition}] = {next};
    else if (topic == flow::topic_name(flow::Topic::settled))
      journal.position[{flow::Topic::settled, partition}] = {next};
    else
      return damaged;
  }
  return std::optional(std::move(journal));
}

HistoryFiles::HistoryFiles(std::string root, std::string format, bool sync)
    : root_(std::move(root)), format_(std::move(format)), sync_(sync) {}

std::string HistoryFiles::full(const std::string& relative) const {
  return std::string(root_).append("/").append(relative);
}

base::Result<std::string> HistoryFiles::stage(const std::string& folder, const std::string& date,
                                              const std::string& name) {
  std::string relative = std::string(folder).append("/").append(format_).append("/").append(date);
  RETURN_IF_ERROR(base::make_directories(full(relative)));
  staged_.push_back(relative.append("/").append(name).append(".").append(format_));
  return staging_of(full(staged_.back()));
}

base::Status HistoryFiles::commit(const flow::SinkPosition& position) {
  std::vector<std::string> paths;
  paths.reserve(staged_.size());
  for (const std::string& file : staged_) paths.push_back(staging_of(full(file)));
  RETURN_IF_ERROR(make_durable(paths, Written::files));
  RETURN_IF_ERROR(base::system_disk().replace_file(full(format_ + ".journal"), journal(position)));
  std::vector<std::string> files;
  files.swap(staged_);  // from here on the journal finishes what this call does not
  return put_in_place(files);
}

// Each file and folder synced for itself costs a flush of the disk, and a replay of many dates has thousands.
// Past a few, one sync of the whole file system is less, though it waits for what others have written there
// too. (It says of a failed write since Linux 5.8.)
base::Status HistoryFiles::make_durable(const std::vector<std::string>& paths, Written what) const {
  if (!sync_ || paths.empty()) return {};
  if (paths.size() > kSyncedOneByOneMax) return sync_file_system(root_);
  std::set<std::string> folders;
  for (const std::string& path : paths) {
    if (what == Written::files) RETURN_IF_ERROR(sync_file(path));
    for (std::string folder = path; folder.size() > root_.size() + 1;) {  // any may be new
      folder.erase(folder.rfind('/'));
      folders.insert(folder);
    }
  }
  for (const std::string& folder : folders) RETURN_IF_ERROR(sync_directory(folder));
  return {};
}

base::Status HistoryFiles::put_in_place(const std::vector<std::string>& files) const {
  std::vector<std::string> renamed;
  for (const std::string& file : files) {
    std::error_code code;
    std::filesystem::rename(staging_of(full(file)), full(file), code);
    if (code == std::errc::no_such_file_or_directory) continue;  // done before
    if (code)
      return base::Error{base::ErrorCode::io, "cannot rename into place: " + code.message(), full(file)};
    renamed.push_back(full(file));
  }
  return make_durable(renamed, Written::names);  // before the next journal forgets them
}

// Lines: `position TOPIC PARTITION NEXT`, `rename FILE`, and a checksum of all before it.
std::string HistoryFiles::journal(const flow::SinkPosition& position) const {
  std::string text(kTitle);
  for (const auto& [place, next] : position)
    text.append("position ")
        .append(flow::topic_name(place.first))
        .append(" ")
        .append(std::to_string(place.second))
        .append(" ")
        .append(std::to_string(next.value))
        .append("\n");
  for (const std::string& file : staged_) text.append("rename ").append(file).append("\n");
  const std::string check = check_of(text);
  return text.append("check ").append(check).append("\n");
}

base::Status HistoryFiles::remove_staged() const {
  std::error_code code;
  for (const char* folder : kFolders) {
    const std::filesystem::path path = std::filesystem::path(root_) / folder / format_;
    for (std::filesystem::recursive_directory_iterator it(path, code), end; it != end && !code;
         it.increment(code))
      if (it->path().extension() == ".staging") std::filesystem::remove(it->path(), code);
    if (code && code != std::errc::no_such_file_or_directory)
      return base::Error{base::ErrorCode::io, "cannot remove what a killed run left: " + code.message(),
                         path.string()};
  }
  return {};
}

base::Result<flow::SinkPosition> HistoryFiles::restore() {
  staged_.clear();
  RETURN_IF_ERROR(base::make_directories(root_));
  ASSIGN_OR_RETURN(const auto journal, read_history_journal(full(format_ + ".journal")));
  if (journal) RETURN_IF_ERROR(put_in_place(journal->renames));
  RETURN_IF_ERROR(remove_staged());
  return journal ? journal->position : flow::SinkPosition{};
}

}  // namespace tickerhouse::sinks
