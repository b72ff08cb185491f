// What a start finds out of a pipeline on Kafka, and what it makes of one that is new: its topics, whose
// events these are, the format of its messages, and who owns it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/message_rows.h"
#include "flow/tape.h"
#include "tape/kafka/identity.h"
#include "tape/kafka/messages.h"
#include "tape/kafka/positions.h"
#include "tape/kafka/topics.h"
#include "tape/kafka_tape.h"

namespace tickerhouse::tape {

class KafkaStart {
 public:
  // The last two outlive it.
  KafkaStart(const KafkaTapeOptions& options, kafka::Client& overseer, kafka::Positions& positions)
      : options_(options), overseer_(overseer), positions_(positions), names_{options.pipeline} {}

  // Before anything else: what the pipeline is, if it is there already.
  base::Status look();
  // Then: its topics are there, or are made, and it is ours, if it is to be anybody's. commit: the first
  // position of a writer.
  using CommitFirst =
      std::function<base::Result<flow::CommitOutcome>(std::string_view writer, std::string_view position)>;
  base::Status prepare(const CommitFirst& commit);
  // Makes the topics that a pipeline of an older version has not got; the ids of all.
  base::Result<kafka::Identity> note_topics();

  [[nodiscard]] const kafka::TopicNames& names() const { return names_; }
  [[nodiscard]] const kafka::SchemaIds& schema_ids() const { return schema_ids_; }
  [[nodiscard]] const flow::OthersEvents& others() const { return others_; }  // no topic: its own events
  [[nodiscard]] std::uint16_t partitions_of_others() const {
    return others_.topic.empty() ? std::uint16_t{0} : options_.partitions;
  }
  // `damaged`: the topic of others has partitions that would be read by nobody.
  base::Status check_partitions();
  [[nodiscard]] base::Result<std::unique_ptr<formats::SchemaBook>> open_book() const;

 private:
  base::Status choose_format(const kafka::Positions::Map& known);
  base::Status find_events();
  base::Status prepare_topics();
  base::Status add_schemas();
  base::Status store(const CommitFirst& commit, std::string_view writer, const std::string& what);

  KafkaTapeOptions options_;
  kafka::Client& overseer_;
  kafka::Positions& positions_;
  kafka::TopicNames names_;
  std::string declared_;  // what the positions say of the events
  std::string format_;
  bool format_is_new_ = false;
  kafka::SchemaIds schema_ids_;  // of Avro
  flow::OthersEvents others_;
};

}  // namespace tickerhouse::tape
