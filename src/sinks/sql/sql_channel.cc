#include "sinks/sql/sql_channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/bytes.h"
#include "base/clock.h"

namespace tickerhouse::sinks {
namespace {

constexpr std::uint32_t kFrameBytesMax = 64U << 20U;
constexpr std::size_t kHeadBytes = 5;  // length of the body, kind

base::Error gone() { return {base::ErrorCode::cut_off, "the process that ran the statement has ended", ""}; }
base::Error io_error(int code) {
  return {base::ErrorCode::io, std::system_category().message(code), "socket of a statement"};
}

}  // namespace

SqlChannel::~SqlChannel() { ::close(socket_); }

base::Status SqlChannel::wait(int events, base::TsNanos deadline) const {
  while (true) {
    int timeout_ms = -1;
    if (deadline != kNoDeadline) {
      const base::DurationNanos left = deadline - base::system_clock().monotonic_now();
      if (left <= 0) return base::Error{base::ErrorCode::over_limit, "out of time", ""};
      timeout_ms = static_cast<int>(std::min<base::DurationNanos>(left / base::kMillisecond + 1, 1'000'000));
    }
    pollfd entry{socket_, static_cast<short>(events), 0};
    const int ready = ::poll(&entry, 1, timeout_ms);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return io_error(errno);
  }
}

base::Status SqlChannel::send(SqlFrame kind, std::string_view body, base::TsNanos deadline) {
  CHECK(body.size() <= kFrameBytesMax);
  std::string bytes;
  bytes.reserve(kHeadBytes + body.size());
  base::ByteWriter out(bytes);
  out.put(static_cast<std::uint32_t>(body.size()));
  out.put(static_cast<std::uint8_t>(kind));
  bytes.append(body);
  for (std::size_t done = 0; done < bytes.size();) {
    RETURN_IF_ERROR(wait(POLLOUT, deadline));
    const ssize_t n = ::send(socket_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return gone();
    } else if (errno != EAGAIN && errno != EINTR) {
      return io_error(errno);
    }
  }
  return {};
}

base::Status SqlChannel::read_all(char* to, std::size_t size, base::TsNanos deadline) {
  for (std::size_t done = 0; done < size;) {
    RETURN_IF_ERROR(wait(POLLIN, deadline));
    const ssize_t n = ::recv(socket_, to + done, size - done, MSG_DONTWAIT);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (n == 0 || errno == ECONNRESET) {
      return gone();
    } else if (errno != EAGAIN && errno != EINTR) {
      return io_error(errno);
    }
  }
  return {};
}

base::Result<SqlMessage> SqlChannel::receive(base::TsNanos deadline) {
  char head[kHeadBytes];
  RETURN_IF_ERROR(read_all(head, sizeof head, deadline));
  base::ByteReader in(std::string_view(head, sizeof head));
  const auto size = in.get<std::uint32_t>();
  SqlMessage message;
  message.kind = static_cast<SqlFrame>(in.get<std::uint8_t>());
  if (size > kFrameBytesMax)
    return base::Error{base::ErrorCode::damaged, "a message of a statement's process is too long", ""};
  message.body.resize(size);
  RETURN_IF_ERROR(read_all(message.body.data(), size, deadline));
  return message;
}

std::string encode_request(const SqlRequest& request) {
  std::string body;
  base::ByteWriter out(body);
  out.put_text(request.text);
  out.put(request.rows_max);
  out.put(request.memory_bytes_max);
  out.put(static_cast<std::uint32_t>(request.relations.size()));
  for (const SqlRelation& relation : request.relations) {
    out.put_text(relation.name);
    out.put(static_cast<std::uint32_t>(relation.columns.size()));
    for (const auto& [name, type] : relation.columns) {
      out.put_text(name);
      out.put_text(type);
    }
  }
  return body;
}

base::Result<SqlRequest> decode_request(std::string_view body) {
  base::ByteReader in(body);
  SqlRequest request;
  request.text = in.get_text();
  request.rows_max = in.get<std::uint64_t>();
  request.memory_bytes_max = in.get<std::uint64_t>();
  const auto relations = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < relations && in.ok(); ++i) {
    SqlRelation& relation = request.relations.emplace_back();
    relation.name = in.get_text();
    const auto columns = in.get<std::uint32_t>();
    for (std::uint32_t c = 0; c < columns && in.ok(); ++c) {
      std::string name(in.get_text());
      relation.columns.emplace_back(std::move(name), in.get_text());
    }
  }
  if (!in.at_end()) return base::Error{base::ErrorCode::damaged, "not the request of a statement", ""};
  return request;
}

}  // namespace tickerhouse::sinks
