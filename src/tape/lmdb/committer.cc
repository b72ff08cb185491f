#include "tape/lmdb/committer.h"

#include <lmdb.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "tape/commit_rule.h"
#include "tape/lmdb/batches.h"

namespace tickerhouse::tape {
namespace {

// Bounds of one transaction: memory, because LMDB keeps its dirty pages there, and the time the first caller
// waits for the last.
constexpr std::uint64_t kGroupBytesMax = 64ULL << 20U;
constexpr std::size_t kGroupCommitsMax = 256;
constexpr std::uint64_t kDeadReadersEvery = 1'024;  // transactions
constexpr std::uint64_t kPageBytes = 4'096;
constexpr std::size_t kCutBatchesMax = 4'096;  // of one cut, so that others need not wait long
constexpr std::uint64_t kIngestPercentMax = 95;
// LMDB answers a write that the disk took only half of with EIO. Below this much free space that is the
// likelier reason.
constexpr std::uint64_t kDiskFullBytes = 16ULL << 20U;

// What a commit adds at most: a batch on pages of its own, its entry, and the tree above it.
std::uint64_t bytes_of(const flow::Commit& commit) {
  std::uint64_t pages = 4 + commit.after.size() / kPageBytes;
  for (const flow::Append& append : commit.appends) pages += 2 + append.batch.size() / kPageBytes;
  return pages * kPageBytes;
}

}  // namespace

std::uint64_t ingest_bytes_max(std::uint64_t bytes_max) { return bytes_max / 100 * kIngestPercentMax; }

LmdbCommitter::LmdbCommitter(LmdbEnv& env, Limits limits)
    : env_(env), limits_(limits), thread_([this] { run(); }) {}

LmdbCommitter::~LmdbCommitter() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_.notify_one();
  thread_.join();
}

base::Result<flow::CommitOutcome> LmdbCommitter::commit(const flow::Commit& commit) {
  Request request;
  request.commit = &commit;
  request.bytes = bytes_of(commit);
  std::unique_lock lock(mutex_);
  CHECK(!closing_);
  waiting_.push_back(&request);
  work_.notify_one();
  while (!request.answer) answered_.wait(lock);
  return std::move(*request.answer);
}

void LmdbCommitter::run() {
  for (Group group = take_group(); !group.empty(); group = take_group()) {
    std::vector<Answer> answers = apply(group);
    {
      const std::lock_guard lock(mutex_);
      for (std::size_t i = 0; i < group.size(); ++i) group[i]->answer = std::move(answers[i]);
    }
    answered_.notify_all();
  }
}

// Waits for work; empty: the tape is being closed.
LmdbCommitter::Group LmdbCommitter::take_group() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
  std::size_t count = 0;
  for (std::uint64_t bytes = 0; count < waiting_.size() && count < kGroupCommitsMax; ++count) {
    bytes += waiting_[count]->bytes;
    if (count > 0 && bytes > kGroupBytesMax) break;
  }
  const auto last = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  Group group(waiting_.begin(), last);
  waiting_.erase(waiting_.begin(), last);
  return group;
}

std::vector<LmdbCommitter::Answer> LmdbCommitter::apply(const Group& group) {
  std::vector<Answer> answers;
  base::Status status = apply_in_one(group, answers);
  if (!status.ok() && status.error().code == base::ErrorCode::no_space && group.size() > 1) {
    answers.clear();
    for (Request* request : group) {
      std::vector<Answer> alone;
      status = apply_in_one({request}, alone);
      answers.push_back(status.ok() ? std::move(alone.front()) : Answer(status.error()));
    }
    return answers;
  }
  if (!status.ok()) answers.assign(group.size(), Answer(status.error()));
  return answers;
}

// Either all of the group's answers, or an error and nothing on the tape.
base::Status LmdbCommitter::apply_in_one(const Group& group, std::vector<Answer>& answers) {
  group_bytes_ = 0;
  for (const Request* request : group) group_bytes_ += request->bytes;
  ASSIGN_OR_RETURN(MDB_txn* const txn, begin());
  bool changed = false;
  base::Status status = apply_all(txn, group, answers, changed);
  if (!status.ok() || !changed) {
    mdb_txn_abort(txn);
  } else if (const int rc = mdb_txn_commit(txn); rc != 0) {
    status = failed(rc);
  }
  if (!status.ok()) ends_.clear();
  return status;
}

base::Result<MDB_txn*> LmdbCommitter::begin() {
  if (stopped())
    return base::Error{base::ErrorCode::io, "the tape stopped after a failed write",
                       env_.options().directory};
  if (++transactions_ % kDeadReadersEvery == 0) env_.clear_dead_readers();
  MDB_txn* txn = nullptr;
  int rc = mdb_txn_begin(env_.get(), nullptr, 0, &txn);
  if (rc == MDB_PANIC) {  // the last write of the meta page failed; LMDB wants the environment opened anew
    RETURN_IF_ERROR(env_.reopen());
    rc = mdb_txn_begin(env_.get(), nullptr, 0, &txn);
  }
  if (rc != 0) return failed(rc);
  return txn;
}

base::Status LmdbCommitter::apply_all(MDB_txn* txn, const Group& group, std::vector<Answer>& answers,
                                      bool& changed) {
  for (const Request* request : group) {
    ASSIGN_OR_RETURN(Answer answer, apply_one(txn, *request));
    changed = changed || (answer.ok() && *answer == flow::CommitOutcome::applied);
    answers.push_back(std::move(answer));
  }
  return {};
}

// An error of the outer result spoils the transaction; an answer, be it a refusal, leaves the neighbours as
// they are.
base::Result<LmdbCommitter::Answer> LmdbCommitter::apply_one(MDB_txn* txn, const Request& request) {
  const flow::Commit& commit = *request.commit;
  MDB_val writer = value_of(commit.writer);
  MDB_val stored{};
  const int found = mdb_get(txn, env_.tables().positions, &writer, &stored);
  if (found != 0 && found != MDB_NOTFOUND) return failed(found);
  const flow::CommitOutcome outcome =
      judge({static_cast<const char*>(stored.mv_data), stored.mv_size}, commit);
  if (outcome != flow::CommitOutcome::applied) return Answer(outcome);
  ASSIGN_OR_RETURN(const base::Status room, ask_for_room(txn, request));
  if (!room.ok()) return Answer(room.error());
  for (const flow::Append& one : commit.appends) RETURN_IF_ERROR(append(txn, one));
  for (const flow::Cut& one : commit.cuts) RETURN_IF_ERROR(cut(txn, one));
  MDB_val after = value_of(commit.after);
  const int put = mdb_put(txn, env_.tables().positions, &writer, &after, 0);
  if (put != 0) return failed(put);
  return Answer(outcome);
}

base::Result<base::Status> LmdbCommitter::ask_for_room(MDB_txn* txn, const Request& request) {
  if (request.commit->claim != flow::Claim::ingest) return base::Status();
  ASSIGN_OR_RETURN(const std::uint64_t used, bytes_in_use(env_, txn));
  const std::string& directory = env_.options().directory;
  if (used + request.bytes > ingest_bytes_max(bytes_mapped(env_)))
    return base::Status(base::Error{base::ErrorCode::no_space,
                                    "the tape is nearly full (tape.size_max): no new input", directory});
  const auto free = limits_.disk.free_bytes(directory);
  if (!free.ok()) return base::Status(free.error());
  if (*free < limits_.low_disk_bytes)
    return base::Status(
        base::Error{base::ErrorCode::no_space, "the disk is nearly full: no new input", directory});
  return base::Status();
}

base::Status LmdbCommitter::append(MDB_txn* txn, const flow::Append& append) {
  ASSIGN_OR_RETURN(std::uint64_t* const end, end_of(txn, {append.topic, append.partition}));
  const BatchKeyBytes bytes(BatchKey{append.topic, append.partition, *end});
  MDB_val key = value_of(bytes.view());
  MDB_val place{};
  place.mv_size = append.batch.size();
  // Reserved and copied once, into the pages that will be written.
  const int rc = mdb_put(txn, env_.tables().batches, &key, &place, MDB_RESERVE | MDB_NOOVERWRITE);
  if (rc == MDB_KEYEXIST)
    return base::Error{base::ErrorCode::damaged,
                       "the tape is damaged: a batch stands where the next one goes",
                       place_name(append.topic, append.partition, *end)};
  if (rc != 0) return failed(rc);
  std::memcpy(place.mv_data, append.batch.data(), append.batch.size());
  *end += row_count_of(append.batch);
  return {};
}

// A batch goes if the next one, which stays or goes in its turn, begins at or before the end of the cut.
base::Status LmdbCommitter::cut(MDB_txn* txn, const flow::Cut& cut) {
  const BatchKey from{cut.topic, cut.partition, 0};
  std::vector<BatchKey> gone;
  {
    LmdbCursor cursor(txn, env_.tables().batches);
    while (gone.size() <= kCutBatchesMax) {
      ASSIGN_OR_RETURN(const auto entry,
                       gone.empty() ? cursor.at_or_after(BatchKeyBytes(from).view()) : cursor.next());
      if (!entry) break;
      const auto key = parse_batch_key(entry->key);
      if (!key) break;
      if (!key->same_partition(from) || key->first > cut.to.value) break;
      gone.push_back(*key);
    }
  }
  if (!gone.empty()) gone.pop_back();  // holds the end of the cut, or is the partition's last
  for (const BatchKey& one : gone) {
    const BatchKeyBytes bytes(one);
    MDB_val key = value_of(bytes.view());
    const int rc = mdb_del(txn, env_.tables().batches, &key, nullptr);
    if (rc != 0) return failed(rc);
  }
  return {};
}

base::Result<std::uint64_t*> LmdbCommitter::end_of(MDB_txn* txn, PartitionKey partition) {
  const auto [it, added] = ends_.try_emplace(partition, 0);
  if (!added) return &it->second;
  auto end = find_end(txn, env_.tables(), partition.first, partition.second, scratch_);
  if (!end.ok()) {
    ends_.erase(it);
    return end.error();
  }
  it->second = *end;
  return &it->second;
}

// After a failed write or fsync nobody knows what the disk holds, and asking again would be answered from
// memory: the tape stops. A full disk is no such failure; what did not fit belongs to the transaction that is
// gone.
base::Error LmdbCommitter::failed(int rc) {
  base::Error error = env_.error(rc, "cannot write to the tape");
  if (rc == EIO) {
    const auto free = limits_.disk.free_bytes(env_.options().directory);
    if (free.ok() && *free < group_bytes_ + kDiskFullBytes) error.code = base::ErrorCode::no_space;
  }
  if (error.code == base::ErrorCode::io) stopped_ = true;
  return error;
}

}  // namespace tickerhouse::tape
