#include "tape/kafka_start.h"

#include <algorithm>
#include <utility>

#include "formats/avro/avro_rows.h"
#include "tape/kafka/others/declared.h"

namespace tickerhouse::tape {
namespace {

constexpr const char* kJson = "json";
constexpr const char* kAvro = "avro";

}  // namespace

base::Status KafkaStart::look() {
  ASSIGN_OR_RETURN(const kafka::Positions::Map known, kafka::read_positions(overseer_, names_, positions_));
  RETURN_IF_ERROR(choose_format(known));
  const auto declared = known.find(kafka::kDeclarationWriter);
  if (declared != known.end()) declared_ = declared->second;
  return find_events();
}

// Of the messages: what it was at the first start.
base::Status KafkaStart::choose_format(const kafka::Positions::Map& known) {
  const auto stored = known.find(kafka::kFormatWriter);
  const bool begun = std::any_of(known.begin(), known.end(), [](const auto& position) {
    return position.first != kafka::kOwnerWriter && position.first != kafka::kDeclarationWriter;
  });
  format_is_new_ = stored == known.end() && !begun;
  format_ = stored != known.end()                        ? stored->second
            : format_is_new_ && !options_.format.empty() ? options_.format
                                                         : kJson;
  if (options_.format.empty() || options_.format == format_) return {};
  return base::Error{base::ErrorCode::configuration,
                     std::string("its messages are ")
                         .append(format_)
                         .append("; that is fixed by the first start: leave it out, or give another "
                                 "--pipeline and another --data directory"),
                     "kafka.topic_format"};
}

base::Status KafkaStart::find_events() {
  const bool is_new = declared_.empty() && !options_.declaration.empty();
  if (is_new) RETURN_IF_ERROR(kafka::check_has_no_events(overseer_, names_));
  const std::string& declaration = is_new ? options_.declaration : declared_;
  if (declaration.empty()) return {};
  if (!options_.read_declaration)
    return base::Error{base::ErrorCode::invalid_argument, "its events are a topic of others",
                       options_.pipeline};
  ASSIGN_OR_RETURN(others_, options_.read_declaration(declaration));
  names_.others = others_.topic;
  ASSIGN_OR_RETURN(const std::uint16_t partitions, kafka::partitions_of_others(overseer_, names_));
  const std::uint16_t wanted = std::exchange(options_.partitions, partitions);
  if (!options_.partitions_given || wanted == partitions) return {};
  return base::Error{base::ErrorCode::configuration,
                     std::string("has ")
                         .append(std::to_string(partitions))
                         .append(" partitions, not ")
                         .append(std::to_string(wanted))
                         .append(": leave engine.partitions out"),
                     std::string("Kafka, topic ").append(others_.topic)};
}

base::Status KafkaStart::prepare(const CommitFirst& commit) {
  RETURN_IF_ERROR(prepare_topics());
  RETURN_IF_ERROR(add_schemas());
  if (options_.read_only || options_.owner.empty()) return {};
  RETURN_IF_ERROR(store(commit, kafka::kOwnerWriter, options_.owner));
  if (options_.join) return {};
  if (format_is_new_ && format_ != kJson) RETURN_IF_ERROR(store(commit, kafka::kFormatWriter, format_));
  if (names_.others.empty() || !declared_.empty()) return {};
  return store(commit, kafka::kDeclarationWriter, options_.declaration);
}

// Nothing is made before it is known that what is there is ours, or nobody's.
base::Status KafkaStart::prepare_topics() {
  const bool known = !options_.noted.empty();
  const bool makes = !options_.read_only && !options_.join;
  // A pipeline that is known has the partitions it has, if nobody wants another number.
  if (!makes || (known && !options_.partitions_given)) {
    ASSIGN_OR_RETURN(options_.partitions, kafka::partitions_of(overseer_, names_));
  }
  if (!makes) return {};
  if (!options_.owner.empty() && !known)
    RETURN_IF_ERROR(kafka::check_adoptable(overseer_, options_.connection, names_, options_.owner));
  RETURN_IF_ERROR(kafka::check_message_limits(overseer_, names_));
  return kafka::ensure_topics(overseer_, names_,
                              {.partitions = options_.partitions, .replication = options_.replication});
}

// What is said once for all.
base::Status KafkaStart::store(const CommitFirst& commit, std::string_view writer, const std::string& what) {
  ASSIGN_OR_RETURN(const flow::CommitOutcome stored, commit(writer, what));
  if (stored == flow::CommitOutcome::fenced) return kafka::owned_by_another(options_.pipeline);
  return {};
}

// Whoever writes says its schemas to the registry first, which refuses those that do not fit.
base::Status KafkaStart::add_schemas() {
  if (format_ != kAvro || options_.read_only) return {};
  ASSIGN_OR_RETURN(const auto book, open_book());
  for (const flow::Topic topic : {flow::Topic::events, flow::Topic::late, flow::Topic::symbols,
                                  flow::Topic::bars, flow::Topic::settled}) {
    if (topic == flow::Topic::events && !names_.others.empty()) continue;
    const bool bars = topic == flow::Topic::bars || topic == flow::Topic::settled;
    ASSIGN_OR_RETURN(schema_ids_[topic],
                     book->add(names_.of(topic), bars ? formats::bar_schema() : formats::event_schema()));
  }
  return {};
}

base::Result<kafka::Identity> KafkaStart::note_topics() {
  ASSIGN_OR_RETURN(const std::uint16_t partitions, kafka::partitions_of(overseer_, names_));
  RETURN_IF_ERROR(kafka::ensure_topics(overseer_, names_,
                                       {.partitions = partitions, .replication = options_.replication}));
  return kafka::identity_of(overseer_, names_);
}

base::Result<std::unique_ptr<formats::SchemaBook>> KafkaStart::open_book() const {
  if (options_.open_book) return options_.open_book();
  return base::Error{base::ErrorCode::configuration, "its messages are Avro, and no registry is named",
                     std::string("pipeline ").append(options_.pipeline)};
}

base::Status KafkaStart::check_partitions() {
  auto now = kafka::partitions_of_others(overseer_, names_);
  if (now.ok() || now.error().code != base::ErrorCode::configuration) return {};
  return base::Error{base::ErrorCode::damaged, now.error().what, now.error().where};
}

}  // namespace tickerhouse::tape
