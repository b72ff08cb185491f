// The look at a cluster for pages (flow/cluster.h), over clients of its own that live as long as it does.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "flow/cluster.h"
#include "formats/avro/avro_messages.h"
#include "tape/kafka/client.h"
#include "tape/kafka/topics.h"

namespace tickerhouse::tape::kafka {

// Connects when it is asked first. The connection's patience is of each request; a whole look takes at most
// a few times that. schemas: see MessagePages.
std::unique_ptr<flow::ClusterView> make_cluster_view(Connection connection, TopicNames names,
                                                     base::Clock& clock,
                                                     std::shared_ptr<formats::SchemaBook> schemas);

}  // namespace tickerhouse::tape::kafka
