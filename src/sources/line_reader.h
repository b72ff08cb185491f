// Lines of a stream, and what is known of the bytes before them: offset, number, running hash. A line stays
// where it lies until refill().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "sources/byte_stream.h"

namespace tickerhouse::sources {

struct Line {
  std::string_view text;     // without LF and CR LF; of one over 4 MiB the first 4 MiB
  std::uint64_t number = 0;  // from 1
  std::uint64_t begin = 0;   // offset in the decompressed input
  std::uint64_t length = 0;  // of the whole line, without its end
  bool too_long = false;
  bool rest = false;   // of a line that was taken as the last one, without LF, before the input grew
  base::Hash128 hash;  // of all of it, if too long
};

enum class LineState {
  line,
  refill,  // the next line is not wholly in memory: call refill(), which ends the life of all lines handed
           // out
  end,
  cut_off,
};

class LineReader {
 public:
  // follow: a last line without LF waits for the rest of it.
  LineReader(std::unique_ptr<ByteStream> stream, bool follow);

  LineState next(Line& line);
  enum class Refilled { more, nothing_now };
  base::Result<Refilled> refill();

  // The first bytes of the input, up to 64 KiB of what has been read: its identity.
  [[nodiscard]] const std::string& head() const { return head_; }
  // Of the next line; inside a line that is read piece by piece its beginning.
  [[nodiscard]] std::uint64_t offset() const { return in_long_line_ ? long_begin_ : buffer_offset_ + at_; }
  [[nodiscard]] bool ended() const { return state_ != StreamState::bytes; }  // nothing more will be read
  [[nodiscard]] std::uint64_t next_number() const { return next_number_; }
  // The hash of the bytes before `offset`, which must not lie beyond what has been handed out, nor before an
  // earlier question's, but for the beginning of the last line that was too long.
  base::Hash128 hash_before(std::uint64_t offset);
  // Is `offset` in memory, and no end of a line between the next line's beginning and it?
  [[nodiscard]] bool next_line_holds(std::uint64_t offset) const;
  // Reads on to `offset`, hashing, without handing out lines; false if the input ends before. The next line
  // has number `line`, unless `offset` lies inside one.
  base::Result<bool> skip_to(std::uint64_t offset, std::uint64_t line);

 private:
  base::Result<StreamState> read_more(std::size_t wanted);
  LineState last_line(Line& line);
  LineState long_line(Line& line);
  void finish_line(Line& line, std::size_t begin, std::size_t end);
  void number(Line& line);

  std::unique_ptr<ByteStream> stream_;
  bool follow_;
  std::string buffer_;
  std::uint64_t buffer_offset_ = 0;  // of buffer_[0] in the input
  std::size_t at_ = 0;               // of the next line in buffer_
  std::size_t searched_ = 0;         // no LF between at_ and here
  std::uint64_t next_number_ = 1;
  bool inside_line_ = false;  // the next bytes are the rest of line next_number_ - 1
  char last_dropped_ = '\n';  // the byte before buffer_[0]
  StreamState state_ = StreamState::bytes;
  std::string head_;
  base::StreamHash hash_;
  std::uint64_t hashed_ = 0;  // bytes before this offset are in hash_
  // A line longer than is kept: the rest of it is only hashed and counted.
  bool in_long_line_ = false;
  std::string long_head_;
  std::uint64_t long_begin_ = 0;
  std::optional<base::Hash128> long_before_;  // of the bytes before it
  std::uint64_t long_length_ = 0;
  base::StreamHash long_hash_;
};

inline constexpr std::size_t kHeadBytes = std::size_t{64} << 10U;

}  // namespace tickerhouse::sources
