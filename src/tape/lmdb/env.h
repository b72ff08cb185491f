// One LMDB environment of this process and the read transactions on it: the corner where LMDB's own rules
// live.
//
// - A process opens a directory once; a second open would break the first one's file locks.
// - The map may be exchanged (another process made the tape larger, or a write of LMDB's meta page failed)
// only
//   while nobody here reads: pointers into it would dangle. ReadTxn counts who does.
// - Only the thread that begins a write transaction may end it, so one thread owns the writer (committer.h).
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;
struct MDB_val;

namespace tickerhouse::tape {

// As LMDB takes it. It only reads what it is given so.
MDB_val value_of(std::string_view text);

// What rc of an LMDB call means to us. Full map or disk: no_space; a broken tree: damaged.
base::Error lmdb_error(int rc, const char* doing, std::string_view where);

struct LmdbEnvOptions {
  std::string directory;
  std::uint64_t size_max = 0;  // of the map; 0: what the writer set
  bool sync = true;
  bool read_only = false;
  bool locks = true;  // false: nobody else writes, and no reader slot is taken
};

// Handles of the named tables, the same in every transaction.
struct LmdbTables {
  unsigned batches = 0;
  unsigned positions = 0;
  unsigned meta = 0;
};

class ReadTxn;

class LmdbEnv {
 public:
  static base::Result<std::unique_ptr<LmdbEnv>> open(const LmdbEnvOptions& options);
  ~LmdbEnv();
  LmdbEnv(const LmdbEnv&) = delete;
  LmdbEnv& operator=(const LmdbEnv&) = delete;

  [[nodiscard]] MDB_env* get() const { return env_; }
  [[nodiscard]] const LmdbTables& tables() const { return tables_; }
  [[nodiscard]] const LmdbEnvOptions& options() const { return options_; }
  [[nodiscard]] base::Error error(int rc, const char* doing) const {
    return lmdb_error(rc, doing, options_.directory);
  }

  base::Status sync();
  // Opens the environment anew after LMDB declared it unusable. busy: somebody here still reads.
  base::Status reopen();
  void clear_dead_readers();

 private:
  friend class ReadTxn;
  explicit LmdbEnv(LmdbEnvOptions options) : options_(std::move(options)) {}
  base::Status open_env();
  base::Status open_tables();
  base::Status settle_version(MDB_txn* txn);
  void close_env();
  base::Status begin_read(ReadTxn& reader);
  void end_read(ReadTxn& reader, bool for_good);

  LmdbEnvOptions options_;
  std::string identity_;  // device and inode of the directory, while this object holds it for the process
  MDB_env* env_ = nullptr;
  LmdbTables tables_;
  std::mutex readers_mutex_;
  std::set<ReadTxn*> readers_;
  std::size_t active_ = 0;  // of readers_, those with a transaction under way
};

// A read transaction that is begun again and again. While it is active, pages it sees are not reused, so
// nobody holds one longer than he looks at a batch. One thread at a time; ends before the environment does.
class ReadTxn {
 public:
  explicit ReadTxn(LmdbEnv& env) : env_(env) {}
  ~ReadTxn() { env_.end_read(*this, true); }
  ReadTxn(const ReadTxn&) = delete;
  ReadTxn& operator=(const ReadTxn&) = delete;

  // Sees what is committed now; whatever it showed before is gone.
  base::Status begin() { return env_.begin_read(*this); }
  void end() { env_.end_read(*this, false); }
  [[nodiscard]] MDB_txn* get() const { return txn_; }
  [[nodiscard]] LmdbEnv& env() const { return env_; }

 private:
  friend class LmdbEnv;
  LmdbEnv& env_;
  MDB_txn* txn_ = nullptr;
  bool active_ = false;
};

// A cursor that closes itself.
class LmdbCursor {
 public:
  LmdbCursor(MDB_txn* txn, unsigned table);
  ~LmdbCursor();
  LmdbCursor(const LmdbCursor&) = delete;
  LmdbCursor& operator=(const LmdbCursor&) = delete;
  struct Entry {
    std::string_view key;
    std::string_view value;
  };
  base::Result<std::optional<Entry>> first();
  base::Result<std::optional<Entry>> at_or_after(std::string_view key);
  base::Result<std::optional<Entry>> next();
  base::Result<std::optional<Entry>> before();  // the entry before the present one
  base::Result<std::optional<Entry>> last();

 private:
  base::Result<std::optional<Entry>> move(int operation, std::string_view key);
  MDB_cursor* cursor_ = nullptr;
  int opened_ = 0;
};

// Pages that hold something, in bytes: what the tree occupies, without free pages.
base::Result<std::uint64_t> bytes_in_use(const LmdbEnv& env, MDB_txn* txn);
std::uint64_t bytes_mapped(const LmdbEnv& env);

}  // namespace tickerhouse::tape
