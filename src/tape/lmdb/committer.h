// The one thread that writes. Callers put their commit on the waiting list and sleep; the thread takes
// everything that waits, applies it in one LMDB transaction and answers each caller with its own outcome once
// that is as durable as the tape was asked to be.
//
//   caller ─┐
//   caller ─┼─ waiting ─► [ judge, append, judge, append, ... ] ─► commit (one fsync) ─► answers
//   caller ─┘
//
// The list is as long as there are calling threads. If the transaction fails, nothing of it is on the tape
// and all its callers get the error; only when the map is full each commit is tried alone first, so that a
// large one does not keep small ones out.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/disk.h"
#include "base/result.h"
#include "flow/tape.h"
#include "tape/aligned_copy.h"
#include "tape/lmdb/env.h"

namespace tickerhouse::tape {

class LmdbCommitter {
 public:
  struct Limits {
    base::Disk& disk;
    std::uint64_t low_disk_bytes = 0;  // less than this free: no ingest
  };
  LmdbCommitter(LmdbEnv& env, Limits limits);
  ~LmdbCommitter();
  LmdbCommitter(const LmdbCommitter&) = delete;
  LmdbCommitter& operator=(const LmdbCommitter&) = delete;

  base::Result<flow::CommitOutcome> commit(const flow::Commit& commit);
  // True once a write of the environment could not be trusted any more: every later commit fails.
  [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

 private:
  using Answer = base::Result<flow::CommitOutcome>;
  struct Request {
    const flow::Commit* commit = nullptr;
    std::uint64_t bytes = 0;
    std::optional<Answer> answer;  // guarded by mutex_
  };
  using Group = std::vector<Request*>;
  using PartitionKey = std::pair<flow::Topic, std::uint16_t>;

  void run();
  Group take_group();
  std::vector<Answer> apply(const Group& group);
  base::Status apply_in_one(const Group& group, std::vector<Answer>& answers);
  base::Result<MDB_txn*> begin();
  base::Status apply_all(MDB_txn* txn, const Group& group, std::vector<Answer>& answers, bool& changed);
  base::Result<Answer> apply_one(MDB_txn* txn, const Request& request);
  base::Result<base::Status> ask_for_room(MDB_txn* txn, const Request& request);
  base::Status append(MDB_txn* txn, const flow::Append& append);
  base::Status cut(MDB_txn* txn, const flow::Cut& cut);
  base::Result<std::uint64_t*> end_of(MDB_txn* txn, PartitionKey partition);
  base::Error failed(int rc);

  LmdbEnv& env_;
  Limits limits_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable answered_;
  Group waiting_;
  bool closing_ = false;
  std::atomic<bool> stopped_ = false;
  // Only the committer's thread from here on.
  std::map<PartitionKey, std::uint64_t> ends_;  // as of the transaction under way; emptied when one fails
  AlignedCopy scratch_;
  std::uint64_t group_bytes_ = 0;
  std::uint64_t transactions_ = 0;
  std::thread thread_;
};

// At this share of the map ingest is refused: the rest is for results and for cutting.
std::uint64_t ingest_bytes_max(std::uint64_t bytes_max);

}  // namespace tickerhouse::tape
