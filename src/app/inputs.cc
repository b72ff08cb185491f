#include "app/inputs.h"

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/cluster/foreign_topic.h"
#include "app/cluster/others_events.h"
#include "app/cluster/registry.h"
#include "app/directory/tapes.h"
#include "runtime/progress.h"
#include "sources/replay_source.h"
#include "sources/topic_source.h"

namespace tickerhouse::app {
namespace {

base::Result<std::vector<sources::KnownInput>> known_inputs(flow::Tape& tape) {
  std::vector<sources::KnownInput> known;
  ASSIGN_OR_RETURN(const auto positions, tape.positions(runtime::kSourcePrefix));
  for (const auto& [writer, bytes] : positions) {
    ASSIGN_OR_RETURN(const runtime::SourceProgress progress, runtime::SourceProgress::decode(bytes));
    known.push_back({writer.substr(runtime::kSourcePrefix.size()), progress.source_position});
  }
  return known;
}

base::Result<std::unique_ptr<sources::TopicFeed>> open_feed(const Config& config, const std::string& topic) {
  const DirectoryPaths paths(config.data);
  ASSIGN_OR_RETURN(const bool own, is_own_topic(config, paths, topic));
  if (own) return base::Error{base::ErrorCode::configuration, "is what this pipeline itself writes", topic};
  ASSIGN_OR_RETURN(const tape::kafka::Connection connection, cluster_of(config, paths));
  return open_foreign_topic(connection, topic);
}

// The mapping fits the newest schema of the topic, or its mistakes are said before anything is read.
base::Result<std::shared_ptr<sources::Schemas>> checked_schemas(const Config& config,
                                                                const InputOptions& options) {
  ASSIGN_OR_RETURN(std::shared_ptr<sources::Schemas> schemas, open_schemas(config));
  RETURN_IF_ERROR(schemas->check(options.topic, options.mapping));
  return schemas;
}

}  // namespace

void add_input_flags(CLI::App& command, InputFlags& flags, RunOptions& run) {
  command.add_option("files", flags.files,
                     "files, plain or gzip, JSON lines or CSV; - is standard input; none: --topic");
  add_mapping_flags(command, flags.mapping);
  command.add_flag("--follow", flags.follow, "the input grows: wait for more, never end it");
  command.add_flag("--sort", flags.sort, "read everything first and order it by time");
  command.add_flag("--finish", run.finish_cut_off, "settle what a cut-off compressed input has brought");
  command.add_flag("--merge", run.merge, "allow two unfinished sources of one symbol");
}

base::Result<InputOptions> input_options(const Config& config, const InputFlags& flags) {
  InputOptions options;
  options.paths = flags.files;
  const SettingValue& topic = config.values.at("source.topic");
  if (flags.files.empty() || topic.origin.starts_with("flag ")) options.topic = topic.text;
  options.follow = flags.follow;
  options.sort = flags.sort;
  ASSIGN_OR_RETURN(options.mapping, read_mapping(flags.mapping));
  return options;
}

base::Status check_input(const Config& config, InputOptions& options) {
  if (options.paths.empty() && options.topic.empty())
    return base::Error{base::ErrorCode::invalid_argument, "names no input: files, - or --topic", "files"};
  if (!options.paths.empty() && !options.topic.empty())
    return base::Error{base::ErrorCode::invalid_argument,
                       "files and a topic are two inputs: name one of them", "--topic"};
  if (options.sort && !options.topic.empty())
    return base::Error{base::ErrorCode::invalid_argument, "only files can be sorted", "--sort"};
  if (options.follow && options.sort)
    return base::Error{base::ErrorCode::invalid_argument, "what still grows cannot be sorted",
                       "--follow --sort"};
  if (options.paths.size() > 1 && std::count(options.paths.begin(), options.paths.end(), "-") > 0)
    return base::Error{base::ErrorCode::invalid_argument, "standard input cannot be merged with files", "-"};
  for (const std::string& path : options.paths)
    if (path != "-") {
      ASSIGN_OR_RETURN(const auto stream, sources::open_stream(path, false, nullptr));
    }
  if (!options.topic.empty()) {
    ASSIGN_OR_RETURN(options.feed, open_feed(config, options.topic));
    options.accept_gap = config.accept_gap;
    if (options.mapping.format == formats::Format::avro) {
      ASSIGN_OR_RETURN(options.schemas, checked_schemas(config, options));
    }
  } else if (options.mapping.format == formats::Format::avro) {
    return base::Error{base::ErrorCode::configuration,
                       "is for the messages of a topic; files are csv or json", "--format avro"};
  }
  return {};
}

base::Result<sources::OpenedInput> open_input(InputOptions options,
                                              const std::vector<sources::KnownInput>& known) {
  if (options.feed == nullptr)
    return sources::open_replay({options.paths, options.mapping, options.follow, options.sort, known});
  return sources::open_topic(std::move(options.feed), {options.mapping, options.follow, options.accept_gap,
                                                       known, std::move(options.schemas)});
}

base::Result<bool> has_events_of_others(const Config& config, bool names_files) {
  if (!config.source_keyed.empty()) return true;
  ASSIGN_OR_RETURN(const std::string noted, noted_events_of(config, DirectoryPaths(config.data)));
  return !noted.empty() && !names_files && (config.source_topic.empty() || config.source_topic == noted);
}

base::Result<int> step_events_of_others(const Config& config, const MappingFlags& mapping,
                                        const RunOptions& run) {
  std::string declaration;
  if (!config.source_keyed.empty()) {
    ASSIGN_OR_RETURN(const formats::MappingText text, read_mapping_text(mapping));
    ASSIGN_OR_RETURN(declaration, declare_events(config, text));
  }
  ASSIGN_OR_RETURN(OpenDirectory directory, open_directory(config, flow::Origin::recorded, declaration));
  return run_to_end(config, directory, nullptr, run);
}

base::Result<int> load_input(const Config& config, OpenDirectory& directory, InputOptions options,
                             RunOptions run) {
  if (const std::string others = directory.tape->events_of(); !others.empty())
    return base::Error{base::ErrorCode::configuration,
                       std::string("its events are the topic ")
                           .append(others)
                           .append(", which others write; another input needs another --data directory and "
                                   "another --pipeline"),
                       config.data};
  ASSIGN_OR_RETURN(const auto known, known_inputs(*directory.tape));
  ASSIGN_OR_RETURN(const sources::OpenedInput opened, open_input(std::move(options), known));
  run.fraction_done = [meter = opened.meter] { return meter->fraction(); };
  return run_to_end(config, directory, opened.source.get(), run);
}

}  // namespace tickerhouse::app
