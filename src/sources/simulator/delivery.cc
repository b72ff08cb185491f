#include "sources/simulator/delivery.h"

#include <algorithm>

namespace tickerhouse::sources {
namespace {
constexpr std::uint64_t kLatencyPurpose = 7;
}

Delivery::Delivery(const DeliveryOptions& options, const Schedule& schedule)
    : events_(options.events),
      schedule_(schedule),
      fates_(options.fates, schedule),
      latency_(options.trades.seed, kLatencyPurpose) {}

bool Delivery::next(Delivered& delivered) {
  for (;;) {
    if (!own_done_) {
      own_done_ = true;
      if (cursor_.slot < events_ && take_own(delivered)) return true;
    }
    if (!put_off_.empty() && put_off_.top().slot == cursor_.slot) {
      const PutOff due = put_off_.top();
      put_off_.pop();
      hand_out(due.event, due.fault, delivered);
      return true;
    }
    if (!next_slot()) return false;
  }
}

// Does with the slot's trade what its fate is; true if it is delivered now.
bool Delivery::take_own(Delivered& delivered) {
  const Fate fate = fates_.at(cursor_.slot);
  const bool waits = fate.fault == Fault::late || fate.fault == Fault::out_of_order;
  if (waits || fate.fault == Fault::duplicate) put_off(cursor_.slot, fate);
  if (waits || fate.fault == Fault::gap) return false;
  hand_out(cursor_.slot, fate.fault, delivered);
  return true;
}

bool Delivery::next_slot() {
  std::uint64_t next = cursor_.slot + 1;
  if (next >= events_) {
    if (put_off_.empty()) return false;
    next = std::max(next, put_off_.top().slot);
  }
  cursor_.slot = next;
  cursor_.item = 0;
  own_done_ = false;
  return true;
}

void Delivery::hand_out(std::uint64_t event, Fault fault, Delivered& delivered) {
  ++cursor_.item;
  ++cursor_.number;
  // A trade takes one to five milliseconds to us.
  const auto latency =
      static_cast<base::DurationNanos>(below(latency_.at(cursor_.number), 4 * base::kMillisecond));
  delivered = {cursor_.number, event, fault, schedule_.time(cursor_.slot) + base::kMillisecond + latency};
}

bool Delivery::go_to(const DeliveryCursor& cursor) {
  put_off_ = {};
  if (cursor.number < cursor.item) return false;
  const std::uint64_t end = std::min(cursor.slot, events_);
  const std::uint64_t back = fates_.displacement_max();
  for (std::uint64_t n = cursor.slot > back ? cursor.slot - back : 0; n < end; ++n) {
    const Fate fate = fates_.at(n);
    const bool put =
        fate.fault == Fault::late || fate.fault == Fault::out_of_order || fate.fault == Fault::duplicate;
    if (put && fate.slot >= cursor.slot) put_off(n, fate);
  }
  cursor_ = {cursor.slot, 0, cursor.number - cursor.item};
  own_done_ = false;
  Delivered passed;
  for (std::uint64_t i = 0; i < cursor.item; ++i)
    if (!next(passed) || cursor_.slot != cursor.slot) return false;
  return true;
}

}  // namespace tickerhouse::sources
