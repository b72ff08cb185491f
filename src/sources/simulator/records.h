// Deliveries as rows, as lines of text, and as batches of a source.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flow/source.h"
#include "sources/simulator/delivery.h"
#include "sources/simulator/simulator.h"
#include "sources/simulator/trades.h"

namespace tickerhouse::sources {

class Records final : public SimulatorRecords {
 public:
  // first_number: events that happened before these, in earlier segments of the same feed; numbers and ids go
  // on.
  explicit Records(const SimulatorOptions& options, std::uint64_t first_number = 0);

  bool next() override;
  [[nodiscard]] bool malformed() const override { return delivered_.fault == Fault::malformed; }
  [[nodiscard]] const market::EventRow& row() const override { return row_; }
  [[nodiscard]] const std::string& symbol() const override { return options_.symbols[symbol_]; }
  void append_line(std::string& out) const override;

  market::RejectReason append_damaged(std::string& out) const;
  [[nodiscard]] std::size_t symbol_index() const { return symbol_; }
  [[nodiscard]] const Delivered& delivered() const { return delivered_; }
  [[nodiscard]] Delivery& delivery() { return delivery_; }
  [[nodiscard]] const Schedule& schedule() const { return trades_.schedule(); }

 private:
  void set_id(std::uint64_t number);

  SimulatorOptions options_;
  std::uint64_t first_number_;
  Trades trades_;
  Delivery delivery_;
  Noise damage_;
  Noise future_;
  Delivered delivered_;
  std::size_t symbol_ = 0;
  market::EventRow row_;
};

// Fills the batch of one poll.
class RecordBatch {
 public:
  explicit RecordBatch(std::size_t symbols) : local_(symbols) {}
  void begin(flow::SourceBatch& batch, const std::string& source);
  void take(const Records& records, flow::SourceBatch& batch);  // the record next() came to
  void finish(flow::SourceBatch& batch);  // what was taken may be looked at from here on

 private:
  // Bytes that a record of the batch borrows, known by place until no more are added.
  struct RawUse {
    bool reject = false;
    std::size_t index = 0;
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  // A symbol's place in the strings of the batch in hand.
  struct Local {
    std::uint64_t epoch = 0;
    std::uint16_t index = 0;
  };
  std::uint16_t local_symbol(const Records& records, flow::SourceBatch& batch);

  std::vector<Local> local_;
  std::uint64_t epoch_ = 0;
  std::string raw_;
  std::vector<RawUse> raw_uses_;
};

}  // namespace tickerhouse::sources
