#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "app/cluster/cluster.h"
#include "app/cluster/topic_tables.h"
#include "app/command_line.h"
#include "app/directory/data_directory.h"
#include "app/exit_codes.h"
#include "app/progress_bar.h"
#include "runtime/progress.h"
#include "serve/json_text.h"
#include "tape/kafka/topic_admin.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kTopicFooter = R"(Examples:
  tickerhouse topic list --data ./data
  tickerhouse topic describe events
  tickerhouse topic list --brokers 127.0.0.1:9092              the whole cluster, by its own names
  tickerhouse topic create orders --brokers 127.0.0.1:9092 --partitions 8 --set retention.ms=3600000
  tickerhouse topic alter orders --brokers 127.0.0.1:9092 --partitions 12 --unset retention.ms
  tickerhouse topic delete orders --brokers 127.0.0.1:9092 --yes)";

struct TopicFlags {
  std::string name;
  bool json = false;
  int partitions = 0;  // 0: as the brokers or the topic have it
  std::vector<std::string> sets;
  std::vector<std::string> unsets;
  bool yes = false;
};

// Partitions that a topic has: rejects and symbols have one.
std::uint16_t partitions_of(flow::Topic topic, const OpenDirectory& directory) {
  return topic == flow::Topic::rejects || topic == flow::Topic::symbols ? 1 : directory.settings.partitions;
}

base::Status list_directory(const CommandLine& line, bool as_json) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const OpenDirectory directory, open_directory_to_read(config));
  std::string text;
  serve::JsonText json(text);
  json.begin('[');
  if (!as_json) std::printf("%-10s %10s %16s\n", "topic", "partitions", "rows");
  for (std::uint8_t t = 1; t <= flow::kTopicLast; ++t) {
    const auto topic = static_cast<flow::Topic>(t);
    const std::uint16_t partitions = partitions_of(topic, directory);
    std::uint64_t rows = 0;
    for (std::uint16_t p = 0; p < partitions; ++p) {
      ASSIGN_OR_RETURN(const flow::Offset begin, directory.tape->begin(topic, p));
      ASSIGN_OR_RETURN(const flow::Offset end, directory.tape->end(topic, p));
      rows += end.value - begin.value;
    }
    json.begin('{').key("topic").text(flow::topic_name(topic)).key("partitions").number(partitions);
    json.key("rows").number(rows).end('}');
    if (!as_json)
      std::printf("%-10s %10u %16s\n", flow::topic_name(topic), partitions, grouped(rows).c_str());
  }
  json.end(']');
  if (as_json) std::printf("%s\n", text.c_str());
  return {};
}

base::Status print_directory_topic(const OpenDirectory& directory, flow::Topic topic, bool as_json) {
  ASSIGN_OR_RETURN(const flow::PipelineStatus status,
                   runtime::collect_status(*directory.tape, directory.settings.partitions));
  std::string text;
  serve::JsonText json(text);
  json.begin('{').key("topic").text(flow::topic_name(topic)).key("partitions").begin('[');
  if (!as_json) std::printf("%9s %16s %16s  readers\n", "partition", "first offset", "next offset");
  for (std::uint16_t p = 0; p < partitions_of(topic, directory); ++p) {
    ASSIGN_OR_RETURN(const flow::Offset end, directory.tape->end(topic, p));
    ASSIGN_OR_RETURN(const flow::Offset begin, directory.tape->begin(topic, p));
    json.begin('{').key("partition").number(p).key("first").number(begin.value).key("next").number(end.value);
    json.key("readers").begin('[');
    std::string readers;
    for (const flow::SinkStatus& sink : status.sinks) {
      if (sink.topic != flow::topic_name(topic) || sink.partition != p) continue;
      readers.append(" ").append(sink.name).append(" (lag ").append(grouped(sink.lag)).append(")");
      json.begin('{').key("name").text(sink.name).key("lag").number(sink.lag).end('}');
    }
    json.end(']').end('}');
    if (!as_json)
      std::printf("%9u %16s %16s %s\n", p, grouped(begin.value).c_str(), grouped(end.value).c_str(),
                  readers.c_str());
  }
  json.end(']').end('}');
  if (as_json) std::printf("%s\n", text.c_str());
  return {};
}

base::Status describe_directory(const CommandLine& line, const TopicFlags& flags) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const OpenDirectory directory, open_directory_to_read(config));
  for (std::uint8_t t = 1; t <= flow::kTopicLast; ++t)
    if (const auto topic = static_cast<flow::Topic>(t); flags.name == flow::topic_name(topic))
      return print_directory_topic(directory, topic, flags.json);
  return base::Error{base::ErrorCode::invalid_argument,
                     std::string("\"").append(flags.name).append("\" is none of the topics; see topic list"),
                     "topic describe"};
}

base::Status list_topics(const CommandLine& line, const TopicFlags& flags) {
  if (!asks_of_cluster(line)) return list_directory(line, flags.json);
  ASSIGN_OR_RETURN(const auto client, open_cluster(line));
  return print_topics(*client, flags.json);
}

base::Status show_topic(const CommandLine& line, const TopicFlags& flags) {
  if (!asks_of_cluster(line)) return describe_directory(line, flags);
  ASSIGN_OR_RETURN(const auto client, open_cluster(line));
  return print_topic(*client, flags.name, flags.json);
}

base::Result<std::pair<std::string, std::string>> setting_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return base::Error{base::ErrorCode::invalid_argument, "expected NAME=VALUE", "--set"};
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

base::Status create_topic(const CommandLine& line, const TopicFlags& flags) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const auto client, open_cluster(line));
  tape::kafka::TopicOrder order;
  order.name = flags.name;
  if (flags.partitions > 0) order.partitions = flags.partitions;
  order.replication = config.kafka_replication;
  for (const std::string& text : flags.sets) {
    ASSIGN_OR_RETURN(auto setting, setting_of(text));
    order.settings.insert_or_assign(std::move(setting.first), std::move(setting.second));
  }
  RETURN_IF_ERROR(tape::kafka::create_topic(*client, order));
  std::printf("made topic %s\n", flags.name.c_str());
  return {};
}

base::Status alter_topic(const CommandLine& line, const TopicFlags& flags) {
  tape::kafka::TopicChange change;
  change.partitions = flags.partitions;
  for (const std::string& text : flags.sets) {
    ASSIGN_OR_RETURN(auto setting, setting_of(text));
    change.settings.insert_or_assign(std::move(setting.first), std::move(setting.second));
  }
  for (const std::string& name : flags.unsets) change.settings.insert_or_assign(name, std::nullopt);
  if (change.partitions == 0 && change.settings.empty())
    return base::Error{base::ErrorCode::invalid_argument, "give --set, --unset or --partitions",
                       "topic alter"};
  ASSIGN_OR_RETURN(const auto client, open_cluster(line));
  RETURN_IF_ERROR(tape::kafka::alter_topic(*client, flags.name, change));
  std::printf("changed topic %s\n", flags.name.c_str());
  return {};
}

bool says_yes(const std::string& question) {
  std::fprintf(stderr, "%s [y/N] ", question.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

base::Status remove_topic(const CommandLine& line, const TopicFlags& flags) {
  ASSIGN_OR_RETURN(const auto client, open_cluster(line));
  ASSIGN_OR_RETURN(const auto topic, tape::kafka::describe_topic(*client, flags.name));
  ASSIGN_OR_RETURN(const std::string pipeline, tape::kafka::pipeline_of(*client, flags.name));
  const base::Error unsaid{base::ErrorCode::invalid_argument, "its messages go for good: say --yes",
                           std::string("topic ").append(flags.name)};
  if (!pipeline.empty()) {
    std::fprintf(stderr, "topic %s belongs to the pipeline %s: without it, that pipeline's data is gone\n",
                 flags.name.c_str(), pipeline.c_str());
    if (!flags.yes) return unsaid;
  }
  if (!flags.yes && (::isatty(STDIN_FILENO) == 0 ||
                     !says_yes(std::string("delete topic ").append(flags.name).append(" for good?"))))
    return unsaid;
  RETURN_IF_ERROR(tape::kafka::delete_topic(*client, flags.name));
  std::printf("deleted topic %s\n", flags.name.c_str());
  return {};
}

using Run = base::Status (*)(const CommandLine& line, const TopicFlags& flags);

// A subcommand with what all of them have.
CLI::App& add(CLI::App& topic, CommandLine& line, const char* name, const char* what,
              const std::shared_ptr<TopicFlags>& flags) {
  auto* command = topic.add_subcommand(name, what);
  if (std::string_view(name) != "list") command->add_option("topic", flags->name, "its name")->required();
  const bool reads = std::string_view(name) == "list" || std::string_view(name) == "describe";
  if (reads) command->add_flag("--json", flags->json, "one JSON value");
  add_setting_flags(*command, line,
                    reads ? std::vector<std::string>{"data", "kafka."} : std::vector<std::string>{"kafka."});
  return *command;
}

void act(CLI::App& command, CommandLine& line, const std::shared_ptr<TopicFlags>& flags, Run run) {
  set_action(command, line, [&line, flags, run] { return run(line, *flags); });
}

}  // namespace

void add_topic(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand("topic", "the topics of the tape, or with --brokers of a Kafka cluster");
  command->footer(kTopicFooter);
  command->require_subcommand(1);
  auto flags = std::make_shared<TopicFlags>();  // lives in the actions
  act(add(*command, line, "list", "all topics", flags), line, flags, list_topics);
  act(add(*command, line, "describe", "the partitions of one topic, and who reads them", flags), line, flags,
      show_topic);
  auto& creating = add(*command, line, "create", "a new topic of the cluster", flags);
  creating.add_option("--partitions", flags->partitions, "how many [what the brokers think right]")
      ->check(CLI::PositiveNumber);
  creating.add_option("--set", flags->sets, "NAME=VALUE: a setting of the topic (repeats)")
      ->take_all()
      ->allow_extra_args(false);
  act(creating, line, flags, create_topic);
  auto& altering = add(*command, line, "alter", "another setting, or more partitions", flags);
  altering.add_option("--partitions", flags->partitions, "how many it shall have; never fewer")
      ->check(CLI::PositiveNumber);
  altering.add_option("--set", flags->sets, "NAME=VALUE: a setting of the topic (repeats)")
      ->take_all()
      ->allow_extra_args(false);
  altering.add_option("--unset", flags->unsets, "NAME: back to its default (repeats)")
      ->take_all()
      ->allow_extra_args(false);
  act(altering, line, flags, alter_topic);
  auto& deleting = add(*command, line, "delete", "a topic and its messages", flags);
  deleting.add_flag("--yes", flags->yes, "really");
  act(deleting, line, flags, remove_topic);
}

}  // namespace tickerhouse::app
