// usage: bar_latency BROKERS INPUT OUTPUT SYMBOLS RATE SECONDS WARM_UP SEED
//
// Both ends of what `benchmarks/run kafka-latency` times are one process with one clock: trades go into topic
// INPUT when they are due (an open loop: what is slow moves none of their times), bars come out of topic
// OUTPUT, read committed. The latency of a bar is counted from its window's end and the bound of 5 s behind
// it, when whoever knows the trades may close it. Windows that begin within the warm-up are not counted.
// Prints one JSON line; exit 1 if a counted bar is missing, comes twice, or has another number of trades than
// were sent.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "benchmarks/latency/feeder.h"
#include "benchmarks/latency/percentiles.h"

namespace tickerhouse::latency {
namespace {

constexpr base::DurationNanos kBound = 5 * base::kSecond;
constexpr base::DurationNanos kWindow = base::kSecond;
constexpr base::DurationNanos kSettleWithin = 120 * base::kSecond;
constexpr int kPatienceMs = 30'000;

struct Client {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using Owned = std::unique_ptr<rd_kafka_t, Client>;

Owned open(rd_kafka_type_t type, std::map<std::string, std::string> properties) {
  std::array<char, 512> why{};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  for (const auto& [name, value] : properties)
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK)
      throw std::runtime_error(why.data());
  Owned client(rd_kafka_new(type, conf, why.data(), why.size()));
  if (client == nullptr) throw std::runtime_error(why.data());
  return client;
}

struct Plan {
  std::string brokers, input, output;
  std::uint64_t symbols = 0, rate = 0;
  base::DurationNanos length = 0, warm_up = 0;
  std::uint64_t seed = 0;
  base::TsNanos begin = 0;  // a whole second
  WallClock clock = {};
};

using Window = std::pair<std::string, base::TsNanos>;  // symbol, start

std::string symbol_name(std::uint64_t symbol) {
  return std::string("S").append(std::to_string(1'000 + symbol));
}

// Sends each trade when it is due, and how many each counted window has.
class Sender {
 public:
  explicit Sender(const Plan& plan)
      : plan_(plan),
        client_(open(RD_KAFKA_PRODUCER, {{"bootstrap.servers", plan.brokers},
                                         {"partitioner", "murmur2_random"},
                                         {"compression.type", "lz4"},
                                         {"linger.ms", "2"}})),
        topic_(rd_kafka_topic_new(client_.get(), plan.input.c_str(), nullptr)) {}
  ~Sender() { rd_kafka_topic_destroy(topic_); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  std::map<Window, std::uint64_t> counted() const {
    std::map<Window, std::uint64_t> windows;
    for_each([&](base::TsNanos ts, const std::string& symbol, std::uint64_t) {
      const base::TsNanos start = base::floor_to(ts, kWindow);
      if (start >= plan_.begin + plan_.warm_up && start + kWindow <= plan_.begin + plan_.length)
        ++windows[{symbol, start}];
    });
    return windows;
  }

  void send() {
    for_each([this](base::TsNanos ts, const std::string& symbol, std::uint64_t cents) {
      for (base::TsNanos wait = ts - plan_.clock.now(); wait > 0; wait = ts - plan_.clock.now()) {
        rd_kafka_poll(client_.get(), 0);
        std::this_thread::sleep_for(std::chrono::nanoseconds(wait));
      }
      std::string text = std::string("{\"symbol\":\"").append(symbol).append("\",\"price\":");
      text.append(std::to_string(100 + cents / 100)).append(".").append(std::to_string(10 + cents % 90));
      text.append(",\"volume\":100,\"ts\":\"");
      base::append_iso_time(text, ts);
      text.append("\",\"ts_epoch_ms\":").append(std::to_string(ts / base::kMillisecond)).append("}");
      while (rd_kafka_produce(topic_, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, text.data(), text.size(),
                              symbol.data(), symbol.size(), nullptr) != 0)
        rd_kafka_poll(client_.get(), 1);
      largest_delay_ = std::max(largest_delay_, plan_.clock.now() - ts);
    });
    if (rd_kafka_flush(client_.get(), kPatienceMs) != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw std::runtime_error("the brokers do not take the trades");
  }
  // How late a trade was handed over at most.
  [[nodiscard]] base::DurationNanos largest_delay() const { return largest_delay_; }

 private:
  // Past the counted windows for as long as it takes that all engines close them.
  template <typename Take>
  void for_each(const Take& take) const {
    std::uint64_t state = plan_.seed * 2 + 1;
    const base::DurationNanos length = plan_.length + kBound + 3 * base::kSecond;
    for (std::uint64_t i = 0;; ++i) {
      const auto at =
          static_cast<base::DurationNanos>(i) * base::kSecond / static_cast<base::DurationNanos>(plan_.rate);
      if (at >= length) return;
      state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
      const base::TsNanos ts = base::floor_to(plan_.begin + at, base::kMillisecond);
      take(ts, symbol_name((state >> 33U) % plan_.symbols), state >> 50U);
    }
  }

  const Plan& plan_;
  Owned client_;
  rd_kafka_topic_t* topic_;
  base::DurationNanos largest_delay_ = 0;
};

// What stands behind "name": in a flat object; empty: no such name.
std::string_view value_of(std::string_view json, std::string_view name) {
  const std::string key = std::string("\"").append(name).append("\":");
  const std::size_t at = json.find(key);
  if (at == std::string_view::npos) return {};
  std::string_view rest = json.substr(at + key.size());
  const bool quoted = rest.starts_with('"');
  if (quoted) rest.remove_prefix(1);
  return rest.substr(0, rest.find_first_of(quoted ? "\"" : ",}"));
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Takes bars until all that are counted have come.
class Receiver {
 public:
  Receiver(const Plan& plan, std::map<Window, std::uint64_t> expected)
      : plan_(plan),
        expected_(std::move(expected)),
        client_(open(RD_KAFKA_CONSUMER, {{"bootstrap.servers", plan.brokers},
                                         {"isolation.level", "read_committed"},
                                         {"fetch.wait.max.ms", "10"},
                                         {"fetch.error.backoff.ms", "10"}})),
        topic_(rd_kafka_topic_new(client_.get(), plan.output.c_str(), nullptr)),
        queue_(rd_kafka_queue_new(client_.get())) {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(client_.get(), 0, topic_, &metadata, kPatienceMs) != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw std::runtime_error("no answer about " + plan.output);
    partitions_ = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    for (int i = 0; i < partitions_; ++i)
      if (rd_kafka_consume_start_queue(topic_, i, RD_KAFKA_OFFSET_BEGINNING, queue_) != 0)
        throw std::runtime_error("cannot read " + plan.output);
  }
  ~Receiver() {
    for (int i = 0; i < partitions_; ++i) rd_kafka_consume_stop(topic_, i);
    rd_kafka_queue_destroy(queue_);
    rd_kafka_topic_destroy(topic_);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::vector<base::DurationNanos> take_all() {
    std::vector<base::DurationNanos> latencies;
    const base::TsNanos until = plan_.begin + plan_.length + kBound + kSettleWithin;
    while (latencies.size() < expected_.size() && plan_.clock.now() < until) {
      rd_kafka_message_t* const message = rd_kafka_consume_queue(queue_, 10);
      if (message == nullptr) continue;
      const base::TsNanos got = plan_.clock.now();
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->payload != nullptr)
        take({static_cast<const char*>(message->payload), message->len}, got, latencies);
      rd_kafka_message_destroy(message);
    }
    if (latencies.size() != expected_.size())
      throw std::runtime_error(std::to_string(expected_.size() - latencies.size()) + " bars have not come");
    return latencies;
  }

 private:
  void take(std::string_view json, base::TsNanos got, std::vector<base::DurationNanos>& latencies) {
    const std::string_view named = value_of(json, "window_start");
    const base::TsNanos start =
        named.empty() ? static_cast<base::TsNanos>(number_of(value_of(json, "start"))) * base::kMillisecond
                      : base::parse_iso_time(named).value_or(0);
    const auto found = expected_.find({std::string(value_of(json, "symbol")), start});
    if (found == expected_.end()) return;
    const std::string_view count = value_of(json, "trade_count");
    if (number_of(count.empty() ? value_of(json, "count") : count) != found->second)
      throw std::runtime_error("another number of trades, or the same bar again: " + std::string(json));
    found->second = 0;
    latencies.push_back(got - (start + kWindow + kBound));
  }

  const Plan& plan_;
  std::map<Window, std::uint64_t> expected_;  // 0: has come
  Owned client_;
  rd_kafka_topic_t* topic_;
  rd_kafka_queue_t* queue_;
  int partitions_ = 0;
};

void run(Plan plan) {
  plan.begin = base::floor_to(plan.clock.now(), base::kSecond) + 2 * base::kSecond;
  Sender sender(plan);
  Receiver receiver(plan, sender.counted());
  std::exception_ptr failed;
  std::thread sending([&] {
    try {
      sender.send();
    } catch (...) {
      failed = std::current_exception();
    }
  });
  std::vector<base::DurationNanos> latencies;
  try {
    latencies = receiver.take_all();
  } catch (...) {
    sending.join();
    throw;
  }
  sending.join();
  if (failed) std::rethrow_exception(failed);
  std::printf("{\"bars\":%s,\"late_ms\":%.2f}\n", percentiles(std::move(latencies)).c_str(),
              static_cast<double>(sender.largest_delay()) / base::kMillisecond);
}

}  // namespace
}  // namespace tickerhouse::latency

int main(int argc, char** argv) try {
  if (argc != 9) throw std::runtime_error("BROKERS INPUT OUTPUT SYMBOLS RATE SECONDS WARM_UP SEED");
  const auto number = [argv](int i) { return std::strtoull(argv[i], nullptr, 10); };
  const auto seconds = [&](int i) {
    return static_cast<tickerhouse::base::DurationNanos>(number(i)) * tickerhouse::base::kSecond;
  };
  tickerhouse::latency::Plan plan{argv[1],    argv[2],    argv[3],   number(4), number(5),
                                  seconds(6), seconds(7), number(8), 0};
  if (plan.symbols == 0 || plan.rate == 0 || plan.warm_up >= plan.length)
    throw std::runtime_error("nothing would be counted");
  tickerhouse::latency::run(std::move(plan));
  return 0;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "bar_latency: %s\n", problem.what());
  return 1;
}
