// What `replay`, `produce` and `run` read, files or a topic, and what a data directory knows of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/command_line.h"
#include "app/directory/data_directory.h"
#include "app/mapping_flags.h"
#include "app/run_stages.h"
#include "sources/known_input.h"
#include "sources/schemas.h"
#include "sources/topic_feed.h"

namespace tickerhouse::app {

// What `replay` and `produce` are told of their input.
struct InputFlags {
  std::vector<std::string> files;
  MappingFlags mapping;
  bool follow = false;
  bool sort = false;
};
// The positional files and the flags of it; `run` gets --finish and --merge. Both outlive the command.
void add_input_flags(CLI::App& command, InputFlags& flags, RunOptions& run);

struct InputOptions {
  std::vector<std::string> paths;  // "-" is standard input; none: the topic
  std::string topic;
  formats::Mapping mapping;
  bool follow = false;
  bool sort = false;
  bool accept_gap = false;                    // of it, from check_input()
  std::unique_ptr<sources::TopicFeed> feed;   // of the topic, from check_input()
  std::shared_ptr<sources::Schemas> schemas;  // of its messages, if they are Avro
};

// Reads the mapping (`configuration`, `not_found`). Files that are named go before a topic that only the
// environment or a configuration file names.
base::Result<InputOptions> input_options(const Config& config, const InputFlags& flags);

// Before anything is touched: the options go together, and each file or the topic is there (`not_found`).
base::Status check_input(const Config& config, InputOptions& options);

// After check_input(). `known`: what a data directory knows.
base::Result<sources::OpenedInput> open_input(InputOptions options,
                                              const std::vector<sources::KnownInput>& known);

// Whether the events are a topic of others: source.keyed says so, or no input is named and the directory has
// noted it.
base::Result<bool> has_events_of_others(const Config& config, bool names_files);
// Steps them: those that are there now, or (run.endless) until a stop is asked for; returns the exit code.
base::Result<int> step_events_of_others(const Config& config, const MappingFlags& mapping,
                                        const RunOptions& run);

// Loads it to its end, or until a stop is asked for; returns the exit code.
base::Result<int> load_input(const Config& config, OpenDirectory& directory, InputOptions options,
                             RunOptions run);

}  // namespace tickerhouse::app
