#include "tests/support/flow_fakes.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "analytics/bar_builder.h"
#include "base/decimal.h"
#include "base/hash.h"
#include "base/int128.h"

namespace tickerhouse::tests {
namespace {

constexpr std::string_view kToday = "2026-01-05T";

std::string decimal_text(base::Int128 value, int scale) {
  std::string text;
  base::append_decimal(text, value, scale);
  return text;
}

std::int64_t units(std::string_view text, int scale) {
  const base::Decimal decimal = base::parse_decimal(text, scale);
  EXPECT_NE(decimal.state, base::DecimalState::malformed) << text;
  EXPECT_NE(decimal.state, base::DecimalState::overflow) << text;
  return decimal.value;
}

Entry entry_of(market::EventKind kind, std::string_view symbol, std::string_view time) {
  Entry entry;
  entry.row.kind = kind;
  entry.row.ts_event = at(time);
  entry.symbol = symbol;
  entry.raw = std::string(symbol).append(" ").append(time);
  return entry;
}

void set_size(Entry& entry, std::string_view size) {
  if (size == "?") {
    entry.row.flags |= market::kSizeUnknown;
  } else {
    entry.row.trade.size.units = units(size, market::kSizeScale);
  }
}

template <typename Row>
std::string bytes_of(Row row) {
  if constexpr (!std::is_same_v<Row, market::RejectRow>) row.symbol = 0;
  if constexpr (!std::is_same_v<Row, market::BarRow>) row.source = 0;
  if constexpr (std::is_same_v<Row, market::EventRow>) row.venue = 0;
  return base::to_hex(base::hash128({reinterpret_cast<const char*>(&row), sizeof row}));
}

std::string known_or(std::uint8_t known, std::uint8_t bit, base::Int128 value, int scale) {
  return (known & bit) != 0 ? decimal_text(value, scale) : "?";
}

}  // namespace

base::TsNanos at(std::string_view time) {
  std::string text(time.find('T') == std::string_view::npos ? kToday : std::string_view());
  text.append(time);
  const auto ts = base::parse_iso_time(text);
  EXPECT_TRUE(ts) << text;
  return ts.value_or(0);
}

std::string clock_text(base::TsNanos ts) {
  if (ts == base::kNoTime) return "never";
  std::string text;
  base::append_iso_time(text, ts);
  text.pop_back();
  if (text.starts_with(kToday)) text.erase(0, kToday.size());
  if (text.find('.') == std::string::npos && text.ends_with(":00")) text.resize(text.size() - 3);
  return text;
}

base::Result<std::string> FakeDisk::read_file(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = files.find(path);
  if (found == files.end()) return base::Error{base::ErrorCode::not_found, "no such file", path};
  return found->second;
}
base::Status FakeDisk::replace_file(const std::string& path, const std::string& content) {
  const std::lock_guard lock(mutex_);
  files[path] = content;
  return {};
}
base::Result<std::vector<std::string>> FakeDisk::list(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [path, content] : files)
    if (path.starts_with(directory + "/")) names.push_back(path.substr(directory.size() + 1));
  return names;
}
base::Status FakeDisk::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  files.erase(path);
  return {};
}
base::Result<std::uint64_t> FakeDisk::free_bytes(const std::string&) { return std::uint64_t{1} << 40U; }

Entry trade(std::string_view symbol, std::string_view time, std::string_view price, std::string_view size) {
  Entry entry = entry_of(market::EventKind::trade, symbol, time);
  entry.row.trade.price.units = units(price, market::kPriceScale);
  set_size(entry, size);
  return entry;
}
Entry quote(std::string_view symbol, std::string_view time) {
  Entry entry = entry_of(market::EventKind::quote, symbol, time);
  entry.row.quote = {{1'000'000'000}, {2'000'000'000}, {1'000'000}, {1'000'000}};
  return entry;
}
Entry snapshot(std::string_view symbol, std::string_view time, std::string_view price,
               std::string_view day_volume) {
  Entry entry = entry_of(market::EventKind::snapshot, symbol, time);
  entry.row.trade.price.units = units(price, market::kPriceScale);
  set_size(entry, day_volume);
  if (day_volume != "?") entry.row.flags |= market::kVolumeCumulative;
  return entry;
}
Entry rejected(market::RejectReason reason, std::string_view raw) {
  Entry entry;
  entry.reason = reason;
  entry.raw = raw;
  return entry;
}
Entry with_id(Entry entry, std::string_view id) {
  entry.id = id;
  return entry;
}
Entry with_seq(Entry entry, std::int64_t seq) {
  entry.row.seq = seq;
  return entry;
}

ScriptedSource::ScriptedSource(std::string name, std::vector<Entry> entries, bool live)
    : script(std::move(entries)), at_end(live ? flow::PollState::idle : flow::PollState::finished) {
  info_.name = std::move(name);
  info_.live = live;
  info_.origin = live ? flow::Origin::live : flow::Origin::recorded;
}

base::Status ScriptedSource::restore(std::string_view position) {
  next_ = 0;
  std::from_chars(position.data(), position.data() + position.size(), next_);
  return {};
}

base::Result<flow::PollState> ScriptedSource::poll(std::size_t records_max, flow::SourceBatch& batch) {
  ++polls;
  if (batch.files.empty()) batch.files.push_back(info_.name);
  for (std::size_t n = 0; n < records_max && next_ < script.size(); ++n, ++next_) {
    const Entry& entry = script[next_];
    flow::RecordOrigin origin;
    origin.raw = entry.raw;
    origin.line = next_ + 1;
    if (entry.reason != market::RejectReason{}) {
      flow::RejectedRecord record;
      record.origin = origin;
      record.reason = entry.reason;
      record.events_before = static_cast<std::uint32_t>(batch.events.rows.size());
      record.raw_length = entry.raw.size();
      batch.rejects.push_back(record);
      continue;
    }
    market::EventRow row = entry.row;
    row.symbol = batch.events.strings.intern(entry.symbol);
    if (!entry.venue.empty()) row.venue = batch.events.strings.intern(entry.venue);
    if (!entry.id.empty() && market::set_trade_id(row, entry.id))
      batch.events.add_text(static_cast<std::uint32_t>(batch.events.rows.size()), entry.id);
    batch.events.rows.push_back(row);
    batch.origins.push_back(origin);
  }
  batch.position = std::to_string(next_);
  return next_ < script.size() ? flow::PollState::more : at_end;
}

base::Result<flow::SinkPosition> RowsSink::restore() {
  rows_ = durable_;
  position_ = durable_position_;
  return durable_position_;
}
base::Status RowsSink::apply(const flow::ResultBatch& batch) {
  if (!apply_fails.ok()) return apply_fails;
  auto& rows = rows_[{batch.topic, batch.partition}];
  EXPECT_EQ(batch.rows.first.value, rows.size() + lost) << "rows again, or left out";
  for (std::uint32_t i = batch.rows.skip; i < batch.rows.bytes.row_count(); ++i)
    rows.push_back(row_text(batch.topic, batch.rows.bytes, i));
  position_[{batch.topic, batch.partition}] = batch.rows.next;
  return {};
}
base::Result<flow::SinkPosition> RowsSink::flush() {
  if (!flush_fails.ok()) return flush_fails.error();
  durable_ = rows_;
  durable_position_ = position_;
  return durable_position_;
}

std::string bar_text(const market::BarRow& row, std::string_view symbol) {
  std::string text("bar ");
  text.append(symbol).append(" ").append(base::format_duration(row.interval)).append(" ");
  text.append(clock_text(row.window_start)).append(" ").append(market::state_name(row.state));
  text.append(" ").append(std::to_string(row.revision));
  const auto add_price = [&text](const char* name, market::Price price) {
    text.append(name).append(decimal_text(price.units, market::kPriceScale));
  };
  add_price(" O ", row.open);
  add_price(" H ", row.high);
  add_price(" L ", row.low);
  add_price(" C ", row.close);
  text.append(" V ").append(known_or(row.known, market::known::kVolume, row.volume, market::kSizeScale));
  text.append(" n ").append(std::to_string(row.trade_count));
  text.append(" vwap ").append(
      known_or(row.known, market::known::kVwap, row.vwap.units, market::kPriceScale));
  if (row.quality != 0) text.append(" ").append(market::quality_names(row.quality));
  return text;
}

std::string event_text(const market::EventRow& row, const market::BatchBytes& batch) {
  const std::string source(batch.string(row.source));
  if (row.kind == market::EventKind::watermark)
    return std::string("W ")
        .append(clock_text(row.ts_event))
        .append((row.flags & market::kDecidedByClock) != 0 ? " by clock" : "");
  if (row.kind == market::EventKind::status) {
    switch (row.control.code) {
      case market::StatusCode::finished:
        return "finished " + clock_text(row.control.low);
      case market::StatusCode::started:
        return "started " + clock_text(row.ts_event);
      case market::StatusCode::stopped:
        return "stopped " + clock_text(row.ts_event);
      case market::StatusCode::gap:
        return "gap " + clock_text(row.control.low) + " to " + clock_text(row.control.high);
      case market::StatusCode::symbol_added:
        return std::string(batch.string(row.symbol)).append(" of ").append(source);
      case market::StatusCode::rejected:
        return std::string("rejected ").append(market::reason_name(market::reject_of(row).reason));
      case market::StatusCode::skipped:
        return "skipped";
    }
  }
  std::string text(batch.string(row.symbol));
  text.append(" ").append(clock_text(row.ts_event));
  if (row.kind == market::EventKind::quote) return text.append(" quote");
  return text.append(" ").append(decimal_text(row.trade.price.units, market::kPriceScale));
}

std::string row_text(flow::Topic topic, const market::BatchBytes& batch, std::uint32_t index) {
  std::string text;
  if (topic == flow::Topic::rejects) {
    const market::RejectRow row = market::BatchView<market::RejectRow>(batch).rows()[index];
    text = std::string(market::reason_name(row.reason)).append(" ").append(std::to_string(row.line));
    text.append(" ").append(batch.string(row.source)).append(" ").append(bytes_of(row));
  } else if (topic == flow::Topic::bars || topic == flow::Topic::settled) {
    const market::BarRow row = market::BatchView<market::BarRow>(batch).rows()[index];
    text = bar_text(row, batch.string(row.symbol)).append(" ").append(bytes_of(row));
  } else {
    const market::EventRow row = market::EventBatchView(batch).rows()[index];
    text = event_text(row, batch).append(" of ").append(batch.string(row.source));
    text.append(" at ").append(batch.string(row.venue)).append(" ").append(bytes_of(row));
  }
  return text.append(" ").append(batch.text(index));
}

namespace {
template <typename Each>
void for_rows(flow::Tape& tape, flow::Topic topic, std::uint16_t partition, const Each& each) {
  const auto reader = tape.read(topic, partition, flow::Offset{});
  ASSERT_TRUE(reader.ok());
  flow::TapeBatch batch;
  for (;;) {
    const auto more = (*reader)->next(batch);
    ASSERT_TRUE(more.ok());
    if (!*more) return;
    for (std::uint32_t i = batch.skip; i < batch.bytes.row_count(); ++i) each(batch.bytes, i);
  }
}
}  // namespace

std::vector<std::string> words_of(flow::Tape& tape, flow::Topic topic, std::uint16_t partition) {
  std::vector<std::string> words;
  for_rows(tape, topic, partition, [&](const market::BatchBytes& batch, std::uint32_t i) {
    if (topic == flow::Topic::rejects) {
      const market::RejectRow& row = market::BatchView<market::RejectRow>(batch).rows()[i];
      words.push_back(std::string(market::reason_name(row.reason))
                          .append(" ")
                          .append(std::to_string(row.line))
                          .append(" ")
                          .append(batch.text(i)));
    } else if (topic == flow::Topic::bars || topic == flow::Topic::settled) {
      const market::BarRow& row = market::BatchView<market::BarRow>(batch).rows()[i];
      words.push_back(bar_text(row, batch.string(row.symbol)));
    } else {
      words.push_back(event_text(market::EventBatchView(batch).rows()[i], batch));
    }
  });
  return words;
}

std::vector<std::string> rows_of(flow::Tape& tape, flow::Topic topic, std::uint16_t partition) {
  std::vector<std::string> rows;
  for_rows(tape, topic, partition, [&](const market::BatchBytes& batch, std::uint32_t i) {
    rows.push_back(row_text(topic, batch, i));
  });
  return rows;
}

std::map<std::string, std::vector<std::string>> all_rows(flow::Tape& tape, std::uint16_t partitions,
                                                         const std::vector<flow::Topic>& topics) {
  std::map<std::string, std::vector<std::string>> rows;
  for (const flow::Topic topic : topics)
    for (std::uint16_t p = 0; p < partitions; ++p)
      rows[std::string(flow::topic_name(topic)).append(" ").append(std::to_string(p))] =
          rows_of(tape, topic, p);
  return rows;
}

engine::Settings settings_of(std::uint16_t partitions, std::vector<base::DurationNanos> intervals) {
  engine::Settings settings;
  settings.partitions = partitions;
  settings.intervals = std::move(intervals);
  return settings;
}

std::vector<std::unique_ptr<flow::Operator>> bar_operators(const engine::Settings& settings) {
  std::vector<std::unique_ptr<flow::Operator>> operators;
  operators.push_back(analytics::make_bar_builder(settings));
  return operators;
}

runtime::IngestState drain(runtime::Ingest& ingest) {
  for (;;) {
    const auto state = ingest.step();
    if (!state.ok()) {
      ADD_FAILURE() << state.error().message();
      return runtime::IngestState::cut_off;
    }
    if (*state != runtime::IngestState::progressed) return *state;
  }
}

runtime::IngestState ingest_all(flow::Tape& tape, flow::Source& source, base::Clock& clock,
                                const runtime::IngestOptions& options) {
  const auto ingest = runtime::Ingest::open(options, tape, source, clock);
  if (!ingest.ok()) {
    ADD_FAILURE() << ingest.error().message();
    return runtime::IngestState::cut_off;
  }
  return drain(**ingest);
}

void run_shard(flow::Tape& tape, const engine::Settings& settings, std::uint16_t partition) {
  runtime::ShardHostOptions options;
  options.settings = settings;
  options.partition = partition;
  options.make_operators = bar_operators;
  std::vector<std::string> notes;
  auto host = runtime::ShardHost::open(options, tape, nullptr, notes);
  ASSERT_TRUE(host.ok()) << host.error().message();
  for (;;) {
    const auto state = (*host)->step();
    ASSERT_TRUE(state.ok()) << state.error().message();
    if (*state != runtime::StepState::progressed) return;
  }
}

std::vector<Entry> mixed_stream(std::uint64_t seed, std::size_t count) {
  Random random(seed);
  const std::vector<std::string> symbols = {"AAPL", "MSFT", "BRK.B", "NVDA", "AMZN", "a", "abc"};
  std::vector<Entry> entries;
  base::TsNanos now = at("23:50");
  std::int64_t seq = 0;
  for (std::size_t i = 0; i < count; ++i) {
    now += static_cast<base::DurationNanos>(random.below(4'000)) * base::kMillisecond;
    base::TsNanos ts = now;
    if (random.below(5) == 0) ts -= static_cast<base::DurationNanos>(random.below(240)) * base::kSecond;
    const std::string& symbol = symbols[random.below(symbols.size())];
    std::string time = clock_text(ts);
    const std::string price =
        std::to_string(90 + random.below(20)).append(".").append(std::to_string(random.below(100)));
    const std::string size = random.below(20) == 0 ? "?" : std::to_string(random.below(500));
    if (random.below(40) == 0) {
      entries.push_back(rejected(market::RejectReason::bad_json, "{" + std::to_string(i)));
      continue;
    }
    const std::uint64_t kind = random.below(12);
    Entry entry = kind == 0   ? quote(symbol, time)
                  : kind == 1 ? snapshot(symbol, time, price, std::to_string(1'000 * i))
                              : trade(symbol, time, price, size);
    if (kind > 1 && random.below(2) == 0)
      entry.id = std::string(random.below(3) == 0 ? "an-id-beyond-sixteen-bytes-" : "t")
                     .append(std::to_string(random.below(count / 2 + 1)));
    if (random.below(10) != 0) entry.row.seq = seq;
    seq += random.below(30) == 0 ? 3 : 1;
    entry.raw = std::to_string(i);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace tickerhouse::tests
