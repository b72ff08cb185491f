#include "tape/commit_rule.h"

#include <cstring>

#include "tape/aligned_copy.h"

namespace tickerhouse::tape {
namespace {

base::Error refused(const char* what, std::string_view writer) {
  return {base::ErrorCode::invalid_argument, what, std::string("writer ").append(writer)};
}

base::Status check_append(const flow::Append& append) {
  AlignedCopy copy;
  const std::string_view bytes = is_batch_aligned(append.batch) ? append.batch : copy.assign(append.batch);
  ASSIGN_OR_RETURN(const market::BatchBytes batch, market::BatchBytes::open(bytes));
  if (batch.row_count() == 0)
    return base::Error{base::ErrorCode::invalid_argument, "a batch without rows", ""};
  return {};
}

}  // namespace

base::Status check_commit(const flow::Commit& commit) {
  if (commit.writer.empty()) return refused("a commit needs a writer", commit.writer);
  if (commit.writer.size() > kWriterBytesMax)
    return refused("the writer's name is longer than 511 bytes", commit.writer);
  if (commit.after.empty()) return refused("a commit needs a position to reach", commit.writer);
  if (commit.after == commit.before)
    return refused("a commit must move the writer's position", commit.writer);
  for (const flow::Append& append : commit.appends) RETURN_IF_ERROR(check_append(append));
  return {};
}

flow::CommitOutcome judge(std::string_view stored, const flow::Commit& commit) {
  if (stored == commit.before) return flow::CommitOutcome::applied;
  if (stored == commit.after) return flow::CommitOutcome::already_applied;
  return flow::CommitOutcome::fenced;
}

std::uint32_t row_count_of(std::string_view batch) {
  market::BatchHeader header;
  CHECK(batch.size() >= sizeof header);
  std::memcpy(&header, batch.data(), sizeof header);
  return header.row_count;
}

std::string place_name(flow::Topic topic, std::uint16_t partition, std::uint64_t offset) {
  return std::string(flow::topic_name(topic))
      .append(", partition ")
      .append(std::to_string(partition))
      .append(", offset ")
      .append(std::to_string(offset));
}

}  // namespace tickerhouse::tape
