// The one door to the tape. For one source: the future guard, the watermark in-band, gaps in its numbering,
// the partition of each symbol, rejects with their bytes, the end of a finite input; all of one poll in one
// commit together with the source's position.
//
// Everything it writes is a function of the source's records in their order (docs/semantics.md section 3),
// never of how they were polled; the two decisions of the wall clock, idle and start/stop of a live source,
// become records.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/settings.h"
#include "flow/source.h"
#include "flow/tape.h"
#include "runtime/ingest/symbol_owners.h"
#include "runtime/progress.h"

namespace tickerhouse::runtime {

enum class IngestState {
  progressed,
  idle,      // nothing to read now
  blocked,   // the tape or the disk is nearly full; call again, nothing is lost
  finished,  // the end of a finite input is on the tape
  cut_off,   // compressed input ended early and stays unfinished
};

struct IngestOptions {
  engine::Settings settings;
  std::size_t batch_records_max = 8'192;
  std::vector<std::string> allowed_symbols;  // empty: all
  bool merge = false;                        // two unfinished sources of one symbol are wanted
  bool finish_cut_off = false;               // settle what a cut-off input has brought
};

class Ingest {
 public:
  // Reads the source's position from the tape and restores the source to it.
  static base::Result<std::unique_ptr<Ingest>> open(const IngestOptions& options, flow::Tape& tape,
                                                    flow::Source& source, base::Clock& clock);
  virtual ~Ingest() = default;
  virtual base::Result<IngestState> step() = 0;
  // After an error of step(): what it was to commit is kept, and the next step() tries that again. Only of a
  // finite source; a live one is opened again instead.
  [[nodiscard]] virtual bool holds_commit() const = 0;
  virtual void limit_batch(std::size_t records) = 0;  // of the next step; at most batch_records_max
  virtual base::Status stop() = 0;                    // a live source ends here; others stay as they are
  [[nodiscard]] virtual const SourceProgress& progress() const = 0;
  [[nodiscard]] virtual base::TsNanos last_ts_event()
      const = 0;  // of the last poll; kNoTime if it had no event
};

}  // namespace tickerhouse::runtime
