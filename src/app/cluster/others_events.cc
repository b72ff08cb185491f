#include "app/cluster/others_events.h"

#include <memory>
#include <sstream>
#include <utility>

#include <toml++/toml.h>

#include "app/cluster/registry.h"
#include "app/mapping_flags.h"
#include "base/time.h"
#include "sources/others_rows.h"

namespace tickerhouse::app {
namespace {

struct Declared {
  std::string topic;
  base::DurationNanos skew = 0;
  std::string mapping;  // as a file of its own
};

std::string text_of(const toml::table& table) {
  std::ostringstream out;
  out << table << "\n";
  return out.str();
}

base::Result<Declared> parse(const std::string& declaration) {
  const base::Error unreadable{base::ErrorCode::damaged,
                               "what the pipeline says of its events is not readable", "topic positions"};
  try {
    const toml::table table = toml::parse(declaration);
    Declared declared;
    declared.topic = table["topic"].value_or(std::string());
    const auto skew = base::parse_duration(table["skew"].value_or(std::string()));
    const toml::table* const mapping = table["mapping"].as_table();
    if (mapping != nullptr) declared.mapping = text_of(*mapping);
    if (declared.topic.empty() || !skew || table["keyed"].value_or(std::string()) != "symbol")
      return unreadable;
    declared.skew = *skew;
    return declared;
  } catch (const toml::parse_error&) {
    return unreadable;
  }
}

base::Result<std::unique_ptr<flow::MessageRows>> make_rows(const Config& config, const Declared& declared,
                                                           const formats::Mapping& mapping) {
  sources::OthersRowsOptions options{declared.topic, mapping, declared.skew};
  if (mapping.format == formats::Format::avro) {
    ASSIGN_OR_RETURN(options.schemas, open_schemas(config));
  }
  return sources::make_others_rows(std::move(options));
}

base::Status check_same(const Config& config, const Declared& stored, const std::string& given) {
  std::string what;
  if (config.given("ingest.skew") && config.engine.skew != stored.skew)
    what = "ingest.skew was " + base::format_duration(stored.skew);
  if (!given.empty()) {
    ASSIGN_OR_RETURN(const Declared now, parse(given));
    if (now.topic != stored.topic) what = "the topic was " + stored.topic;
    if (!now.mapping.empty() && now.mapping != stored.mapping)
      what = stored.mapping.empty() ? "there was no mapping" : "the mapping was\n" + stored.mapping;
  }
  if (what.empty()) return {};
  return base::Error{base::ErrorCode::configuration,
                     what.append("; how the messages are read is fixed by the first start: leave it out, or "
                                 "use another --data directory and another --pipeline"),
                     config.data};
}

}  // namespace

base::Result<std::string> declare_events(const Config& config, const formats::MappingText& mapping) {
  if (!config.allowed_symbols.empty())
    return base::Error{base::ErrorCode::configuration,
                       "is for sources; of a topic that is the events itself choose with --where",
                       "ingest.symbols"};
  toml::table table;
  table.insert("topic", config.source_topic);
  table.insert("keyed", config.source_keyed);
  table.insert("skew", base::format_duration(config.engine.skew));
  const std::string text = mapping_to_toml(mapping);
  if (!mapping.empty()) table.insert("mapping", toml::parse(text));
  std::string declaration = text_of(table);
  ASSIGN_OR_RETURN(const Declared declared, parse(declaration));
  ASSIGN_OR_RETURN(const formats::Mapping compiled, compile_mapping(mapping));
  ASSIGN_OR_RETURN([[maybe_unused]] const auto rows, make_rows(config, declared, compiled));
  if (compiled.format == formats::Format::avro) {
    ASSIGN_OR_RETURN(const auto schemas, open_schemas(config));
    RETURN_IF_ERROR(schemas->check(declared.topic, compiled));
  }
  return declaration;
}

base::Result<flow::OthersEvents> read_events(const Config& config, const std::string& stored,
                                             const std::string& given) {
  ASSIGN_OR_RETURN(const Declared declared, parse(stored));
  RETURN_IF_ERROR(check_same(config, declared, given));
  ASSIGN_OR_RETURN(const formats::MappingText text, mapping_from_toml(declared.mapping, "the mapping"));
  ASSIGN_OR_RETURN(const formats::Mapping mapping, compile_mapping(text));
  return flow::OthersEvents{declared.topic,
                            [config, declared, mapping] { return make_rows(config, declared, mapping); }};
}

}  // namespace tickerhouse::app
