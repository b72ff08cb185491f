#include "tape/lmdb_tape.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "tape/commit_rule.h"
#include "tape/lmdb/batches.h"
#include "tape/lmdb/committer.h"
#include "tape/lmdb/env.h"
#include "tape/lmdb/open_mark.h"
#include "tape/lmdb/reader.h"
#include "tape/lmdb/verify.h"

namespace tickerhouse::tape {
namespace {

constexpr std::uint64_t kLowDiskBytes = 256ULL << 20U;

std::string data_file(const std::string& directory) { return directory + "/data.mdb"; }
std::string lock_file(const std::string& directory) { return directory + "/writer.lock"; }

bool has_tape(const std::string& directory) {
  std::error_code code;
  return std::filesystem::file_size(data_file(directory), code) > 0 && !code;
}

// A new file is there after a crash of the machine only once its directory is on the disk, and that one's in
// its parent.
base::Status sync_directories(const std::string& directory) {
  const std::filesystem::path path = std::filesystem::absolute(directory);
  for (const std::string& name : {path.string(), path.parent_path().string()}) {
    const int fd = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    const int code = errno;
    if (fd >= 0) ::close(fd);
    if (!synced) return lmdb_error(code, "cannot sync the directory", name);
  }
  return {};
}

std::uint64_t low_disk_bytes(const LmdbTapeOptions& options) {
  if (options.low_disk_bytes != 0) return options.low_disk_bytes;
  std::error_code code;
  const auto space = std::filesystem::space(options.directory, code);
  return code ? kLowDiskBytes : std::max<std::uint64_t>(kLowDiskBytes, space.capacity / 100);
}

// What became of the data on the way through a crash of the machine is known only after looking at all of it.
base::Status check_after_crash(const std::string& directory, const std::optional<OpenMark>& mark,
                               std::string_view boot_id) {
  if (!mark || mark->durability != Durability::os || mark->boot_id == boot_id || !has_tape(directory))
    return {};
  return verify_lmdb_tape(directory);
}

class LmdbTape final : public flow::Tape {
 public:
  static base::Result<std::unique_ptr<flow::Tape>> open(const LmdbTapeOptions& options) {
    std::unique_ptr<LmdbTape> tape(new LmdbTape(options));
    RETURN_IF_ERROR(options.read_only ? tape->open_to_read() : tape->open_to_write());
    return std::unique_ptr<flow::Tape>(std::move(tape));
  }

  ~LmdbTape() override {
    const bool sound = committer_ && !committer_->stopped();
    committer_.reset();
    // The mark goes only after everything is on the disk; without that it stays, and the next open looks at
    // the tape first.
    const bool synced = sound && env_->sync().ok();
    env_.reset();
    if (synced) static_cast<void>(remove_open_mark(disk(), options_.directory).ok());
  }
  LmdbTape(const LmdbTape&) = delete;
  LmdbTape& operator=(const LmdbTape&) = delete;

  base::Result<flow::CommitOutcome> commit(const flow::Commit& commit) override {
    RETURN_IF_ERROR(check_commit(commit));
    if (!committer_)
      return base::Error{base::ErrorCode::invalid_argument, "the tape is open for reading only",
                         options_.directory};
    return committer_->commit(commit);
  }

  base::Result<std::vector<std::pair<std::string, std::string>>> positions(std::string_view prefix) override {
    ReadTxn txn(*env_);
    RETURN_IF_ERROR(txn.begin());
    LmdbCursor cursor(txn.get(), env_->tables().positions);
    std::vector<std::pair<std::string, std::string>> found;
    ASSIGN_OR_RETURN(auto entry, prefix.empty() ? cursor.first() : cursor.at_or_after(prefix));
    while (entry && entry->key.starts_with(prefix)) {
      found.emplace_back(entry->key, entry->value);
      ASSIGN_OR_RETURN(entry, cursor.next());
    }
    return found;
  }

  base::Result<flow::Offset> begin(flow::Topic topic, std::uint16_t partition) override {
    ReadTxn txn(*env_);
    RETURN_IF_ERROR(txn.begin());
    ASSIGN_OR_RETURN(const std::uint64_t first, find_begin(txn.get(), env_->tables(), topic, partition));
    return flow::Offset{first};
  }

  base::Result<flow::Offset> end(flow::Topic topic, std::uint16_t partition) override {
    ReadTxn txn(*env_);
    RETURN_IF_ERROR(txn.begin());
    AlignedCopy scratch;
    ASSIGN_OR_RETURN(const std::uint64_t end, find_end(txn.get(), env_->tables(), topic, partition, scratch));
    return flow::Offset{end};
  }

  base::Result<std::unique_ptr<flow::TapeReader>> read(flow::Topic topic, std::uint16_t partition,
                                                       flow::Offset from) override {
    return make_lmdb_reader(*env_, {topic, partition, from.value});
  }

  base::Result<TapeUsage> usage() {
    ReadTxn txn(*env_);
    RETURN_IF_ERROR(txn.begin());
    TapeUsage usage;
    ASSIGN_OR_RETURN(usage.bytes_used, bytes_in_use(*env_, txn.get()));
    usage.bytes_max = bytes_mapped(*env_);
    ASSIGN_OR_RETURN(usage.disk_free_bytes, disk().free_bytes(options_.directory));
    usage.ingest_paused = usage.bytes_used >= ingest_bytes_max(usage.bytes_max) ||
                          usage.disk_free_bytes < low_disk_bytes(options_);
    usage.stopped = committer_ && committer_->stopped();
    return usage;
  }

 private:
  explicit LmdbTape(LmdbTapeOptions options) : options_(std::move(options)) {}

  [[nodiscard]] base::Disk& disk() const {
    return options_.disk == nullptr ? base::system_disk() : *options_.disk;
  }

  [[nodiscard]] base::Result<std::string> boot_id() const {
    return options_.boot_id.empty() ? current_boot_id(disk()) : options_.boot_id;
  }

  base::Status open_to_read() {
    if (!has_tape(options_.directory))
      return base::Error{base::ErrorCode::not_found, "no tape here", options_.directory};
    if (!base::is_locked(lock_file(options_.directory))) {  // a living writer has looked already
      ASSIGN_OR_RETURN(const auto mark, read_open_mark(disk(), options_.directory));
      ASSIGN_OR_RETURN(const std::string boot, boot_id());
      RETURN_IF_ERROR(check_after_crash(options_.directory, mark, boot));
    }
    ASSIGN_OR_RETURN(env_, LmdbEnv::open({.directory = options_.directory, .read_only = true}));
    return {};
  }

  base::Status open_to_write() {
    RETURN_IF_ERROR(base::make_directories(options_.directory));
    ASSIGN_OR_RETURN(lock_, base::FileLock::acquire(lock_file(options_.directory), options_.patience));
    ASSIGN_OR_RETURN(const auto mark, read_open_mark(disk(), options_.directory));
    ASSIGN_OR_RETURN(const std::string boot, boot_id());
    RETURN_IF_ERROR(check_after_crash(options_.directory, mark, boot));
    ASSIGN_OR_RETURN(env_, LmdbEnv::open({.directory = options_.directory,
                                          .size_max = options_.size_max,
                                          .sync = options_.durability == Durability::fsync}));
    // What an earlier writer left to the system reaches the disk before the mark says otherwise.
    RETURN_IF_ERROR(env_->sync());
    RETURN_IF_ERROR(sync_directories(options_.directory));
    RETURN_IF_ERROR(write_open_mark(disk(), options_.directory, {options_.durability, boot}));
    committer_.emplace(*env_, LmdbCommitter::Limits{disk(), low_disk_bytes(options_)});
    return {};
  }

  LmdbTapeOptions options_;
  std::optional<base::FileLock> lock_;
  std::unique_ptr<LmdbEnv> env_;
  std::optional<LmdbCommitter> committer_;
};

}  // namespace

base::Result<std::unique_ptr<flow::Tape>> open_lmdb_tape(const LmdbTapeOptions& options) {
  return LmdbTape::open(options);
}

base::Result<TapeUsage> usage_of(flow::Tape& tape) {
  auto* const lmdb = dynamic_cast<LmdbTape*>(&tape);
  return lmdb == nullptr ? base::Result<TapeUsage>(TapeUsage{}) : lmdb->usage();
}

}  // namespace tickerhouse::tape
