#include "runtime/check/result_check.h"

#include <cstring>

namespace tickerhouse::runtime {
namespace {

std::string describe(const market::BarRow& row, std::string_view symbol) {
  std::string text(symbol);
  text.append(" ").append(base::format_duration(row.interval)).append(" ");
  base::append_iso_time(text, row.window_start);
  return text.append(" revision ").append(std::to_string(row.revision));
}
std::string describe(const market::EventRow& row, std::string_view symbol) {
  std::string text(symbol);
  text.append(" ");
  base::append_iso_time(text, row.ts_event);
  return text;
}

// Rows of two batches are equal when their bytes are, once string indices are taken for the strings they
// mean.
template <typename View>
bool same_strings(const market::BarRow& a, const market::BatchParts& parts, const market::BarRow& b,
                  const View& view) {
  return parts.strings.at(a.symbol) == view.string(b.symbol);
}
template <typename View>
bool same_strings(const market::EventRow& a, const market::BatchParts& parts, const market::EventRow& b,
                  const View& view) {
  const auto text = [&parts](std::uint16_t index) {
    return index == market::kNoString ? std::string_view() : parts.strings.at(index);
  };
  return text(a.symbol) == view.string(b.symbol) && text(a.venue) == view.string(b.venue) &&
         text(a.source) == view.string(b.source);
}
void clear_strings(market::BarRow& row) { row.symbol = 0; }
void clear_strings(market::EventRow& row) { row.symbol = row.venue = row.source = 0; }

}  // namespace

base::Result<ResultCheck> ResultCheck::open(flow::Tape& tape, std::uint16_t partition,
                                            const ResultSequences& from) {
  ResultCheck check;
  check.partition_ = partition;
  check.sequences_ = from;
  for (std::size_t i = 0; i < kResultTopics.size(); ++i) {
    const flow::Topic topic = kResultTopics.at(i);
    ASSIGN_OR_RETURN(const flow::Offset first, tape.find_sequence(topic, partition, from.at(i)));
    ASSIGN_OR_RETURN(check.cursors_.at(i).reader, tape.read(topic, partition, first));
    check.cursors_.at(i).compacted = tape.is_compacted(topic);
  }
  return check;
}

base::Result<bool> ResultCheck::next_row(std::size_t topic) {
  Cursor& cursor = cursors_.at(topic);
  if (cursor.ahead) {
    cursor.ahead = false;
    return true;
  }
  if (cursor.loaded && ++cursor.row < cursor.batch.bytes.row_count()) return true;
  ASSIGN_OR_RETURN(cursor.loaded, cursor.reader->next(cursor.batch));
  cursor.row = cursor.batch.skip;
  return cursor.loaded;
}

template <typename Row>
base::Status ResultCheck::expect_rows(std::size_t topic, const market::BatchBuilder<Row>& expected) {
  for (std::size_t i = 0; i < expected.rows.size(); ++i) {
    Row ours = expected.rows[i];
    const std::string_view symbol = expected.strings.at(ours.symbol);
    const std::string where = std::string(flow::topic_name(kResultTopics.at(topic)))
                                  .append(" partition ")
                                  .append(std::to_string(partition_))
                                  .append(" offset ")
                                  .append(std::to_string(sequences_.at(topic)));
    ASSIGN_OR_RETURN(const bool there, next_row(topic));
    if (!there)
      return base::Error{base::ErrorCode::check_failed,
                         std::string("replay gives a row the tape lacks: ").append(describe(ours, symbol)),
                         where};
    const market::BatchView<Row> view(cursors_.at(topic).batch.bytes);
    const std::uint32_t index = cursors_.at(topic).row;
    if (cursors_.at(topic).compacted && view.header().first_sequence + index > sequences_.at(topic)) {
      cursors_.at(topic).ahead = true;  // ours was replaced by a later one
      ++sequences_.at(topic);
      continue;
    }
    Row theirs = view.rows()[index];
    bool equal = same_strings(ours, expected, theirs, view) &&
                 expected.text(static_cast<std::uint32_t>(i)) == view.text(index);
    const std::string described = equal ? std::string() : describe(theirs, view.string(theirs.symbol));
    clear_strings(ours);
    clear_strings(theirs);
    equal = equal && std::memcmp(&ours, &theirs, sizeof ours) == 0;
    if (!equal)
      return base::Error{base::ErrorCode::check_failed,
                         std::string("replay differs from the tape: replay has ")
                             .append(describe(ours, symbol))
                             .append(", the tape ")
                             .append(described.empty() ? "other values of the same row" : described),
                         where};
    ++sequences_.at(topic);
  }
  return {};
}

base::Status ResultCheck::expect(const engine::ShardResults& results) {
  for (const auto& batch : results.bars.batches()) RETURN_IF_ERROR(expect_rows(0, batch));
  for (const auto& batch : results.settled.batches()) RETURN_IF_ERROR(expect_rows(1, batch));
  for (const auto& batch : results.late.batches()) RETURN_IF_ERROR(expect_rows(2, batch));
  return {};
}

}  // namespace tickerhouse::runtime
