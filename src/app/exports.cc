#include "app/exports.h"

#include <algorithm>
#include <tuple>

#include "app/process/session.h"
#include "formats/output.h"
#include "formats/reject_output.h"
#include "runtime/check/replay_check.h"

namespace tickerhouse::app {
namespace {

void sort_events(std::vector<NamedEvent>& events) {
  std::sort(events.begin(), events.end(), [](const NamedEvent& a, const NamedEvent& b) {
    return std::tie(a.row.ts_event, a.symbol, a.offset) < std::tie(b.row.ts_event, b.symbol, b.offset);
  });
}

NamedEvent named(const market::EventBatchView& view, std::size_t row, std::uint64_t offset) {
  const market::EventRow& event = view.rows()[row];
  return {event,
          std::string(view.string(event.symbol)),
          std::string(view.string(event.venue)),
          std::string(view.string(event.source)),
          std::string(view.text(static_cast<std::uint32_t>(row))),
          offset};
}

}  // namespace

base::Status for_each_batch(flow::Tape& tape, flow::Topic topic, std::uint16_t partition,
                            const std::function<void(const flow::TapeBatch&)>& visit) {
  ASSIGN_OR_RETURN(const flow::Offset end, tape.end(topic, partition));
  ASSIGN_OR_RETURN(const auto reader, tape.read(topic, partition, flow::Offset{}));
  flow::TapeBatch batch;
  for (flow::Offset at; at < end; at = batch.next) {
    ASSIGN_OR_RETURN(const bool more, reader->next(batch));
    if (!more) break;
    visit(batch);
  }
  return {};
}

base::Result<std::vector<NamedBar>> newest_bars(const OpenDirectory& directory,
                                                const flow::SinkPosition* until) {
  using Key = std::tuple<std::string, base::DurationNanos, base::TsNanos>;
  std::map<Key, market::BarRow> newest;
  for (std::uint16_t p = 0; p < directory.settings.partitions; ++p) {
    std::uint64_t limit = UINT64_MAX;
    if (until != nullptr) {
      const auto found = until->find({flow::Topic::bars, p});
      limit = found == until->end() ? 0 : found->second.value;
    }
    RETURN_IF_ERROR(for_each_batch(*directory.tape, flow::Topic::bars, p, [&](const flow::TapeBatch& batch) {
      const market::BatchView<market::BarRow> view(batch.bytes);
      std::uint64_t offset = batch.first.value;
      for (const market::BarRow& row : view.rows())  // revisions of a window come in their order
        if (offset++ < limit)
          newest[{std::string(view.string(row.symbol)), row.interval, row.window_start}] = row;
    }));
  }
  std::vector<NamedBar> bars;
  bars.reserve(newest.size());
  for (const auto& [key, row] : newest) bars.push_back({std::get<0>(key), row});
  return bars;
}

base::Result<std::vector<NamedEvent>> counted_events(const OpenDirectory& directory) {
  std::vector<NamedEvent> events;
  for (std::uint16_t p = 0; p < directory.settings.partitions; ++p) {
    ASSIGN_OR_RETURN(const runtime::ReplayOf replay, replay_of(directory, p));
    RETURN_IF_ERROR(runtime::visit_events(*directory.tape, replay,
                                          [&](const market::EventBatchView& view, std::size_t row,
                                              std::uint64_t offset, flow::Verdict verdict) {
                                            if (verdict == flow::Verdict::used ||
                                                verdict == flow::Verdict::late_revised)
                                              events.push_back(named(view, row, offset));
                                          }));
  }
  sort_events(events);
  return events;
}

base::Result<std::vector<NamedEvent>> late_events(const OpenDirectory& directory) {
  std::vector<NamedEvent> events;
  for (std::uint16_t p = 0; p < directory.settings.partitions; ++p)
    RETURN_IF_ERROR(for_each_batch(*directory.tape, flow::Topic::late, p, [&](const flow::TapeBatch& batch) {
      const market::EventBatchView view(batch.bytes);
      for (std::size_t i = 0; i < view.rows().size(); ++i)
        events.push_back(named(view, i, batch.first.value + i));
    }));
  sort_events(events);
  return events;
}

base::Result<std::vector<NamedReject>> rejects(const OpenDirectory& directory) {
  std::vector<NamedReject> found;
  RETURN_IF_ERROR(for_each_batch(*directory.tape, flow::Topic::rejects, 0, [&](const flow::TapeBatch& batch) {
    const market::BatchView<market::RejectRow> view(batch.bytes);
    for (std::size_t i = 0; i < view.rows().size(); ++i)
      found.push_back({view.rows()[i], std::string(view.string(view.rows()[i].source)),
                       std::string(view.text(static_cast<std::uint32_t>(i)))});
  }));
  std::stable_sort(found.begin(), found.end(), [](const NamedReject& a, const NamedReject& b) {
    return std::tie(a.source, a.row.line, a.row.item) < std::tie(b.source, b.row.line, b.row.item);
  });
  return found;
}

std::string example_of_reject(flow::Tape& tape, const std::string& reason) {
  std::string example;
  constexpr std::size_t kShownBytes = 100;
  const base::Status status =
      for_each_batch(tape, flow::Topic::rejects, 0, [&](const flow::TapeBatch& batch) {
        if (!example.empty()) return;
        const market::BatchView<market::RejectRow> view(batch.bytes);
        for (std::size_t i = 0; i < view.rows().size() && example.empty(); ++i) {
          const market::RejectRow& row = view.rows()[i];
          if (reason != market::reason_name(row.reason)) continue;
          example.append(view.string(row.source))
              .append(":")
              .append(formats::reject_position(row))
              .append(" ");
          const std::string_view raw = view.text(static_cast<std::uint32_t>(i));
          for (const char c : raw.substr(0, kShownBytes)) example.push_back(c >= ' ' && c <= '~' ? c : '?');
          if (raw.size() > kShownBytes) example.append("…");
        }
      });
  return status.ok() ? example : status.error().message();
}

}  // namespace tickerhouse::app
