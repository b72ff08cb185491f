#include "app/process/session.h"

#include <algorithm>
#include <utility>

#include "analytics/bar_builder.h"
#include "app/config/secrets.h"
#include "app/directory/tapes.h"
#include "app/logging.h"
#include "app/open_sinks.h"
#include "app/process/control_socket.h"
#include "app/process/stop_signal.h"
#include "app/version.h"
#include "base/clock.h"
#include "serve/live_view.h"
#include "serve/status_json.h"
#include "tape/lmdb_tape.h"

namespace tickerhouse::app {
namespace {

// What is kept behind the oldest of three checkpoints cannot be cut.
constexpr std::uint64_t kCheckpointRowsOfCutTape = 100'000;
constexpr base::DurationNanos kServePoll = 100 * base::kMillisecond;

base::Result<serve::ServeOptions> serve_options(const Config& config) {
  serve::ServeOptions options;
  options.address = config.serve_address;
  options.port = config.serve_port;
  options.next_free_port = !config.given("serve.port");
  options.tls_certificate = config.serve_tls_certificate;
  options.tls_key = config.serve_tls_key;
  options.allowed_hosts = config.serve_allowed_hosts;
  options.version = version_number();
  options.data = config.data;
  if (!config.serve_token_file.empty()) {
    ASSIGN_OR_RETURN(options.token, read_secret_file(config.serve_token_file, "serve.token_file"));
  }
  return options;
}

class SessionImpl final : public Session {
 public:
  SessionImpl(OpenDirectory& directory, SessionOptions options)
      : directory_(directory), options_(std::move(options)) {}

  base::Status open(const Config& config) {
    options_.process.tape_is_cut = options_.pipeline.retention.enabled();
    ASSIGN_OR_RETURN(process_, ProcessStatus::open(directory_, options_.process));
    ASSIGN_OR_RETURN(sinks_, open_sinks(config, directory_));
    if (options_.control) RETURN_IF_ERROR(open_control());
    if (options_.serve) RETURN_IF_ERROR(open_server(config));
    return share_shards(config);
  }

  base::Result<runtime::PipelineEnd> run() override {
    runtime::PipelineHooks hooks;
    hooks.board = &process_->board;
    hooks.on_note = log_warn;
    hooks.on_blocked = options_.on_blocked;
    hooks.on_progress = [this](const runtime::SourceProgress& progress) {
      process_->rate.note(progress.events + progress.rejected(), base::system_clock().monotonic_now());
      if (options_.on_progress) options_.on_progress(progress);
    };
    if (live_)
      hooks.on_forming = [this](std::uint16_t partition, const std::vector<flow::FormingBar>& bars) {
        live_->forming(partition, bars);
      };
    std::vector<flow::Sink*> sinks = sinks_->all();
    if (live_) sinks.push_back(&live_->sink());
    if (options_.oracle != nullptr) sinks.push_back(options_.oracle);
    const runtime::PipelineParts parts{*directory_.tape,
                                       options_.source,
                                       sinks,
                                       base::system_clock(),
                                       directory_.checkpoints.get(),
                                       stop_requested(),
                                       [this](flow::Sink& sink) { return sinks_->reopen(sink); }};
    return runtime::run_pipeline(options_.pipeline, parts, hooks);
  }

  void serve_until_stopped() override {
    while (!stop_requested()) base::system_clock().sleep_for(kServePoll);
  }
  [[nodiscard]] std::string url() const override { return server_ ? server_->url() : ""; }

 private:
  base::Status open_control() {
    ControlParts control;
    control.store = sinks_->store();
    control.status = [this] { return status_lines(); };
    control.stop = request_stop;
    ASSIGN_OR_RETURN(control_, ControlSocket::open(directory_.paths.socket, std::move(control)));
    return {};
  }

  // Workers that are there keep the shards; those that come later get them.
  base::Status share_shards(const Config& config) {
    runtime::Shards& shards = options_.pipeline.shards;
    if (shards != runtime::Shards::ours || !is_shared_tape(directory_.paths)) return {};
    ASSIGN_OR_RETURN(const std::string group, group_at_work(config, directory_.paths, *directory_.tape));
    shards = group.empty() ? runtime::Shards::shared : runtime::Shards::others;
    if (!group.empty())
      log_info(std::string("the workers of group ").append(group).append(" run the shards"));
    return {};
  }

  base::Status open_server(const Config& config) {
    ASSIGN_OR_RETURN(const serve::ServeOptions options, serve_options(config));
    ASSIGN_OR_RETURN(live_,
                     serve::LiveView::open({directory_.settings.intervals, directory_.settings.partitions},
                                           sinks_->store(), base::system_clock()));
    ASSIGN_OR_RETURN(cluster_, cluster_view_of(config, directory_.paths, *directory_.tape));
    serve::ServeParts parts{*directory_.tape,     directory_.settings.partitions,
                            sinks_->store(),      *live_,
                            base::system_clock(), [this] { return process_->collect(); },
                            options_.demo_faults, options_.set_demo_faults,
                            cluster_.get()};
    ASSIGN_OR_RETURN(server_, serve::Server::open(options, parts));
    return {};
  }

  // For other commands: see RunningStatus.
  base::Result<std::string> status_lines() {
    ASSIGN_OR_RETURN(const flow::PipelineStatus status, process_->collect());
    const serve::StatusFacts facts{version_, directory_.paths.root, base::system_clock().wall_now()};
    return url()
        .append("\n")
        .append(summary_of(status.process))
        .append("\n")
        .append(serve::status_json(status, facts))
        .append("\n");
  }

  OpenDirectory& directory_;
  SessionOptions options_;
  std::string version_ = version_number();
  std::unique_ptr<ProcessStatus> process_;
  std::unique_ptr<OpenSinks> sinks_;
  std::unique_ptr<serve::LiveView> live_;
  std::unique_ptr<flow::ClusterView> cluster_;
  std::unique_ptr<serve::Server> server_;   // reads what is above: closed before it
  std::unique_ptr<ControlSocket> control_;  // closed first
};

}  // namespace

base::Result<std::unique_ptr<Session>> Session::open(const Config& config, OpenDirectory& directory,
                                                     SessionOptions options) {
  auto session = std::make_unique<SessionImpl>(directory, std::move(options));
  RETURN_IF_ERROR(session->open(config));
  return std::unique_ptr<Session>(std::move(session));
}

runtime::PipelineOptions pipeline_options(const Config& config, const OpenDirectory& directory) {
  runtime::PipelineOptions options;
  options.ingest.settings = directory.settings;
  options.ingest.batch_records_max = config.batch_records;
  options.ingest.allowed_symbols = config.allowed_symbols;
  options.shard.settings = directory.settings;
  options.shard.make_operators = make_operators;
  options.shard.accept_gap = config.accept_gap;
  // An embedded tape is cut only where it was told to be, behind the sinks that it had then.
  options.accept_gap_of_sinks = config.accept_gap || !is_shared_tape(directory.paths);
  options.retention.age = config.retention_age;
  options.retention.bytes = config.retention_bytes;
  options.retention.shared = is_shared_tape(directory.paths);
  options.retention.used = [tape = directory.tape.get()]() -> base::Result<std::uint64_t> {
    ASSIGN_OR_RETURN(const tape::TapeUsage usage, tape::usage_of(*tape));
    return usage.bytes_used;
  };
  if (options.retention.enabled()) options.shard.checkpoint_rows = kCheckpointRowsOfCutTape;
  if (config.given("ingest.batch")) options.shard.step_rows_max = config.batch_records;
  options.threads = config.threads;
  options.flush_interval = config.flush_interval;
  // Brokers are restarted, and come back.
  if (is_shared_tape(directory.paths)) options.stage_patience = options.sink_patience = base::kHour;
  return options;
}

void be_patient(runtime::PipelineOptions& options) {
  constexpr base::DurationNanos kForEver = 100 * 365 * base::kDay;
  options.stage_patience = std::max(options.stage_patience, 30 * base::kSecond);
  options.sink_patience = kForEver;
  options.wait_space = kForEver;
}

base::Result<runtime::ReplayOf> replay_of(const OpenDirectory& directory, std::uint16_t partition) {
  ASSIGN_OR_RETURN(auto base, runtime::replay_base(*directory.tape, *directory.checkpoints, partition));
  return runtime::ReplayOf{directory.settings, partition, make_operators, std::move(base)};
}

std::vector<std::unique_ptr<flow::Operator>> make_operators(const engine::Settings& settings) {
  std::vector<std::unique_ptr<flow::Operator>> operators;
  operators.push_back(analytics::make_bar_builder(settings));
  return operators;
}

}  // namespace tickerhouse::app
