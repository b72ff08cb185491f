#include "app/export_store.h"

#include <filesystem>
#include <system_error>

#include "app/exports.h"
#include "sinks/duckdb_store.h"
#include "sinks/staged_file.h"

namespace tickerhouse::app {
namespace {

constexpr std::uint64_t kFlushRows = 262'144;  // in one transaction

void remove_store(const std::string& path) {
  std::error_code ignored;  // what cannot go is found when the file is made
  std::filesystem::remove(path, ignored);
  std::filesystem::remove(path + ".wal", ignored);
}

// All rows of a partition of a topic.
base::Status fill(flow::Sink& sink, flow::Tape& tape, flow::Topic topic, std::uint16_t partition) {
  base::Status status;
  std::uint64_t waiting = 0;
  RETURN_IF_ERROR(for_each_batch(tape, topic, partition, [&](const flow::TapeBatch& batch) {
    if (!status.ok()) return;
    status = sink.apply({topic, partition, batch});
    waiting += batch.next.value - batch.first.value;
    if (!status.ok() || waiting < kFlushRows) return;
    waiting = 0;
    if (auto flushed = sink.flush(); !flushed.ok()) status = flushed.error();
  }));
  if (!status.ok()) return status;
  ASSIGN_OR_RETURN([[maybe_unused]] const flow::SinkPosition position, sink.flush());
  return {};
}

base::Status fill_store(const OpenDirectory& directory, const sinks::DuckdbStoreOptions& options) {
  ASSIGN_OR_RETURN(const auto store, sinks::open_duckdb_store(options));
  flow::Sink& sink = store->sink();
  ASSIGN_OR_RETURN([[maybe_unused]] const flow::SinkPosition begin, sink.restore());
  for (const flow::Topic topic : sink.info().topics)
    for (std::uint16_t p = 0; p < directory.settings.partitions; ++p)
      RETURN_IF_ERROR(fill(sink, *directory.tape, topic, p));
  return {};
}

}  // namespace

base::Status export_store(const OpenDirectory& directory, const std::string& path,
                          const std::string& memory_limit) {
  sinks::DuckdbStoreOptions options;
  options.path = path + ".staging";
  options.memory_limit = memory_limit;
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  if (!std::filesystem::is_directory(folder))
    return base::Error{base::ErrorCode::io, "cannot create: there is no such directory", path};
  remove_store(options.path);
  base::Status status = fill_store(directory, options);  // closes it, which puts its log into the file
  if (status.ok() && std::filesystem::exists(options.path + ".wal"))
    status = base::Error{base::ErrorCode::io, "could not be completed; is the disk full?", path};
  if (status.ok()) status = sinks::publish_staged_file(options.path, path);
  if (!status.ok()) remove_store(options.path);
  return status;
}

}  // namespace tickerhouse::app
