#include "sources/file_input.h"

#include <algorithm>

#include "market/reject.h"

namespace tickerhouse::sources {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n";

// The lines of the first bytes, to learn columns from without disturbing the reader.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

void FilePosition::save(base::ByteWriter& out) const {
  out.put_text(name);
  for (const std::uint64_t value :
       {head_length, head_hash.low, head_hash.high, offset, line, hash_before.low, hash_before.high})
    out.put(value);
  out.put(item);
}

void FilePosition::load(base::ByteReader& in) {
  name = in.get_text();
  for (std::uint64_t* value :
       {&head_length, &head_hash.low, &head_hash.high, &offset, &line, &hash_before.low, &hash_before.high})
    *value = in.get<std::uint64_t>();
  item = in.get<std::uint32_t>();
}

base::Result<std::unique_ptr<FileInput>> FileInput::open(const std::string& path,
                                                         const formats::Mapping& mapping, bool follow,
                                                         std::size_t head_wanted, InputMeter* meter) {
  ASSIGN_OR_RETURN(auto stream, open_stream(path, follow, meter));
  std::unique_ptr<FileInput> input(new FileInput(std::move(stream), mapping, follow && path != "-"));
  input->path_ = path;
  RETURN_IF_ERROR(input->learn(head_wanted));
  return input;
}

// Reads until the head is known as far as it is wanted, then tries the mapping on it. Standard input is not
// waited for unless its identity is needed.
base::Status FileInput::learn(std::size_t head_wanted) {
  for (;;) {
    ASSIGN_OR_RETURN(const LineReader::Refilled refilled, reader_.refill());
    if (reader_.ended() || reader_.head().size() >= std::min(head_wanted, kHeadBytes)) break;
    if (refilled == LineReader::Refilled::nothing_now && path_ != "-")
      break;  // a followed file that is still short
  }
  std::string_view head = reader_.head();
  const bool is_all = reader_.ended() && head.size() < kHeadBytes;
  if (!is_all) head = head.substr(0, head.rfind('\n') + 1);  // half a header lacks columns; advance() sees it
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  const std::size_t first = head.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  const auto trial = make_decoder(head[first]);
  while (!head.empty() && trial->prime(next_line(head)) == formats::LineDecoder::Primed::more) {
  }
  return check_columns(*trial);
}

base::Status FileInput::check_columns(const formats::LineDecoder& decoder) const {
  const auto problems = decoder.problems();
  if (problems.empty()) return {};
  std::string text;
  for (const std::string& problem : problems) text.append(text.empty() ? "" : "; ").append(problem);
  return base::Error{base::ErrorCode::configuration, text, path_};
}

std::unique_ptr<formats::LineDecoder> FileInput::make_decoder(char first) const {
  const bool json = mapping_.format == formats::Format::json ||
                    (mapping_.format == formats::Format::by_content && first == '{');
  return json ? formats::make_json_decoder(mapping_) : formats::make_csv_decoder(mapping_);
}

base::Status FileInput::go_to(const FilePosition& position) {
  const auto differs = [&](const char* what) {
    return base::Error{base::ErrorCode::configuration,
                       std::string(what)
                           .append(" before byte offset ")
                           .append(std::to_string(position.offset))
                           .append(" (decompressed), up to which it was loaded before; to load it as another "
                                   "input use another --data directory"),
                       path_};
  };
  // Columns come from the first lines. Not from one that reaches beyond the position: there the bytes are
  // others, or more of a last line.
  while (!primed_ && reader_.offset() < position.offset && !reader_.next_line_holds(position.offset)) {
    const InputState state = advance();
    if (state == InputState::record) {
      take();  // of a line before the columns, too long or not to be cut
      continue;
    }
    if (state != InputState::refill || primed_) break;
    ASSIGN_OR_RETURN(const bool more, refill());
    if (!more && follow_) break;  // a pipe is waited for
  }
  ASSIGN_OR_RETURN(const bool reached, reader_.skip_to(position.offset, position.line));
  if (!reached) return differs("the input is shorter than what was loaded of it; it ends");
  if (!(reader_.hash_before(position.offset) == position.hash_before))
    return differs("the input has other bytes");
  has_line_ = false;
  records_.clear();
  skipped_ = 0;
  item_ = 0;
  for (std::uint32_t i = 0; i < position.item; ++i) {  // the middle of a line that carries several records
    InputState state = advance();
    while (state == InputState::refill) {
      ASSIGN_OR_RETURN(const bool more, refill());
      if (!more && follow_) break;
      state = advance();
    }
    if (state != InputState::record) break;
    take();
  }
  return {};
}

base::Result<bool> FileInput::refill() {
  if (decoder_ != nullptr) RETURN_IF_ERROR(check_columns(*decoder_));
  ASSIGN_OR_RETURN(const LineReader::Refilled refilled, reader_.refill());
  return refilled == LineReader::Refilled::more;
}

void FileInput::refuse_line(market::RejectReason reason) {
  records_.clear();
  records_.emplace_back().fault = reason;
  has_line_ = true;
}

InputState FileInput::advance() {
  if (columns_wrong_) return InputState::refill;  // which says so, as soon as it is called
  for (;;) {
    if (has_line_ && item_ < records_.size()) return InputState::record;
    has_line_ = false;
    const LineState state = reader_.next(line_);
    if (state == LineState::refill) return InputState::refill;
    if (state == LineState::end) return InputState::end;
    if (state == LineState::cut_off) return InputState::cut_off;
    item_ = 0;
    if (line_.too_long) {
      refuse_line(market::RejectReason::line_too_long);
      continue;
    }
    const std::size_t first = line_.text.find_first_not_of(kWhiteSpace);
    if (decoder_ == nullptr) {
      if (first == std::string_view::npos) continue;
      decoder_ = make_decoder(line_.text[first]);
    }
    if (line_.rest) {  // its beginning has been judged already
      if (first != std::string_view::npos) refuse_line(decoder_->unreadable());
      continue;
    }
    if (!primed_) {
      const formats::LineDecoder::Primed primed = decoder_->prime(line_.text);
      primed_ = primed != formats::LineDecoder::Primed::more;
      columns_wrong_ = primed_ && !decoder_->problems().empty();
      if (columns_wrong_) return InputState::refill;
      if (primed == formats::LineDecoder::Primed::header) continue;
    }
    const formats::LineState decoded = decoder_->decode(line_.text, records_);
    has_line_ = decoded == formats::LineState::records;
    if (decoded == formats::LineState::skipped) ++skipped_;
  }
}

void FileInput::save(FilePosition& position) {
  const bool inside =
      has_line_ && item_ < records_.size();  // some of the line's records are still to be taken
  position.head_length = reader_.head().size();
  position.head_hash = base::hash128(reader_.head());
  position.offset = inside ? line_.begin : reader_.offset();
  position.line = inside ? line_.number : reader_.next_number();
  position.item = inside ? static_cast<std::uint32_t>(item_) : 0;
  position.hash_before = reader_.hash_before(position.offset);
}

}  // namespace tickerhouse::sources
