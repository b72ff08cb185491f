// The end travels down the stages: ingest is done → a shard is done once it has nothing left to step → a sink
// is done once all shards are and it has nothing left to apply. What a stage does when it fails:
// runtime/stages.h.
#include "runtime/pipeline.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "runtime/stages.h"

namespace tickerhouse::runtime {
namespace {

constexpr base::DurationNanos kPatience = 20 * base::kMillisecond;

// Several stages take turns on the calling thread until all are done or the run has failed.
class Rota {
 public:
  using Stage = std::function<base::Result<Turn>()>;
  explicit Rota(Run& run) : run_(run) {}
  void add(Stage stage) { stages_.push_back(std::move(stage)); }
  [[nodiscard]] bool empty() const { return stages_.empty(); }

  // seed 0: in order; else the order of each round is drawn from it.
  void work(std::uint64_t seed) {
    bool all_done = false;
    while (!all_done && !run_.failed()) {
      const std::uint64_t seen = run_.bell.count();
      bool worked = false;
      all_done = true;
      if (seed != 0) shuffle(seed);
      for (const Stage& stage : stages_) {
        auto turn = stage();
        if (!turn.ok()) {
          run_.fail(turn.error());
          return;
        }
        worked = worked || *turn == Turn::worked;
        all_done = all_done && *turn == Turn::done;
      }
      if (worked || all_done) {
        run_.bell.ring();
      } else {
        run_.bell.wait(seen, kPatience);
      }
    }
  }

 private:
  void shuffle(std::uint64_t& state) {
    for (std::size_t i = stages_.size(); i > 1;
         --i) {  // xorshift64*: any order will do, the same for the same seed
      state ^= state >> 12U;
      state ^= state << 25U;
      state ^= state >> 27U;
      std::swap(stages_[i - 1], stages_[state * 0x2545F4914F6CDD1DULL % i]);
    }
  }
  Run& run_;
  std::vector<Stage> stages_;
};

struct Stages {
  std::unique_ptr<IngestStage> ingest;
  std::vector<std::unique_ptr<ShardStage>> shards;
  std::vector<std::unique_ptr<SinkStage>> sinks;
};

// What does not open at the start is said at once, whatever the patience later.
base::Result<Stages> open_stages(const StageContext& context) {
  Stages stages;
  const bool none = context.options.shards == Shards::none;
  for (std::uint16_t p = 0; p < context.options.shard.settings.partitions && !none; ++p) {
    stages.shards.push_back(std::make_unique<ShardStage>(context, p));
    RETURN_IF_ERROR(stages.shards.back()->open());
  }
  context.run.shards_left = static_cast<std::uint32_t>(stages.shards.size());
  for (flow::Sink* sink : context.parts.sinks) {
    stages.sinks.push_back(std::make_unique<SinkStage>(context, *sink));
    RETURN_IF_ERROR(stages.sinks.back()->open());
  }
  std::unique_ptr<Ingest> ingest;
  if (context.parts.source != nullptr) {
    ASSIGN_OR_RETURN(ingest, Ingest::open(context.options.ingest, context.parts.tape, *context.parts.source,
                                          context.parts.clock));
  }
  stages.ingest = std::make_unique<IngestStage>(context, std::move(ingest));
  return stages;
}

std::size_t worker_count(const PipelineOptions& options) {
  std::size_t wanted = options.threads;
  if (wanted == 0) wanted = std::max(1U, std::thread::hardware_concurrency());
  return std::min<std::size_t>(wanted, options.shard.settings.partitions);
}

}  // namespace

base::Result<PipelineEnd> run_pipeline(const PipelineOptions& options, const PipelineParts& parts,
                                       const PipelineHooks& hooks) {
  Run run(parts.clock, parts.stop, options.stop_within);
  const StageContext context{options, parts, hooks, run};
  ASSIGN_OR_RETURN(Stages stages, open_stages(context));

  RetentionStage retention(context);

  std::vector<Rota> rotas;
  const std::size_t workers = options.one_thread ? 1 : worker_count(options);
  const std::size_t rota_count = options.one_thread ? 1 : 1 + workers + stages.sinks.size();
  for (std::size_t i = 0; i < rota_count; ++i) rotas.emplace_back(run);
  const auto rota_of = [&](std::size_t index) -> Rota& {
    return options.one_thread ? rotas[0] : rotas[index];
  };
  rota_of(0).add([&stages] { return stages.ingest->turn(); });
  rota_of(0).add([&retention] { return retention.turn(); });
  for (std::size_t p = 0; p < stages.shards.size(); ++p)
    rota_of(1 + p % workers).add([shard = stages.shards[p].get()] { return shard->turn(); });
  for (std::size_t s = 0; s < stages.sinks.size(); ++s)
    rota_of(1 + workers + s).add([sink = stages.sinks[s].get()] { return sink->turn(); });

  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < rotas.size(); ++i) threads.emplace_back([&rotas, i] { rotas[i].work(0); });
    rotas[0].work(options.one_thread ? std::max<std::uint64_t>(1, options.seed) : 0);
  }
  if (auto error = run.error()) return *error;
  return stages.ingest->end();
}

}  // namespace tickerhouse::runtime
