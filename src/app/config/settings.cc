#include "app/config/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace tickerhouse::app {
namespace {

constexpr std::array<SettingInfo, 56> kSettings = {{
    {"data", "./data", "--data", "OUTPUT_PATH", "the data directory: tape, store, checkpoints"},
    {"ingest.bound", "5s", "--bound", "WATERMARK",
     "how far events may be out of order; the watermark stays that far behind the newest one", true},
    {"ingest.skew", "5s", "--skew", "",
     "how far an event may lie in the future of its receipt before it is a reject", true},
    {"ingest.idle_timeout", "10s", "--idle-timeout", "",
     "live sources: after this long without data time goes on without them", true},
    {"ingest.grace", "5s", "--grace", "",
     "live sources: how long after a session's end its windows stay open", true},
    {"ingest.batch", "8192", "--batch", "MAX_OFFSETS_PER_TRIGGER",
     "records in one step and commit; more than 16384 are taken as 16384; changes no result"},
    {"ingest.symbols", "", "--allow-symbols", "",
     "the only symbols to accept, separated by commas; empty: all"},
    {"engine.intervals", "1m 5m 15m 30m 1h 1d", "--intervals", "WINDOW_DURATION",
     "lengths of bars, separated by commas or spaces", true},
    {"engine.allowed_lateness", "2m", "--allowed-lateness", "",
     "how long a closed window still takes late events", true},
    {"engine.partitions", "4", "--partitions", "", "of the tape, 1 to 1024", true},
    {"engine.threads", "0", "--threads", "",
     "of the shards; 0: one per processor, of `work` two, as commits wait for brokers; at most one per "
     "partition"},
    {"tape.kind", "lmdb", "--tape", "", "lmdb: in the data directory; kafka: topics of a cluster", true},
    {"kafka.brokers", "", "--brokers", "KAFKA_BOOTSTRAP_SERVERS",
     "HOST:PORT of some brokers, separated by commas"},
    {"kafka.pipeline", "tickerhouse", "--pipeline", "", "begins the names of the topics", true},
    {"kafka.replication", "0", "--replication", "",
     "copies of each new topic; 0: what the brokers think right"},
    {"kafka.password_file", "", "--kafka-password-file", "",
     "a file with the password of the login (sasl.password); or the environment has it: KAFKA_PASSWORD"},
    {"kafka.tls_key_password_file", "", "--kafka-tls-key-password-file", "",
     "a file with the password of the key (ssl.key.password); or KAFKA_TLS_KEY_PASSWORD"},
    {"kafka.topic_format", "json", "--topic-format", "",
     "of the messages of a new pipeline: json, or avro with a schema registry", true},
    {"kafka.schema_registry", "", "--schema-registry", "SCHEMA_REGISTRY_URL",
     "http:// or https:// address of the registry that knows the schemas of Avro messages"},
    {"kafka.schema_registry_user", "", "--schema-registry-user", "",
     "who asks it; empty: nobody in particular"},
    {"kafka.schema_registry_password_file", "", "--schema-registry-password-file", "",
     "a file with that user's password; or the environment has it: KAFKA_SCHEMA_REGISTRY_PASSWORD"},
    {"work.group", "", "--group", "KAFKA_CONSUMER_GROUP",
     "the consumer group of the workers; empty: the pipeline's name"},
    {"work.id", "", "--id", "",
     "of one worker: it keeps its partitions while it restarts; empty: none, it gives them up when it ends"},
    {"work.checkpoint_rows", "250000", "--checkpoint-rows", "",
     "events of a partition between two checkpoints: what a worker that takes over steps again at most"},
    {"tape.size_max", "64GiB", "--tape-size", "", "ingest pauses when the tape is nearly this large"},
    {"tape.durability", "fsync", "--durability", "",
     "fsync: a commit survives the machine; os: it survives the process"},
    {"tape.checkpoints", "auto", "--checkpoints", "",
     "where shards keep their checkpoints. topic: PIPELINE.checkpoints, for all machines; directory: files "
     "of "
     "the data directory; auto: topic with a tape on Kafka, else directory"},
    {"tape.accept_gap", "false", "--accept-gap", "",
     "where rows were deleted before they were read, go on without them and mark the bars they may belong "
     "to; "
     "else that is an error"},
    {"tape.retention_age", "0s", "--retention-age", "",
     "events older than this are cut from the tape, if no checkpoint and no sink needs them; 0s: none are"},
    {"tape.retention_size", "0", "--retention-size", "",
     "the oldest events are cut when the tape is larger; 0: none are (the demo: nine tenths of "
     "tape.size_max)"},
    {"store.enabled", "true", "--store", "", "keep results in store.duckdb"},
    {"store.memory", "512MB", "--store-memory", "", "memory of the store, as DuckDB takes it"},
    {"sinks.flush_interval", "200ms", "--flush-interval", "PROCESSING_TRIGGER",
     "how long results gather before a sink makes them durable"},
    {"history.formats", "parquet csv", "--history", "",
     "formats of the history files of events and settled bars: parquet, csv, both, or none"},
    {"history.rows_of", "events bars", "--history-rows-of", "",
     "what the history keeps: events, bars (as they were settled), or both"},
    {"history.interval", "5m", "--history-interval", "",
     "how long rows gather before they become a history file"},
    {"history.rows", "262144", "--history-rows", "",
     "so many events, or a third as many bars, become a history file at once"},
    {"console.every", "0", "--console", "",
     "print bars to stdout as they come, with totals every so many; 0: do not"},
    {"console.rate", "0", "--console-rate", "",
     "lines a second at most: the newest bars, the others are counted; 0: all of them"},
    {"source.files", "", "--files", "",
     "what run loads in place of the demo: files that are merged by time, or - for standard input"},
    {"source.topic", "", "--topic", "KAFKA_TOPIC",
     "a topic of somebody else's on kafka.brokers, to be read in place of files or the demo"},
    {"source.keyed", "", "--keyed", "",
     "symbol: each symbol has all its messages in one partition of source.topic, which is then itself the "
     "events of a tape on Kafka, and not copied"},
    {"source.follow", "false", "--follow", "",
     "the files grow: run waits for more (of a topic it does anyway)"},
    {"source.mapping", "", "--mapping", "", "a file that says where the fields are (docs/mapping.md)"},
    {"source.speed", "max", "--speed", "", "N times as fast as it happened, or max"},
    {"simulator.rate", "1000", "--rate", "MSGS_PER_SEC", "simulated events per second of event time, or max"},
    {"simulator.symbols", "10", "--symbols", "TICKERS STOCK_SYMBOLS",
     "how many symbols to simulate, or their names"},
    {"serve.address", "127.0.0.1", "--address", "",
     "where the pages and the API listen; other than loopback needs a token and TLS"},
    {"serve.port", "8080", "--port", "", "without this setting a busy 8080 means the next free port"},
    {"serve.token_file", "", "--token-file", "", "a file with the token that clients must send"},
    {"serve.tls_certificate", "", "--tls-certificate", "", "a PEM file"},
    {"serve.tls_key", "", "--tls-key", "", "a PEM file"},
    {"serve.allowed_hosts", "", "--allowed-hosts", "",
     "names by which clients may call this machine, besides the address and localhost"},
    {"demo.catch_up", "24h", "--catch-up", "",
     "how much of the past the demo's market brings into a new directory; 0s: none"},
    {"log.level", "info", "--log-level", "LOGLEVEL", "debug, info, warn or error"},
    {"log.format", "text", "--log-format", "", "text for people, json for programs: one object a line"},
}};

// How many single-character edits apart two names are.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t above = row[k];
      row[k] = std::min({above + 1, row[k - 1] + 1, diagonal + (a[i - 1] == b[k - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::span<const SettingInfo> setting_table() { return kSettings; }

std::string environment_name(std::string_view key) {
  std::string name = "TICKERHOUSE_";
  for (const char c : key)
    name.push_back(c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
  return name;
}

std::string did_you_mean(std::string_view key) {
  const auto nearest =
      std::min_element(kSettings.begin(), kSettings.end(), [&](const SettingInfo& a, const SettingInfo& b) {
        return distance(key, a.key) < distance(key, b.key);
      });
  return distance(key, nearest->key) > 4 ? std::string()
                                         : std::string("; did you mean ").append(nearest->key).append("?");
}

std::string commented_file() {
  std::string text =
      "# Tickerhouse. Flags and environment variables win over this file; uncomment what you change.\n";
  std::string section;
  for (const SettingInfo& setting : kSettings) {
    const std::string_view key = setting.key;
    const std::size_t point = key.find('.');
    const std::string_view name = point == std::string_view::npos ? key : key.substr(point + 1);
    if (point != std::string_view::npos && key.substr(0, point) != section) {
      section = key.substr(0, point);
      text.append("\n[").append(section).append("]\n");
    }
    text.append("# ")
        .append(setting.what)
        .append("\n# ")
        .append(name)
        .append(" = \"")
        .append(setting.fallback)
        .append("\"\n");
  }
  return text;
}

std::string configuration_page() {
  std::string text =
      "# Configuration\n\nA value comes from, in this order: a flag, the environment, `./.env`, the file "
      "(`--config FILE`, else `./tickerhouse.toml`), the default. "
      "`tickerhouse check --show` prints each value and where it came from; `tickerhouse config init` writes "
      "a commented file. Durations: `250ms 5s 2m 1h 1d`, or as Spark "
      "writes them, `90 seconds`. The settings marked * are fixed by the first start of a data directory.\n\n"
      "This page is written by `tickerhouse config docs`.\n\n| key | default | flag | environment | older "
      "names | what |\n|---|---|---|---|---|---|\n";
  for (const SettingInfo& setting : kSettings) {
    const std::string_view key = setting.key;
    text.append("| `")
        .append(key)
        .append(setting.fixed ? "` * | `" : "` | `")
        .append(*setting.fallback == '\0' ? " " : setting.fallback);
    text.append("` | `").append(setting.flag).append("` | `").append(environment_name(key)).append("` | ");
    for (const std::string& name : split_list(setting.old_names)) text.append("`").append(name).append("` ");
    text.append("| ").append(setting.what).append(" |\n");
  }
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(", "), text.size());
    if (end > 0) items.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return items;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  struct Unit {
    std::string_view name;
    std::uint64_t factor;
  };
  static constexpr std::array<Unit, 9> kUnits = {{{"", 1},
                                                  {"B", 1},
                                                  {"KB", 1'000},
                                                  {"MB", 1'000'000},
                                                  {"GB", 1'000'000'000},
                                                  {"TB", 1'000'000'000'000},
                                                  {"KiB", 1ULL << 10U},
                                                  {"MiB", 1ULL << 20U},
                                                  {"GiB", 1ULL << 30U}}};
  for (const Unit& known : kUnits)
    if (known.name == unit && !__builtin_mul_overflow(value, known.factor, &value)) return value;
  return std::nullopt;
}

}  // namespace tickerhouse::app
