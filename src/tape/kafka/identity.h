// Which topics these are: names can be given again, ids cannot. A directory notes the ids once its topics
// bear its own, and on every start they must be the same.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tape/kafka/client.h"
#include "tape/kafka/topics.h"

namespace tickerhouse::tape::kafka {

// Whose position is the id of the directory that made the topics.
inline constexpr std::string_view kOwnerWriter = "pipeline";

struct Identity {
  std::string cluster;                                     // its id
  std::map<std::string, std::string, std::less<>> topics;  // id by name
  [[nodiscard]] bool empty() const { return cluster.empty() && topics.empty(); }
};

// Whether all topics of the pipeline are in it.
bool is_complete(const Identity& noted, const TopicNames& names);

// Of all topics of the pipeline; waits for those that were just made.
base::Result<Identity> identity_of(Client& client, const TopicNames& names);

// Of any topic: the ids of the cluster and its own. `not_found`.
base::Result<std::string> identity_of_topic(Client& client, const std::string& topic);

// `configuration`, naming both: the brokers are of another cluster, or a topic that was noted is missing or
// was made again. Topics that were not noted may be there or not.
base::Status check_identity(Client& client, const Connection& connection, const Identity& noted);

// May a directory with this id take the topics that are there? If they bear it, or are all empty; else
// `configuration` names the one that is somebody else's.
base::Status check_adoptable(Client& client, const Connection& connection, const TopicNames& names,
                             std::string_view id);

// The refusal when they bear the id of another directory.
base::Error owned_by_another(std::string_view pipeline);

// `configuration` if a topic of the pipeline that is there takes only smaller messages than ours may be. A
// broker that does not let us ask is believed.
base::Status check_message_limits(Client& client, const TopicNames& names);

}  // namespace tickerhouse::tape::kafka
