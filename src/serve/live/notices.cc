#include "serve/live/notices.h"

#include "serve/json_text.h"

namespace tickerhouse::serve {
namespace {

const char* kind_name(NoticeKind kind) {
  static constexpr std::array<const char*, kNoticeKinds> kNames = {"late", "revised", "rejected", "gap"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::string folded_text(NoticeKind kind, std::uint64_t count) {
  static constexpr std::array<std::array<const char*, 2>, kNoticeKinds> kTexts = {
      {{" more event came too late", " more events came too late"},
       {" more bar revised", " more bars revised"},
       {" more record rejected", " more records rejected"},
       {" more bar with a gap", " more bars with a gap"}}};
  return std::to_string(count).append(kTexts.at(static_cast<std::size_t>(kind)).at(count == 1 ? 0 : 1));
}

void put_text_or_null(JsonText& json, std::string_view text) { text.empty() ? json.null() : json.text(text); }

}  // namespace

bool NoticeList::admit(NoticeKind kind, const Now& now) {
  Second& second = seconds_.at(static_cast<std::size_t>(kind));
  if (now.monotonic - second.begin >= base::kSecond) {
    close(kind);
    second = {now.monotonic, 0, 0, 0};
  }
  if (second.told < kNoticesPerSecond) {
    ++second.told;
    return true;
  }
  ++second.counted;
  second.counted_at = now.wall;
  return false;
}

void NoticeList::add(const Notice& notice, const Now& now) {
  close_folds(now);
  std::string out;
  JsonText json(out);
  json.begin('{').key("id").number(next_id_).key("at").time(now.wall).key("kind").text(
      kind_name(notice.kind));
  json.key("symbol");
  put_text_or_null(json, notice.symbol);
  json.key("interval");
  notice.interval == 0 ? json.null() : json.text(base::format_duration(notice.interval));
  json.key("window_start").time(notice.window_start).key("text").text(notice.text);
  json.key("topic").text(flow::topic_name(notice.place.topic));
  json.key("partition").number(notice.place.partition).key("offset").number(notice.place.offset);
  if (notice.kind == NoticeKind::revised) {
    json.key("before");
    notice.before.empty() ? json.null() : json.raw(notice.before);
    json.key("after").raw(notice.after);
  }
  json.end('}');
  keep(std::move(out));
}

void NoticeList::close_folds(const Now& now) {
  for (std::size_t kind = 0; kind < kNoticeKinds; ++kind)
    if (now.monotonic - seconds_.at(kind).begin >= base::kSecond) close(static_cast<NoticeKind>(kind));
}

void NoticeList::close(NoticeKind kind) {
  Second& second = seconds_.at(static_cast<std::size_t>(kind));
  if (second.counted == 0) return;
  std::string out;
  JsonText json(out);
  json.begin('{')
      .key("id")
      .number(next_id_)
      .key("at")
      .time(second.counted_at)
      .key("kind")
      .text(kind_name(kind));
  for (const char* key : {"symbol", "interval", "window_start"}) json.key(key).null();
  json.key("text").text(folded_text(kind, second.counted)).key("count").number(second.counted);
  for (const char* key : {"topic", "partition", "offset"}) json.key(key).null();
  json.end('}');
  second.counted = 0;
  keep(std::move(out));
}

void NoticeList::keep(std::string json) {
  told_.push_front({next_id_++, std::move(json)});
  if (told_.size() > kNoticesMax) told_.pop_back();
}

std::string NoticeList::json_since(std::uint64_t since, std::size_t limit) const {
  std::string out;
  JsonText json(out);
  json.begin('[');
  std::size_t count = 0;
  for (const Told& told : told_) {
    if (told.id < since || count++ >= limit) break;
    json.raw(told.json);
  }
  json.end(']');
  return out;
}

}  // namespace tickerhouse::serve
