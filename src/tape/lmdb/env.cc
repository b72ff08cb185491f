#include "tape/lmdb/env.h"

#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "tape/lmdb/keys.h"

namespace tickerhouse::tape {
namespace {

constexpr unsigned kTablesMax = 8;
constexpr unsigned kReadersMax = 1'024;  // slots of 64 bytes in the lock file
constexpr unsigned kFreeTable = 0;       // LMDB's own: its list of free pages, and the table of tables
constexpr unsigned kMainTable = 1;
constexpr std::uint64_t kMetaPages = 2;

// Which directories this process has open. LMDB's locks are of the kind that a process loses with the first
// descriptor it closes, so this rule is one of the process and cannot be anybody's member.
struct OpenDirectories {
  std::mutex mutex;
  std::set<std::string> identities;
};
OpenDirectories& open_directories() {
  static OpenDirectories directories;
  return directories;
}

base::Result<std::string> claim_directory(const std::string& directory) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0)
    return lmdb_error(errno, "cannot look at the tape's directory", directory);
  std::string identity = std::to_string(info.st_dev).append(":").append(std::to_string(info.st_ino));
  const std::lock_guard lock(open_directories().mutex);
  if (!open_directories().identities.insert(identity).second)
    return base::Error{base::ErrorCode::busy, "this process has the tape open already", directory};
  return identity;
}

std::string_view text_of(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

}  // namespace

MDB_val value_of(std::string_view text) {
  MDB_val value;
  value.mv_size = text.size();
  value.mv_data =
      const_cast<char*>(text.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): LMDB only reads it
  return value;
}

base::Error lmdb_error(int rc, const char* doing, std::string_view where) {
  base::ErrorCode code = base::ErrorCode::io;
  switch (rc) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      code = base::ErrorCode::no_space;
      break;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_BAD_VALSIZE:
    case MDB_INCOMPATIBLE:
      code = base::ErrorCode::damaged;
      break;
    case MDB_READERS_FULL:
    case EAGAIN:
    case EBUSY:
      code = base::ErrorCode::busy;
      break;
    case ENOENT:
      code = base::ErrorCode::not_found;
      break;
    default:
      break;
  }
  std::string what = std::string(doing).append(": ");
  what.append(rc == MDB_MAP_FULL ? "the tape has reached its largest size (tape.size_max)"
                                 : mdb_strerror(rc));
  return {code, what, std::string(where)};
}

base::Result<std::unique_ptr<LmdbEnv>> LmdbEnv::open(const LmdbEnvOptions& options) {
  std::unique_ptr<LmdbEnv> env(new LmdbEnv(options));
  if (options.locks) {
    ASSIGN_OR_RETURN(env->identity_, claim_directory(options.directory));
  }
  RETURN_IF_ERROR(env->open_env());
  return env;
}

LmdbEnv::~LmdbEnv() {
  CHECK(readers_.empty());  // a reader that outlives its tape would read from nowhere
  close_env();
  if (identity_.empty()) return;
  const std::lock_guard lock(open_directories().mutex);
  open_directories().identities.erase(identity_);
}

void LmdbEnv::close_env() {
  if (env_ != nullptr) mdb_env_close(env_);
  env_ = nullptr;
}

base::Status LmdbEnv::open_env() {
  int rc = mdb_env_create(&env_);
  if (rc != 0) return error(rc, "cannot open the tape");
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  if (options_.size_max != 0) rc = mdb_env_set_mapsize(env_, (options_.size_max + page - 1) / page * page);
  if (rc == 0) rc = mdb_env_set_maxdbs(env_, kTablesMax);
  if (rc == 0) rc = mdb_env_set_maxreaders(env_, kReadersMax);
  unsigned flags = MDB_NOTLS;
  if (!options_.sync) flags |= MDB_NOSYNC;
  if (options_.read_only) flags |= MDB_RDONLY;
  if (!options_.locks) flags |= MDB_NOLOCK;
  if (rc == 0) rc = mdb_env_open(env_, options_.directory.c_str(), flags, 0644);
  if (rc == 0) {
    clear_dead_readers();
    base::Status opened = open_tables();
    if (!opened.ok()) close_env();
    return opened;
  }
  close_env();
  return error(rc, "cannot open the tape");
}

// In one transaction with the format version: a tape has all of its tables or none, and one of a newer
// version is not touched.
base::Status LmdbEnv::open_tables() {
  MDB_txn* txn = nullptr;
  int rc = mdb_txn_begin(env_, nullptr, options_.read_only ? MDB_RDONLY : 0, &txn);
  if (rc != 0) return error(rc, "cannot read the tape");
  const unsigned flags = options_.read_only ? 0 : MDB_CREATE;
  rc = mdb_dbi_open(txn, "meta", flags, &tables_.meta);
  base::Status version = rc == 0 ? settle_version(txn) : base::Status();
  if (rc == 0 && version.ok()) rc = mdb_dbi_open(txn, "batches", flags, &tables_.batches);
  if (rc == 0 && version.ok()) rc = mdb_dbi_open(txn, "positions", flags, &tables_.positions);
  if (rc == 0 && version.ok()) {
    rc = mdb_txn_commit(txn);
  } else {
    mdb_txn_abort(txn);
  }
  if (!version.ok()) return version;
  if (rc == MDB_NOTFOUND) return base::Error{base::ErrorCode::not_found, "no tape here", options_.directory};
  if (rc != 0) return error(rc, "cannot open the tape's tables");
  return {};
}

base::Status LmdbEnv::settle_version(MDB_txn* txn) {
  MDB_val key = value_of(kFormatKey);
  MDB_val value{};
  std::uint32_t version = kFormatVersion;
  int rc = mdb_get(txn, tables_.meta, &key, &value);
  if (rc == MDB_NOTFOUND && !options_.read_only) {
    value = {sizeof version, &version};
    rc = mdb_put(txn, tables_.meta, &key, &value, 0);
  }
  if (rc != 0) return error(rc, "cannot settle the tape's format");
  if (value.mv_size != sizeof version)
    return base::Error{base::ErrorCode::damaged, "the tape's format is not stated", options_.directory};
  std::memcpy(&version, value.mv_data, sizeof version);
  if (version <= kFormatVersion) return {};
  std::string what = "the tape was written by a newer version (format ";
  what.append(std::to_string(version))
      .append(", this program knows ")
      .append(std::to_string(kFormatVersion))
      .append(")");
  return base::Error{base::ErrorCode::damaged, what, options_.directory};
}

base::Status LmdbEnv::sync() {
  const int rc = mdb_env_sync(env_, 1);
  if (rc != 0) return error(rc, "cannot sync the tape");
  return {};
}

base::Status LmdbEnv::reopen() {
  const std::lock_guard lock(readers_mutex_);
  if (active_ > 0)
    return base::Error{base::ErrorCode::busy, "the tape has to be opened again, but is being read",
                       options_.directory};
  for (ReadTxn* reader : readers_) {
    if (reader->txn_ != nullptr) mdb_txn_abort(reader->txn_);
    reader->txn_ = nullptr;
  }
  close_env();
  return open_env();
}

void LmdbEnv::clear_dead_readers() {
  int dead = 0;
  if (options_.locks) mdb_reader_check(env_, &dead);
}

base::Status LmdbEnv::begin_read(ReadTxn& reader) {
  const std::lock_guard lock(readers_mutex_);
  if (env_ == nullptr)
    return base::Error{base::ErrorCode::io, "the tape could not be opened again", options_.directory};
  readers_.insert(&reader);
  if (reader.active_) {
    mdb_txn_reset(reader.txn_);
    reader.active_ = false;
    --active_;
  }
  const auto begin = [&] {
    return reader.txn_ == nullptr ? mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reader.txn_)
                                  : mdb_txn_renew(reader.txn_);
  };
  int rc = begin();
  if (rc == MDB_MAP_RESIZED) {  // another process made the tape larger than what is mapped here
    if (active_ > 0)
      return base::Error{base::ErrorCode::busy,
                         "the tape has grown beyond what is mapped while it is being read",
                         options_.directory};
    rc = mdb_env_set_mapsize(env_, 0);
    if (rc == 0) rc = begin();
  }
  if (rc != 0) return error(rc, "cannot read the tape");
  reader.active_ = true;
  ++active_;
  return {};
}

void LmdbEnv::end_read(ReadTxn& reader, bool for_good) {
  const std::lock_guard lock(readers_mutex_);
  if (reader.active_) {
    mdb_txn_reset(reader.txn_);
    reader.active_ = false;
    --active_;
  }
  if (!for_good) return;
  if (reader.txn_ != nullptr) mdb_txn_abort(reader.txn_);
  readers_.erase(&reader);
}

LmdbCursor::LmdbCursor(MDB_txn* txn, unsigned table) { opened_ = mdb_cursor_open(txn, table, &cursor_); }

LmdbCursor::~LmdbCursor() {
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

base::Result<std::optional<LmdbCursor::Entry>> LmdbCursor::move(int operation, std::string_view key) {
  MDB_val found_key = value_of(key);
  MDB_val found_value{};
  const int rc =
      opened_ != 0 ? opened_
                   : mdb_cursor_get(cursor_, &found_key, &found_value, static_cast<MDB_cursor_op>(operation));
  if (rc == MDB_NOTFOUND) return std::optional<Entry>();
  if (rc != 0) return lmdb_error(rc, "cannot read the tape", "");
  return std::optional<Entry>(Entry{text_of(found_key), text_of(found_value)});
}

base::Result<std::optional<LmdbCursor::Entry>> LmdbCursor::first() { return move(MDB_FIRST, {}); }
base::Result<std::optional<LmdbCursor::Entry>> LmdbCursor::at_or_after(std::string_view key) {
  return move(MDB_SET_RANGE, key);
}
base::Result<std::optional<LmdbCursor::Entry>> LmdbCursor::next() { return move(MDB_NEXT, {}); }
base::Result<std::optional<LmdbCursor::Entry>> LmdbCursor::before() { return move(MDB_PREV, {}); }
base::Result<std::optional<LmdbCursor::Entry>> LmdbCursor::last() { return move(MDB_LAST, {}); }

base::Result<std::uint64_t> bytes_in_use(const LmdbEnv& env, MDB_txn* txn) {
  std::uint64_t pages = kMetaPages;
  std::uint64_t page_bytes = 0;
  for (const unsigned table :
       std::array{kFreeTable, kMainTable, env.tables().batches, env.tables().positions, env.tables().meta}) {
    MDB_stat stat;
    const int rc = mdb_stat(txn, table, &stat);
    if (rc != 0) return env.error(rc, "cannot count the tape's pages");
    pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    page_bytes = stat.ms_psize;
  }
  return pages * page_bytes;
}

std::uint64_t bytes_mapped(const LmdbEnv& env) {
  MDB_envinfo info;
  return mdb_env_info(env.get(), &info) == 0 ? info.me_mapsize : 0;
}

}  // namespace tickerhouse::tape
