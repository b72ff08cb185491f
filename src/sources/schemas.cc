#include "sources/schemas.h"

#include <utility>

namespace tickerhouse::sources {
namespace {

constexpr std::string_view kAvro = "AVRO";

}  // namespace

base::Status Schemas::learn(std::string_view message) {
  const std::optional<std::uint32_t> id = formats::schema_id_of(message);
  if (!id || known_.contains(*id)) return {};
  ASSIGN_OR_RETURN(const auto found, registry_->by_id(*id));
  std::optional<formats::AvroSchema>& schema = known_[*id];
  if (!found || found->kind != kAvro) return {};
  auto parsed = formats::AvroSchema::parse(found->text);
  if (parsed.ok()) schema = std::move(*parsed);
  return {};
}

const formats::AvroSchema* Schemas::find(std::uint32_t id) const {
  const auto found = known_.find(id);
  if (found == known_.end()) return nullptr;
  const std::optional<formats::AvroSchema>& schema = found->second;
  return schema ? &*schema : nullptr;
}

base::Status Schemas::check(const std::string& topic, const formats::Mapping& mapping) {
  const std::string subject = subject_of(topic);
  ASSIGN_OR_RETURN(const auto newest, registry_->latest(subject));
  if (!newest) return {};
  const auto refusal = [&](std::string what) {
    return base::Error{base::ErrorCode::configuration, std::move(what), "schema of " + subject};
  };
  if (newest->kind != kAvro) return refusal("is of kind " + newest->kind + ", not Avro");
  const auto schema = formats::AvroSchema::parse(newest->text);
  if (!schema.ok()) return refusal(schema.error().what);
  std::string all;
  for (const std::string& problem : formats::problems_of(*schema, mapping))
    all.append(all.empty() ? "" : "; ").append(problem);
  if (all.empty()) return {};
  return refusal(std::move(all));
}

}  // namespace tickerhouse::sources
