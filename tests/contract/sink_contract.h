// What every sink must do, written against flow::Sink only. A sink passes when its own test file instantiates
// the suite:
//
//   INSTANTIATE_TEST_SUITE_P(Duckdb, SinkContract, testing::Values(SinkCase{...}), sink_case_name);
//
// The rows are functions of topic, partition and offset; bars are revised, in the same batch and in later
// ones.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "flow/sink.h"

namespace tickerhouse::contract {

// One sink with its target; the destructor removes both.
class SinkUnderTest {
 public:
  virtual ~SinkUnderTest() = default;
  virtual flow::Sink& sink() = 0;
  // As if the process had been killed and begun again. sink() is another object afterwards, and not restored.
  virtual void reopen() = 0;
  // What stands in the target, for a reader who looks at it now: rows in any one rendering, sorted, without
  // the position.
  virtual std::vector<std::string> content() = 0;
};

struct SinkCase {
  std::string name;
  std::function<std::unique_ptr<SinkUnderTest>()> make;
  bool durable = true;  // has its position in the target
};

inline std::string sink_case_name(const testing::TestParamInfo<SinkCase>& info) { return info.param.name; }

struct SinkPlace {
  flow::Topic topic = flow::Topic::bars;
  std::uint16_t partition = 0;
};

// The row at an offset of a place, sealed in one batch with those up to `end`.
std::string sink_batch(SinkPlace place, std::uint64_t first, std::uint64_t end);

// Applies the rows [first, end) of a place, cut into batches of `size` rows; each batch begins `skip` rows
// before its first.
base::Status apply_rows(flow::Sink& sink, SinkPlace place, std::uint64_t first, std::uint64_t end,
                        std::uint64_t size = 7, std::uint32_t skip = 0);

class SinkContract : public testing::TestWithParam<SinkCase> {
 protected:
  void SetUp() override { under_test_ = GetParam().make(); }
  flow::Sink& sink() { return under_test_->sink(); }
  void reopen() { under_test_->reopen(); }
  std::vector<std::string> content() { return under_test_->content(); }
  [[nodiscard]] bool durable() const { return GetParam().durable; }
  std::vector<SinkPlace> places();  // two partitions of each topic, one of rejects
  void apply_everywhere(std::uint64_t first, std::uint64_t end, std::uint64_t size = 7);
  flow::SinkPosition position(std::uint64_t next);
  // What a new target holds that was given the first rows of every place in one go.
  std::vector<std::string> expected(std::uint64_t rows);

 private:
  std::unique_ptr<SinkUnderTest> under_test_;
};

}  // namespace tickerhouse::contract
