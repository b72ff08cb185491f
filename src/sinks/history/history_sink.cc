#include "sinks/history/history_sink.h"

#include <algorithm>

#include "sinks/history/history_files.h"
#include "sinks/history/history_rows.h"
#include "sinks/history/history_writer.h"

namespace tickerhouse::sinks {
namespace {

class HistorySink final : public flow::Sink {
 public:
  explicit HistorySink(const HistoryOptions& options)
      : info_{history_name(options.format), options.topics, {options.roll_interval, options.roll_rows}},
        files_(options.directory, history_name(options.format), options.sync),
        writer_(
            options.format == HistoryFormat::csv
                ? make_csv_writer()
                : make_parquet_writer(options.memory_limit, options.directory + "/parquet.spill.staging")) {}

  [[nodiscard]] const flow::SinkInfo& info() const override { return info_; }

  base::Result<flow::SinkPosition> restore() override {
    rows_.clear();
    ASSIGN_OR_RETURN(position_, files_.restore());
    return position_;
  }

  base::Status apply(const flow::ResultBatch& batch) override {
    flow::Offset& next = position_[{batch.topic, batch.partition}];
    RETURN_IF_ERROR(rows_.keep(batch, next, batch.rows.next));
    next = std::max(next, batch.rows.next);
    return {};
  }

  base::Result<flow::SinkPosition> flush() override {
    for (const HistoryPart& part : rows_.parts()) RETURN_IF_ERROR(write(part));
    RETURN_IF_ERROR(files_.commit(position_));
    rows_.clear();
    return position_;
  }

 private:
  base::Status write(const HistoryPart& part) {
    const HistoryRows::Range range = rows_.range(part);
    ASSIGN_OR_RETURN(const std::string path,
                     files_.stage(history_folder(part.topic), history_date_name(part.date),
                                  std::string("part-")
                                      .append(flow::topic_name(part.topic))
                                      .append("-")
                                      .append(std::to_string(part.partition))
                                      .append("-")
                                      .append(std::to_string(range.first))
                                      .append("-")
                                      .append(std::to_string(range.last))));
    return writer_->write(rows_.sorted(part), path);
  }

  flow::SinkInfo info_;
  HistoryFiles files_;
  std::unique_ptr<HistoryWriter> writer_;
  flow::SinkPosition position_;
  HistoryRows rows_;
};

}  // namespace

const char* history_name(HistoryFormat format) { return format == HistoryFormat::csv ? "csv" : "parquet"; }

std::unique_ptr<flow::Sink> make_history_sink(const HistoryOptions& options) {
  return std::make_unique<HistorySink>(options);
}

}  // namespace tickerhouse::sinks
