#include "base/time.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <utility>

namespace tickerhouse::base {
namespace {

// Reads exactly `count` digits at `i`; -1 if they are not there.
int read_digits(std::string_view text, std::size_t& i, std::size_t count) {
  if (i + count > text.size()) return -1;
  int value = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const char c = text[i + k];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  i += count;
  return value;
}

bool read_char(std::string_view text, std::size_t& i, char c) {
  if (i >= text.size() || text[i] != c) return false;
  ++i;
  return true;
}

unsigned days_in_month(std::int64_t year, unsigned month) {
  static constexpr std::array<unsigned, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays.at(month - 1);
}

std::optional<std::int64_t> read_date(std::string_view text, std::size_t& i) {
  const int year = read_digits(text, i, 4);
  if (year < 0 || !read_char(text, i, '-')) return std::nullopt;
  const int month = read_digits(text, i, 2);
  if (month < 1 || month > 12 || !read_char(text, i, '-')) return std::nullopt;
  const int day = read_digits(text, i, 2);
  if (day < 1 || std::cmp_greater(day, days_in_month(year, static_cast<unsigned>(month))))
    return std::nullopt;
  return days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
}

// Digits after the point as nanoseconds, further ones cut; -1 if there is none.
DurationNanos read_fraction(std::string_view text, std::size_t& i) {
  DurationNanos value = 0;
  DurationNanos unit = kSecond / 10;
  const std::size_t start = i;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    value += (text[i] - '0') * unit;
    unit /= 10;
  }
  return i == start ? -1 : value;
}

std::optional<DurationNanos> read_time_of_day(std::string_view text, std::size_t& i) {
  const int hour = read_digits(text, i, 2);
  if (hour < 0 || hour > 23 || !read_char(text, i, ':')) return std::nullopt;
  const int minute = read_digits(text, i, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  DurationNanos value = hour * kHour + minute * kMinute;
  if (!read_char(text, i, ':')) return value;
  const int second = read_digits(text, i, 2);
  if (second < 0 || second > 59) return std::nullopt;
  value += second * kSecond;
  if (!read_char(text, i, '.')) return value;
  const DurationNanos fraction = read_fraction(text, i);
  if (fraction < 0) return std::nullopt;
  return value + fraction;
}

// false: something is there and it is no offset.
bool read_offset(std::string_view text, std::size_t& i, std::optional<DurationNanos>& offset) {
  if (i == text.size()) return true;
  if (read_char(text, i, 'Z') || read_char(text, i, 'z')) {
    offset = 0;
    return i == text.size();
  }
  const bool negative = text[i] == '-';
  if (!negative && text[i] != '+') return false;
  ++i;
  const int hour = read_digits(text, i, 2);
  if (hour < 0 || hour > 23) return false;
  int minute = 0;
  if (i < text.size()) {
    read_char(text, i, ':');
    minute = read_digits(text, i, 2);
    if (minute < 0 || minute > 59) return false;
  }
  const DurationNanos value = hour * kHour + minute * kMinute;
  offset = negative ? -value : value;
  return i == text.size();
}

// Eight characters beside a pattern in which 0 stands for a digit: the digits as bytes from 0 to 9, what is
// between them as 0. The first character is the lowest byte.
static_assert(std::endian::native == std::endian::little);

constexpr std::uint64_t word_of(const char* text) {
  std::uint64_t word = 0;
  for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{static_cast<unsigned char>(text[i])} << 8 * i;
  return word;
}

struct Pattern {
  std::uint64_t characters = 0;
  std::uint64_t room = 0;  // added, a byte that is too large has its highest bit

  constexpr explicit Pattern(const char* text) : characters(word_of(text)) {
    for (unsigned i = 0; i < 8; ++i) room |= std::uint64_t{text[i] == '0' ? 0x7FU - 9U : 0x7FU} << 8 * i;
  }
  bool read(const char* text, std::uint64_t& digits) const {
    std::memcpy(&digits, text, sizeof(digits));
    digits ^= characters;
    return ((digits | (digits + room)) & 0x8080'8080'8080'8080U) == 0;
  }
};

// Byte i of the result is the number of two digits that begins there.
constexpr std::uint64_t pairs(std::uint64_t digits) { return digits * 10 + (digits >> 8U); }
constexpr unsigned byte_at(std::uint64_t word, unsigned i) {
  return static_cast<unsigned>(word >> 8 * i & 0xFFU);
}

// The number of `count` digits before `end`, 1 to 8; eight characters before it can be read.
std::optional<std::uint32_t> read_up_to_eight(const char* end, std::size_t count) {
  constexpr std::uint64_t kZeros = 0x3030'3030'3030'3030U;
  std::uint64_t digits = 0;
  std::memcpy(&digits, end - sizeof(digits), sizeof(digits));
  digits = (digits ^ kZeros) & ~std::uint64_t{0} << 8 * (8 - count);  // what is before them reads as zeros
  if (((digits | (digits + 0x7676'7676'7676'7676U)) & 0x8080'8080'8080'8080U) != 0) return std::nullopt;
  digits = pairs(digits) & 0x00FF'00FF'00FF'00FFU;
  digits = (digits * 100 + (digits >> 16U)) & 0x0000'FFFF'0000'FFFFU;
  return static_cast<std::uint32_t>(digits * 10'000 + (digits >> 32U));
}

// 2026-01-05T14:30:00Z or with a fraction, as nearly all times are written; nullopt: read it the long way.
std::optional<WallTime> parse_usual_time(std::string_view text) {
  constexpr std::size_t kPoint = 19;
  constexpr std::size_t kFractionMax = 9;
  // Of the last digit of a fraction, by how many it has.
  static constexpr std::array<DurationNanos, kFractionMax + 1> kFractionUnits = {
      0, 100'000'000, 10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  constexpr Pattern kDate("0000-00-");
  constexpr Pattern kTime("00:00:00");
  if (text.size() <= kPoint || text.size() > kPoint + kFractionMax + 2 || text.back() != 'Z')
    return std::nullopt;
  std::uint64_t date = 0;
  std::uint64_t time = 0;
  if (!kDate.read(text.data(), date) || !kTime.read(text.data() + 11, time) || text[10] != 'T')
    return std::nullopt;
  unsigned greatest = 0;
  const auto digit = [&](std::size_t i) {
    const unsigned value = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    greatest = std::max(greatest, value);
    return value;
  };
  const unsigned day = digit(8) * 10 + digit(9);
  DurationNanos fraction = 0;
  const std::size_t end = text.size() - 1;
  if (end > kPoint) {
    const std::size_t count = end - kPoint - 1;
    if (text[kPoint] != '.' || count == 0) return std::nullopt;
    const auto digits = read_up_to_eight(text.data() + end, std::min<std::size_t>(count, 8));
    if (!digits) return std::nullopt;
    if (count == kFractionMax) fraction = digit(kPoint + 1) * DurationNanos{100'000'000};
    fraction += *digits * kFractionUnits.at(count);
  }
  date = pairs(date);
  time = pairs(time);
  const unsigned year = byte_at(date, 0) * 100 + byte_at(date, 2);
  const unsigned month = byte_at(date, 5);
  const unsigned hour = byte_at(time, 0);
  const unsigned minute = byte_at(time, 3);
  const unsigned second = byte_at(time, 6);
  if (greatest > 9 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  if (day < 1 || day > days_in_month(year, month)) return std::nullopt;
  if (year < 1700 || year > 2200) return std::nullopt;  // what may not fit
  WallTime wall;
  wall.local = days_from_civil(year, month, day) * kDay + hour * kHour + minute * kMinute + second * kSecond +
               fraction;
  wall.offset = 0;
  return wall;
}

// `before`, then the number in so many digits; gives the place behind.
char* put_digits(char* at, char before, std::uint32_t value, int width) {
  *at++ = before;
  for (int i = width; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
  return at + width;
}

constexpr std::size_t kDateBytesMax = 32;

// The years of all times that nanoseconds hold, and more, have four digits.
char* put_date(char* at, std::int64_t days) {
  const CivilDate date = civil_from_days(days);
  if (date.year < 0 || date.year > 9'999) {
    at = std::to_chars(at, at + kDateBytesMax, date.year).ptr;
  } else {
    const auto year = static_cast<std::uint32_t>(date.year);
    at = put_digits(at, static_cast<char>('0' + year / 1'000), year % 1'000, 3);
  }
  return put_digits(put_digits(at, '-', date.month, 2), '-', date.day, 2);
}

struct Unit {
  std::string_view name;
  DurationNanos value;
};
constexpr std::array<Unit, 23> kUnits = {{
    {"ns", 1},
    {"us", kMicrosecond},
    {"microsecond", kMicrosecond},
    {"microseconds", kMicrosecond},
    {"ms", kMillisecond},
    {"millisecond", kMillisecond},
    {"milliseconds", kMillisecond},
    {"s", kSecond},
    {"sec", kSecond},
    {"second", kSecond},
    {"seconds", kSecond},
    {"m", kMinute},
    {"min", kMinute},
    {"minute", kMinute},
    {"minutes", kMinute},
    {"h", kHour},
    {"hour", kHour},
    {"hours", kHour},
    {"d", kDay},
    {"day", kDay},
    {"days", kDay},
    {"week", 7 * kDay},
    {"weeks", 7 * kDay},
}};

}  // namespace

std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

CivilDate civil_from_days(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * day_of_year + 2) / 153;
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  const std::int64_t year = static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0);
  return {year, month, day_of_year - (153 * shifted + 2) / 5 + 1};
}

std::optional<WallTime> parse_wall_time(std::string_view text) {
  if (const auto usual = parse_usual_time(text)) return usual;
  std::size_t i = 0;
  const auto days = read_date(text, i);
  if (!days || i >= text.size()) return std::nullopt;
  const char separator = text[i++];
  if (separator != 'T' && separator != 't' && separator != ' ') return std::nullopt;
  const auto time = read_time_of_day(text, i);
  if (!time) return std::nullopt;
  WallTime wall;
  if (!read_offset(text, i, wall.offset)) return std::nullopt;
  TsNanos midnight = 0;
  if (__builtin_mul_overflow(*days, kDay, &midnight) || __builtin_add_overflow(midnight, *time, &wall.local))
    return std::nullopt;
  return wall;
}

std::optional<TsNanos> parse_iso_time(std::string_view text) {
  const auto wall = parse_wall_time(text);
  if (!wall) return std::nullopt;
  TsNanos utc = 0;
  if (__builtin_sub_overflow(wall->local, wall->offset.value_or(0), &utc) || utc < 0) return std::nullopt;
  return utc;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  std::size_t i = 0;
  const auto days = read_date(text, i);
  return i == text.size() ? days : std::nullopt;
}

void append_iso_time(std::string& out, TsNanos ts) {
  const std::int64_t days = floor_to(ts, kDay) / kDay;
  const auto of_day = static_cast<std::uint64_t>(ts - days * kDay);
  const auto seconds = static_cast<std::uint32_t>(of_day / kSecond);
  auto rest = static_cast<std::uint32_t>(of_day % kSecond);
  std::array<char, kDateBytesMax + 20> text{};
  char* at = put_date(text.data(), days);
  at = put_digits(at, 'T', seconds / 3'600, 2);
  at = put_digits(at, ':', seconds / 60 % 60, 2);
  at = put_digits(at, ':', seconds % 60, 2);
  if (rest != 0) {
    int width = 9;
    for (; rest % 1'000 == 0; rest /= 1'000) width -= 3;
    for (; rest % 10 == 0; rest /= 10) --width;
    at = put_digits(at, '.', rest, width);
  }
  *at++ = 'Z';
  out.append(text.data(), at);
}

void append_date(std::string& out, std::int64_t days) {
  std::array<char, kDateBytesMax> text{};
  out.append(text.data(), put_date(text.data(), days));
}

std::optional<DurationNanos> parse_duration(std::string_view text) {
  std::size_t i = 0;
  DurationNanos value = 0;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text[i] - '0', &value))
      return std::nullopt;
  if (i == 0) return std::nullopt;
  if (i == text.size()) return value == 0 ? std::optional<DurationNanos>(0) : std::nullopt;
  while (i < text.size() && text[i] == ' ') ++i;
  const std::string_view name = text.substr(i);
  for (const Unit& unit : kUnits)
    if (unit.name == name) {
      if (__builtin_mul_overflow(value, unit.value, &value)) return std::nullopt;
      return value;
    }
  return std::nullopt;
}

std::string format_duration(DurationNanos duration) {
  static constexpr std::array<Unit, 7> kShort = {{{"d", kDay},
                                                  {"h", kHour},
                                                  {"m", kMinute},
                                                  {"s", kSecond},
                                                  {"ms", kMillisecond},
                                                  {"us", kMicrosecond},
                                                  {"ns", 1}}};
  if (duration == 0) return "0s";
  for (const Unit& unit : kShort)
    if (duration % unit.value == 0) return std::to_string(duration / unit.value).append(unit.name);
  return {};
}

}  // namespace tickerhouse::base
