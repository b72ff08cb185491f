#include "app/cluster/topic_tables.h"

#include <cstdio>

#include "app/cluster/table.h"
#include "app/progress_bar.h"
#include "serve/json_text.h"
#include "tape/kafka/topic_admin.h"

namespace tickerhouse::app {
namespace {

using tape::kafka::PartitionState;
using tape::kafka::TopicDetails;
using tape::kafka::TopicSetting;
using tape::kafka::TopicState;

std::string listed(const std::vector<int>& brokers) {
  std::string text;
  for (const int broker : brokers)
    text.append(text.empty() ? "" : ",").append(broker < 0 ? "?" : std::to_string(broker));
  return text;
}

// A partition without a leader has no offsets that one could ask for.
std::optional<std::int64_t> at(const std::map<std::int32_t, std::int64_t>& offsets, std::int32_t partition) {
  const auto found = offsets.find(partition);
  return found == offsets.end() ? std::nullopt : std::optional(found->second);
}

std::string offset_in(const std::map<std::int32_t, std::int64_t>& offsets, std::int32_t partition) {
  const auto found = at(offsets, partition);
  return found ? grouped(static_cast<std::uint64_t>(*found)) : "-";
}

std::string to_json(const TopicDetails& topic) {
  std::string text;
  serve::JsonText json(text);
  json.begin('{').key("topic").text(topic.state.name).key("internal").boolean(topic.state.internal);
  json.key("partitions").begin('[');
  for (const PartitionState& partition : topic.state.partitions) {
    json.begin('{').key("partition").number(static_cast<std::uint64_t>(partition.id)).key("leader");
    partition.leader < 0 ? json.null() : json.number(static_cast<std::uint64_t>(partition.leader));
    json.key("replicas").ids(partition.replicas).key("in_sync").ids(partition.in_sync);
    json.key("first")
        .number_or_null(at(topic.first, partition.id))
        .key("next")
        .number_or_null(at(topic.next, partition.id));
    json.end('}');
  }
  json.end(']').key("settings").begin('[');
  for (const TopicSetting& setting : topic.settings)
    json.begin('{')
        .key("name")
        .text(setting.name)
        .key("value")
        .text(setting.value)
        .key("from")
        .text(setting.of_broker ? "broker" : "topic")
        .end('}');
  json.end(']').end('}');
  return text.append("\n");
}

}  // namespace

base::Status print_topics(tape::kafka::Client& client, bool json) {
  ASSIGN_OR_RETURN(const std::vector<TopicState> topics, tape::kafka::list_topics(client));
  std::string text;
  serve::JsonText out(text);
  Table table({"topic", ">partitions", ">replicas", ">in sync", "internal"});
  out.begin('[');
  for (const TopicState& topic : topics) {
    table.add({topic.name, grouped(topic.partitions.size()), grouped(topic.replicas()),
               grouped(topic.in_sync()), topic.internal ? "yes" : ""});
    out.begin('{').key("topic").text(topic.name).key("partitions").number(topic.partitions.size());
    out.key("replicas").number(topic.replicas()).key("in_sync").number(topic.in_sync());
    out.key("internal").boolean(topic.internal).end('}');
  }
  out.end(']');
  std::fputs((json ? text.append("\n") : table.text()).c_str(), stdout);
  return {};
}

base::Status print_topic(tape::kafka::Client& client, const std::string& name, bool json) {
  ASSIGN_OR_RETURN(const TopicDetails topic, tape::kafka::describe_topic(client, name));
  if (json) {
    std::fputs(to_json(topic).c_str(), stdout);
    return {};
  }
  Table partitions({">partition", ">leader", "replicas", "in sync", ">first offset", ">next offset"});
  for (const PartitionState& one : topic.state.partitions)
    partitions.add({std::to_string(one.id), one.leader < 0 ? "none" : std::to_string(one.leader),
                    listed(one.replicas), listed(one.in_sync), offset_in(topic.first, one.id),
                    offset_in(topic.next, one.id)});
  partitions.print();
  if (topic.settings.empty()) return {};
  std::fputs("\n", stdout);
  Table settings({"setting", "value", "from"});
  for (const TopicSetting& setting : topic.settings)
    settings.add({setting.name, setting.value, setting.of_broker ? "broker" : "topic"});
  settings.print();
  return {};
}

}  // namespace tickerhouse::app
