// What a client complains of in the background, where no call fails: a refused login, a certificate, a
// listener that speaks another protocol. The library tries again for ever; here such a complaint gets the
// name of the setting that it means, so that a start can end with it.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace tickerhouse::tape::kafka {

class Client;

struct Fault {
  enum class Kind {
    none,         // says nothing of a setting
    unreachable,  // nobody is there: it may be the broker, or its address
    suspected,    // most likely a setting, but a broker that just starts or ends looks the same
    certain,      // trying again does not help
  };
  Kind kind = Kind::none;
  std::string setting;  // as the user knows it
  std::string what;     // in our words, with the library's
};

// Reads one complaint of the library.
Fault fault_of(std::string_view complaint);

// The setting that the library's refusal to make a client means.
std::string setting_of_refusal(std::string_view why);

// Any thread.
class Complaints {
 public:
  void note(std::string_view text);
  [[nodiscard]] std::string last() const;
  // A certain one if there was any, else the latest.
  [[nodiscard]] Fault fault() const;

 private:
  mutable std::mutex mutex_;
  std::string last_;
  Fault fault_;
};

// Waits until a broker has answered, at most so long and no longer than the client's patience.
// `configuration` names the setting as soon as it is plain that waiting does not help; `io` if nobody is
// there.
base::Status reach(Client& client, std::string_view brokers,
                   base::DurationNanos patience = 10 * base::kSecond);

}  // namespace tickerhouse::tape::kafka
