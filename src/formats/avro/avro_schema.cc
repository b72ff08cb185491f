#include "formats/avro/avro_schema.h"

#include <simdjson.h>

#include <array>
#include <map>
#include <optional>
#include <utility>

namespace tickerhouse::formats {

namespace dom = simdjson::dom;

namespace {

using Kind = AvroType::Kind;
using Logical = AvroType::Logical;

constexpr int kSchemaDepthMax = 64;
constexpr std::size_t kDecimalScaleMax = 38;

constexpr std::array<std::pair<std::string_view, Kind>, 8> kPrimitives = {{{"null", Kind::null},
                                                                           {"boolean", Kind::boolean},
                                                                           {"int", Kind::integer},
                                                                           {"long", Kind::integer64},
                                                                           {"float", Kind::real},
                                                                           {"double", Kind::real64},
                                                                           {"bytes", Kind::bytes},
                                                                           {"string", Kind::text}}};

struct LogicalName {
  std::string_view name;
  Kind of;
  Logical logical;
};
constexpr std::array<LogicalName, 7> kLogicals = {
    {{"date", Kind::integer, Logical::date},
     {"timestamp-millis", Kind::integer64, Logical::timestamp_millis},
     {"timestamp-micros", Kind::integer64, Logical::timestamp_micros},
     {"timestamp-nanos", Kind::integer64, Logical::timestamp_nanos},
     {"local-timestamp-millis", Kind::integer64, Logical::local_millis},
     {"local-timestamp-micros", Kind::integer64, Logical::local_micros},
     {"local-timestamp-nanos", Kind::integer64, Logical::local_nanos}}};

base::Error refusal(std::string what) {
  return {base::ErrorCode::invalid_argument, std::move(what), "Avro schema"};
}

std::string_view text_at(const dom::object& object, std::string_view key) {
  std::string_view text;
  return object.at_key(key).get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// What another type stands for where a value is looked for.
const AvroType* without_null(const AvroType* type) {
  if (type->kind != Kind::choice || type->types.size() != 2) return type;
  if (type->types[0]->kind == Kind::null) return type->types[1];
  return type->types[1]->kind == Kind::null ? type->types[0] : type;
}

}  // namespace

class AvroSchemaReader {
 public:
  base::Result<AvroSchema> read(const dom::element& root) {
    ASSIGN_OR_RETURN(schema_.root_, type(root, "", 0));
    return std::move(schema_);
  }

 private:
  using Found = base::Result<const AvroType*>;

  AvroType& add(Kind kind) {
    schema_.types_.push_back(std::make_unique<AvroType>());
    schema_.types_.back()->kind = kind;
    return *schema_.types_.back();
  }

  Found type(const dom::element& element, std::string_view space, int depth) {
    if (depth > kSchemaDepthMax) return refusal("is nested too deeply");
    if (std::string_view name; element.get(name) == simdjson::SUCCESS) return named(name, space);
    if (dom::array branches; element.get(branches) == simdjson::SUCCESS) {
      AvroType& choice = add(Kind::choice);
      for (const dom::element branch : branches) {
        ASSIGN_OR_RETURN(const AvroType* one, type(branch, space, depth + 1));
        choice.types.push_back(one);
      }
      return &choice;
    }
    if (dom::object object; element.get(object) == simdjson::SUCCESS) return declared(object, space, depth);
    return refusal("a type is a name, a list or an object");
  }

  Found named(std::string_view name, std::string_view space) {
    for (const auto& [known, kind] : kPrimitives)
      if (known == name) return &add(kind);
    const auto found = names_.find(full_name(name, space));
    if (found != names_.end()) return found->second;
    return refusal(std::string("refers to ").append(name).append(", which it does not define"));
  }

  static std::string full_name(std::string_view name, std::string_view space) {
    if (space.empty() || name.find('.') != std::string_view::npos) return std::string(name);
    return std::string(space).append(".").append(name);
  }

  Found declared(const dom::object& object, std::string_view space, int depth) {
    dom::element inner;
    if (object.at_key("type").get(inner) != simdjson::SUCCESS) return refusal("a type has no \"type\"");
    std::string_view kind;
    if (inner.get(kind) != simdjson::SUCCESS) return type(inner, space, depth + 1);  // {"type": {...}}
    if (kind == "array" || kind == "map") {
      AvroType& made = add(kind == "array" ? Kind::array : Kind::map);
      dom::element items;
      if (object.at_key(kind == "array" ? "items" : "values").get(items) != simdjson::SUCCESS)
        return refusal(std::string(kind).append(" of what?"));
      ASSIGN_OR_RETURN(const AvroType* item, type(items, space, depth + 1));
      made.types.push_back(item);
      return &made;
    }
    if (kind == "record" || kind == "error" || kind == "enum" || kind == "fixed")
      return definition(object, kind, space, depth);
    ASSIGN_OR_RETURN(const AvroType* plain, named(kind, space));
    return logical(object, *plain);
  }

  // The types that have names. A name is known inside its own definition, so lists can be chains.
  Found definition(const dom::object& object, std::string_view kind, std::string_view space, int depth) {
    const std::string_view name = text_at(object, "name");
    if (name.empty()) return refusal(std::string("a ").append(kind).append(" has no name"));
    if (const std::string_view own = text_at(object, "namespace"); !own.empty()) space = own;
    const std::string full = full_name(name, space);
    AvroType& made = add(kind == "enum" ? Kind::enumeration : kind == "fixed" ? Kind::fixed : Kind::record);
    if (!names_.emplace(full, &made).second)
      return refusal(std::string("defines ").append(full).append(" twice"));
    if (made.kind == Kind::fixed) {
      std::uint64_t size = 0;
      if (object.at_key("size").get(size) != simdjson::SUCCESS || size > UINT32_MAX)
        return refusal(std::string(full).append(" has no size"));
      made.size = size;
      return logical(object, made);
    }
    dom::array parts;
    if (object.at_key(made.kind == Kind::record ? "fields" : "symbols").get(parts) != simdjson::SUCCESS)
      return refusal(
          std::string(full).append(made.kind == Kind::record ? " has no fields" : " has no symbols"));
    const std::size_t point = full.rfind('.');
    const std::string inside = point == std::string::npos ? std::string() : full.substr(0, point);
    for (const dom::element part : parts) {
      std::string_view symbol;
      if (made.kind == Kind::enumeration) {
        if (part.get(symbol) != simdjson::SUCCESS)
          return refusal(std::string(full).append(": a symbol is text"));
        made.names.emplace_back(symbol);
        continue;
      }
      RETURN_IF_ERROR(field(part, made, inside, depth));
    }
    return &made;
  }

  base::Status field(const dom::element& part, AvroType& record, std::string_view space, int depth) {
    dom::object object;
    dom::element inner;
    if (part.get(object) != simdjson::SUCCESS || text_at(object, "name").empty() ||
        object.at_key("type").get(inner) != simdjson::SUCCESS)
      return refusal("a field has a name and a type");
    ASSIGN_OR_RETURN(const AvroType* made, type(inner, space, depth + 1));
    record.names.emplace_back(text_at(object, "name"));
    record.types.push_back(made);
    return {};
  }

  // A logical type that is unknown, or does not fit, is as if it were not there: so the specification.
  Found logical(const dom::object& object, const AvroType& plain) {
    const std::string_view name = text_at(object, "logicalType");
    for (const LogicalName& known : kLogicals)
      if (known.name == name && known.of == plain.kind) {
        AvroType& made = add(plain.kind);
        made.logical = known.logical;
        return &made;
      }
    if (name != "decimal" || (plain.kind != Kind::bytes && plain.kind != Kind::fixed)) return &plain;
    std::uint64_t scale = 0;
    if (object.at_key("scale").get(scale) != simdjson::SUCCESS) scale = 0;
    if (scale > kDecimalScaleMax) return refusal("a decimal has more than 38 digits behind its point");
    AvroType& made = add(plain.kind);
    made.size = plain.size;
    made.scale = scale;
    made.logical = Logical::decimal;
    if (plain.kind == Kind::fixed)  // its name means this type
      for (auto& [full, type] : names_)
        if (type == &plain) type = &made;
    return &made;
  }

  AvroSchema schema_;
  std::map<std::string, const AvroType*, std::less<>> names_;
};

base::Result<AvroSchema> AvroSchema::parse(std::string_view json) {
  dom::parser parser;
  dom::element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return refusal("is not JSON");
  return AvroSchemaReader().read(root);
}

const AvroType* AvroSchema::find(const std::vector<std::string>& path) const {
  const AvroType* at = without_null(root_);
  for (const std::string& name : path) {
    const AvroType* next = nullptr;
    if (at->kind == Kind::map) next = at->types.front();
    for (std::size_t i = 0; at->kind == Kind::record && i < at->names.size(); ++i)
      if (at->names[i] == name) next = at->types[i];
    if (next == nullptr) return nullptr;
    at = without_null(next);
  }
  return at;
}

}  // namespace tickerhouse::formats
