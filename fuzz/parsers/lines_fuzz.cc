// Bytes of a file, plain or gzip: the lines handed out, with number, offset and hash of what was before them,
// are those of the input, however it is cut into reads and wherever a read finds nothing.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "sources/line_reader.h"

namespace {
using namespace tickerhouse::sources;

std::unique_ptr<ByteStream> open(int fd) {
  if (::lseek(fd, 0, SEEK_SET) != 0) std::abort();
  auto stream = open_stream("/proc/self/fd/" + std::to_string(fd), false, nullptr);
  if (!stream.ok()) std::abort();
  return std::move(*stream);
}

// Hands out at most `most` bytes a read, and nothing every now and then, so that the reader's buffer has
// every shape.
class Cut final : public ByteStream {
 public:
  Cut(std::unique_ptr<ByteStream> stream, std::size_t most, std::uint64_t seed)
      : stream_(std::move(stream)), most_(most), random_(seed) {}
  tickerhouse::base::Result<StreamState> read(std::string& out, std::size_t /*wanted*/) override {
    if (draw() % 2 == 0) return StreamState::nothing_now;
    return stream_->read(out, 1 + draw() % most_);
  }

 private:
  std::uint64_t draw() {  // Knuth's MMIX, its better half
    random_ = random_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return random_ >> 33U;
  }
  std::unique_ptr<ByteStream> stream_;
  std::size_t most_;
  std::uint64_t random_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

// What the reader hands out is what docs/semantics.md 1.1 makes of the bytes.
void compare(LineReader& reader, std::string_view bytes, StreamState last) {
  std::size_t at = bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  std::uint64_t number = 0;
  Line line;
  for (;;) {
    const LineState state = reader.next(line);
    if (state == LineState::refill) {
      require(reader.refill().ok());
      continue;
    }
    const std::size_t end = bytes.find('\n', at);
    const bool whole = end != std::string_view::npos;
    if (state != LineState::line) {
      require((state == LineState::cut_off) == (last == StreamState::cut_off));
      require(at == bytes.size() || (last == StreamState::cut_off && !whole));
      return;
    }
    require(at < bytes.size() && (whole || last == StreamState::end));
    std::string_view text = bytes.substr(at, whole ? end - at : std::string_view::npos);
    if (whole && text.ends_with('\r')) text.remove_suffix(1);
    require(line.begin == at && line.number == ++number && line.length == text.size());
    require(line.text == text.substr(0, line.too_long ? line.text.size() : std::string_view::npos));
    at = whole ? end + 1 : bytes.size();
    require(reader.offset() == at);
    require(reader.hash_before(at) == tickerhouse::base::hash128(bytes.substr(0, at)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int fd = memfd_create("fuzz", 0);
  if (fd < 0 || ::write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
  std::string bytes;
  StreamState last = StreamState::bytes;
  for (const auto stream = open(fd); last == StreamState::bytes;) {
    const auto state = stream->read(bytes, std::size_t{1} << 20U);
    require(state.ok());
    last = *state;
  }
  LineReader whole(open(fd), false);
  compare(whole, bytes, last);
  for (const std::size_t most : {1U, 3U, 64U}) {
    LineReader cut(std::make_unique<Cut>(open(fd), most, size + most), false);
    compare(cut, bytes, last);
  }
  ::close(fd);
  return 0;
}
