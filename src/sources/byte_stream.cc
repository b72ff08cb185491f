#include "sources/byte_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/clock.h"

namespace tickerhouse::sources {
namespace {

constexpr int kWaitMs = 100;
// What a pipe brings within this time of its first bytes goes on together; then it goes on even if more
// comes. So a steady producer is not waited for until it pauses, and a fast one is not taken in small pieces.
constexpr base::DurationNanos kGather = 5 * base::kMillisecond;
constexpr std::size_t kCompressedChunk = std::size_t{256} << 10U;

base::Error os_error(const std::string& path, const char* doing) {
  const int code = errno;
  const auto kind = code == ENOENT || code == ENOTDIR ? base::ErrorCode::not_found : base::ErrorCode::io;
  return {kind, std::string(doing).append(": ").append(std::system_category().message(code)), path};
}

class RawFile final : public ByteStream {
 public:
  RawFile(int fd, std::string path, bool follow, InputMeter* meter)
      : fd_(fd), path_(std::move(path)), follow_(follow), meter_(meter) {
    struct stat info {};
    regular_ = ::fstat(fd_, &info) == 0 && S_ISREG(info.st_mode);
  }
  ~RawFile() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  base::Result<StreamState> read(std::string& out, std::size_t wanted) override {
    if (!regular_ && !wait_for_bytes()) return StreamState::nothing_now;
    // Room for what is there only: to clear a mebibyte costs more than to read a line.
    int there = 0;
    if (!regular_ && ::ioctl(fd_, FIONREAD, &there) == 0 && there > 0)
      wanted = std::min(wanted, static_cast<std::size_t>(there));
    const std::size_t before = out.size();
    out.resize(before + wanted);
    const ssize_t n = ::read(fd_, out.data() + before, wanted);
    out.resize(before + static_cast<std::size_t>(n > 0 ? n : 0));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return StreamState::nothing_now;
    if (n < 0) return os_error(path_, "cannot read");
    read_ += static_cast<std::uint64_t>(n);
    if (meter_ != nullptr) meter_->done += static_cast<std::uint64_t>(n);
    if (n > 0) return StreamState::bytes;
    if (!follow_) return StreamState::end;
    return check_still_there();
  }

 private:
  // False: nothing came in time, or enough has been gathered.
  bool wait_for_bytes() {
    int wait = kWaitMs;
    if (gather_until_ != 0) {
      const base::DurationNanos left = gather_until_ - base::system_clock().monotonic_now();
      wait = static_cast<int>((left + base::kMillisecond - 1) / base::kMillisecond);
    }
    pollfd waiting{fd_, POLLIN, 0};
    if (wait <= 0 || ::poll(&waiting, 1, wait) <= 0) {
      gather_until_ = 0;
      return false;
    }
    if (gather_until_ == 0) gather_until_ = base::system_clock().monotonic_now() + kGather;
    return true;
  }

  base::Result<StreamState> check_still_there() {
    struct stat opened {};
    struct stat named {};
    if (::fstat(fd_, &opened) != 0) return os_error(path_, "cannot look at");
    const bool replaced = ::stat(path_.c_str(), &named) == 0 &&
                          (named.st_ino != opened.st_ino || named.st_dev != opened.st_dev);
    if (replaced || static_cast<std::uint64_t>(opened.st_size) < read_)
      return base::Error{base::ErrorCode::configuration,
                         "the followed file was replaced or cut; load the new one as an input of its own",
                         path_};
    return StreamState::nothing_now;
  }
  int fd_;
  std::string path_;
  bool follow_;
  InputMeter* meter_;
  std::uint64_t read_ = 0;
  bool regular_ = false;
  base::DurationNanos gather_until_ = 0;  // monotonic; 0: nothing is in hand
};

// Any number of gzip members one after the other; zero bytes behind the last are padding, as tar and tapes
// leave them.
class Inflate final : public ByteStream {
 public:
  Inflate(std::unique_ptr<ByteStream> inner, std::string head)
      : inner_(std::move(inner)), in_(std::move(head)) {
    inflateInit2(&z_, 16 + MAX_WBITS);
  }
  ~Inflate() override { inflateEnd(&z_); }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;

  base::Result<StreamState> read(std::string& out, std::size_t wanted) override {
    if (ended_) return *ended_;
    if (std::exchange(paused_, false)) return StreamState::nothing_now;
    const std::size_t before = out.size();
    out.resize(before + wanted);
    z_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    z_.avail_out = static_cast<uInt>(wanted);
    auto state = fill();
    const std::size_t got = wanted - z_.avail_out;
    out.resize(before + got);
    if (!state.ok()) return state.error();
    if (*state == StreamState::end || *state == StreamState::cut_off) ended_ = *state;
    paused_ = got > 0 && *state == StreamState::nothing_now;
    return got > 0 ? StreamState::bytes : *state;
  }

 private:
  base::Result<StreamState> fill() {
    while (z_.avail_out > 0) {
      if (at_ == in_.size() && !pending_) {
        in_.clear();
        at_ = 0;
        ASSIGN_OR_RETURN(const StreamState state, inner_->read(in_, kCompressedChunk));
        if (state == StreamState::end) return member_open_ ? StreamState::cut_off : StreamState::end;
        if (state != StreamState::bytes) return state;
      }
      if (!member_open_ && !begin_member()) return StreamState::cut_off;
      if (!member_open_) continue;
      z_.next_in = reinterpret_cast<Bytef*>(in_.data() + at_);
      z_.avail_in = static_cast<uInt>(in_.size() - at_);
      const int code = inflate(&z_, Z_NO_FLUSH);
      at_ = in_.size() - z_.avail_in;
      pending_ = z_.avail_out == 0;
      if (code == Z_STREAM_END) {
        member_open_ = false;
        pending_ = false;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return StreamState::cut_off;
      }
    }
    return StreamState::bytes;
  }

  // Between members: skips padding; false if what follows is no gzip.
  bool begin_member() {
    if (members_ > 0)
      while (at_ < in_.size() && in_[at_] == '\0') ++at_;
    if (at_ == in_.size()) return true;
    if (in_[at_] != '\x1f') return false;
    if (members_++ > 0) inflateReset(&z_);
    member_open_ = true;
    return true;
  }

  std::unique_ptr<ByteStream> inner_;
  std::string in_;
  std::size_t at_ = 0;
  z_stream z_{};
  bool member_open_ = false;
  bool pending_ = false;  // zlib may hold bytes that had no room: they come before more is read
  std::uint64_t members_ = 0;
  std::optional<StreamState> ended_;
  bool paused_ = false;  // what was there has been handed out, and the inner stream has said nothing_now
};

// Looks at the first two bytes, then is the plain stream or an inflating one.
class ByContent final : public ByteStream {
 public:
  explicit ByContent(std::unique_ptr<ByteStream> raw) : raw_(std::move(raw)) {}

  base::Result<StreamState> read(std::string& out, std::size_t wanted) override {
    if (inflating_) return inflating_->read(out, wanted);
    if (decided_) return raw_->read(out, wanted);
    while (head_.size() < 2) {
      ASSIGN_OR_RETURN(const StreamState state, raw_->read(head_, wanted));
      if (state == StreamState::bytes) continue;
      if (state == StreamState::nothing_now) return state;
      break;  // shorter than a magic number
    }
    decided_ = true;
    if (head_.starts_with("\x1f\x8b")) {
      inflating_ = std::make_unique<Inflate>(std::move(raw_), std::move(head_));
      return inflating_->read(out, wanted);
    }
    if (head_.empty()) return raw_->read(out, wanted);
    out.append(head_);
    head_.clear();
    return StreamState::bytes;
  }

 private:
  std::unique_ptr<ByteStream> raw_;
  std::unique_ptr<Inflate> inflating_;
  std::string head_;
  bool decided_ = false;
};

}  // namespace

bool is_being_written(const std::string& path, bool follow) {
  struct stat info {};
  if (path == "-") return ::fstat(STDIN_FILENO, &info) != 0 || !S_ISREG(info.st_mode);
  return follow || (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode));
}

base::Result<std::unique_ptr<ByteStream>> open_stream(const std::string& path, bool follow,
                                                      InputMeter* meter) {
  int fd = STDIN_FILENO;
  if (path != "-") {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return os_error(path, "cannot open");
    struct stat info {};
    if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
      ::close(fd);
      return base::Error{base::ErrorCode::not_found, "is a directory; name its files", path};
    }
    if (meter != nullptr && S_ISREG(info.st_mode)) meter->total += static_cast<std::uint64_t>(info.st_size);
  }
  auto raw = std::make_unique<RawFile>(fd, path, follow && path != "-", meter);
  return std::unique_ptr<ByteStream>(std::make_unique<ByContent>(std::move(raw)));
}

}  // namespace tickerhouse::sources
