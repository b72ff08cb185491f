#include "serve/stream/stream.h"

#include <utility>

#include "serve/json_text.h"

namespace tickerhouse::serve {
namespace {

constexpr std::uint64_t kProtocol = 1;
constexpr std::uint64_t kRoundsPerStatus = 10;
constexpr std::size_t kStagesBeforeBars = 3;  // watch, status, notices

// The value of the last key of a message, and its end.
StreamHub::Part part_of(LiveState::Changes changes) {
  StreamHub::Part part{nullptr, changes.full, changes.version};
  if (!changes.json.empty())
    part.text = std::make_shared<const std::string>(std::move(changes.json.append("}")));
  return part;
}

std::string hello(Core& core) {
  std::string out = "{";
  JsonText json(out);
  const auto snapshot = core.board.latest();
  json.key("start_id").text(snapshot ? snapshot->status.process.start_id : "");
  json.key("version").text(core.options.version).key("protocol").number(kProtocol);
  json.key("now").time(core.parts.clock.wall_now()).key("intervals").begin('[');
  for (const base::DurationNanos interval : core.live.intervals()) json.text(base::format_duration(interval));
  json.end(']').key("day_interval").text(base::format_duration(core.live.day_interval()));
  json.key("origin").text(snapshot ? snapshot->status.origin : "");
  json.key("symbols").number(core.live.symbols().size());
  return out.substr(1);
}

}  // namespace

void StreamHub::new_round() {
  parts_.clear();
  ++round_;
}

StreamHub::Part StreamHub::watch_rows(std::uint64_t since) {
  const auto [place, fresh] = parts_.try_emplace({"watch", 0, since});
  if (fresh) place->second = part_of(core_.live.watch_rows(since));
  return place->second;
}

StreamHub::Part StreamHub::bars(const Subscription::Bars& bars, std::uint64_t since) {
  const auto [place, fresh] = parts_.try_emplace({bars.symbol, bars.interval, since});
  if (fresh) place->second = part_of(core_.live.bars(bars.symbol, bars.interval, since));
  return place->second;
}

StreamHub::Part StreamHub::notices(std::uint64_t since) {
  const auto [place, fresh] = parts_.try_emplace({"notices", 0, since});
  if (fresh) place->second = part_of(core_.live.notices(since));
  return place->second;
}

StreamHub::Part StreamHub::status(std::uint64_t since) {
  auto latest = core_.board.latest();
  // Whoever asks GET /api/v1/status makes a new one; the stream brings one a second all the same.
  const bool due = !status_seen_ || round_ - status_round_ >= kRoundsPerStatus;
  if (latest != status_seen_ && due) {
    status_round_ = round_;
    status_.text = std::make_shared<const std::string>(std::string(latest->json).append("}"));
    ++status_.version;
    status_seen_ = std::move(latest);
  }
  return status_.version > since ? status_ : Part{nullptr, false, since};
}

StreamClient::StreamClient(StreamHub& hub) : hub_(hub) { replies_.push_back({"hello", hello(hub.core())}); }

void StreamClient::refuse(const base::Error& error) {
  replies_.push_back(
      {"error", std::string("\"error\":").append(error_json("bad_message", error.what, "docs/api.md"))});
}

void StreamClient::on_message(std::string_view text) {
  auto message = parse_client_message(text, hub_.core().live.intervals());
  if (!message.ok()) return refuse(message.error());
  if (message->ping) {
    replies_.push_back({"pong", std::string("\"id\":").append(message->ping_id)});
    return;
  }
  wants_ = std::move(message->subscribe);
  seen_ = {};
  seen_.bars.resize(wants_.bars.size());
  stage_ = 0;  // it comes with the next round: somebody who subscribes without end gets no more than others
}

void StreamClient::on_binary() { refuse({base::ErrorCode::invalid_argument, "expected text messages", ""}); }

bool StreamClient::begin_round() {
  if (in_round_) return true;
  in_round_ = true;
  stage_ = 0;
  return false;
}

std::string StreamClient::head(const char* type) {
  std::string text = "{\"type\":\"";
  return text.append(type).append("\",\"n\":").append(std::to_string(++n_)).append(",");
}

std::optional<StreamClient::Message> StreamClient::reply() {
  const Reply first = std::move(replies_.front());
  replies_.pop_front();
  return Message{head(first.type).append(first.rest).append("}"), nullptr};
}

std::optional<StreamClient::Message> StreamClient::next() {
  if (!replies_.empty()) return reply();
  while (in_round_ && stage_ < kStagesBeforeBars + wants_.bars.size())
    if (auto message = message_of(stage_++)) return message;
  in_round_ = false;
  return std::nullopt;
}

std::optional<StreamClient::Message> StreamClient::message_of(std::size_t stage) {
  if (stage == 0) return watch_message();
  if (stage >= kStagesBeforeBars) return bars_message(stage - kStagesBeforeBars);
  const bool status = stage == 1;
  if (!(status ? wants_.status : wants_.notices)) return std::nullopt;
  std::uint64_t& seen = status ? seen_.status : seen_.notices;
  const StreamHub::Part part = status ? hub_.status(seen) : hub_.notices(seen);
  if (!part.text) return std::nullopt;
  seen = part.version;
  if (status) return Message{head("status").append("\"status\":"), part.text};
  return Message{
      head("notices").append(part.full ? "\"full\":true,\"notices\":" : "\"full\":false,\"notices\":"),
      part.text};
}

std::optional<StreamClient::Message> StreamClient::watch_message() {
  if (!wants_.watch) return std::nullopt;
  const StreamHub::Part part = hub_.watch_rows(seen_.watch);
  seen_.watch = part.version;
  if (!part.text) return std::nullopt;
  std::string begin = head("watch");
  JsonText json(begin.append(part.full ? "\"full\":true" : "\"full\":false"));
  json.key("now").time(hub_.core().parts.clock.wall_now()).key("rows");
  return Message{std::move(begin), part.text};
}

std::optional<StreamClient::Message> StreamClient::bars_message(std::size_t index) {
  const Subscription::Bars& bars = wants_.bars.at(index);
  const StreamHub::Part part = hub_.bars(bars, seen_.bars.at(index));
  seen_.bars.at(index) = part.version;
  if (!part.text) return std::nullopt;
  std::string begin = head("bars");
  JsonText json(begin.append(part.full ? "\"full\":true" : "\"full\":false"));
  json.key("symbol").text(bars.symbol).key("interval").text(base::format_duration(bars.interval)).key("bars");
  return Message{std::move(begin), part.text};
}

}  // namespace tickerhouse::serve
