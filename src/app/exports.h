// What `export`, `verify` and the summaries read from a tape: newest bars, counted events, rejects.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/directory/data_directory.h"
#include "flow/store.h"

namespace tickerhouse::app {

struct NamedBar {
  std::string symbol;
  market::BarRow row;
};

// The newest revision of every final bar, up to `until` where that says so (else all), sorted by (symbol
// bytes, interval length, window_start).
base::Result<std::vector<NamedBar>> newest_bars(const OpenDirectory& directory,
                                                const flow::SinkPosition* until);

struct NamedEvent {
  market::EventRow row;
  std::string symbol;
  std::string venue;
  std::string source;
  std::string text;
  std::uint64_t offset = 0;
};

// Events that counted, or those kept as late, sorted by (ts_event, symbol bytes, offset).
base::Result<std::vector<NamedEvent>> counted_events(const OpenDirectory& directory);
base::Result<std::vector<NamedEvent>> late_events(const OpenDirectory& directory);

struct NamedReject {
  market::RejectRow row;
  std::string source;
  std::string raw;
};
// Sorted by (source, position).
base::Result<std::vector<NamedReject>> rejects(const OpenDirectory& directory);

// An example of a reject with this reason, for a person: the beginning of its line, made printable, and where
// it stands.
std::string example_of_reject(flow::Tape& tape, const std::string& reason);

// Calls `visit` for each batch of a partition from the beginning to what is committed at the call.
base::Status for_each_batch(flow::Tape& tape, flow::Topic topic, std::uint16_t partition,
                            const std::function<void(const flow::TapeBatch&)>& visit);

}  // namespace tickerhouse::app
