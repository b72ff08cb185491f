// Who hears which watermark. Every symbol belongs to a lane: the set of sources that feed it. As a rule that
// is one source; only --merge gives a symbol several unfinished ones, and then the lane's watermark is the
// least of theirs. A symbol that moves to another lane while its old one is unfinished keeps what it had
// reached (its floor); one whose sources have all finished starts anew.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "flow/operator.h"

namespace tickerhouse::engine {

class Timeline {
 public:
  flow::SymbolId symbol(std::string_view name);
  flow::SourceId source(std::string_view name);
  [[nodiscard]] const std::vector<std::string>& symbol_names() const { return symbol_names_; }
  [[nodiscard]] std::size_t source_count() const { return sources_.size(); }

  // Makes sure that `symbol` hears `source`. Cheap if it does already.
  void attach(flow::SymbolId symbol, flow::SourceId source) {
    if (last_source_[symbol] != source) attach_slowly(symbol, source);
  }

  // The source's watermark reaches ts (never going back), or the source ends; a watermark after its end says
  // that it has grown. Afterwards lanes_of(source) have theirs.
  void advance(flow::SourceId source, base::TsNanos ts);
  void finish(flow::SourceId source, base::TsNanos ts);
  [[nodiscard]] base::TsNanos watermark(flow::SourceId source) const { return sources_[source].watermark; }

  struct Lane {
    std::vector<flow::SourceId> sources;  // ascending
    std::vector<flow::SymbolId> symbols;
    bool finished = false;
  };
  [[nodiscard]] const Lane& lane(std::uint32_t index) const { return lanes_[index]; }
  [[nodiscard]] const std::vector<std::uint32_t>& lanes_of(flow::SourceId source) const {
    return sources_[source].lanes;
  }
  [[nodiscard]] flow::EventTime event_time() const { return {lane_of_, lane_watermark_, floor_of_}; }

  void save(base::ByteWriter& out) const;
  void load(base::ByteReader& in);

 private:
  struct SourceState {
    base::TsNanos watermark = base::kNoTime;
    bool finished = false;
    std::vector<std::uint32_t> lanes;
  };
  void attach_slowly(flow::SymbolId symbol, flow::SourceId source);
  void resume(flow::SourceId source);
  void move(flow::SourceId source, base::TsNanos ts);
  std::uint32_t lane_for(const std::vector<flow::SourceId>& sources);
  void update_lane(std::uint32_t index);

  std::unordered_map<std::string, flow::SymbolId> symbol_ids_;
  std::vector<std::string> symbol_names_;
  std::unordered_map<std::string, flow::SourceId> source_ids_;
  std::vector<std::string> source_names_;
  std::vector<SourceState> sources_;
  std::vector<Lane> lanes_;  // lane 0: symbols that hear nobody yet
  std::vector<base::TsNanos> lane_watermark_;
  // By symbol.
  std::vector<std::uint32_t> lane_of_;
  std::vector<std::uint32_t> place_in_lane_;
  std::vector<base::TsNanos> floor_of_;
  std::vector<flow::SourceId> last_source_;
};

}  // namespace tickerhouse::engine
