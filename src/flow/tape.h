// The tape: ordered, partitioned, durable, replayable topics, and the one writing call.
//
// A writer (a source or a shard) commits rows for any topics and partitions together with its own position.
// The tape applies all of it or nothing, and only if the position stored for that writer (not what an object
// remembers) equals `before`; so kill -9 anywhere leaves no half step, and a zombie cannot add a second copy.
// commit() may be called from several threads, each writer from one at a time; it returns when the commit is
// as durable as the tape was asked to be (fsync: survives the machine; os: survives the process), and commits
// that wait together may share one transaction. An error may mean that the commit was applied and the answer
// lost: the same commit again settles it.
//
// Offsets of a partition ascend in the order of appending. On the embedded tape they count rows from 0; other
// tapes may leave holes between batches, never in one, so a position holds only offsets that a read has
// given, and nobody waits for one to reach end(). Readers may live in other processes while a writer runs;
// they see committed rows only, on the embedded tapes whole commits in the batches that were put.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "market/batch.h"

namespace tickerhouse::flow {

// Stored as numbers: append only.
enum class Topic : std::uint8_t { events = 1, rejects, bars, settled, signals, alerts, late, symbols };
inline constexpr std::uint8_t kTopicLast = 8;
const char* topic_name(Topic topic);

struct Offset {
  std::uint64_t value = 0;
  auto operator<=>(const Offset&) const = default;
};

struct Append {
  Topic topic = Topic::events;
  std::uint16_t partition = 0;
  std::string_view batch;  // a sealed market batch with at least one row
};

// Rows at the beginning of a partition that nobody needs any more. Whole batches below `to` go, never the
// last one of the partition; how many go at once is the tape's choice, so begin() says what has become of it.
struct Cut {
  Topic topic = Topic::events;
  std::uint16_t partition = 0;
  Offset to;
};

enum class Claim {
  ingest,   // new input: refused with no_space while the tape or the disk is nearly full
  results,  // what follows from committed input: may use the reserve
};

// How far a writer has read to get to its position: for the tools of a tape that has consumer groups. The
// position is what counts.
struct Consumed {
  Topic topic = Topic::events;
  std::uint16_t partition = 0;
  Offset next;
};

struct Commit {
  std::string_view writer;
  std::string_view before;  // the position this commit follows; empty: the writer has none yet
  std::string_view after;
  std::span<const Append> appends;
  Claim claim = Claim::results;
  std::span<const Cut> cuts = {};
  std::optional<Consumed> consumed = {};
};

enum class CommitOutcome {
  applied,
  already_applied,  // the stored position equals `after`: somebody (this writer before a crash) did it
  fenced,  // the stored position is another one: this writer is not the one it thinks it is; nothing was
           // changed
};

// A batch where it lies. Valid until the next call of next() on the same reader.
struct TapeBatch {
  Offset first;            // of the first row to read
  Offset next;             // where the next read goes on
  std::uint32_t skip = 0;  // rows of `bytes` before `first` (a read may begin inside a batch)
  market::BatchBytes bytes;
};

class TapeReader {
 public:
  virtual ~TapeReader() = default;
  // false: nothing more is known to be committed now, and all that was when the reader was opened has been
  // given; call again later. Row i of the batch has offset first + (i - skip).
  virtual base::Result<bool> next(TapeBatch& batch) = 0;
};

class Tape {
 public:
  virtual ~Tape() = default;
  virtual base::Result<CommitOutcome> commit(const Commit& commit) = 0;
  // Writers whose names begin with `prefix`, in byte order, each with its committed position.
  virtual base::Result<std::vector<std::pair<std::string, std::string>>> positions(
      std::string_view prefix) = 0;
  // Of the first row that is kept; 0 where nothing was ever cut. A read from before it begins there.
  virtual base::Result<Offset> begin(Topic topic, std::uint16_t partition) = 0;
  // Not less than the offset after the last committed row; on the embedded tape equal to it.
  virtual base::Result<Offset> end(Topic topic, std::uint16_t partition) = 0;
  virtual base::Result<std::unique_ptr<TapeReader>> read(Topic topic, std::uint16_t partition,
                                                         Offset from) = 0;
  // How many rows are committed from there on: exact where they are few, else perhaps some too many. The
  // second is for those who ask all the time: what is known without asking anybody, about.
  virtual base::Result<std::uint64_t> rows_from(Topic topic, std::uint16_t partition, Offset from);
  virtual base::Result<std::uint64_t> rows_about(Topic topic, std::uint16_t partition, Offset from);
  // Where the first row stands whose sequence (of its batch's header) is not less. On the embedded tape
  // sequence and offset of a result are one.
  virtual base::Result<Offset> find_sequence(Topic topic, std::uint16_t partition, std::uint64_t sequence);
  // A topic of others that is `events` here: it has a message for each row, and nobody appends to it. Empty:
  // sources do.
  [[nodiscard]] virtual std::string events_of() const { return {}; }
  // Of events.
  [[nodiscard]] virtual std::uint16_t partitions_of_others() const { return 0; }
  // true: a row may be gone once a later one has replaced it.
  [[nodiscard]] virtual bool is_compacted(Topic /*topic*/) const { return false; }
};

// The committed position of one writer; empty if it has none.
base::Result<std::string> position_of(Tape& tape, std::string_view writer);

}  // namespace tickerhouse::flow
