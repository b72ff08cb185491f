// What is put into a batch comes out of its bytes.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "market/batch_builder.h"

namespace tickerhouse::market {
namespace {

struct Drawn {
  std::vector<EventRow> rows;
  std::vector<std::string> symbols;  // by row
  std::vector<std::string> texts;    // by row; empty: none
  std::string bytes;
};

Drawn drawn_batch() {
  Drawn drawn;
  EventBatchBuilder builder;
  const auto count = *rc::gen::inRange<std::uint32_t>(0, 50);
  for (std::uint32_t i = 0; i < count; ++i) {
    drawn.symbols.push_back(*rc::gen::resize(4, rc::gen::arbitrary<std::string>()));
    drawn.texts.push_back(*rc::gen::arbitrary<std::string>());
    EventRow row;
    row.ts_event = *rc::gen::arbitrary<std::int64_t>();
    row.trade.price.units = *rc::gen::arbitrary<std::int64_t>();
    row.symbol = builder.strings.intern(drawn.symbols.back());
    if (!drawn.texts.back().empty()) builder.add_text(i, drawn.texts.back());
    builder.rows.push_back(row);
  }
  drawn.rows = builder.rows;
  builder.seal(drawn.bytes, *rc::gen::arbitrary<std::uint32_t>());
  return drawn;
}

// Aligned as the reader asks for; the string that holds it must be large enough to lie on the heap.
base::Result<BatchBytes> open(std::string& bytes) {
  bytes.reserve(kBatchAlignment * 8);
  return BatchBytes::open(bytes);
}

RC_GTEST_PROP(Batch, WhatGoesInComesOut, ()) {
  Drawn drawn = drawn_batch();
  const auto opened = open(drawn.bytes);
  RC_ASSERT(opened.ok());
  const EventBatchView view(*opened);
  RC_ASSERT(view.rows().size() == drawn.rows.size());
  for (std::uint32_t i = 0; i < drawn.rows.size(); ++i) {
    RC_ASSERT(std::memcmp(&view.rows()[i], &drawn.rows[i], sizeof(EventRow)) == 0);
    RC_ASSERT(view.string(view.rows()[i].symbol) == drawn.symbols[i]);
    RC_ASSERT(view.text(i) == drawn.texts[i]);
  }
}

}  // namespace
}  // namespace tickerhouse::market
