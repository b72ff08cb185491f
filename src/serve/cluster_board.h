// The cluster as of the last moments, for all who ask: many open pages ask the brokers once. Any thread; a
// call waits for brokers, so it is for the threads that do nothing else.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "flow/cluster.h"
#include "serve/json_text.h"
#include "serve/recent.h"

namespace tickerhouse::serve {

inline constexpr base::DurationNanos kClusterFresh = 2 * base::kSecond;

class ClusterBoard {
 public:
  using Json = std::shared_ptr<const std::string>;

  ClusterBoard(flow::ClusterView& view, base::Clock& clock)
      : view_(view), clock_(clock), state_(clock, kClusterFresh), topics_(clock, kClusterFresh) {}

  base::Result<Json> state();
  // Fails at once while the brokers were just found silent.
  base::Result<flow::MessagePage> messages(const flow::MessageQuery& query);
  // What /topics says of this tape: some questions for each partition.
  Recent<Json>& topics() { return topics_; }

 private:
  flow::ClusterView& view_;
  base::Clock& clock_;
  Recent<Json> state_;
  Recent<Json> topics_;
};

// One member of a group, as the API and `group describe --json` have it.
void put_member(JsonText& json, const flow::ReaderMember& member);
std::string cluster_json(const flow::ClusterState& state, base::TsNanos read_at);

}  // namespace tickerhouse::serve
