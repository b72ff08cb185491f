// Decompressed bytes of a file or of standard input, plain or gzip by content. Thread: the source's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "sources/input_meter.h"

namespace tickerhouse::sources {

enum class StreamState {
  bytes,
  nothing_now,  // a pipe without data within the wait, or a followed file at its end
  end,
  cut_off,  // compressed data that ends early or is damaged from here on
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Appends at least one byte and about `wanted` to `out`, or says why not. Waits at most 100 ms. Of a pipe
  // that is written without a pause it says nothing_now some 5 ms after its first bytes, so that they can go
  // on.
  virtual base::Result<StreamState> read(std::string& out, std::size_t wanted) = 0;
};

// A pipe, or a file that is followed: its records may be of a time after it was opened.
bool is_being_written(const std::string& path, bool follow);

// path "-" is standard input, which cannot be followed: its end is its end. follow: the end of the file is
// nothing_now. meter may be null.
base::Result<std::unique_ptr<ByteStream>> open_stream(const std::string& path, bool follow,
                                                      InputMeter* meter);

}  // namespace tickerhouse::sources
