// The schemas of messages, as a registry knows them. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/avro/avro_messages.h"

namespace tickerhouse::sources {

// A registry with the interface of Confluent's. Who speaks HTTP implements it.
class SchemaRegistry {
 public:
  virtual ~SchemaRegistry() = default;
  struct Schema {
    std::string kind;  // AVRO, PROTOBUF, JSON
    std::string text;
  };
  // Nullopt: it has none. `io`: it does not answer; `configuration`: it will not answer us.
  virtual base::Result<std::optional<Schema>> by_id(std::uint32_t id) = 0;
  virtual base::Result<std::optional<Schema>> latest(const std::string& subject) = 0;
  // Of Avro; its id, the same if it was there. `configuration`: it is not compatible with those of the
  // subject.
  virtual base::Result<std::uint32_t> add(const std::string& subject, std::string_view schema) = 0;
};

class Schemas final : public formats::SchemaBook {
 public:
  explicit Schemas(std::unique_ptr<SchemaRegistry> registry) : registry_(std::move(registry)) {}

  base::Status learn(std::string_view message) override;
  base::Result<std::uint32_t> add(const std::string& topic, std::string_view schema) override {
    return registry_->add(subject_of(topic), schema);
  }
  [[nodiscard]] const formats::AvroSchema* find(std::uint32_t id) const override;

  // Whether the newest schema of TOPIC-value can be read with the mapping; `configuration` says all that does
  // not fit. A topic whose schemas go by other names is not judged.
  base::Status check(const std::string& topic, const formats::Mapping& mapping);

 private:
  static std::string subject_of(const std::string& topic) { return topic + "-value"; }

  std::unique_ptr<SchemaRegistry> registry_;
  std::map<std::uint32_t, std::optional<formats::AvroSchema>> known_;
};

}  // namespace tickerhouse::sources
