// What a data directory knows of an input, and an input that was opened with it.
#pragma once

#include <memory>
#include <string>

#include "flow/source.h"
#include "sources/input_meter.h"

namespace tickerhouse::sources {

struct KnownInput {
  std::string source;    // its name
  std::string position;  // as it came out of its batches
};

struct OpenedInput {
  std::unique_ptr<flow::Source> source;
  bool known = false;                 // loaded before, in part or whole: restore it
  std::shared_ptr<InputMeter> meter;  // shared with whoever draws the progress
};

}  // namespace tickerhouse::sources
