// Bytes of a file, plain or gzip: the lines handed out, in order and with their offsets, are the input's,
// however it is cut into reads.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "sources/line_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerhouse::sources;
  const int fd = memfd_create("fuzz", 0);
  if (fd < 0 || ::write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
  auto stream = open_stream("/proc/self/fd/" + std::to_string(fd), false, nullptr);
  if (!stream.ok()) std::abort();
  LineReader reader(std::move(*stream), false);
  Line line;
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  for (;;) {
    const LineState state = reader.next(line);
    if (state == LineState::refill) {
      if (!reader.refill().ok()) std::abort();
      continue;
    }
    if (state != LineState::line) break;
    if (line.number != ++number || line.begin < offset || line.text.size() > line.length) std::abort();
    if (!line.too_long && line.text.find('\n') != std::string_view::npos) std::abort();
    offset = line.begin + line.length;
    (void)reader.hash_before(reader.offset());
  }
  ::close(fd);
  return 0;
}
