// Avro as fastavro writes it (avro_vectors.py) becomes the JSON that is promised; what is no Avro is refused.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "formats/avro/avro_messages.h"

namespace tickerhouse::formats {
namespace {

std::string from_hex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

AvroSchema schema_of(const std::string& text) {
  auto schema = AvroSchema::parse(text);
  EXPECT_TRUE(schema.ok()) << text;
  return std::move(*schema);
}

// What is refused has no text.
std::optional<std::string> json_of(const AvroSchema& schema, std::string_view bytes) {
  std::string out;
  return schema.append_json(bytes, out) ? std::optional(out) : std::nullopt;
}

std::string why(const std::string& text) {
  const auto schema = AvroSchema::parse(text);
  return schema.ok() ? "" : schema.error().what;
}

TEST(Avro, IsTheJsonThatItMeans) {
  std::ifstream file(TICKERHOUSE_REPOSITORY "/tests/formats/avro_vectors.json");
  const auto vectors = nlohmann::json::parse(file);
  ASSERT_GT(vectors.size(), 80U);
  for (const auto& vector : vectors) {
    const AvroSchema schema = schema_of(vector["schema"]);
    const std::string bytes = from_hex(vector["bytes"]);
    const auto json = json_of(schema, bytes);
    ASSERT_TRUE(json) << vector;
    // Text may be escaped in another way; all else is the same character by character.
    const std::string expected = vector["json"];
    EXPECT_TRUE(*json == expected ||
                nlohmann::json::parse(*json).dump() == nlohmann::json::parse(expected).dump())
        << *json << "\n"
        << expected;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(json_of(schema, bytes.substr(0, size))) << vector;
    }
  }
}

TEST(Avro, RefusesWhatIsNoValue) {
  EXPECT_FALSE(json_of(schema_of(R"("int")"), from_hex("8080808010")));             // 2^31
  EXPECT_FALSE(json_of(schema_of(R"("long")"), from_hex("ffffffffffffffffff02")));  // 65 bits
  EXPECT_FALSE(json_of(schema_of(R"("boolean")"), from_hex("02")));
  EXPECT_FALSE(json_of(schema_of(R"("string")"), from_hex("01")));  // -1 bytes of text
  EXPECT_FALSE(json_of(schema_of(R"(["null"])"), from_hex("02")));  // a second branch
  EXPECT_FALSE(json_of(schema_of(R"({"type":"enum","name":"E","symbols":["A"]})"), from_hex("02")));
  EXPECT_FALSE(
      json_of(schema_of(R"({"type":"bytes","logicalType":"decimal","precision":4})"), from_hex("00")));
  // Nothing, a million million times: no memory is asked for first, and it ends.
  EXPECT_FALSE(json_of(schema_of(R"({"type":"array","items":"null"})"), from_hex("8080a0a5bc8a4700")));
  // A chain that is longer than any honest one.
  std::string chain;
  for (int i = 0; i < 1'000; ++i) chain += std::string("\0\2", 2);
  EXPECT_FALSE(json_of(schema_of(R"({"type":"record","name":"C","fields":[{"name":"n","type":"int"},
                                     {"name":"next","type":["null","C"]}]})"),
                       chain + std::string("\0\0", 2)));
}

TEST(Avro, BlocksMaySayTheirSize) {
  // -2 items in 2 bytes, then the end.
  EXPECT_EQ(json_of(schema_of(R"({"type":"array","items":"int"})"), from_hex("0304020400")), "[1,2]");
}

TEST(Avro, WrongSchemasAreNamed) {
  EXPECT_EQ(why("{"), "is not JSON");
  EXPECT_EQ(why("3"), "a type is a name, a list or an object");
  EXPECT_EQ(why(R"("market.Trade")"), "refers to market.Trade, which it does not define");
  EXPECT_EQ(why(R"({"type":"record","fields":[]})"), "a record has no name");
  EXPECT_EQ(why(R"({"type":"record","name":"R"})"), "R has no fields");
  EXPECT_EQ(why(R"({"type":"record","name":"R","fields":[{"name":"a"}]})"), "a field has a name and a type");
  EXPECT_EQ(why(R"([{"type":"fixed","name":"F","size":2},{"type":"fixed","name":"F","size":3}])"),
            "defines F twice");
  EXPECT_EQ(why(std::string(200, '[') + std::string(200, ']')), "is nested too deeply");
}

MappingText avro(std::map<std::string, std::string> fields = {}) {
  MappingText text;
  text.format = "avro";
  text.fields = std::move(fields);
  return text;
}

// One schema, with id 7.
class OneSchema final : public SchemaBook {
 public:
  explicit OneSchema(const std::string& text) : schema_(schema_of(text)) {}
  [[nodiscard]] const AvroSchema* find(std::uint32_t id) const override {
    return id == 7 ? &schema_ : nullptr;
  }
  base::Status learn(std::string_view) override { return {}; }
  base::Result<std::uint32_t> add(const std::string&, std::string_view) override { return 7U; }

 private:
  AvroSchema schema_;
};

constexpr const char* kTradeSchema =
    R"({"type":"record","name":"T","fields":[{"name":"symbol","type":"string"},
  {"name":"price","type":"double"},{"name":"ts","type":{"type":"long","logicalType":"timestamp-millis"}},
  {"name":"inner","type":["null",{"type":"record","name":"I","fields":[{"name":"at","type":"long"}]}]}]})";

std::string framed(std::uint32_t id, const std::string& body) {
  return std::string("\0\0\0\0", 4) + static_cast<char>(id) + body;
}

std::string decode(LineDecoder& decoder, const std::string& message) {
  std::vector<Record> records;
  EXPECT_EQ(decoder.decode(message, records), LineState::records);
  if (records.size() != 1) return std::to_string(records.size()) + " records";
  if (records[0].fault) return market::reason_name(*records[0].fault);
  return std::string(records[0].symbol) + " " + std::to_string(records[0].row.trade.price.units) + " " +
         std::to_string(records[0].row.ts_event);
}

TEST(AvroMessages, AreReadWithTheSchemaTheyName) {
  const OneSchema book(kTradeSchema);
  Mapping mapping;
  ASSERT_TRUE(compile_mapping(avro(), mapping).empty());
  const auto decoder = make_avro_decoder(mapping, book);
  const std::string body = from_hex("0241000000000000044080e984e9f16600");  // A, 2.5
  EXPECT_EQ(decode(*decoder, framed(7, body)), "A 2500000000 1767623400000000000");
  EXPECT_EQ(decode(*decoder, framed(8, body)), "bad_avro");  // an unknown schema
  EXPECT_EQ(decode(*decoder, framed(7, body.substr(1))), "bad_avro");
  EXPECT_EQ(decode(*decoder, std::string("\0\0\0\0", 4)), "bad_avro");
  EXPECT_EQ(decode(*decoder, R"({"symbol":"A","price":1,"ts":"2026-01-05T14:30:00Z"})"), "bad_avro");
  EXPECT_EQ(decode(*decoder, ""), "bad_avro");
}

TEST(AvroMessages, TheMappingIsComparedWithTheSchema) {
  const AvroSchema schema = schema_of(kTradeSchema);
  const auto problems = [&](const MappingText& text) {
    Mapping mapping;
    EXPECT_TRUE(compile_mapping(text, mapping).empty());
    std::string all;
    for (const std::string& problem : problems_of(schema, mapping)) all.append(problem).append("\n");
    return all;
  };
  EXPECT_EQ(problems(avro()), "");
  EXPECT_EQ(problems(avro({{"symbol", "symbol"}, {"price", "price"}, {"ts", "ts"}})), "");
  MappingText wrong = avro({{"price", "last"}, {"size", "inner"}});
  wrong.where = {"nothing = 1"};
  EXPECT_EQ(problems(wrong),
            "price = last: the schema has no such field\nsize = inner: is not one value\n"
            "where: the schema has no field nothing\n");
  MappingText inner = avro({{"ts", "inner.at"}});
  EXPECT_EQ(problems(inner), "ts = inner.at: is a number; name its unit with ts_unit\n");
  inner.ts_unit = "ns";
  EXPECT_EQ(problems(inner), "");
  MappingText told = avro({{"ts", "ts"}});
  told.ts_unit = "ms";
  EXPECT_EQ(problems(told), "ts = ts: says its unit itself; leave ts_unit away\n");
}

RC_GTEST_PROP(AvroMessages, AnyBytesEnd, (const std::string& bytes)) {
  static const OneSchema book(
      R"({"type":"record","name":"R","fields":[{"name":"a","type":{"type":"map","values":
    {"type":"array","items":["null","string","R",{"type":"fixed","name":"Z","size":0}]}}}]})");
  std::string out;
  static_cast<void>(book.find(7)->append_json(bytes, out));
}

}  // namespace
}  // namespace tickerhouse::formats
