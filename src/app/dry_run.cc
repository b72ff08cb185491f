#include "app/dry_run.h"

#include <cstdio>
#include <utility>

#include "app/exit_codes.h"
#include "app/process/stop_signal.h"
#include "formats/output.h"

namespace tickerhouse::app {
namespace {

constexpr std::size_t kShown = 10;
constexpr std::size_t kRecordsRead = 1'000;

std::string printable(std::string_view raw) {
  constexpr std::size_t kBytes = 120;
  std::string text;
  for (const char c : raw.substr(0, kBytes)) text.push_back(c >= ' ' && c <= '~' ? c : '?');
  return raw.size() > kBytes ? text.append("…") : text;
}

}  // namespace

base::Result<int> dry_run(InputOptions options) {
  ASSIGN_OR_RETURN(const sources::OpenedInput opened, open_input(std::move(options), {}));
  flow::SourceBatch batch;
  std::size_t events = 0;
  std::size_t rejects = 0;
  std::uint64_t skipped = 0;
  flow::PollState state = flow::PollState::more;
  while (events + rejects < kRecordsRead &&
         (state == flow::PollState::more || state == flow::PollState::idle) && !stop_requested()) {
    batch.clear();
    ASSIGN_OR_RETURN(state, opened.source->poll(kRecordsRead - events - rejects, batch));
    skipped += batch.skipped;
    for (std::size_t i = 0; i < batch.events.rows.size(); ++i) {
      if (events++ >= kShown) continue;
      const market::EventRow& row = batch.events.rows[i];
      const std::string_view venue =
          row.venue == market::kNoString ? std::string_view() : batch.events.strings.at(row.venue);
      std::string text;
      formats::append_event_json(text, row,
                                 {batch.events.strings.at(row.symbol), venue, opened.source->info().name,
                                  batch.events.text(static_cast<std::uint32_t>(i))});
      std::fputs(text.c_str(), stdout);
    }
    for (const flow::RejectedRecord& reject : batch.rejects)
      if (rejects++ < kShown)
        std::printf("reject %s %s:%llu %s\n", market::reason_name(reject.reason),
                    batch.files[reject.origin.file].c_str(),
                    static_cast<unsigned long long>(reject.origin.line),
                    printable(reject.origin.raw).c_str());
  }
  std::fprintf(stderr,
               "of the first %zu records %zu are events, %zu rejects; %llu skipped; nothing was written\n",
               events + rejects, events, rejects, static_cast<unsigned long long>(skipped));
  return kExitOk;
}

}  // namespace tickerhouse::app
