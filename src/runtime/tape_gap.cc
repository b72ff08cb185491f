#include "runtime/tape_gap.h"

namespace tickerhouse::runtime {
namespace {

// "topic events, partition 2: offset 17 is next, and the first one there is 93".
std::string describe(const TapeGap& gap) {
  return std::string("topic ")
      .append(flow::topic_name(gap.topic))
      .append(", partition ")
      .append(std::to_string(gap.partition))
      .append(": offset ")
      .append(std::to_string(gap.from.value))
      .append(" is next, and the first one there is ")
      .append(std::to_string(gap.to.value));
}

std::string rows_of(const TapeGap& gap) {
  return std::string("up to ").append(std::to_string(gap.to.value - gap.from.value)).append(" rows");
}

}  // namespace

base::Result<std::optional<TapeGap>> gap_before(flow::Tape& tape, flow::Topic topic, std::uint16_t partition,
                                                flow::Offset next) {
  ASSIGN_OR_RETURN(const flow::Offset begin, tape.begin(topic, partition));
  if (begin <= next) return std::optional<TapeGap>();
  return std::optional<TapeGap>(TapeGap{topic, partition, next, begin});
}

base::Error refuse_gap(const TapeGap& gap, const std::string& reader) {
  return {base::ErrorCode::configuration,
          describe(gap)
              .append(": ")
              .append(rows_of(gap))
              .append(" were deleted before they were read (the topic's retention, or somebody's "
                      "delete-records). Bring them back, or go on without them: the same command with "
                      "--accept-gap, which notes it and marks the bars that may lack an event"),
          reader};
}

base::Error state_unknown(const TapeGap& gap, const std::string& reader) {
  return {
      base::ErrorCode::damaged,
      describe(gap)
          .append(": ")
          .append(rows_of(gap))
          .append(" were deleted before they were read; and no checkpoint is of just that offset (a process "
                  "that was killed leaves an older one), so nobody can go on without them: bring them "
                  "back, or start anew with another --pipeline; what is in the results stays readable"),
      reader};
}

std::string accepted_gap(const TapeGap& gap, const std::string& reader) {
  return std::string(reader)
      .append(": ")
      .append(describe(gap))
      .append("; ")
      .append(rows_of(gap))
      .append(" are lost, and it goes on without them, as --accept-gap says");
}

}  // namespace tickerhouse::runtime
