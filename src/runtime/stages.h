// The stages of a pipeline as step functions that take turns, each with what it does when it fails.
//
// A stage that the operating system refused something (a disk, a file, a server behind a sink) is opened
// again from what is durable, after a while that grows; the tape makes that safe. What no second try can
// mend, damage, a wrong setting, another process in its place, results that differ, ends the pipeline.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "runtime/retry.h"
#include "runtime/shard_stage.h"
#include "runtime/sink_host.h"

namespace tickerhouse::runtime {

// Ingest with pacing and patience for space.
class IngestStage {
 public:
  IngestStage(const StageContext& context, std::unique_ptr<Ingest> ingest);
  base::Result<Turn> turn();
  [[nodiscard]] PipelineEnd end() const { return end_; }

 private:
  base::Result<Turn> step();
  Turn finish();
  void tell_losses();
  void pace();
  void fit_batch();
  base::Result<Turn> wait_for_space();
  base::Status reopen();

  const StageContext& context_;
  Retry retry_;
  std::unique_ptr<Ingest> ingest_;
  PipelineEnd end_ = PipelineEnd::finished;
  std::uint64_t lost_ = 0;  // of the source's input, as it was told last
  std::optional<base::TsNanos> first_event_;
  base::TsNanos last_event_ = 0;
  std::size_t batch_ = 1;  // records of the next step, if paced
  base::DurationNanos started_at_ = 0;
  base::DurationNanos resume_at_ = 0;
  std::optional<base::DurationNanos> blocked_since_;
  base::DurationNanos notice_at_ = 0;
};

class SinkStage {
 public:
  SinkStage(const StageContext& context, flow::Sink& sink);
  base::Status open();
  base::Result<Turn> turn();

 private:
  base::Result<Turn> step(bool last_words);

  const StageContext& context_;
  flow::Sink& sink_;
  Retry retry_;
  std::unique_ptr<SinkHost> host_;
  bool done_ = false;
};

// Looks now and then whether the tape is to be cut.
class RetentionStage {
 public:
  explicit RetentionStage(const StageContext& context);
  base::Result<Turn> turn();

 private:
  const StageContext& context_;
  Retention retention_;
  base::DurationNanos due_ = 0;
};

}  // namespace tickerhouse::runtime
