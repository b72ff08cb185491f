// A tape in memory, for tests and the simulation. Everything in it ends with it. Readers must not outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "flow/tape.h"

namespace tickerhouse::tape {

struct MemoryTapeOptions {
  // Asked before each step; what it answers other than ok is the answer of that step. Called from whichever
  // thread takes the step.
  //   "commit"    nothing has been applied yet, and nothing will be
  //   "answer"    the commit has been applied; only its answer is lost, as when a process dies right after
  //   the disk is done "read", "positions", "end"
  std::function<base::Status(std::string_view step)> fail;
};

std::unique_ptr<flow::Tape> make_memory_tape(MemoryTapeOptions options = {});

}  // namespace tickerhouse::tape
