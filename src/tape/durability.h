// What a commit survives once commit() has returned.
#pragma once

namespace tickerhouse::tape {

enum class Durability {
  fsync,  // the end of the machine
  os,     // the end of the process
};

}  // namespace tickerhouse::tape
