#include "sources/line_reader.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "market/reject.h"

namespace tickerhouse::sources {
namespace {
constexpr std::size_t kChunk = std::size_t{1} << 20U;
constexpr std::size_t kKept = market::kRejectBytesMax;
}  // namespace

LineReader::LineReader(std::unique_ptr<ByteStream> stream, bool follow)
    : stream_(std::move(stream)), follow_(follow) {}

base::Result<StreamState> LineReader::read_more(std::size_t wanted) {
  const std::size_t before = buffer_.size();
  ASSIGN_OR_RETURN(const StreamState state, stream_->read(buffer_, wanted));
  if (head_.size() < kHeadBytes)
    head_.append(buffer_, before, std::min(buffer_.size() - before, kHeadBytes - head_.size()));
  if (state != StreamState::nothing_now) state_ = state;
  return state;
}

base::Result<LineReader::Refilled> LineReader::refill() {
  hash_before(buffer_offset_ + at_);  // what is dropped has been hashed
  if (at_ > 0) last_dropped_ = buffer_[at_ - 1];
  buffer_.erase(0, at_);
  buffer_offset_ += at_;
  searched_ -= at_;
  at_ = 0;
  const std::size_t before = buffer_.size();
  while (state_ == StreamState::bytes && buffer_.size() - before < kChunk) {
    ASSIGN_OR_RETURN(const StreamState state, read_more(kChunk));
    if (state == StreamState::nothing_now)
      return buffer_.size() == before ? Refilled::nothing_now : Refilled::more;
  }
  return Refilled::more;
}

base::Hash128 LineReader::hash_before(std::uint64_t offset) {
  if (offset < hashed_ && long_before_ && offset == long_begin_) return *long_before_;
  CHECK(offset >= hashed_ && offset <= buffer_offset_ + buffer_.size());
  hash_.update(std::string_view(buffer_).substr(hashed_ - buffer_offset_, offset - hashed_));
  hashed_ = offset;
  return hash_.digest();
}

// 4 MiB and one or two bytes are whole in memory, and still too long.
void LineReader::finish_line(Line& line, std::size_t begin, std::size_t end) {
  line.text = std::string_view(buffer_).substr(begin, end - begin);
  line.begin = buffer_offset_ + begin;
  line.length = line.text.size();
  line.too_long = line.length > kKept;
  if (line.too_long) {
    line.hash = base::hash128(line.text);
    line.text = line.text.substr(0, kKept);
  }
  number(line);
}

void LineReader::number(Line& line) {
  line.rest = inside_line_;
  line.number = inside_line_ ? next_number_ - 1 : next_number_++;
  inside_line_ = false;
}

LineState LineReader::next(Line& line) {
  if (in_long_line_) return long_line(line);
  if (next_number_ == 1 && at_ == 0 && buffer_offset_ == 0) {  // a byte-order mark belongs to no line
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    if (buffer_.size() < kMark.size() && state_ == StreamState::bytes) return LineState::refill;
    if (buffer_.starts_with(kMark)) at_ = searched_ = kMark.size();
  }
  const void* found = searched_ < buffer_.size()
                          ? std::memchr(buffer_.data() + searched_, '\n', buffer_.size() - searched_)
                          : nullptr;
  if (found == nullptr) {
    searched_ = buffer_.size();
    if (buffer_.size() - at_ > kKept + 2) return long_line(line);
    return state_ == StreamState::bytes ? LineState::refill : last_line(line);
  }
  const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
  if (end - at_ > kKept + 2) return long_line(line);
  finish_line(line, at_, end > at_ && buffer_[end - 1] == '\r' ? end - 1 : end);
  at_ = searched_ = end + 1;
  return LineState::line;
}

// What is left when the stream has ended.
LineState LineReader::last_line(Line& line) {
  const LineState ended = state_ == StreamState::cut_off ? LineState::cut_off : LineState::end;
  if (at_ == buffer_.size() || state_ == StreamState::cut_off || follow_) return ended;
  finish_line(line, at_, buffer_.size());
  at_ = searched_ = buffer_.size();
  return LineState::line;
}

// Takes the line piece by piece; a CR at the end of a piece is held back, for it may belong to the line's
// end.
LineState LineReader::long_line(Line& line) {
  if (!in_long_line_) {
    in_long_line_ = true;
    long_begin_ = buffer_offset_ + at_;
    long_before_ = hash_before(long_begin_);  // asked for when its bytes are gone
    long_head_.assign(buffer_, at_, kKept);
    long_length_ = 0;
    long_hash_ = base::StreamHash();
  }
  const void* found = std::memchr(buffer_.data() + at_, '\n', buffer_.size() - at_);
  const bool ended = found == nullptr && state_ != StreamState::bytes;
  std::size_t end = found != nullptr
                        ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data())
                        : buffer_.size();
  const std::size_t next = found != nullptr ? end + 1 : end;
  const bool may_be_ending = end > at_ && buffer_[end - 1] == '\r' && !ended;
  if (may_be_ending) --end;
  long_hash_.update(std::string_view(buffer_).substr(at_, end - at_));
  long_length_ += end - at_;
  at_ = searched_ = found != nullptr ? next : end;
  if (found == nullptr && !ended) return LineState::refill;
  if (ended && state_ == StreamState::cut_off)
    return LineState::cut_off;  // the position stays before the line
  if (ended && follow_) return LineState::end;
  in_long_line_ = false;
  line.text = long_head_;
  line.begin = long_begin_;
  line.length = long_length_;
  line.too_long = true;
  line.hash = long_hash_.digest();
  number(line);
  return LineState::line;
}

bool LineReader::next_line_holds(std::uint64_t offset) const {
  if (offset < buffer_offset_ + at_ || offset > buffer_offset_ + buffer_.size()) return false;
  return std::memchr(buffer_.data() + at_, '\n', offset - buffer_offset_ - at_) == nullptr;
}

base::Result<bool> LineReader::skip_to(std::uint64_t offset, std::uint64_t line) {
  while (buffer_offset_ + buffer_.size() < offset) {
    at_ = searched_ = buffer_.size();
    ASSIGN_OR_RETURN(const Refilled refilled, refill());
    if (refilled == Refilled::nothing_now && follow_) return false;
    if (buffer_.empty() && state_ != StreamState::bytes) return false;
  }
  at_ = searched_ = static_cast<std::size_t>(offset - buffer_offset_);
  in_long_line_ = false;
  next_number_ = line;
  inside_line_ = line > 1 && (at_ > 0 ? buffer_[at_ - 1] : last_dropped_) != '\n';
  return true;
}

}  // namespace tickerhouse::sources
