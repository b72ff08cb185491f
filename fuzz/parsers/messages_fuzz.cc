// A message is no row of ours, or one that is written as a message which is the same row again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "formats/message.h"
#include "formats/output.h"

namespace {

using namespace tickerhouse;

template <typename Builder>
std::string_view string_at(const Builder& rows, std::uint16_t index) {
  return index == market::kNoString ? std::string_view() : rows.strings.at(index);
}

std::string event_text(const market::EventBatchBuilder& events) {
  const market::EventRow& row = events.rows.front();
  const formats::EventNames names{string_at(events, row.symbol), string_at(events, row.venue),
                                  string_at(events, row.source), events.text(0)};
  std::string text;
  if (market::carries_market_data(row.kind)) {
    formats::append_event_json(text, row, names);
  } else {
    formats::append_control_json(text, row, names);
  }
  return text;
}

std::string bar_text(const market::BatchBuilder<market::BarRow>& bars) {
  std::string text;
  formats::append_bar_json(text, string_at(bars, bars.rows.front().symbol), bars.rows.front());
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static formats::MessageReader reader;
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  market::EventBatchBuilder event;
  if (reader.read_event(message, event)) {
    const std::string text = event_text(event);
    market::EventBatchBuilder again;
    if (!reader.read_event(text, again) || event_text(again) != text) std::abort();
  }
  market::BatchBuilder<market::BarRow> bar;
  if (reader.read_bar(message, bar)) {
    const std::string text = bar_text(bar);
    market::BatchBuilder<market::BarRow> again;
    if (!reader.read_bar(text, again) || bar_text(again) != text) std::abort();
  }
  return 0;
}
