// What the engine noticed, newest first: late and rejected records, revised bars, gaps. At most 500; of one
// kind at most five a second are told one by one, the rest of that second is one notice that says how many.
// Not thread-safe: it belongs to LiveState.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/time.h"
#include "flow/tape.h"

namespace tickerhouse::serve {

inline constexpr std::size_t kNoticesMax = 500;
inline constexpr std::uint64_t kNoticesPerSecond = 5;  // of one kind

enum class NoticeKind : std::uint8_t { late, revised, rejected, gap };
inline constexpr std::size_t kNoticeKinds = 4;

// A row on the tape.
struct RowPlace {
  flow::Topic topic = flow::Topic::bars;
  std::uint16_t partition = 0;
  std::uint64_t offset = 0;
};

struct Now {
  base::TsNanos wall = 0;
  base::DurationNanos monotonic = 0;
};

struct Notice {
  NoticeKind kind = NoticeKind::late;
  std::string_view symbol;           // empty: of none
  base::DurationNanos interval = 0;  // 0: of none
  base::TsNanos window_start = base::kNoTime;
  std::string text;
  RowPlace place;
  std::string before;  // of revised: bars as JSON; empty: not known
  std::string after;
};

class NoticeList {
 public:
  // Whether there is room for one more of the kind in this second; if not it has been counted. Asked before
  // a notice is written, which costs more than counting it.
  bool admit(NoticeKind kind, const Now& now);
  void add(const Notice& notice, const Now& now);
  // Tells what was counted in seconds that are over.
  void close_folds(const Now& now);

  [[nodiscard]] std::uint64_t next() const { return next_id_; }  // the id of the one to come; the first is 1
  // A JSON array of those from id `since` on, newest first, at most `limit`.
  [[nodiscard]] std::string json_since(std::uint64_t since, std::size_t limit) const;

 private:
  struct Told {
    std::uint64_t id = 0;
    std::string json;
  };
  struct Second {
    base::DurationNanos begin = 0;
    std::uint64_t told = 0;
    std::uint64_t counted = 0;
    base::TsNanos counted_at = 0;  // the last of them
  };
  void close(NoticeKind kind);
  void keep(std::string json);

  std::deque<Told> told_;  // newest first
  std::uint64_t next_id_ = 1;
  std::array<Second, kNoticeKinds> seconds_;
};

}  // namespace tickerhouse::serve
