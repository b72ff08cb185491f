#include "market/batch_builder.h"

#include "base/check.h"
#include "base/hash.h"

namespace tickerhouse::market {
namespace {

constexpr std::uint32_t kMagic = 0x31424854;  // "THB1"
constexpr std::uint16_t kVersion = 1;

base::Error damaged(const char* what) {
  return {base::ErrorCode::damaged, std::string("batch: ").append(what), ""};
}

std::uint64_t checksum_of(std::string_view bytes) {
  BatchHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.checksum = 0;
  const std::uint64_t seed = base::hash64({reinterpret_cast<const char*>(&header), sizeof header});
  return base::hash64(bytes.substr(sizeof header), seed);
}

std::uint64_t row_size_of(RowKind kind) {
  switch (kind) {
    case RowKind::event:
      return sizeof(EventRow);
    case RowKind::bar:
      return sizeof(BarRow);
    case RowKind::reject:
      return sizeof(RejectRow);
  }
  return 0;
}

std::string_view slice(const std::uint32_t* ends, const char* bytes, std::size_t index, std::size_t stride) {
  const std::uint32_t begin = index == 0 ? 0 : ends[(index - 1) * stride];
  return {bytes + begin, ends[index * stride] - begin};
}

// Ends must ascend and stay within the bytes.
bool ends_fit(const std::uint32_t* ends, std::size_t count, std::size_t stride, std::uint32_t bytes) {
  std::uint32_t before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (ends[i * stride] < before || ends[i * stride] > bytes) return false;
    before = ends[i * stride];
  }
  return true;
}

// Entries are {row, end}; ascending rows.
std::string_view find_text(const std::uint32_t* entries, std::size_t count, const char* texts,
                           std::uint32_t row) {
  std::size_t low = 0;
  std::size_t high = count;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (entries[middle * 2] < row) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == count || entries[low * 2] != row) return {};
  return slice(entries + 1, texts, low, 2);
}

}  // namespace

base::Result<BatchBytes> BatchBytes::open(std::string_view bytes) {
  CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % kBatchAlignment == 0);
  if (bytes.size() < sizeof(BatchHeader)) return damaged("shorter than its header");
  const auto* header = reinterpret_cast<const BatchHeader*>(bytes.data());
  if (header->magic != kMagic) return damaged("not a batch");
  if (header->version != kVersion) return damaged("written by a newer version");
  const std::uint64_t row_size = row_size_of(header->row_kind);
  if (row_size == 0 || header->row_bytes != row_size) return damaged("unknown rows");
  const std::uint64_t total = sizeof(BatchHeader) + row_size * header->row_count +
                              4ULL * header->string_count + header->string_bytes + 8ULL * header->text_count +
                              header->text_bytes;
  // The text entries follow string bytes of any length; the builder pads those to 4.
  if (total != bytes.size() || header->string_bytes % 4 != 0) return damaged("wrong length");
  if (checksum_of(bytes) != header->checksum) return damaged("checksum does not match");
  BatchBytes batch;
  batch.header_ = header;
  batch.string_ends_ = reinterpret_cast<const std::uint32_t*>(bytes.data() + sizeof(BatchHeader) +
                                                              row_size * header->row_count);
  batch.strings_ = reinterpret_cast<const char*>(batch.string_ends_ + header->string_count);
  batch.text_entries_ = reinterpret_cast<const std::uint32_t*>(batch.strings_ + header->string_bytes);
  batch.texts_ = reinterpret_cast<const char*>(batch.text_entries_ + 2ULL * header->text_count);
  if (!ends_fit(batch.string_ends_, header->string_count, 1, header->string_bytes) ||
      !ends_fit(batch.text_entries_ + 1, header->text_count, 2, header->text_bytes))
    return damaged("tables out of bounds");
  return batch;
}

std::string_view BatchBytes::all() const {
  return {reinterpret_cast<const char*>(header_),
          static_cast<std::size_t>(texts_ - reinterpret_cast<const char*>(header_)) + header_->text_bytes};
}

std::string_view BatchBytes::string(std::uint16_t index) const {
  if (index >= header_->string_count) return {};
  return slice(string_ends_, strings_, index, 1);
}

std::string_view BatchBytes::text(std::uint32_t row) const {
  return find_text(text_entries_, header_->text_count, texts_, row);
}

StringTable::StringTable() : slots_(64) {}

std::string_view StringTable::at(std::uint16_t index) const {
  CHECK(index < ends_.size());
  return slice(ends_.data(), bytes_.data(), index, 1);
}

std::uint16_t StringTable::intern(std::string_view text) {
  if (ends_.size() * 2 >= slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = base::hash64(text) & mask;; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.epoch != epoch_) {
      CHECK(ends_.size() < kBatchStringsMax);
      slot = {epoch_, static_cast<std::uint16_t>(ends_.size())};
      bytes_.append(text);
      ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
      return slot.index;
    }
    if (at(slot.index) == text) return slot.index;
  }
}

void StringTable::grow() {
  slots_.assign(slots_.size() * 2, Slot{});
  epoch_ = 1;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t index = 0; index < ends_.size(); ++index) {
    std::size_t i = base::hash64(at(static_cast<std::uint16_t>(index))) & mask;
    while (slots_[i].epoch == epoch_) i = (i + 1) & mask;
    slots_[i] = {epoch_, static_cast<std::uint16_t>(index)};
  }
}

void StringTable::clear() {
  ends_.clear();
  bytes_.clear();
  if (++epoch_ == 0) {  // wrapped after 2^32 batches: old marks would look new
    slots_.assign(slots_.size(), Slot{});
    epoch_ = 1;
  }
}

void BatchParts::add_text(std::uint32_t row, std::string_view text) {
  CHECK(text_entries_.empty() || text_entries_[text_entries_.size() - 2] < row);
  texts_.append(text);
  text_entries_.push_back(row);
  text_entries_.push_back(static_cast<std::uint32_t>(texts_.size()));
}

std::string_view BatchParts::text(std::uint32_t row) const {
  return find_text(text_entries_.data(), text_entries_.size() / 2, texts_.data(), row);
}

void BatchParts::clear() {
  strings.clear();
  text_entries_.clear();
  texts_.clear();
}

BatchParts::Place BatchParts::seal(std::string& out, const Rows& rows, std::uint64_t first_sequence) const {
  out.resize((out.size() + kBatchAlignment - 1) / kBatchAlignment * kBatchAlignment);
  const std::size_t start = out.size();
  BatchHeader header;
  header.magic = kMagic;
  header.version = kVersion;
  header.row_kind = rows.kind;
  header.row_count = static_cast<std::uint32_t>(rows.count);
  header.row_bytes = static_cast<std::uint32_t>(rows.size);
  header.string_count = static_cast<std::uint32_t>(strings.size());
  header.string_bytes = static_cast<std::uint32_t>((strings.bytes().size() + 3) / 4 * 4);
  header.text_count = static_cast<std::uint32_t>(text_entries_.size() / 2);
  header.text_bytes = static_cast<std::uint32_t>(texts_.size());
  header.first_sequence = first_sequence;
  out.append(reinterpret_cast<const char*>(&header), sizeof header);
  out.append(static_cast<const char*>(rows.data), rows.count * rows.size);
  out.append(reinterpret_cast<const char*>(strings.ends().data()), strings.size() * 4);
  out.append(strings.bytes());
  out.append(header.string_bytes - strings.bytes().size(), '\0');
  out.append(reinterpret_cast<const char*>(text_entries_.data()), text_entries_.size() * 4);
  out.append(texts_);
  const Place place{start, out.size() - start};
  CHECK(place.size <= kBatchBytesMax);
  header.checksum = checksum_of({out.data() + start, place.size});
  std::memcpy(out.data() + start, &header, sizeof header);
  return place;
}

}  // namespace tickerhouse::market
