#include "app/directory/checkpoints.h"

#include <utility>

#include "base/disk.h"
#include "runtime/checkpoint_directory.h"
#include "tape/kafka_tape.h"

namespace tickerhouse::app {
namespace {

using Store = std::unique_ptr<flow::CheckpointStore>;

// Saves to the first. The second has what was saved before the setting was another one, or by a version that
// knew no topic.
class CheckpointsOfTwo final : public flow::CheckpointStore {
 public:
  CheckpointsOfTwo(Store first, Store second) : first_(std::move(first)), second_(std::move(second)) {}
  base::Status save(const flow::ShardState& state) override { return first_->save(state); }
  base::Status look(std::uint16_t partition, Order order, const Take& take) override {
    bool taken = false;
    RETURN_IF_ERROR(first_->look(partition, order, [&](const std::string& name, std::string_view bytes) {
      taken = take(name, bytes);
      return taken;
    }));
    return taken ? base::Status() : second_->look(partition, order, take);
  }

 private:
  Store first_;
  Store second_;
};

}  // namespace

base::Result<Store> open_checkpoints(const Config& config, const DirectoryPaths& paths, flow::Tape& tape) {
  Store files = std::make_unique<runtime::CheckpointDirectory>(base::system_disk(), paths.checkpoints);
  Store topic = tape::checkpoints_of_kafka_tape(tape);
  if (topic == nullptr && config.checkpoints == "topic")
    return base::Error{base::ErrorCode::configuration,
                       "an embedded tape has no topic for checkpoints; leave it out, or say directory",
                       "tape.checkpoints"};
  if (topic == nullptr) return files;
  if (config.checkpoints == "directory") std::swap(files, topic);
  return Store(std::make_unique<CheckpointsOfTwo>(std::move(topic), std::move(files)));
}

}  // namespace tickerhouse::app
