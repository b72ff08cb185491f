#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/data_directory.h"
#include "app/exit_codes.h"
#include "app/progress_bar.h"
#include "base/clock.h"
#include "runtime/progress.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kFooter = R"(Examples:
  tickerhouse topic list --data ./data
  tickerhouse topic describe events)";

// Partitions that a topic has: rejects and symbols have one.
std::uint16_t partitions_of(flow::Topic topic, const OpenDirectory& directory) {
  return topic == flow::Topic::rejects || topic == flow::Topic::symbols ? 1 : directory.settings.partitions;
}

base::Result<int> list(const CommandLine& line) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const OpenDirectory directory, open_directory_to_read(config.data));
  std::printf("%-10s %10s %16s\n", "topic", "partitions", "rows");
  for (std::uint8_t t = 1; t <= flow::kTopicLast; ++t) {
    const auto topic = static_cast<flow::Topic>(t);
    std::uint64_t rows = 0;
    for (std::uint16_t p = 0; p < partitions_of(topic, directory); ++p) {
      ASSIGN_OR_RETURN(const flow::Offset begin, directory.tape->begin(topic, p));
      ASSIGN_OR_RETURN(const flow::Offset end, directory.tape->end(topic, p));
      rows += end.value - begin.value;
    }
    std::printf("%-10s %10u %16s\n", flow::topic_name(topic), partitions_of(topic, directory),
                grouped(rows).c_str());
  }
  return kExitOk;
}

base::Result<int> describe(const CommandLine& line, const std::string& name) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const OpenDirectory directory, open_directory_to_read(config.data));
  ASSIGN_OR_RETURN(const flow::PipelineStatus status,
                   runtime::collect_status(*directory.tape, directory.settings.partitions));
  for (std::uint8_t t = 1; t <= flow::kTopicLast; ++t) {
    const auto topic = static_cast<flow::Topic>(t);
    if (name != flow::topic_name(topic)) continue;
    std::printf("%9s %16s %16s  readers\n", "partition", "first offset", "next offset");
    for (std::uint16_t p = 0; p < partitions_of(topic, directory); ++p) {
      ASSIGN_OR_RETURN(const flow::Offset end, directory.tape->end(topic, p));
      ASSIGN_OR_RETURN(const flow::Offset begin, directory.tape->begin(topic, p));
      std::printf("%9u %16s %16s ", p, grouped(begin.value).c_str(), grouped(end.value).c_str());
      for (const flow::SinkStatus& sink : status.sinks)
        if (sink.topic == name && sink.partition == p)
          std::printf(" %s (lag %s)", sink.name.c_str(), grouped(sink.lag).c_str());
      std::printf("\n");
    }
    return kExitOk;
  }
  return base::Error{base::ErrorCode::invalid_argument,
                     std::string("\"").append(name).append("\" is none of the topics; see topic list"),
                     "topic describe"};
}

}  // namespace

void add_topic(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand("topic", "the topics of the tape: partitions, offsets, readers");
  command->footer(kFooter);
  command->require_subcommand(1);
  auto* listing = command->add_subcommand("list", "all topics with their rows");
  add_setting_flags(*listing, line, {"data"});
  set_action(*listing, line, [&line] { return list(line); });
  auto* describing = command->add_subcommand("describe", "the partitions of one topic, and who reads them");
  auto name = std::make_shared<std::string>();
  describing->add_option("topic", *name, "events, rejects, bars, settled, late, ...")->required();
  add_setting_flags(*describing, line, {"data"});
  set_action(*describing, line, [&line, name] { return describe(line, *name); });
}

}  // namespace tickerhouse::app
