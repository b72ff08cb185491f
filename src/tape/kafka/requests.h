// One request to the cluster and its answer, for what asks of topics, groups and offsets. For the .cc files
// of this folder.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "tape/kafka/client.h"

namespace tickerhouse::tape::kafka {

// What the cluster refused, as the library's number; 0: nothing.
struct Refused {
  int code = 0;
};

class Request {
 public:
  Request(Client& client, std::string call, Refused& refused);
  Request(Client& client, std::string call) : Request(client, std::move(call), own_) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  // What the library puts its answer into.
  [[nodiscard]] rd_kafka_queue_s* queue() const { return queue_.get(); }
  // Waits for it: `io` if none comes within the client's patience, or within kTryMs if it is one of several
  // tries (it was given a Refused), else what the cluster refused the whole request with.
  base::Result<Answer> answer();
  // refusal() of one topic or group in it.
  base::Error refuse(int code, const char* words, const std::string& where);

 private:
  Client& client_;
  std::string call_;
  Refused own_;
  Refused& refused_;
  int patience_;
  Owned<rd_kafka_queue_s> queue_;
};

// What the cluster says of one topic or group: a code, and its own words if it has some. Codes are more than
// Client::error tells apart: a name, number or setting that cannot be is `invalid_argument` or
// `configuration`, somebody's being in the way is `busy`.
base::Error refusal(const Client& client, int code, const char* words, const std::string& where);

// Leaders, controllers and coordinators move, and take a moment to begin: true for what says only that, and
// for silence.
bool passes(const Refused& refused);

// A request stays with the broker that it was meant for, and the library with the leaders that it has heard
// of, for a quarter of an hour if nobody asks: so no try lasts for long, and this asks between two.
constexpr int kTryMs = 4000;
// All topics of the cluster; the client's own notion of who leads them is renewed with it.
base::Result<Owned<const struct rd_kafka_metadata>> all_topics(Client& client, int wait_ms);
void ask_who_leads(Client& client);
bool is_silence(int code);

// Calls `ask` (a Result or Status of a Refused&) again, within the client's patience, while that is all.
template <typename Ask>
auto patiently(Client& client, const Ask& ask) {
  constexpr int kPauseMs = 50;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(client.patience());
  while (true) {
    Refused refused;
    auto result = ask(refused);
    if (result.ok() || !passes(refused) || std::chrono::steady_clock::now() >= deadline) return result;
    if (is_silence(refused.code)) ask_who_leads(client);
    client.poll(kPauseMs);
  }
}

// As the brokers' own commands call what is not there.
base::Error no_topic(const std::string& name);
base::Error no_group(const std::string& name);

std::vector<const char*> pointers_to(const std::vector<std::string>& names);

}  // namespace tickerhouse::tape::kafka
