// The contract of tapes on a real broker, which tests/kafka/test_tape.py starts and names in
// KAFKA_BOOTSTRAP_SERVERS.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "tape/kafka_tape.h"
#include "tests/contract/tape_contract.h"
#include "tests/contract/tape_rows.h"

namespace tickerhouse::contract {
namespace {

constexpr std::uint16_t kTapePartitions = 8;

class KafkaUnderTest final : public TapeUnderTest {
 public:
  KafkaUnderTest() {
    static int count = 0;
    const char* const brokers = std::getenv("KAFKA_BOOTSTRAP_SERVERS");
    if (brokers == nullptr) throw std::runtime_error("KAFKA_BOOTSTRAP_SERVERS names no broker");
    options_.connection.brokers = brokers;
    options_.pipeline =
        std::string("contract-").append(std::to_string(getpid())).append("-").append(std::to_string(++count));
    options_.partitions = kTapePartitions;
    tape_ = ok(tape::open_kafka_tape(options_));
  }
  flow::Tape& tape() override { return *tape_; }
  void reopen() override {
    other_.reset();
    tape_.reset();
    tape_ = ok(tape::open_kafka_tape(options_));
  }
  flow::Tape& other() override {
    if (other_ == nullptr) other_ = ok(tape::open_kafka_tape(options_));
    return *other_;
  }

 private:
  tape::KafkaTapeOptions options_;
  std::unique_ptr<flow::Tape> tape_;
  std::unique_ptr<flow::Tape> other_;
};

INSTANTIATE_TEST_SUITE_P(Kafka, TapeContract,
                         testing::Values(TapeCase{.name = "broker",
                                                  .make = [] { return std::make_unique<KafkaUnderTest>(); },
                                                  .offsets_count_rows = false,
                                                  .seen_at_once = false,
                                                  .batches_survive = false,
                                                  .batch_bytes_max = 1U << 20U,
                                                  .partition_last = kTapePartitions - 1}),
                         tape_case_name);

}  // namespace
}  // namespace tickerhouse::contract
