// The tape on Apache Kafka (docs/kafka.md): one topic per topic of the tape, one message per row.
//
// A commit is one transaction of its writer's own producer: rows, and the position as a message of a
// compacted topic. Taking over a writer fences whoever had it, so the compare-and-set of flow/tape.h holds
// across processes. Offsets have holes where transactions end; a reader's batch is a run without a hole, so
// row i of it still has the offset first + (i - skip). Batches do not survive as they were cut: rows of one
// commit may come in pieces, and rows of several in one piece. A commit is seen by others within
// milliseconds, not the moment commit() returns.
//
// Any thread; a reader belongs to one thread and ends before its tape.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "flow/checkpoint_store.h"
#include "flow/message_rows.h"
#include "flow/tape.h"
#include "flow/work_group.h"
#include "tape/kafka/client.h"
#include "tape/kafka/identity.h"
#include "tape/kafka_reader.h"

namespace tickerhouse::tape {

struct KafkaTapeOptions {
  kafka::Connection connection;
  std::string pipeline = "tickerhouse";  // begins the names of topics and transactions
  std::uint16_t partitions = 4;
  bool partitions_given = false;  // somebody wants just so many
  std::int16_t replication = -1;  // of new topics; -1: what the brokers think right
  bool read_only = false;         // commits nothing
  bool join = false;              // makes no topics, as read_only; `not_found` if there are none
  // The id of whoever opens it to write, a directory. The topics must be empty or bear it, and bear it from
  // then on; of a join they must bear it. Empty: nobody's.
  std::string owner;
  kafka::Identity noted;  // what the owner has noted of its topics; empty: nothing yet
  // Of the messages of a new pipeline, json or avro; empty: json, or what it has. For Avro a registry knows
  // the schemas.
  std::string format;
  OpenBook open_book;
  // Of a pipeline whose events are a topic of others: what says so. The first who opens it to write stores it
  // with the positions, and from then on it is read there.
  std::string declaration;
  std::function<base::Result<flow::OthersEvents>(const std::string& declaration)> read_declaration;
};

// `io`: no broker answers; `configuration`: a setting or a topic is not as it must be, or the topics are not
// those that were noted.
base::Result<std::unique_ptr<flow::Tape>> open_kafka_tape(const KafkaTapeOptions& options);

// Checkpoints in a topic of such a tape, the newest of each shard; ends before the tape. Null: it is another
// kind of tape.
std::unique_ptr<flow::CheckpointStore> checkpoints_of_kafka_tape(flow::Tape& tape);

// What is to be noted once the topics of such a tape bear the owner's id: all of them and their cluster.
// Makes those that a pipeline of an older version has not got.
base::Result<kafka::Identity> note_kafka_topics(flow::Tape& tape);

// The same for one of several workers: a member of the consumer group `group` of the pipeline's events, whose
// commits tell the group how far they have read and are refused once it has given their partition to another.
// id: of a member that keeps its partitions while it restarts; empty: none.
struct WorkerTape {
  std::unique_ptr<flow::Tape> tape;
  std::shared_ptr<flow::WorkGroup> group;
};
base::Result<WorkerTape> open_kafka_worker_tape(const KafkaTapeOptions& options, const std::string& group,
                                                const std::string& id);

// Whether any worker is in that group now.
base::Result<bool> has_workers(const kafka::Connection& connection, const std::string& group);

}  // namespace tickerhouse::tape
