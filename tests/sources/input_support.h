// Inputs for tests: files in a folder of their own, gzip, a stream that hands out chosen pieces, and what
// lines are.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "sources/byte_stream.h"

namespace tickerhouse::sources {

inline constexpr std::size_t kLineMax = std::size_t{4} << 20U;  // docs/semantics.md 1.2

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tickerhouse_inputs_XXXXXX").string();
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path(name);
  }
  void append(const std::string& name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary | std::ios::app) << bytes;
  }

 private:
  std::string path_;
};

inline std::string gzip(std::string_view bytes) {
  z_stream z{};
  CHECK(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&z, static_cast<uLong>(bytes.size())) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  return out;
}

// Each piece by one read; an empty one is nothing_now. Then `last`, for ever.
class Pieces final : public ByteStream {
 public:
  Pieces(std::vector<std::string> pieces, StreamState last) : pieces_(std::move(pieces)), last_(last) {}
  base::Result<StreamState> read(std::string& out, std::size_t) override {
    if (next_ == pieces_.size()) return last_;
    const std::string& piece = pieces_[next_++];
    out.append(piece);
    return piece.empty() ? StreamState::nothing_now : StreamState::bytes;
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
  StreamState last_;
};

struct PlainLine {
  std::string text;  // whole
  std::uint64_t number = 0;
  std::uint64_t begin = 0;
  std::uint64_t next = 0;  // offset of the line after it
};

// docs/semantics.md 1.1, as it is written there. partial: is a last line without LF one?
inline std::vector<PlainLine> lines_of(std::string_view bytes, bool partial = true) {
  std::vector<PlainLine> lines;
  std::size_t at = bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (at < bytes.size()) {
    const std::size_t end = bytes.find('\n', at);
    if (end == std::string_view::npos && !partial) break;
    PlainLine line;
    line.number = lines.size() + 1;
    line.begin = at;
    line.text = bytes.substr(at, std::min(end, bytes.size()) - at);
    if (end != std::string_view::npos && line.text.ends_with('\r')) line.text.pop_back();
    at = end == std::string_view::npos ? bytes.size() : end + 1;
    line.next = at;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace tickerhouse::sources
