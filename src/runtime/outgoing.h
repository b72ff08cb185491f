// What one commit of ingest brings to the tape.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "flow/tape.h"
#include "market/batch_builder.h"

namespace tickerhouse::runtime {

// Builds the rows of one commit: one batch per partition of events, one of rejects, one of symbols.
class Outgoing {
 public:
  explicit Outgoing(std::uint16_t partitions) : events_(partitions) {}

  market::EventBatchBuilder& events(std::uint16_t partition) { return events_[partition]; }
  [[nodiscard]] std::uint16_t partitions() const { return static_cast<std::uint16_t>(events_.size()); }
  market::BatchBuilder<market::RejectRow> rejects;
  market::EventBatchBuilder symbols;

  void clear() {
    for (auto& builder : events_) builder.clear();
    rejects.clear();
    symbols.clear();
    arena_.clear();
    places_.clear();
  }

  // Seals what has rows. The appends borrow from this object until clear().
  const std::vector<flow::Append>& seal() {
    for (std::uint16_t p = 0; p < partitions(); ++p) seal_one(flow::Topic::events, p, events_[p]);
    seal_one(flow::Topic::rejects, 0, rejects);
    seal_one(flow::Topic::symbols, 0, symbols);
    appends_.clear();
    for (const auto& [append, place] : places_) {
      appends_.push_back(append);
      appends_.back().batch = std::string_view(arena_).substr(place.offset, place.size);
    }
    return appends_;
  }

 private:
  template <typename Row>
  void seal_one(flow::Topic topic, std::uint16_t partition, const market::BatchBuilder<Row>& builder) {
    if (builder.rows.empty()) return;
    places_.emplace_back(flow::Append{topic, partition, {}}, builder.seal(arena_, 0));
  }
  std::vector<market::EventBatchBuilder> events_;
  std::string arena_;
  std::vector<std::pair<flow::Append, market::BatchParts::Place>> places_;
  std::vector<flow::Append> appends_;
};

}  // namespace tickerhouse::runtime
