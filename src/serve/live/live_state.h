// What the live view knows: of every symbol the last 60 windows of each interval, the open ones among them,
// and the notices. Each change has a version, so that a reader asks "what changed since the version I have"
// and nothing is queued for anybody. Any thread.
//
// Bound: at most 8,192 symbols (further ones are counted and left out) and 262,144 bars of 192 bytes, 50 MB:
// with more than 4,369 series (symbols × intervals) each keeps fewer windows than 60, but two at least.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "flow/operator.h"
#include "market/bar.h"
#include "market/batch.h"
#include "serve/live/notices.h"

namespace tickerhouse::serve {

inline constexpr std::size_t kLiveWindows = 60;
inline constexpr std::size_t kLiveBarsMax = 262'144;
inline constexpr std::size_t kLiveSymbolsMax = 8'192;

class LiveState {
 public:
  LiveState(std::vector<base::DurationNanos> intervals, base::Clock& clock);

  // Writing. A bar of the store is taken without a notice.
  void load(std::string_view symbol, const market::BarRow& row);
  void bar(std::string_view symbol, const market::BarRow& row, const RowPlace& place);
  void late(std::string_view symbol, const market::EventRow& row, const RowPlace& place);
  void rejected(std::string_view source, const market::RejectRow& row, const RowPlace& place);
  void forming(std::span<const flow::FormingBar> bars);
  void set_finished(std::string_view symbol, bool finished);  // its sources have ended

  // Reading.
  [[nodiscard]] const std::vector<base::DurationNanos>& intervals() const { return intervals_; }  // ascending
  [[nodiscard]] base::DurationNanos day_interval() const { return day_interval_; }
  struct Symbol {
    std::string name;
    int decimals = 2;
  };
  std::vector<Symbol> symbols();  // in byte order
  bool knows(std::string_view symbol);
  std::uint64_t symbols_left_out();

  // A JSON array and the version it shows. Of watch rows those changed since; with since 0 all, in byte
  // order.
  struct Changes {
    std::string json;  // empty: nothing has changed
    bool full = false;
    std::uint64_t version = 0;
  };
  Changes watch_rows(std::uint64_t since);
  std::optional<std::string> watch_row(std::string_view symbol);
  // Bars changed since, oldest first. Full: those a reader has from before are to be forgotten.
  Changes bars(std::string_view symbol, base::DurationNanos interval, std::uint64_t since);
  // The closed ones, oldest first.
  std::vector<market::BarRow> closed_bars(std::string_view symbol, base::DurationNanos interval);
  // Newest first; the version is the id of the one to come.
  Changes notices(std::uint64_t since, std::size_t limit = kNoticesMax);

 private:
  struct Bar {
    market::BarRow row;
    std::uint64_t version = 0;
  };
  struct Series {
    std::vector<Bar> bars;            // by window_start; provisional ones after all closed ones
    std::uint64_t version = 0;        // of its last change
    std::uint64_t reset_version = 0;  // a bar was taken away then
  };
  struct SymbolState {
    std::string name;
    std::vector<Series> series;  // by interval
    int decimals = 2;
    bool finished = false;
    std::uint64_t version = 0;
    std::uint64_t spark_version = 0;
    base::TsNanos updated_at = base::kNoTime;
    std::string row_json;  // without spark and the closing brace; as of row_version
    std::uint64_t row_version = 0;
  };

  Now now() { return {clock_.wall_now(), clock_.monotonic_now()}; }
  SymbolState* find(std::string_view symbol);
  SymbolState* find_or_add(std::string_view symbol);
  void shrink_to_bound();
  [[nodiscard]] std::size_t series_of(base::DurationNanos interval) const;  // intervals_.size(): none
  // The closed bar that `row` took the place of, if there was one and it is known.
  struct Taken {
    bool news = false;
    std::optional<market::BarRow> before;
  };
  Taken take_closed(SymbolState& symbol, std::size_t index, const market::BarRow& row);
  void take_provisional(SymbolState& symbol, std::size_t index, const market::BarRow& row);
  void changed(SymbolState& symbol, Series& series, Bar& bar);
  void tell_bar(const SymbolState& symbol, const Taken& taken, const market::BarRow& row,
                const RowPlace& place);
  void append_row(std::string& out, SymbolState& symbol, bool with_spark);
  void render(SymbolState& symbol);
  [[nodiscard]] const char* health(const SymbolState& symbol) const;

  const std::vector<base::DurationNanos> intervals_;
  const base::DurationNanos day_interval_;
  base::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, SymbolState, std::less<>> symbols_;
  std::size_t windows_max_ = kLiveWindows;
  std::uint64_t left_out_ = 0;  // rows of symbols beyond the bound
  std::uint64_t version_ = 1;   // 0 is a reader that has seen nothing
  NoticeList notices_;
};

}  // namespace tickerhouse::serve
