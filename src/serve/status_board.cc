#include "serve/status_board.h"

#include <algorithm>
#include <utility>

#include "market/batch.h"
#include "serve/access.h"
#include "serve/status_json.h"

namespace tickerhouse::serve {

StatusBoard::StatusBoard(const ServeOptions& options, const ServeParts& parts)
    : options_(options), parts_(parts) {
  const auto id = random_id();
  start_id_ = id.ok() ? *id : "0";
}

base::Result<std::shared_ptr<const StatusSnapshot>> StatusBoard::refresh() {
  const std::lock_guard one(refreshing_);
  auto snapshot = std::make_shared<StatusSnapshot>();
  ASSIGN_OR_RETURN(snapshot->status, parts_.status());
  flow::PipelineStatus& status = snapshot->status;
  if (status.process.start_id.empty()) status.process.start_id = start_id_;
  snapshot->json = status_json(status, {options_.version, options_.data, parts_.clock.wall_now()});
  RETURN_IF_ERROR(read_symbols());
  mark_finished(status);
  const std::lock_guard lock(mutex_);
  latest_ = snapshot;
  return std::shared_ptr<const StatusSnapshot>(std::move(snapshot));
}

std::shared_ptr<const StatusSnapshot> StatusBoard::latest() {
  const std::lock_guard lock(mutex_);
  return latest_;
}

// Which sources bring a symbol stands in topic symbols, one partition.
base::Status StatusBoard::read_symbols() {
  ASSIGN_OR_RETURN(const auto reader, parts_.tape.read(flow::Topic::symbols, 0, symbols_next_));
  flow::TapeBatch batch;
  while (sources_of_.size() < kLiveSymbolsMax) {
    ASSIGN_OR_RETURN(const bool more, reader->next(batch));
    if (!more) break;
    const market::EventBatchView view(batch.bytes);
    for (std::size_t i = batch.skip; i < view.rows().size(); ++i)
      sources_of_[std::string(view.string(view.rows()[i].symbol))].emplace(
          view.string(view.rows()[i].source));
    symbols_next_ = batch.next;
  }
  return {};
}

void StatusBoard::mark_finished(const flow::PipelineStatus& status) {
  std::set<std::string, std::less<>> finished;
  for (const flow::SourceStatus& source : status.sources)
    if (source.finished) finished.insert(source.name);
  for (const auto& [symbol, sources] : sources_of_)
    parts_.live.state().set_finished(
        symbol, std::all_of(sources.begin(), sources.end(),
                            [&](const std::string& source) { return finished.contains(source); }));
}

}  // namespace tickerhouse::serve
