// The look at a cluster for pages (flow/cluster.h), over clients of its own that live as long as it does.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "flow/cluster.h"
#include "tape/kafka/client.h"
#include "tape/kafka/topics.h"

namespace tickerhouse::tape::kafka {

// Connects when it is asked first. The connection's patience is of each request; a whole look takes at most
// a few times that.
std::unique_ptr<flow::ClusterView> make_cluster_view(Connection connection, TopicNames names,
                                                     base::Clock& clock);

}  // namespace tickerhouse::tape::kafka
