// The configuration of a run, typed and checked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/config/setting_values.h"
#include "base/result.h"
#include "engine/settings.h"
#include "tape/durability.h"

namespace tickerhouse::app {

struct Config {
  std::map<std::string, SettingValue> values;
  std::map<std::string, std::string> secrets;  // see SettingValues
  std::vector<std::string> notes;              // old names in effect, to be logged at start

  // Typed; filled by load_config when no value is wrong.
  engine::Settings engine;
  std::string data;
  std::size_t batch_records = 0;
  std::vector<std::string> allowed_symbols;
  std::uint16_t threads = 0;
  std::uint64_t tape_size_max = 0;
  base::DurationNanos retention_age = 0;
  std::uint64_t retention_bytes = 0;
  tape::Durability durability = tape::Durability::fsync;
  std::string checkpoints;  // auto, topic or directory
  bool accept_gap = false;
  bool store = true;
  std::string store_memory;
  base::DurationNanos flush_interval = 0;
  bool history_parquet = true;
  bool history_csv = true;
  bool history_events = true;
  bool history_bars = true;
  base::DurationNanos history_interval = 0;
  std::uint64_t history_rows = 0;
  std::uint64_t console_every = 0;
  std::uint32_t console_rate = 0;
  std::vector<std::string> source_files;
  std::string source_topic;
  std::string source_keyed;  // symbol, or empty
  bool source_follow = false;
  std::string source_mapping;
  std::string tape_kind;  // lmdb or kafka
  std::string kafka_brokers;
  std::string kafka_pipeline;
  std::int16_t kafka_replication = -1;
  std::map<std::string, std::string> kafka_properties;  // of librdkafka, by its names
  std::string work_group;                               // empty: the pipeline's name
  std::string work_id;
  std::uint64_t work_checkpoint_rows = 0;
  double source_speed = 0;  // N times as fast as it happened; 0: as fast as it goes
  double simulator_rate = 0;
  std::string simulator_symbols;
  std::string serve_address;
  std::uint16_t serve_port = 0;
  std::string serve_token_file;
  std::string serve_tls_certificate;
  std::string serve_tls_key;
  std::vector<std::string> serve_allowed_hosts;
  base::DurationNanos demo_catch_up = 0;
  std::string log_level;
  bool log_json = false;

  [[nodiscard]] bool given(const char* key) const { return !values.at(key).is_default(); }
};

// `flags`: by key. file: empty means ./tickerhouse.toml if it is there. All mistakes at once, as one
// `configuration` error, a line each.
base::Result<Config> load_config(const std::map<std::string, std::string>& flags, const std::string& file);

std::string show(const Config& config);  // each value and where it came from

}  // namespace tickerhouse::app
