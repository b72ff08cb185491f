#include "app/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <numeric>

#include <toml++/toml.h>

#include "market/symbol.h"

namespace tickerhouse::app {
namespace {

constexpr std::array<SettingInfo, 19> kSettings = {{
    {"data", "./data", "--data", "OUTPUT_PATH", "the data directory: tape, store, checkpoints"},
    {"ingest.bound", "5s", "--bound", "WATERMARK",
     "how far events may be out of order; the watermark stays that far behind the newest one"},
    {"ingest.skew", "5s", "--skew", "",
     "how far an event may lie in the future of its receipt before it is a reject"},
    {"ingest.idle_timeout", "10s", "--idle-timeout", "",
     "live sources: after this long without data time goes on without them"},
    {"ingest.grace", "5s", "--grace", "",
     "live sources: how long after a session's end its windows stay open"},
    {"ingest.batch", "8192", "--batch", "", "records in one commit, at most 16384; changes no result"},
    {"ingest.symbols", "", "--allow-symbols", "",
     "the only symbols to accept, separated by commas; empty: all"},
    {"engine.intervals", "1m 5m 15m 30m 1h 1d", "--intervals", "WINDOW_DURATION",
     "lengths of bars, separated by commas or spaces"},
    {"engine.allowed_lateness", "2m", "--allowed-lateness", "",
     "how long a closed window still takes late events"},
    {"engine.partitions", "4", "--partitions", "", "of the tape, 1 to 1024"},
    {"engine.threads", "0", "--threads", "",
     "of the shards; 0: one per processor, at most one per partition"},
    {"tape.size_max", "64GiB", "--tape-size", "", "ingest pauses when the tape is nearly this large"},
    {"tape.durability", "fsync", "--durability", "",
     "fsync: a commit survives the machine; os: it survives the process"},
    {"store.enabled", "true", "--store", "", "keep results in store.duckdb"},
    {"store.memory", "512MB", "--store-memory", "", "memory of the store, as DuckDB takes it"},
    {"console.every", "0", "--console", "",
     "print bars to stdout as they come, with totals every so many; 0: do not"},
    {"simulator.rate", "1000", "--rate", "MSGS_PER_SEC", "simulated events per second of event time, or max"},
    {"simulator.symbols", "10", "--symbols", "TICKERS STOCK_SYMBOLS",
     "how many symbols to simulate, or their names"},
    {"log.level", "info", "--log-level", "LOGLEVEL", "debug, info, warn or error"},
}};

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

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

std::string did_you_mean(std::string_view key) {
  const auto nearest =
      std::min_element(kSettings.begin(), kSettings.end(), [&](const SettingInfo& a, const SettingInfo& b) {
        return distance(key, a.key) < distance(key, b.key);
      });
  return distance(key, nearest->key) > 4 ? std::string()
                                         : std::string("; did you mean ").append(nearest->key).append("?");
}

class Loader {
 public:
  base::Result<Config> run(const std::map<std::string, std::string>& flags, const std::string& file) {
    for (const SettingInfo& setting : kSettings) config_.values[setting.key] = {setting.fallback, "default"};
    read_file(file);
    read_environment(read_dot_env());
    for (const auto& [key, text] : flags)
      config_.values[key] = {text, std::string("flag ").append(flag_of(key))};
    interpret();
    if (problems_.empty()) return std::move(config_);
    std::string text;
    for (const std::string& problem : problems_) text.append(text.empty() ? "" : "\n").append(problem);
    return base::Error{base::ErrorCode::configuration, text, ""};
  }

 private:
  static const char* flag_of(const std::string& key) {
    for (const SettingInfo& setting : kSettings)
      if (key == setting.key) return setting.flag;
    return "";
  }

  void read_file(const std::string& file) {
    const std::string path = file.empty() ? "tickerhouse.toml" : file;
    if (file.empty() && !std::ifstream(path)) return;
    try {
      const toml::table table = toml::parse_file(path);
      for (const auto& [name, node] : table) take_node(path, std::string(name.str()), node);
    } catch (const toml::parse_error& error) {
      problems_.push_back(path + ":" + std::to_string(error.source().begin.line) + ": " +
                          std::string(error.description()));
    }
  }

  void take_node(const std::string& path, const std::string& name, const toml::node& node) {
    if (const toml::table* section = node.as_table()) {
      for (const auto& [inner, value] : *section)
        take_node(path, name + "." + std::string(inner.str()), value);
      return;
    }
    const std::string where = path + ":" + std::to_string(node.source().begin.line);
    if (!config_.values.contains(name)) {
      problems_.push_back(where + ": unknown key " + name + did_you_mean(name));
      return;
    }
    config_.values[name] = {text_of(node), where};
  }

  static std::string text_of(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const toml::array* items = node.as_array()) {
      std::string text;
      for (const toml::node& item : *items) text.append(text.empty() ? "" : " ").append(text_of(item));
      return text;
    }
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    if (const auto whole = node.value_exact<std::int64_t>()) return std::to_string(*whole);
    if (const auto real = node.value_exact<double>()) {
      std::array<char, 40> digits{};
      return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), *real).ptr};
    }
    return {};
  }

  std::map<std::string, std::string> read_dot_env() {
    std::map<std::string, std::string> found;
    std::ifstream in(".env");
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      line = trimmed(line);
      if (line.empty() || line.front() == '#') continue;
      if (line.starts_with("export ")) line.erase(0, 7);
      const std::size_t equals = line.find('=');
      if (equals == std::string::npos) {
        problems_.push_back(".env:" + std::to_string(number) + ": expected NAME=VALUE");
        continue;
      }
      std::string value = trimmed(line.substr(equals + 1));
      if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
          value.back() == value.front())
        value = value.substr(1, value.size() - 2);
      found[trimmed(line.substr(0, equals))] = value;
    }
    return found;
  }

  // The environment wins over .env, and in each our own name over the old ones.
  void read_environment(const std::map<std::string, std::string>& dot_env) {
    for (const SettingInfo& setting : kSettings) {
      std::vector<std::string> names = split_list(setting.old_names);
      std::reverse(names.begin(), names.end());
      names.push_back(environment_name(setting.key));
      for (const bool real : {false, true})
        for (const std::string& name : names) {
          const char* value = real ? std::getenv(name.c_str())
                                   : nullptr;  // NOLINT(concurrency-mt-unsafe): before any thread starts
          const auto found = dot_env.find(name);
          if (real ? value == nullptr : found == dot_env.end()) continue;
          const std::string text = real ? value : found->second;
          if (text.empty()) continue;
          config_.values[setting.key] = {text, (real ? "environment " : ".env ") + name};
        }
    }
    for (const SettingInfo& setting : kSettings)
      for (const std::string& name : split_list(setting.old_names)) {
        const SettingValue& value = config_.values[setting.key];
        if (value.origin.ends_with(" " + name))
          config_.notes.push_back(name + "=" + value.text + " → " + setting.key + " = " + value.text);
      }
  }

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
    config_.batch_records = whole("ingest.batch", 1, market::kBatchRowsMax);
    config_.allowed_symbols = split_list(config_.values["ingest.symbols"].text);
    for (const std::string& symbol : config_.allowed_symbols)
      if (!market::is_valid_symbol(symbol))
        wrong("ingest.symbols", "symbols of 1 to 32 printable characters, not \"" + symbol + "\"");
    interpret_storage();
    interpret_simulator();
    config_.log_level = config_.values["log.level"].text;
    std::transform(config_.log_level.begin(), config_.log_level.end(), config_.log_level.begin(),
                   [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
    if (config_.log_level == "warning") config_.log_level = "warn";
    if (config_.log_level == "critical") config_.log_level = "error";
    static constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warn", "error"};
    if (std::find(kLevels.begin(), kLevels.end(), config_.log_level) == kLevels.end())
      wrong("log.level", "debug, info, warn or error");
    if (problems_.empty())
      for (const std::string& problem : engine::problems_of(config_.engine)) problems_.push_back(problem);
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
    const std::string& durability = config_.values["tape.durability"].text;
    if (durability != "fsync" && durability != "os") wrong("tape.durability", "fsync or os");
    config_.durability = durability == "os" ? tape::Durability::os : tape::Durability::fsync;
    config_.store = flag("store.enabled");
    config_.store_memory = config_.values["store.memory"].text;
    if (!parse_bytes(config_.store_memory)) wrong("store.memory", "a size such as 512MB");
    config_.console_every = whole("console.every", 0, 1'000'000'000);
  }

  void interpret_simulator() {
    const std::string& rate = config_.values["simulator.rate"].text;
    constexpr double kFastest = 1e6;
    config_.simulator_rate = kFastest;
    if (rate != "max") {
      const auto [end, error] =
          std::from_chars(rate.data(), rate.data() + rate.size(), config_.simulator_rate);
      if (error != std::errc() || end != rate.data() + rate.size() || config_.simulator_rate < 0.001 ||
          config_.simulator_rate > kFastest)
        wrong("simulator.rate", "events per second, 0.001 to 1000000, or max");
    }
    config_.simulator_symbols = config_.values["simulator.symbols"].text;
  }

  Config config_;
  std::vector<std::string> problems_;
};

}  // namespace

std::span<const SettingInfo> setting_table() { return kSettings; }

std::string environment_name(std::string_view key) {
  std::string name = "TICKERHOUSE_";
  for (const char c : key)
    name.push_back(c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
  return name;
}

base::Result<Config> load_config(const std::map<std::string, std::string>& flags, const std::string& file) {
  return Loader().run(flags, file);
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
    const bool fixed = key == "ingest.bound" || key == "ingest.skew" || key == "ingest.idle_timeout" ||
                       key == "ingest.grace" || key == "engine.intervals" ||
                       key == "engine.allowed_lateness" || key == "engine.partitions";
    text.append("| `")
        .append(key)
        .append(fixed ? "` * | `" : "` | `")
        .append(*setting.fallback == '\0' ? " " : setting.fallback);
    text.append("` | `").append(setting.flag).append("` | `").append(environment_name(key)).append("` | ");
    for (const std::string& name : split_list(setting.old_names)) text.append("`").append(name).append("` ");
    text.append("| ").append(setting.what).append(" |\n");
  }
  return text;
}

std::string show(const Config& config) {
  std::string text;
  for (const SettingInfo& setting : kSettings) {
    const SettingValue& value = config.values.at(setting.key);
    text.append(setting.key)
        .append(" = \"")
        .append(value.text)
        .append("\"  # ")
        .append(value.origin)
        .append("\n");
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
