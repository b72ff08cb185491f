// PipelineStatus as JSON: what `status --json` prints and GET /api/v1/status answers (docs/api.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/status.h"

namespace tickerhouse::serve {

// What a server knows besides; shown only of a running process (its start_id is set).
struct StatusFacts {
  std::string_view version;
  std::string_view data;
  base::TsNanos now = base::kNoTime;
};

std::string ledger_json(const flow::Ledger& ledger);  // a flat object
// {"total":...,"ingest":...,"partitions":[...],"adds_up":true}
std::string ledgers_json(const flow::PipelineStatus& status);
std::string status_json(const flow::PipelineStatus& status, const StatusFacts& facts = {});

const char* stage_state_name(flow::StageState state);
// The longest interval up to a day; of none up to a day the shortest there is. Requires intervals.
base::DurationNanos day_interval_of(const std::vector<base::DurationNanos>& intervals);

}  // namespace tickerhouse::serve
