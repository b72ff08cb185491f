// The order in which the simulated trades reach us. Slot n delivers trade n, if its fate lets it, and then
// those put off until n, in the order of their numbers; slots beyond the last trade deliver what is still put
// off. A function of the options, from any cursor on.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "sources/simulator/faults.h"
#include "sources/simulator/trades.h"

namespace tickerhouse::sources {

struct DeliveryOptions {
  TradesOptions trades;
  FateOptions fates;
  std::uint64_t events = 0;
};

struct Delivered {
  std::uint64_t number = 0;  // of the delivery, from 1
  std::uint64_t event = 0;
  Fault fault = Fault::none;
  base::TsNanos ts_recv = 0;
};

struct DeliveryCursor {
  std::uint64_t slot = 0;
  std::uint64_t item = 0;    // deliveries of that slot already made
  std::uint64_t number = 0;  // of the last delivery
};

class Delivery {
 public:
  Delivery(const DeliveryOptions& options, const Schedule& schedule);
  bool next(Delivered& delivered);  // false: nothing is left
  [[nodiscard]] const DeliveryCursor& cursor() const { return cursor_; }
  // False if no cursor of this delivery is so. Looks back as far as the farthest displacement.
  bool go_to(const DeliveryCursor& cursor);

 private:
  struct PutOff {
    std::uint64_t slot = 0;
    std::uint64_t event = 0;
    Fault fault = Fault::none;
    auto operator<=>(const PutOff&) const = default;
  };
  void put_off(std::uint64_t event, const Fate& fate) { put_off_.push({fate.slot, event, fate.fault}); }
  bool take_own(Delivered& delivered);
  bool next_slot();
  void hand_out(std::uint64_t event, Fault fault, Delivered& delivered);

  std::uint64_t events_;
  const Schedule& schedule_;
  Fates fates_;
  Noise latency_;
  DeliveryCursor cursor_;
  bool own_done_ = false;  // the slot's own trade has been dealt with
  std::priority_queue<PutOff, std::vector<PutOff>, std::greater<>> put_off_;
};

}  // namespace tickerhouse::sources
