#include "sources/simulator/faults.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "base/check.h"

namespace tickerhouse::sources {
namespace {

using market::RejectReason;

constexpr std::uint64_t kFatePurpose = 6;
constexpr std::array<const char*, kFaults> kNames = {"none", "late",      "out_of_order", "duplicate",
                                                     "gap",  "malformed", "future"};
// Semantics 4 judges by panes of a minute; by other intervals the mixture of late events is another, no more.
constexpr base::DurationNanos kPane = base::kMinute;
constexpr base::DurationNanos kBeyondMax = 30 * base::kSecond;

// The place of `"key":value` in the line, the value without what follows it.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};
Span value_of(const std::string& line, std::string_view key) {
  const std::size_t at = line.find(std::string("\"").append(key).append("\":"));
  CHECK(at != std::string::npos);
  Span value{at + key.size() + 3, at + key.size() + 3};
  const bool quoted = line[value.begin] == '"';
  value.end = quoted ? line.find('"', value.begin + 1) + 1 : line.find_first_of(",}", value.begin);
  return value;
}

void replace_value(std::string& line, std::string_view key, std::string_view text) {
  const Span value = value_of(line, key);
  line.replace(value.begin, value.end - value.begin, text);
}

struct ValueDamage {
  const char* key;
  const char* text;
  RejectReason reason;
};
constexpr std::array<ValueDamage, 20> kValueDamages = {{
    {"price", "NaN", RejectReason::bad_json},
    {"price", "-Infinity", RejectReason::bad_json},
    {"price", "-1.5", RejectReason::bad_price},
    {"price", "0", RejectReason::bad_price},
    {"price", "1e400", RejectReason::bad_price},
    {"price", "[150.25]", RejectReason::bad_price},
    {"price", "\"n/a\"", RejectReason::bad_price},
    {"price", "null", RejectReason::missing_price},
    {"volume", "{}", RejectReason::bad_size},
    {"volume", "-100", RejectReason::bad_size},
    {"volume", "100000000000000000000", RejectReason::bad_size},
    {"symbol", "7", RejectReason::bad_symbol},
    {"symbol", "\"\"", RejectReason::bad_symbol},
    {"symbol", "\"A B\"", RejectReason::bad_symbol},
    {"symbol", "null", RejectReason::missing_symbol},
    {"ts", "\"2026-13-45T25:00:00Z\"", RejectReason::bad_time},
    {"ts", "true", RejectReason::bad_time},
    {"ts_epoch_ms", "-1", RejectReason::bad_time},
    {"kind", "\"halt\"", RejectReason::unsupported_kind},
    {"seq", "1.5", RejectReason::bad_field},
}};
enum TextDamage : std::size_t { cut, bytes_after, repeated_key, bad_utf8, lone_surrogate, text_damages };

}  // namespace

const char* fault_name(Fault fault) { return kNames.at(static_cast<std::size_t>(fault)); }

base::Status parse_fault(std::string_view text, FaultRates& rates) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto* const found =
      std::find_if(kNames.begin() + 1, kNames.end(), [name](const char* known) { return name == known; });
  if (found == kNames.end() || equals == std::string_view::npos) {
    std::string what = "expected FAULT=RATE, where FAULT is one of";
    for (std::size_t i = 1; i < kFaults; ++i) what.append(i == 1 ? " " : ", ").append(kNames.at(i));
    return base::Error{base::ErrorCode::invalid_argument, what, std::string(text)};
  }
  const std::string_view number = text.substr(equals + 1);
  double rate = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), rate);
  if (error != std::errc() || end != number.data() + number.size() || !(rate >= 0 && rate <= 1))
    return base::Error{base::ErrorCode::invalid_argument, "a rate is a number from 0 to 1",
                       std::string(text)};
  rates[static_cast<Fault>(found - kNames.begin())] = rate;
  return {};
}

Fates::Fates(const FateOptions& options, const Schedule& schedule)
    : options_(options), schedule_(schedule), noise_(options.seed, kFatePurpose) {
  double sum = 0;
  for (std::size_t i = 1; i < kFaults; ++i) {
    const auto rate = options.rates.find(static_cast<Fault>(i));
    if (rate != options.rates.end()) sum += rate->second;
    limits_.at(i) = static_cast<std::uint64_t>(std::min(sum, 1.0) * 0x1p63);
  }
  // Two trades are less than (distance + 1) slots apart.
  const std::uint64_t slots = schedule.slots_within(options.bound);
  within_bound_ = slots > 1 ? slots - 1 : 0;
  const auto has = [&options](Fault fault) {
    return options.rates.contains(fault) && options.rates.at(fault) > 0;
  };
  if (has(Fault::out_of_order) || has(Fault::duplicate)) displacement_max_ = within_bound_;
  if (has(Fault::late))
    displacement_max_ =
        schedule.slots_within(kPane + options.bound + options.allowed_lateness + base::kSecond + kBeyondMax) +
        2;
}

Fate Fates::at(std::uint64_t n) const {
  const std::uint64_t hash = noise_.at(n);
  const std::uint64_t drawn = hash >> 1U;
  if (drawn >= limits_.back()) return {};
  std::size_t i = 1;
  while (drawn >= limits_.at(i)) ++i;
  const auto fault = static_cast<Fault>(i);
  if (fault == Fault::late) return {fault, slot_beyond_bound(n, mix(hash))};
  if (fault == Fault::out_of_order || fault == Fault::duplicate)
    return {fault, slot_within_bound(n, mix(hash))};
  return {fault, n};
}

// Any scale is as likely as any other: neighbours that change places, and delays of nearly the bound.
std::uint64_t Fates::slot_within_bound(std::uint64_t n, std::uint64_t hash) const {
  if (within_bound_ == 0) return n;
  const std::uint64_t scale = std::uint64_t{1}
                              << below(hash, static_cast<std::uint64_t>(std::bit_width(within_bound_)));
  return n + std::min(scale + below(mix(hash), scale), within_bound_);
}

std::uint64_t Fates::slot_beyond_bound(std::uint64_t n, std::uint64_t hash) const {
  const base::TsNanos pane_end = base::floor_to(schedule_.time(n), kPane) + kPane;
  // A quarter of a second is the grid of watermarks: from here on the pane has ended.
  const base::TsNanos passed = pane_end + options_.bound + base::kSecond / 4;
  const auto lateness = static_cast<std::uint64_t>(options_.allowed_lateness);
  const bool kept = (hash & 1U) != 0;
  const std::uint64_t more = kept ? lateness + below(mix(hash), kBeyondMax) : below(mix(hash), lateness);
  return std::max(n, schedule_.first_slot_from(passed + static_cast<base::DurationNanos>(more)));
}

RejectReason damage_line(std::string& line, std::uint64_t hash) {
  const auto which = static_cast<std::size_t>(below(hash, kValueDamages.size() + text_damages));
  if (which >= text_damages) {
    const ValueDamage& damage = kValueDamages.at(which - text_damages);
    replace_value(line, damage.key, damage.text);
    return damage.reason;
  }
  switch (which) {
    case cut:
      line.resize(1 + below(mix(hash), line.size() - 1));
      break;
    case bytes_after:
      line.append(" x");
      break;
    case repeated_key:
      line.replace(line.size() - 1, 1, ",\"symbol\":\"AAPL\"}");
      return RejectReason::repeated_key;
    case bad_utf8:
      line.insert(value_of(line, "symbol").begin + 1, "\xC3\x28");
      break;
    default:
      line.insert(value_of(line, "symbol").begin + 1, "\\ud800");
      break;
  }
  return RejectReason::bad_json;
}

}  // namespace tickerhouse::sources
