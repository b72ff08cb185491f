// The one status struct: what `status`, /metrics and the dashboard show. The ledger counts what has reached
// its end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace tickerhouse::flow {

// received == used + duplicate + late_revised + late_kept + rejected + cancelled, always.
struct Ledger {
  std::uint64_t received = 0;
  std::uint64_t used = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t late_revised = 0;
  std::uint64_t late_kept = 0;
  std::uint64_t rejected = 0;
  std::uint64_t cancelled = 0;

  [[nodiscard]] bool adds_up() const {
    return received == used + duplicate + late_revised + late_kept + rejected + cancelled;
  }
  Ledger& operator+=(const Ledger& other) {
    received += other.received;
    used += other.used;
    duplicate += other.duplicate;
    late_revised += other.late_revised;
    late_kept += other.late_kept;
    rejected += other.rejected;
    cancelled += other.cancelled;
    return *this;
  }
  bool operator==(const Ledger&) const = default;
};

// Rows that were deleted before they were read, and given up (--accept-gap): the last stretch of offsets, and
// how many in all.
struct LostRows {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t offsets = 0;
};

struct SourceStatus {
  std::string name;
  bool finished = false;
  bool truncated = false;  // compressed input was cut off
  base::TsNanos watermark = base::kNoTime;
  std::uint64_t received = 0;  // events and rejects
  std::uint64_t skipped = 0;
  std::uint64_t rounded = 0;
  std::map<std::string, std::uint64_t> rejects;  // by reason
  LostRows lost;
  std::string lost_input;  // whose offsets the last stretch has: a partition of the topic, TOPIC/3
};

struct PartitionStatus {
  std::uint16_t partition = 0;
  Ledger ledger;
  std::uint64_t waiting = 0;  // appended, not yet stepped
  std::uint64_t id_reused = 0;
  LostRows lost;
};

struct SinkStatus {
  std::string name;
  std::string topic;
  std::uint16_t partition = 0;
  std::uint64_t position = 0;
  std::uint64_t lag = 0;  // rows
};

enum class StageState : std::uint8_t { ok, idle, degraded, failed };

// One stage of a running process, as its supervisor sees it.
struct StageStatus {
  std::string name;  // source, ingest, tape, shards, sinks, live, ledger
  StageState state = StageState::ok;
  std::string word;    // one, for people: flowing, quiet, full
  std::string number;  // one, with its unit
  std::string detail;  // what is wrong and what to do; empty if nothing is
  std::uint64_t restarts = 0;
};

struct SinkHealth {
  std::string name;
  StageState state = StageState::ok;
  std::uint64_t restarts = 0;
  base::TsNanos last_flush = base::kNoTime;  // wall clock
  std::string error;                         // the last one; empty once it works again
  bool gathers = false;                      // its rows wait by design, for a file worth writing
};

struct TapeStatus {
  std::uint64_t bytes_used = 0;
  std::uint64_t bytes_max = 0;  // 0: the tape is not in the data directory, and its size not known
  std::uint64_t disk_free_bytes = 0;
  bool ingest_paused = false;
  std::optional<double>
      hours_left;             // of a running process: until tape or disk is full, at the last hour's pace
  std::string kind = "lmdb";  // or "kafka"
};

// The demo's simulator knows the true bars; each settled bar is judged once.
struct OracleScore {
  std::uint64_t judged = 0;
  std::uint64_t exact = 0;
  std::string first_wrong;  // for people; empty if there is none
};

// Of a running process; default: there is none.
struct ProcessStatus {
  std::string start_id;  // another one after each start
  base::TsNanos started_at = base::kNoTime;
  base::DurationNanos uptime = 0;
  std::uint64_t restarts = 0;  // of the pipeline on this directory, starts after the first
  double events_per_second = 0;
  std::vector<StageStatus> stages;
  std::vector<SinkHealth> sinks;
  std::optional<double> catching_up;  // fraction done
  std::optional<OracleScore> oracle;
};

struct PipelineStatus {
  bool running = false;
  std::string origin;           // live, recorded, simulated
  std::string source_kind;      // simulated, live, replay, none
  std::optional<double> speed;  // of a paced replay
  std::vector<base::DurationNanos> intervals;
  TapeStatus tape;
  ProcessStatus process;
  Ledger total;
  Ledger ingest;
  std::vector<SourceStatus> sources;
  std::vector<PartitionStatus> partitions;
  std::vector<SinkStatus> sinks;
  std::vector<std::string> problems;
};

}  // namespace tickerhouse::flow
