// Which tape a data directory has, and opening it: the embedded one, or topics of a Kafka cluster that the
// directory remembers by brokers, pipeline and an id of its own (never secrets).
#pragma once

#include <memory>

#include "app/config/config.h"
#include "app/directory/directory_paths.h"
#include "flow/cluster.h"
#include "flow/tape.h"
#include "tape/kafka_tape.h"

namespace tickerhouse::app {

// For a pipeline. A new directory takes the configuration's kind; `configuration` if it has the other one,
// another pipeline, or if the topics belong to another directory.
// declaration: of a new pipeline whose events are a topic of others (app/cluster/others_events.h), else
// empty.
base::Result<std::unique_ptr<flow::Tape>> open_tape(const Config& config, const DirectoryPaths& paths,
                                                    const std::string& declaration);

// For commands that read; brokers and properties of the configuration win. `not_found` if there is none.
base::Result<std::unique_ptr<flow::Tape>> open_tape_to_read(const Config& config,
                                                            const DirectoryPaths& paths);

// For a process that takes its part in a pipeline that another one has set up (work, sink, serve): a new
// directory joins the pipeline of the configuration. `not_found` as long as there is none; `configuration` if
// the directory's tape is no shared one.
base::Result<std::unique_ptr<flow::Tape>> join_tape(const Config& config, const DirectoryPaths& paths);

// And as a member of the group work.group, which `tape`, the one that was joined, notes.
base::Result<tape::WorkerTape> join_group(const Config& config, const DirectoryPaths& paths,
                                          flow::Tape& tape);

// How such a tape reads messages that are Avro or of others; declaration: as of open_tape().
void read_as_configured(const Config& config, const std::string& declaration,
                        tape::KafkaTapeOptions& options);

// The cluster of the directory's tape, or of the configuration; `configuration` if neither names one.
base::Result<tape::kafka::Connection> cluster_of(const Config& config, const DirectoryPaths& paths);

// The topic of others that is the events of the directory, as it has noted; empty: it is not so.
base::Result<std::string> noted_events_of(const Config& config, const DirectoryPaths& paths);

// Is it a topic of the directory's own pipeline?
base::Result<bool> is_own_topic(const Config& config, const DirectoryPaths& paths, const std::string& topic);

// Several processes may have it.
bool is_shared_tape(const DirectoryPaths& paths);

// As the settings record of the directory names it.
const char* tape_kind(const DirectoryPaths& paths);

// The group of the workers that a tape on Kafka has now; empty if none runs. A worker notes its group there.
base::Result<std::string> group_at_work(const Config& config, const DirectoryPaths& paths, flow::Tape& tape);

// The cluster of a tape on Kafka, for pages; null for another tape.
base::Result<std::unique_ptr<flow::ClusterView>> cluster_view_of(const Config& config,
                                                                 const DirectoryPaths& paths,
                                                                 const flow::Tape& tape);

}  // namespace tickerhouse::app
