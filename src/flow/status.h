// The one status struct: what `status`, /metrics and the dashboard show. The ledger counts what has reached
// its end.
#pragma once

#include <cstdint>
#include <map>
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

struct SourceStatus {
  std::string name;
  bool finished = false;
  bool truncated = false;  // compressed input was cut off
  base::TsNanos watermark = base::kNoTime;
  std::uint64_t received = 0;  // events and rejects
  std::uint64_t skipped = 0;
  std::uint64_t rounded = 0;
  std::map<std::string, std::uint64_t> rejects;  // by reason
};

struct PartitionStatus {
  std::uint16_t partition = 0;
  Ledger ledger;
  std::uint64_t waiting = 0;  // appended, not yet stepped
  std::uint64_t id_reused = 0;
};

struct SinkStatus {
  std::string name;
  std::string topic;
  std::uint16_t partition = 0;
  std::uint64_t position = 0;
  std::uint64_t lag = 0;  // rows
};

struct PipelineStatus {
  bool running = false;
  Ledger total;
  Ledger ingest;
  std::vector<SourceStatus> sources;
  std::vector<PartitionStatus> partitions;
  std::vector<SinkStatus> sinks;
  std::vector<std::string> problems;
};

}  // namespace tickerhouse::flow
