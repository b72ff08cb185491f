// A topic of a cluster as a source reads it: its committed messages.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "sources/topic_feed.h"
#include "tape/kafka/client.h"

namespace tickerhouse::app {

// `not_found` if it is not there.
base::Result<std::unique_ptr<sources::TopicFeed>> open_foreign_topic(
    const tape::kafka::Connection& connection, const std::string& topic);

}  // namespace tickerhouse::app
