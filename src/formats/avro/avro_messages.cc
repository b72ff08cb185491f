#include "formats/avro/avro_messages.h"

#include <array>
#include <utility>

#include "formats/message.h"

namespace tickerhouse::formats {
namespace {

using Kind = AvroType::Kind;
using Logical = AvroType::Logical;

constexpr std::size_t kHeadBytes = 5;

class AvroDecoder final : public LineDecoder {
 public:
  AvroDecoder(const Mapping& mapping, const SchemaBook& book)
      : book_(book), json_decoder_(make_json_decoder(mapping)) {}

  Primed prime(std::string_view) override { return Primed::ready; }
  [[nodiscard]] std::vector<std::string> problems() const override { return {}; }
  [[nodiscard]] market::RejectReason unreadable() const override { return market::RejectReason::bad_avro; }

  LineState decode(std::string_view message, std::vector<Record>& records) override {
    json_.clear();
    const bool read = append_message_json(book_, message, json_);
    if (read && !is_control_json(json_)) return json_decoder_->decode(json_, records);
    records.clear();
    if (read) return LineState::skipped;
    records.emplace_back().fault = unreadable();
    return LineState::records;
  }

 private:
  const SchemaBook& book_;
  std::unique_ptr<LineDecoder> json_decoder_;
  std::string json_;  // of the message in hand; its records borrow from it
};

// The field as the mapping finds it.
std::string place_of(Field field, const Place& place) {
  std::string text(field_name(field));
  text.append(" = ");
  for (const std::string& key : place.path) text.append(&key == &place.path.front() ? "" : ".").append(key);
  return text;
}

bool is_time(Field field) { return field == Field::ts || field == Field::ts_recv; }

// Empty: it fits.
std::string problem_of(const AvroType* type, Field field, TimeUnit unit) {
  if (type == nullptr) return "the schema has no such field";
  if (type->kind == Kind::record || type->kind == Kind::map || type->kind == Kind::array)
    return "is not one value";
  if (!is_time(field)) return {};
  const bool number =
      type->kind == Kind::integer || type->kind == Kind::integer64 || type->kind == Kind::real64;
  const bool says_unit = type->logical != Logical::none && type->logical != Logical::decimal;
  if (number && !says_unit && unit == TimeUnit::iso)
    return std::string("is a number; name its unit with ")
        .append(field == Field::ts ? "ts_unit" : "ts_recv_unit");
  if (says_unit && unit != TimeUnit::iso)
    return std::string("says its unit itself; leave ")
        .append(field == Field::ts ? "ts_unit" : "ts_recv_unit")
        .append(" away");
  return {};
}

}  // namespace

std::optional<std::uint32_t> schema_id_of(std::string_view message) {
  if (message.size() < kHeadBytes || message[0] != 0) return std::nullopt;
  std::uint32_t id = 0;
  for (const char c : message.substr(1, kHeadBytes - 1)) id = id << 8U | static_cast<std::uint8_t>(c);
  return id;
}

std::string_view without_schema_id(std::string_view message) { return message.substr(kHeadBytes); }

bool append_message_json(const SchemaBook& book, std::string_view message, std::string& json) {
  const auto id = schema_id_of(message);
  const AvroSchema* const schema = id ? book.find(*id) : nullptr;
  return schema != nullptr && schema->append_json(without_schema_id(message), json);
}

std::unique_ptr<LineDecoder> make_avro_decoder(const Mapping& mapping, const SchemaBook& book) {
  return std::make_unique<AvroDecoder>(mapping, book);
}

std::vector<std::string> problems_of(const AvroSchema& schema, const Mapping& mapping) {
  std::vector<std::string> problems;
  for (const auto& [field, place] : mapping.fields) {
    const TimeUnit unit = field == Field::ts_recv ? mapping.rules.ts_recv_unit : mapping.rules.ts_unit;
    const std::string problem = problem_of(schema.find(place.path), field, unit);
    if (!problem.empty()) problems.push_back(place_of(field, place).append(": ").append(problem));
  }
  for (const Condition& condition : mapping.where)
    if (schema.find(condition.place.path) == nullptr)
      problems.push_back(std::string("where: the schema has no field ").append(condition.place.name));
  return problems;
}

}  // namespace tickerhouse::formats
