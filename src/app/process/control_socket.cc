// The answer to "store-rows" is binary: 'S', the length-prefixed position of the store, then for each bar its
// symbol and its row of fixed size, then an empty symbol. Other answers are 'S' and text. An answer 'E' is
// followed by the text of what went wrong.
#include "app/process/control_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include "app/logging.h"
#include "base/bytes.h"
#include "runtime/progress.h"

namespace tickerhouse::app {
namespace {

constexpr std::string_view kStoreRows = "store-rows\n";
constexpr std::string_view kStatus = "status\n";
constexpr std::string_view kStop = "stop\n";
constexpr int kPollMs = 200;
constexpr std::size_t kRequestBytesMax = 64;
constexpr std::size_t kSendChunk = std::size_t{1} << 20U;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

bool address_of(const std::string& path, sockaddr_un& address) {
  address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return true;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

class Server final : public ControlSocket {
 public:
  Server(int fd, std::string path, ControlParts parts)
      : listener_(fd), path_(std::move(path)), parts_(std::move(parts)), thread_([this] { serve(); }) {}
  ~Server() override {
    stop_ = true;
    thread_.join();
    ::unlink(path_.c_str());
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  void serve() {
    while (!stop_) {
      pollfd waiting{listener_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, kPollMs) <= 0) continue;
      const Socket client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (client.get() < 0) continue;
      const timeval patience{5, 0};  // of a client that does not read or write
      ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
      answer(client.get());
    }
  }

  void answer(int fd) {
    std::string request;
    char c = 0;
    while (request.size() < kRequestBytesMax && ::recv(fd, &c, 1, 0) == 1) {
      request.push_back(c);
      if (c == '\n') break;
    }
    const base::Status status = obey(request, fd);
    if (!status.ok()) send_all(fd, "E" + status.error().message());
  }

  base::Status obey(const std::string& request, int fd) {
    if (request == kStoreRows) return send_rows(fd);
    if (request == kStatus && parts_.status) {
      ASSIGN_OR_RETURN(const std::string text, parts_.status());
      send_all(fd, "S" + text);
      return {};
    }
    if (request == kStop && parts_.stop) {
      parts_.stop();
      send_all(fd, "S");
      return {};
    }
    return base::Error{base::ErrorCode::invalid_argument, "unknown request", ""};
  }

  base::Status send_rows(int fd) {
    if (parts_.store == nullptr)
      return base::Error{base::ErrorCode::not_found,
                         "the running process keeps no store (store.enabled = false)", ""};
    ASSIGN_OR_RETURN(const flow::SinkPosition position, parts_.store->position());
    std::string bytes = "S";
    base::ByteWriter out(bytes);
    out.put_text(runtime::encode_sink_position(position));
    bool sent = true;
    RETURN_IF_ERROR(parts_.store->scan_bars({}, [&](std::string_view symbol, const market::BarRow& row) {
      out.put_text(symbol);
      out.put(row);
      if (bytes.size() < kSendChunk) return;
      sent = sent && send_all(fd, bytes);
      bytes.clear();
    }));
    out.put_text("");
    if (!sent || !send_all(fd, bytes)) log_debug("a client of the control socket went away");
    return {};
  }

  Socket listener_;
  std::string path_;
  ControlParts parts_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

base::Error socket_error(const std::string& path, const char* doing) {
  return {base::ErrorCode::io, std::string(doing).append(": ").append(std::strerror(errno)),
          path};  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

base::Result<std::unique_ptr<ControlSocket>> ControlSocket::open(const std::string& path,
                                                                 ControlParts parts) {
  sockaddr_un address{};
  if (!address_of(path, address)) {
    log_warn(
        "the path of the data directory is too long for a socket: verify cannot look into the store while "
        "this runs");
    return std::unique_ptr<ControlSocket>();
  }
  ::unlink(path.c_str());  // the directory's lock is ours, so whoever left it is gone
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return socket_error(path, "cannot make a socket");
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(fd, 4) != 0) {
    const base::Error error = socket_error(path, "cannot listen");
    ::close(fd);
    return error;
  }
  return std::unique_ptr<ControlSocket>(std::make_unique<Server>(fd, path, std::move(parts)));
}

namespace {

// The answer without its 'S'.
base::Result<std::string> ask(const std::string& path, std::string_view request) {
  sockaddr_un address{};
  if (!address_of(path, address))
    return base::Error{base::ErrorCode::io, "the path is too long for a socket", path};
  const Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0 ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED)
      return base::Error{base::ErrorCode::not_found, "nothing runs on this data directory", path};
    return socket_error(path, "cannot reach the running process");
  }
  if (!send_all(socket.get(), request)) return socket_error(path, "cannot ask the running process");
  std::string answer;
  for (;;) {
    const std::size_t before = answer.size();
    answer.resize(before + kSendChunk);
    const ssize_t n = ::recv(socket.get(), answer.data() + before, kSendChunk, 0);
    answer.resize(before + static_cast<std::size_t>(n > 0 ? n : 0));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return socket_error(path, "the running process stopped answering");
    if (n == 0) break;
  }
  if (answer.empty() || answer.front() != 'S')
    return base::Error{base::ErrorCode::io,
                       answer.empty() ? "the running process gave no answer" : answer.substr(1), path};
  answer.erase(0, 1);
  return answer;
}

}  // namespace

base::Result<RunningStatus> ask_status(const std::string& path) {
  ASSIGN_OR_RETURN(std::string answer, ask(path, kStatus));
  const std::size_t first = answer.find('\n');
  const std::size_t second = first == std::string::npos ? first : answer.find('\n', first + 1);
  if (second == std::string::npos || answer.back() != '\n')
    return base::Error{base::ErrorCode::io, "the answer of the running process was cut off", path};
  answer.pop_back();
  return RunningStatus{answer.substr(0, first), answer.substr(first + 1, second - first - 1),
                       answer.substr(second + 1)};
}

base::Status ask_to_stop(const std::string& path) {
  ASSIGN_OR_RETURN([[maybe_unused]] const std::string answer, ask(path, kStop));
  return {};
}

namespace {

// Not inlined: g++ 12 then takes the reader's bounds for a read of the string's own bytes.
[[gnu::noinline]] base::Result<StoreRows> read_store_rows(std::string_view answer,
                                                          const flow::Store::RowCallback& row) {
  base::ByteReader in(answer);
  StoreRows rows;
  ASSIGN_OR_RETURN(rows.position, runtime::decode_sink_position(in.get_text()));
  for (;;) {
    const std::string_view symbol = in.get_text();
    if (!in.ok())
      return base::Error{base::ErrorCode::io, "the answer of the running process was cut off", "store"};
    if (symbol.empty()) return rows;
    row(symbol, in.get<market::BarRow>());
  }
}

}  // namespace

base::Result<StoreRows> ask_store_rows(const std::string& path, const flow::Store::RowCallback& row) {
  ASSIGN_OR_RETURN(const std::string answer, ask(path, kStoreRows));
  return read_store_rows(answer, row);
}

}  // namespace tickerhouse::app
