// A topic of others as the events of a pipeline: what the cluster says of it before it is read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "tape/kafka/client.h"
#include "tape/kafka/positions.h"
#include "tape/kafka/topics.h"

namespace tickerhouse::tape::kafka {

// Whose position says that the events are of others, and how they are read.
inline constexpr std::string_view kDeclarationWriter = "events";

// Whose position says in what format the messages are.
inline constexpr std::string_view kFormatWriter = "format";

// All positions; none if there is no pipeline yet.
base::Result<Positions::Map> read_positions(Client& client, const TopicNames& names, Positions& positions);

// `configuration` if the pipeline has events of its own.
base::Status check_has_no_events(Client& client, const TopicNames& names);

// Of the topic of others. `configuration`: it is not there, or it has another number than the pipeline was
// set up for: its symbols have moved then.
base::Result<std::uint16_t> partitions_of_others(Client& client, const TopicNames& names);

}  // namespace tickerhouse::tape::kafka
