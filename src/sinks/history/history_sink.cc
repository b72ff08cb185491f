#include "sinks/history/history_sink.h"

#include <algorithm>
#include <deque>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "sinks/history/history_files.h"
#include "sinks/history/history_writer.h"

namespace tickerhouse::sinks {
namespace {

const char* name_of(HistoryFormat format) { return format == HistoryFormat::csv ? "csv" : "parquet"; }

// A row of a batch that is kept.
struct RowPlace {
  std::uint32_t batch;
  std::uint32_t row;
  std::uint32_t symbol;  // in order of first appearance; by rank when the file is written
  base::TsNanos ts;
  std::uint64_t offset;
};

// A copy of a batch, opened.
struct KeptBatch {
  std::string bytes;
  market::BatchBytes view;
};

// Becomes one file.
struct Part {
  flow::Topic topic;
  std::uint16_t partition;
  std::int64_t date;  // days since 1970
  auto operator<=>(const Part&) const = default;
};

class HistorySink final : public flow::Sink {
 public:
  explicit HistorySink(const HistoryOptions& options)
      : info_{name_of(options.format),
              {flow::Topic::events, flow::Topic::settled},
              {options.roll_interval, options.roll_rows}},
        files_(options.directory, name_of(options.format), options.sync),
        writer_(
            options.format == HistoryFormat::csv
                ? make_csv_writer()
                : make_parquet_writer(options.memory_limit, options.directory + "/parquet.spill.staging")) {}

  [[nodiscard]] const flow::SinkInfo& info() const override { return info_; }

  base::Result<flow::SinkPosition> restore() override {
    forget();
    ASSIGN_OR_RETURN(position_, files_.restore());
    return position_;
  }

  base::Status apply(const flow::ResultBatch& batch) override {
    KeptBatch& copy = batches_.emplace_back(std::string(batch.rows.bytes.all()), market::BatchBytes());
    ASSIGN_OR_RETURN(copy.view, market::BatchBytes::open(copy.bytes));
    const market::BatchBytes& bytes = copy.view;
    symbol_ids_.assign(bytes.string_count(), kNone);
    flow::Offset& next = position_[{batch.topic, batch.partition}];
    const std::uint64_t known = next > batch.rows.first ? next.value - batch.rows.first.value : 0;
    const auto begin =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes.row_count(), batch.rows.skip + known));
    if (batch.topic == flow::Topic::settled) {
      const market::BatchView<market::BarRow> view(bytes);
      for (std::uint32_t i = begin; i < view.rows().size(); ++i)
        keep(batch, i, view.rows()[i].window_start, view.rows()[i].symbol);
    } else {
      const market::EventBatchView view(bytes);
      for (std::uint32_t i = begin; i < view.rows().size(); ++i)
        if (market::carries_market_data(view.rows()[i].kind))
          keep(batch, i, view.rows()[i].ts_event, view.rows()[i].symbol);
    }
    next = std::max(next, batch.rows.next);
    return {};
  }

  base::Result<flow::SinkPosition> flush() override {
    rank_symbols();
    for (auto& [part, rows] : parts_) RETURN_IF_ERROR(write(part, rows));
    RETURN_IF_ERROR(files_.commit(position_));
    forget();
    return position_;
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  void forget() {
    batches_.clear();
    parts_.clear();
    symbols_.clear();
  }

  // A row of the batch that was copied last.
  void keep(const flow::ResultBatch& batch, std::uint32_t row, base::TsNanos ts, std::uint16_t symbol) {
    const auto kept = static_cast<std::uint32_t>(batches_.size() - 1);
    std::uint32_t& id = symbol_ids_[symbol];
    if (id == kNone)
      id = symbols_
               .try_emplace(std::string(batches_.back().view.string(symbol)),
                            static_cast<std::uint32_t>(symbols_.size()))
               .first->second;
    const Part part{batch.topic, batch.partition, base::floor_to(ts, base::kDay) / base::kDay};
    if (parts_.empty() || part != last_part_) {
      last_rows_ = &parts_[part];
      last_part_ = part;
    }
    last_rows_->push_back({kept, row, id, ts, batch.rows.first.value + (row - batch.rows.skip)});
  }

  // From now on a row's symbol is found in rank_.
  void rank_symbols() {
    std::vector<std::pair<std::string_view, std::uint32_t>> names;
    names.reserve(symbols_.size());
    for (const auto& [name, id] : symbols_) names.emplace_back(name, id);
    std::sort(names.begin(), names.end());
    rank_.resize(names.size());
    for (std::uint32_t i = 0; i < names.size(); ++i) rank_[names[i].second] = i;
  }

  base::Status write(const Part& part, std::vector<RowPlace>& rows) {
    const std::uint64_t first = rows.front().offset;  // rows are still in the order of the tape
    const std::uint64_t last = rows.back().offset;
    std::sort(rows.begin(), rows.end(), [this](const RowPlace& a, const RowPlace& b) {
      return std::make_tuple(rank_[a.symbol], a.ts, a.offset) <
             std::make_tuple(rank_[b.symbol], b.ts, b.offset);
    });
    for (const RowPlace& place : rows) RETURN_IF_ERROR(add(part.topic, place));
    std::string date = "date=";
    base::append_date(date, part.date);
    ASSIGN_OR_RETURN(const std::string path,
                     files_.stage(part.topic == flow::Topic::settled ? "bars" : "events", date,
                                  std::string("part-")
                                      .append(flow::topic_name(part.topic))
                                      .append("-")
                                      .append(std::to_string(part.partition))
                                      .append("-")
                                      .append(std::to_string(first))
                                      .append("-")
                                      .append(std::to_string(last))));
    return writer_->write(path);
  }

  base::Status add(flow::Topic topic, const RowPlace& place) {
    const market::BatchBytes& bytes = batches_[place.batch].view;
    if (topic == flow::Topic::settled) {
      const market::BatchView<market::BarRow> view(bytes);
      const market::BarRow& row = view.rows()[place.row];
      return writer_->add(view.string(row.symbol), row);
    }
    const market::EventBatchView view(bytes);
    const market::EventRow& row = view.rows()[place.row];
    return writer_->add(row, {view.string(row.symbol), view.string(row.venue), view.string(row.source),
                              view.text(place.row)});
  }

  flow::SinkInfo info_;
  HistoryFiles files_;
  std::unique_ptr<HistoryWriter> writer_;
  flow::SinkPosition position_;
  std::deque<KeptBatch> batches_;  // views into them stay
  std::map<Part, std::vector<RowPlace>> parts_;
  std::unordered_map<std::string, std::uint32_t> symbols_;
  std::vector<std::uint32_t> rank_;        // by id: the symbol's place among all by their bytes
  std::vector<std::uint32_t> symbol_ids_;  // scratch: by string of the batch in hand
  Part last_part_{};
  std::vector<RowPlace>* last_rows_ = nullptr;
};

}  // namespace

std::unique_ptr<flow::Sink> make_history_sink(const HistoryOptions& options) {
  return std::make_unique<HistorySink>(options);
}

}  // namespace tickerhouse::sinks
