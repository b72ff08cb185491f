#include "app/config/config.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "app/config/secrets.h"
#include "app/config/settings.h"
#include "market/batch.h"
#include "market/symbol.h"

namespace tickerhouse::app {
namespace {

// Gives the texts their types; notes all that is wrong.
class Interpreter {
 public:
  explicit Interpreter(SettingValues read) : problems_(std::move(read.problems)) {
    config_.values = std::move(read.values);
    config_.secrets = std::move(read.secrets);
    config_.notes = std::move(read.notes);
  }

  base::Result<Config> run() {
    interpret();
    if (problems_.empty()) return std::move(config_);
    std::string text;
    for (const std::string& problem : problems_) text.append(text.empty() ? "" : "\n").append(problem);
    return base::Error{base::ErrorCode::configuration, text, ""};
  }

 private:
  void wrong(const char* key, const std::string& expected) {
    const SettingValue& value = config_.values[key];
    problems_.push_back(value.origin + ": " + key + " = \"" + value.text + "\": expected " + expected);
  }

  base::DurationNanos duration(const char* key) {
    const auto parsed = base::parse_duration(config_.values[key].text);
    if (!parsed) wrong(key, "a duration such as 5s, 250ms or \"2 minutes\"");
    return parsed.value_or(0);
  }

  std::uint64_t whole(const char* key, std::uint64_t least, std::uint64_t most) {
    const std::string& text = config_.values[key].text;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
      wrong(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return value;
  }

  struct Range {
    double least;
    double most;
    const char* words;
  };
  // `text` is the setting's, but for what the caller has taken from it.
  double number(const char* key, const std::string& text, const Range& range) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool fits = value >= range.least && value <= range.most;  // which NaN does not
    if (error != std::errc() || end != text.data() + text.size() || !fits) wrong(key, range.words);
    return value;
  }

  bool flag(const char* key) {
    const std::string& text = config_.values[key].text;
    if (text != "true" && text != "false") wrong(key, "true or false");
    return text == "true";
  }

  void interpret() {
    config_.data = config_.values["data"].text;
    if (config_.data.empty()) wrong("data", "a directory");
    config_.engine.bound = duration("ingest.bound");
    config_.engine.skew = duration("ingest.skew");
    config_.engine.idle_timeout = duration("ingest.idle_timeout");
    config_.engine.grace = duration("ingest.grace");
    config_.engine.allowed_lateness = duration("engine.allowed_lateness");
    config_.engine.partitions =
        static_cast<std::uint16_t>(whole("engine.partitions", 1, engine::kPartitionsMax));
    interpret_intervals();
    config_.threads = static_cast<std::uint16_t>(whole("engine.threads", 0, 1'024));
    config_.batch_records =
        std::min<std::size_t>(whole("ingest.batch", 1, 1'000'000'000), market::kBatchRowsMax);
    config_.allowed_symbols = split_list(config_.values["ingest.symbols"].text);
    for (const std::string& symbol : config_.allowed_symbols)
      if (!market::is_valid_symbol(symbol))
        wrong("ingest.symbols", "symbols of 1 to 32 printable characters, not \"" + symbol + "\"");
    interpret_storage();
    interpret_kafka();
    interpret_source();
    interpret_simulator();
    interpret_serving();
    interpret_log();
    if (problems_.empty())
      for (const std::string& problem : engine::problems_of(config_.engine)) problems_.push_back(problem);
  }

  void interpret_serving() {
    config_.serve_address = config_.values["serve.address"].text;
    if (config_.serve_address.empty()) wrong("serve.address", "an address such as 127.0.0.1");
    config_.serve_port = static_cast<std::uint16_t>(whole("serve.port", 0, 65'535));
    config_.serve_token_file = config_.values["serve.token_file"].text;
    config_.serve_tls_certificate = config_.values["serve.tls_certificate"].text;
    config_.serve_tls_key = config_.values["serve.tls_key"].text;
    config_.serve_allowed_hosts = split_list(config_.values["serve.allowed_hosts"].text);
    config_.demo_catch_up = duration("demo.catch_up");
    if (config_.demo_catch_up > 30 * base::kDay) wrong("demo.catch_up", "at most 30d");
  }

  void interpret_log() {
    const std::string& format = config_.values["log.format"].text;
    if (format != "text" && format != "json") wrong("log.format", "text or json");
    config_.log_json = format == "json";
    config_.log_level = config_.values["log.level"].text;
    std::transform(config_.log_level.begin(), config_.log_level.end(), config_.log_level.begin(),
                   [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
    if (config_.log_level == "warning") config_.log_level = "warn";
    if (config_.log_level == "critical") config_.log_level = "error";
    static constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warn", "error"};
    if (std::find(kLevels.begin(), kLevels.end(), config_.log_level) == kLevels.end())
      wrong("log.level", "debug, info, warn or error");
  }

  // "90 seconds" is one interval, "1m 5m" and "1m,5m" are two.
  void interpret_intervals() {
    const std::string& text = config_.values["engine.intervals"].text;
    config_.engine.intervals.clear();
    if (const auto one = base::parse_duration(text)) {
      config_.engine.intervals.push_back(*one);
      return;
    }
    for (const std::string& item : split_list(text)) {
      const auto interval = base::parse_duration(item);
      if (!interval) return wrong("engine.intervals", "durations such as 1m,5m,1h");
      config_.engine.intervals.push_back(*interval);
    }
    std::sort(config_.engine.intervals.begin(), config_.engine.intervals.end());
  }

  void interpret_storage() {
    const auto bytes = parse_bytes(config_.values["tape.size_max"].text);
    constexpr std::uint64_t kLeast = std::uint64_t{1} << 20U;
    if (!bytes || *bytes < kLeast) wrong("tape.size_max", "a size of at least 1MiB, such as 2GB or 64GiB");
    config_.tape_size_max = bytes.value_or(0);
    config_.retention_age = duration("tape.retention_age");
    const auto kept = parse_bytes(config_.values["tape.retention_size"].text);
    if (!kept || (*kept > 0 && *kept < kLeast)) wrong("tape.retention_size", "0, or a size such as 1GB");
    config_.retention_bytes = kept.value_or(0);
    const std::string& durability = config_.values["tape.durability"].text;
    if (durability != "fsync" && durability != "os") wrong("tape.durability", "fsync or os");
    config_.durability = durability == "os" ? tape::Durability::os : tape::Durability::fsync;
    config_.checkpoints = config_.values["tape.checkpoints"].text;
    if (config_.checkpoints != "auto" && config_.checkpoints != "topic" && config_.checkpoints != "directory")
      wrong("tape.checkpoints", "auto, topic or directory");
    config_.accept_gap = flag("tape.accept_gap");
    config_.store = flag("store.enabled");
    config_.store_memory = config_.values["store.memory"].text;
    if (!parse_bytes(config_.store_memory)) wrong("store.memory", "a size such as 512MB");
    interpret_history();
    config_.flush_interval = duration("sinks.flush_interval");
    config_.console_every = whole("console.every", 0, 1'000'000'000);
    config_.console_rate = static_cast<std::uint32_t>(whole("console.rate", 0, 1'000'000));
  }

  void interpret_kafka() {
    config_.tape_kind = config_.values["tape.kind"].text;
    if (config_.tape_kind != "lmdb" && config_.tape_kind != "kafka") wrong("tape.kind", "lmdb or kafka");
    const std::string& format = config_.values["kafka.topic_format"].text;
    if (format != "json" && format != "avro") wrong("kafka.topic_format", "json or avro");
    config_.kafka_brokers = config_.values["kafka.brokers"].text;
    config_.kafka_pipeline = config_.values["kafka.pipeline"].text;
    config_.work_group = config_.values["work.group"].text;
    config_.work_id = config_.values["work.id"].text;
    config_.work_checkpoint_rows = whole("work.checkpoint_rows", 1, 1'000'000'000);
    constexpr std::uint64_t kReplicasMax = 100;
    const std::uint64_t replicas = whole("kafka.replication", 0, kReplicasMax);
    config_.kafka_replication = replicas == 0 ? std::int16_t{-1} : static_cast<std::int16_t>(replicas);
    for (const auto& [key, value] : config_.values) {
      if (!key.starts_with(kKafkaProperties)) continue;
      const std::string property = key.substr(kKafkaProperties.size());
      if (is_secret_property(property) && value.origin.starts_with("flag "))
        problems_.push_back(value.origin + ": " + property +
                            " is a secret, and everybody sees a command line: " + ways_to_give(property));
      config_.kafka_properties[property] = value.text;
    }
  }

  void interpret_source() {
    config_.source_files = split_list(config_.values["source.files"].text);
    config_.source_topic = config_.values["source.topic"].text;
    choose_source();
    config_.source_keyed = config_.values["source.keyed"].text;
    if (!config_.source_keyed.empty() && config_.source_keyed != "symbol")
      wrong("source.keyed", "symbol, or nothing");
    if (!config_.source_keyed.empty() && config_.values["source.topic"].text.empty())
      wrong("source.keyed", "nothing without source.topic: it says how that is keyed");
    config_.source_follow = flag("source.follow");
    config_.source_mapping = config_.values["source.mapping"].text;
    std::string speed = config_.values["source.speed"].text;
    if (speed.starts_with('x')) speed.erase(0, 1);
    if (speed != "max")
      config_.source_speed =
          number("source.speed", speed, {1e-6, 1e9, "N or xN, 0.000001 to 1000000000 times as fast, or max"});
  }

  // Of files and a topic the one that was said nearer: a flag, the environment, .env, the file.
  void choose_source() {
    if (config_.source_files.empty() || config_.source_topic.empty()) return;
    const auto nearness = [&](const char* key) {
      const std::string& origin = config_.values[key].origin;
      if (origin.starts_with("flag ")) return 3;
      if (origin.starts_with("environment ")) return 2;
      return origin == ".env" ? 1 : 0;
    };
    const int files = nearness("source.files");
    const int topic = nearness("source.topic");
    if (files == topic)
      wrong("source.topic", "nothing beside source.files: they are two inputs");
    else if (files < topic)
      config_.source_files.clear();
    else
      config_.source_topic.clear();
  }

  void interpret_history() {
    std::vector<std::string> words = split_list(config_.values["history.formats"].text);
    const auto has = [&](const char* name) {
      return std::find(words.begin(), words.end(), name) != words.end();
    };
    config_.history_parquet = has("parquet");
    config_.history_csv = has("csv");
    const std::size_t known = (has("parquet") ? 1U : 0U) + (has("csv") ? 1U : 0U) + (has("none") ? 1U : 0U);
    if (words.empty() || known != words.size() || (has("none") && words.size() > 1))
      wrong("history.formats", "parquet, csv, both, or none");
    words = split_list(config_.values["history.rows_of"].text);
    config_.history_events = has("events");
    config_.history_bars = has("bars");
    if (words.empty() || words.size() != (has("events") ? 1U : 0U) + (has("bars") ? 1U : 0U))
      wrong("history.rows_of", "events, bars, or both");
    config_.history_interval = duration("history.interval");
    config_.history_rows = whole("history.rows", 1'000, 10'000'000);
  }

  void interpret_simulator() {
    const std::string& rate = config_.values["simulator.rate"].text;
    constexpr double kFastest = 1e6;
    config_.simulator_rate = rate == "max"
                                 ? kFastest
                                 : number("simulator.rate", rate,
                                          {0.001, kFastest, "events per second, 0.001 to 1000000, or max"});
    config_.simulator_symbols = config_.values["simulator.symbols"].text;
  }

  Config config_;
  std::vector<std::string> problems_;
};

}  // namespace

base::Result<Config> load_config(const std::map<std::string, std::string>& flags, const std::string& file) {
  return Interpreter(read_settings(flags, file)).run();
}

std::string show(const Config& config) {
  std::string text;
  const auto add = [&text](std::string_view key, std::string_view value, std::string_view origin) {
    text.append(key).append(" = \"").append(value).append("\"  # ").append(origin).append("\n");
  };
  for (const SettingInfo& setting : setting_table()) {
    const SettingValue& value = config.values.at(setting.key);
    add(setting.key, value.text, value.origin);
  }
  for (const auto& [key, value] : config.values)
    if (key.starts_with(kKafkaProperties))
      add(key,
          is_secret_property(std::string_view(key).substr(kKafkaProperties.size())) ? "(not shown)"
                                                                                    : value.text,
          value.origin);
  for (const auto& [name, secret] : config.secrets) add(name, "(not shown)", "environment");
  return text;
}

}  // namespace tickerhouse::app
