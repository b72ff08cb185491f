// What a process ends with; `tickerhouse --help` lists them.
#pragma once

#include "base/result.h"

namespace tickerhouse::app {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed =
    1;  // a check failed, or work could not be finished and can be taken up again
inline constexpr int kExitUsage = 64;
inline constexpr int kExitCutOff = 65;  // compressed input ends early
inline constexpr int kExitNoInput = 66;
inline constexpr int kExitDamaged = 74;  // the tape, or written by a newer version
inline constexpr int kExitBusy = 75;     // the directory or the group is in use
inline constexpr int kExitConfiguration = 78;

inline int exit_code_of(base::ErrorCode code) {
  switch (code) {
    case base::ErrorCode::invalid_argument:
      return kExitUsage;
    case base::ErrorCode::configuration:
      return kExitConfiguration;
    case base::ErrorCode::not_found:
      return kExitNoInput;
    case base::ErrorCode::damaged:
      return kExitDamaged;
    case base::ErrorCode::busy:
      return kExitBusy;
    case base::ErrorCode::cut_off:
      return kExitCutOff;
    case base::ErrorCode::io:
    case base::ErrorCode::no_space:
    case base::ErrorCode::check_failed:
    case base::ErrorCode::over_limit:
      return kExitFailed;
  }
  return kExitFailed;
}

}  // namespace tickerhouse::app
