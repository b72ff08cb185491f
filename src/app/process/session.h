// One process at work on a data directory: the pipeline, its sinks, the socket for other commands, and if
// wanted the server with its live view.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/config/config.h"
#include "app/directory/data_directory.h"
#include "app/process/process_status.h"
#include "flow/source.h"
#include "runtime/check/replay_check.h"
#include "runtime/pipeline.h"
#include "serve/server.h"

namespace tickerhouse::app {

struct SessionOptions {
  runtime::PipelineOptions pipeline;
  flow::Source* source = nullptr;  // null: the shards and sinks catch up with what is on the tape
  flow::Sink* oracle = nullptr;    // one more sink
  ProcessParts process;
  bool control = true;  // answers `stop`, `status` and `export`; false: beside the process that does
  bool serve = false;
  std::function<serve::DemoFaults()> demo_faults;
  std::function<base::Status(const serve::DemoFaults&)> set_demo_faults;
  std::function<void(const runtime::SourceProgress&)> on_progress;
  std::function<void(base::DurationNanos waited)> on_blocked;
};

class Session {
 public:
  // Opens the sinks and starts to serve; the source is not touched yet.
  static base::Result<std::unique_ptr<Session>> open(const Config& config, OpenDirectory& directory,
                                                     SessionOptions options);
  virtual ~Session() = default;
  // Until the source ends or a stop is asked for.
  virtual base::Result<runtime::PipelineEnd> run() = 0;
  virtual void serve_until_stopped() = 0;
  [[nodiscard]] virtual std::string url() const = 0;  // empty: it does not serve
};

// What all commands that run a pipeline give it.
runtime::PipelineOptions pipeline_options(const Config& config, const OpenDirectory& directory);
// As long as it runs a failed stage is tried again, with growing pauses, and a full disk is waited for.
void be_patient(runtime::PipelineOptions& options);
// One partition from as early as its tape allows.
base::Result<runtime::ReplayOf> replay_of(const OpenDirectory& directory, std::uint16_t partition);
std::vector<std::unique_ptr<flow::Operator>> make_operators(const engine::Settings& settings);

}  // namespace tickerhouse::app
