#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/cluster/cluster.h"
#include "app/cluster/table.h"
#include "app/command_line.h"
#include "app/progress_bar.h"
#include "app/tailing.h"
#include "serve/cluster_board.h"
#include "serve/json_text.h"
#include "tape/kafka/group_admin.h"

namespace tickerhouse::app {
namespace {

using tape::kafka::GroupMember;
using tape::kafka::GroupOffset;
using tape::kafka::GroupState;
using tape::kafka::Place;
using tape::kafka::Reset;
using tape::kafka::ResetOffset;
using tape::kafka::ResetTo;

constexpr const char* kGroupFooter = R"(Examples:
  tickerhouse group list --brokers 127.0.0.1:9092
  tickerhouse group describe billing --brokers 127.0.0.1:9092
  tickerhouse group reset billing --to beginning --topic orders --dry-run --brokers 127.0.0.1:9092
  tickerhouse group reset billing --to 2026-01-05T14:30:00Z --brokers 127.0.0.1:9092
  tickerhouse group reset billing --shift -100 --brokers 127.0.0.1:9092)";

struct GroupFlags {
  std::string name;
  bool json = false;
  std::string to;
  std::int64_t shift = 0;
  std::vector<std::string> topics;
  bool dry_run = false;
};

std::string number_or_none(const std::optional<std::int64_t>& number) {
  return number ? grouped(static_cast<std::uint64_t>(*number)) : "-";
}

// "orders: 0 1; bars: 2".
std::string listed(const std::vector<Place>& places) {
  std::string text;
  const std::string* topic = nullptr;
  for (const Place& place : places) {
    if (topic == nullptr || *topic != place.topic)
      text.append(text.empty() ? "" : "; ").append(place.topic).append(":");
    topic = &place.topic;
    text.append(" ").append(std::to_string(place.partition));
  }
  return text;
}

base::Status list_groups(const CommandLine& line, const GroupFlags& flags) {
  ASSIGN_OR_RETURN(const auto client, open_cluster(line));
  ASSIGN_OR_RETURN(const std::vector<GroupState> groups, tape::kafka::list_groups(*client));
  std::string text;
  serve::JsonText json(text);
  json.begin('[');
  Table table({"group", "state", "protocol", ">members"});
  for (const GroupState& group : groups) {
    table.add({group.name, group.state, group.protocol, grouped(group.members.size())});
    json.begin('{').key("group").text(group.name).key("state").text(group.state);
    json.key("protocol").text(group.protocol).key("members").number(group.members.size()).end('}');
  }
  json.end(']');
  std::fputs((flags.json ? text.append("\n") : table.text()).c_str(), stdout);
  return {};
}

// Who has which partition.
std::map<Place, const GroupMember*> holders(const GroupState& group) {
  std::map<Place, const GroupMember*> found;
  for (const GroupMember& member : group.members)
    for (const Place& place : member.partitions) found.emplace(place, &member);
  return found;
}

void print_json(const GroupState& group, const std::vector<GroupOffset>& offsets) {
  std::string text;
  serve::JsonText json(text);
  json.begin('{').key("group").text(group.name).key("state").text(group.state);
  json.key("protocol").text(group.protocol).key("assignor").text(group.assignor);
  json.key("coordinator").text(group.coordinator).key("members").begin('[');
  for (const GroupMember& member : group.members) serve::put_member(json, member);
  json.end(']').key("offsets").begin('[');
  const auto who = holders(group);
  for (const GroupOffset& offset : offsets) {
    json.begin('{').key("topic").text(offset.place.topic).key("partition");
    json.number(static_cast<std::uint64_t>(offset.place.partition));
    json.key("committed").number_or_null(offset.committed).key("end").number_or_null(offset.end);
    json.key("lag").number_or_null(offset.lag());
    const auto holder = who.find(offset.place);
    json.key("member").text(holder == who.end() ? "" : holder->second->id).end('}');
  }
  json.end(']').end('}');
  std::fputs(text.append("\n").c_str(), stdout);
}

void print_tables(const GroupState& group, const std::vector<GroupOffset>& offsets) {
  Table about({"group", group.name});
  about.add({"state", group.state});
  about.add({"protocol", group.protocol});
  about.add({"assignor", group.assignor.empty() ? "-" : group.assignor});
  about.add({"coordinator", group.coordinator});
  about.print();
  std::fputs("\n", stdout);
  Table places({"topic", ">partition", ">committed", ">end", ">lag", "member"});
  const auto who = holders(group);
  for (const GroupOffset& offset : offsets) {
    const auto holder = who.find(offset.place);
    places.add({offset.place.topic, std::to_string(offset.place.partition), number_or_none(offset.committed),
                number_or_none(offset.end), number_or_none(offset.lag()),
                holder == who.end() ? "-" : holder->second->id});
  }
  places.print();
  if (group.members.empty()) return;
  std::fputs("\n", stdout);
  Table members({"member", "instance", "client", "host", "partitions"});
  for (const GroupMember& member : group.members)
    members.add({member.id, member.instance_id.empty() ? "-" : member.instance_id, member.client_id,
                 member.host, listed(member.partitions)});
  members.print();
}

base::Result<std::unique_ptr<tape::kafka::Client>> open_group(const CommandLine& line,
                                                              const std::string& name) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const tape::kafka::Connection connection, connection_of(config));
  return tape::kafka::open_for_group(connection, name);
}

base::Status describe_group(const CommandLine& line, const GroupFlags& flags) {
  ASSIGN_OR_RETURN(const auto client, open_group(line, flags.name));
  ASSIGN_OR_RETURN(const GroupState group, tape::kafka::describe_group(*client, flags.name));
  ASSIGN_OR_RETURN(const std::vector<GroupOffset> offsets, tape::kafka::offsets_of(*client, group));
  flags.json ? print_json(group, offsets) : print_tables(group, offsets);
  return {};
}

base::Result<Reset> reset_of(const GroupFlags& flags) {
  Reset reset;
  reset.topics = flags.topics;
  reset.dry_run = flags.dry_run;
  if (flags.to.empty() == (flags.shift == 0))
    return base::Error{base::ErrorCode::invalid_argument, "give either --to or --shift", "group reset"};
  reset.to = ResetTo::shift;
  reset.value = flags.shift;
  if (flags.to.empty()) return reset;
  ASSIGN_OR_RETURN(const StartPlace start, parse_start(flags.to, "--to"));
  switch (start.kind) {
    case StartPlace::Kind::beginning:
      reset.to = ResetTo::beginning;
      break;
    case StartPlace::Kind::end:
      reset.to = ResetTo::end;
      break;
    case StartPlace::Kind::offset:
      reset.to = ResetTo::offset;
      reset.value = static_cast<std::int64_t>(start.offset);
      break;
    case StartPlace::Kind::time:
      reset.to = ResetTo::time;
      reset.value = start.time;
      break;
  }
  return reset;
}

base::Status run_reset(const CommandLine& line, const GroupFlags& flags) {
  ASSIGN_OR_RETURN(const Reset reset, reset_of(flags));
  ASSIGN_OR_RETURN(const auto client, open_group(line, flags.name));
  ASSIGN_OR_RETURN(const std::vector<ResetOffset> done, tape::kafka::reset_group(*client, flags.name, reset));
  Table table({"topic", ">partition", ">before", ">after"});
  for (const ResetOffset& one : done)
    table.add({one.place.topic, std::to_string(one.place.partition), number_or_none(one.before),
               number_or_none(one.after)});
  table.print();
  if (reset.dry_run) std::fputs("nothing was changed: --dry-run\n", stderr);
  return {};
}

}  // namespace

void add_group(CLI::App& app, CommandLine& line) {
  auto* command =
      app.add_subcommand("group", "the consumer groups of a Kafka cluster: members, offsets, lag");
  command->footer(kGroupFooter);
  command->require_subcommand(1);
  auto flags = std::make_shared<GroupFlags>();  // lives in the actions
  auto* listing = command->add_subcommand("list", "all groups");
  listing->add_flag("--json", flags->json, "one JSON value");
  add_setting_flags(*listing, line, {"kafka."});
  set_action(*listing, line, [&line, flags] { return list_groups(line, *flags); });
  auto* describing = command->add_subcommand("describe", "who is in a group, and how far it is");
  describing->add_option("group", flags->name, "its name")->required();
  describing->add_flag("--json", flags->json, "one JSON value");
  add_setting_flags(*describing, line, {"kafka."});
  set_action(*describing, line, [&line, flags] { return describe_group(line, *flags); });
  auto* resetting = command->add_subcommand("reset", "sets what a group without members has committed");
  resetting->add_option("group", flags->name, "its name")->required();
  resetting->add_option("--to", flags->to, "beginning, end, an offset or a time");
  resetting->add_option("--shift", flags->shift, "by so many messages; negative: back");
  resetting
      ->add_option("--topic", flags->topics, "all partitions of this one (repeats) [where it has committed]")
      ->take_all()
      ->allow_extra_args(false);
  resetting->add_flag("--dry-run", flags->dry_run, "print before and after, change nothing");
  add_setting_flags(*resetting, line, {"kafka."});
  set_action(*resetting, line, [&line, flags] { return run_reset(line, *flags); });
}

}  // namespace tickerhouse::app
