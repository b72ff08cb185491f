// One file of a replay: its lines, decoded one at a time, and the position to go on from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "formats/mapping.h"
#include "sources/line_reader.h"
#include "sources/merged_inputs.h"

namespace tickerhouse::sources {

// What is known of a file, with its position. Equal bytes are the same file, whatever its name
// (docs/semantics.md 7).
struct FilePosition {
  std::string name;               // shown in rejects
  std::uint64_t head_length = 0;  // of its identity: up to 64 KiB from the start
  base::Hash128 head_hash;
  std::uint64_t offset = 0;   // of the next line
  std::uint64_t line = 1;     // its number
  std::uint32_t item = 0;     // records of that line already taken
  base::Hash128 hash_before;  // of all bytes before offset

  void save(base::ByteWriter& out) const;
  void load(base::ByteReader& in);
};

class FileInput {
 public:
  static constexpr bool kBytesLiveOn = false;  // after refill()

  // The mapping's format may be by_content: decided here from the first bytes, with the columns. Mistakes of
  // the mapping are `configuration`.
  static base::Result<std::unique_ptr<FileInput>> open(const std::string& path,
                                                       const formats::Mapping& mapping, bool follow,
                                                       std::size_t head_wanted, InputMeter* meter);
  [[nodiscard]] const std::string& head() const { return reader_.head(); }
  // `configuration` with the offset if the bytes before the position are others, or fewer.
  base::Status go_to(const FilePosition& position);

  // Decodes until a record, skipping blanks and excluded lines (counted in skipped()).
  InputState advance();
  base::Result<bool> refill();  // false: nothing now
  [[nodiscard]] const formats::Record& current() const { return records_[item_]; }
  [[nodiscard]] const Line& line() const { return line_; }
  void take() { ++item_; }  // current() has been used

  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  void save(FilePosition& position);  // name is kept

 private:
  FileInput(std::unique_ptr<ByteStream> stream, const formats::Mapping& mapping, bool follow)
      : follow_(follow), reader_(std::move(stream), follow), mapping_(mapping) {}
  base::Status learn(std::size_t head_wanted);
  [[nodiscard]] base::Status check_columns(const formats::LineDecoder& decoder) const;
  [[nodiscard]] std::unique_ptr<formats::LineDecoder> make_decoder(char first) const;
  void refuse_line(market::RejectReason reason);

  std::string path_;
  bool follow_;
  LineReader reader_;
  formats::Mapping mapping_;
  std::unique_ptr<formats::LineDecoder> decoder_;
  bool primed_ = false;
  bool columns_wrong_ = false;
  Line line_;
  bool has_line_ = false;
  std::vector<formats::Record> records_;
  std::size_t item_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace tickerhouse::sources
