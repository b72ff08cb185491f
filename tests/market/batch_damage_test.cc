// Bytes that were a batch: whatever happened to them, they are refused and nothing is read beyond them.
#include <gtest/gtest.h>

#include <cstring>
#include <new>
#include <random>
#include <string>

#include "base/hash.h"
#include "market/batch_builder.h"
#include "tests/support/golden_bytes.h"

namespace tickerhouse::market {
namespace {

// A copy of its own length on the heap, aligned as a batch must be: a sanitizer sees what is read beyond it.
class Copy {
 public:
  explicit Copy(std::string_view bytes)
      : size_(bytes.size()),
        data_(static_cast<char*>(::operator new(size_, std::align_val_t{kBatchAlignment}))) {
    std::memcpy(data_, bytes.data(), size_);
  }
  ~Copy() { ::operator delete(data_, std::align_val_t{kBatchAlignment}); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  [[nodiscard]] std::string_view view() const { return {data_, size_}; }

 private:
  std::size_t size_;
  char* data_;
};

std::string golden() { return tests::golden_bytes("batch_v1"); }

bool is_damaged(std::string_view bytes) {
  const Copy copy(bytes);
  const auto opened = BatchBytes::open(copy.view());
  return !opened.ok() && opened.error().code == base::ErrorCode::damaged;
}

// With a checksum that fits, so that the checks behind it are reached: docs/formats/batch.md.
std::string sealed(std::string bytes) {
  const std::uint64_t none = 0;
  std::memcpy(bytes.data() + 40, &none, 8);
  const std::uint64_t seed = base::hash64(std::string_view(bytes).substr(0, 64));
  const std::uint64_t checksum = base::hash64(std::string_view(bytes).substr(64), seed);
  std::memcpy(bytes.data() + 40, &checksum, 8);
  return bytes;
}

template <typename T>
std::string with(std::string bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return sealed(std::move(bytes));
}

// Everything a view gives out, added up so that it is truly read.
std::size_t read_all(const BatchBytes& batch) {
  std::size_t sum = 0;
  for (std::uint32_t row = 0; row < batch.row_count() + 2; ++row)
    for (const char c : batch.text(row)) sum += static_cast<unsigned char>(c);
  for (std::uint32_t i = 0; i <= 0xFFFF; ++i)
    for (const char c : batch.string(static_cast<std::uint16_t>(i))) sum += static_cast<unsigned char>(c);
  return sum;
}

TEST(BatchDamage, TheGoldenBytesAreFine) {
  const std::string bytes = golden();
  ASSERT_EQ(bytes.size(), 0x147U);
  EXPECT_FALSE(is_damaged(bytes));
  EXPECT_EQ(sealed(bytes), bytes);
}

TEST(BatchDamage, EveryFlippedBitIsFound) {
  const std::string bytes = golden();
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      ASSERT_TRUE(is_damaged(damaged)) << "bit " << bit << " of byte " << at;
    }
}

TEST(BatchDamage, EveryCutAndEveryAdditionIsFound) {
  const std::string bytes = golden();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_TRUE(is_damaged(bytes.substr(0, size))) << size;
  for (std::size_t more = 1; more <= 20; ++more)
    ASSERT_TRUE(is_damaged(bytes + std::string(more, '\0'))) << more;
  ASSERT_TRUE(is_damaged(bytes + bytes));
}

TEST(BatchDamage, CountsThatDoNotFitTheLengthAreFoundBeforeTheyAreUsed) {
  const std::string bytes = golden();
  for (const std::size_t at : {8U, 12U, 16U, 20U, 24U, 28U})  // row_count to text_bytes
    for (const std::uint32_t value : {0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU, 0x04000000U})
      EXPECT_TRUE(is_damaged(with(bytes, at, value))) << value << " at " << at;
  // Sums of parts that are right only modulo 2^32.
  std::string wrapped = bytes;
  const std::uint32_t rows = 3 + (1U << 26U);  // times 64 is 192 again in 32 bits
  std::memcpy(wrapped.data() + 8, &rows, 4);
  EXPECT_TRUE(is_damaged(sealed(wrapped)));
}

TEST(BatchDamage, ANewerVersionAndUnknownRowsAreRefused) {
  const std::string bytes = golden();
  EXPECT_TRUE(is_damaged(with(bytes, 4, std::uint16_t{2})));
  EXPECT_TRUE(is_damaged(with(bytes, 4, std::uint16_t{0})));
  EXPECT_TRUE(is_damaged(with(bytes, 6, std::uint16_t{0})));
  EXPECT_TRUE(is_damaged(with(bytes, 6, std::uint16_t{2})));  // bars are 176 bytes
  EXPECT_TRUE(is_damaged(with(bytes, 6, std::uint16_t{4})));
  EXPECT_TRUE(is_damaged(with(bytes, 12, std::uint32_t{0})));
  EXPECT_TRUE(is_damaged(with(bytes, 12, std::uint32_t{32})));
}

TEST(BatchDamage, TablesThatPointOutsideAreFound) {
  const std::string bytes = golden();
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(is_damaged(with(bytes, 0x100 + 4 * i, std::uint32_t{25}))) << i;
    EXPECT_TRUE(is_damaged(with(bytes, 0x100 + 4 * i, std::uint32_t{0xFFFFFFFF}))) << i;
  }
  EXPECT_TRUE(is_damaged(with(bytes, 0x104, std::uint32_t{3})));  // before the end of the string before it
  EXPECT_TRUE(is_damaged(with(bytes, 0x12c, std::uint32_t{24})));
  EXPECT_TRUE(is_damaged(with(bytes, 0x12c, std::uint32_t{0x80000000})));
  EXPECT_FALSE(is_damaged(with(bytes, 0x10c, std::uint32_t{24})));  // the padding: odd, and inside
}

// Anything with a good checksum is refused or can be read to its last byte.
TEST(BatchDamage, RandomTablesWithAGoodChecksumNeverLeadOutside) {
  const std::string bytes = golden();
  std::mt19937_64 random(1);
  int accepted = 0;
  std::size_t sum = 0;
  for (int i = 0; i < 300; ++i) {
    std::string damaged = bytes;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % 2 == 0 ? 8 + random() % 24 : 0x100 + random() % 0x30;
      damaged[at] = static_cast<char>(random() % 40);
    }
    const Copy copy(sealed(damaged));
    const auto opened = BatchBytes::open(copy.view());
    if (!opened.ok()) continue;
    ++accepted;
    sum += read_all(*opened);
  }
  EXPECT_GT(accepted, 20);
  EXPECT_GT(sum, 0U);
}

TEST(BatchBuilder, IsTheSameAfterItWasCleared) {
  EventBatchBuilder batch;
  std::string first;
  std::string again;
  for (std::string* out : {&first, &again}) {
    for (int i = 0; i < 500; ++i) {  // the table of strings grows
      EventRow row;
      row.symbol = batch.strings.intern("S" + std::to_string(i % 300));
      if (i % 7 == 0) batch.add_text(static_cast<std::uint32_t>(i), "text " + std::to_string(i));
      batch.rows.push_back(row);
    }
    batch.seal(*out, 5);
    batch.clear();
  }
  EXPECT_EQ(first, again);
  const Copy copy(first);
  const auto opened = BatchBytes::open(copy.view());
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->string_count(), 300U);
  for (std::uint32_t i = 0; i < 500; ++i) {
    EXPECT_EQ(opened->string(EventBatchView(*opened).rows()[i].symbol), "S" + std::to_string(i % 300));
    EXPECT_EQ(opened->text(i), i % 7 == 0 ? "text " + std::to_string(i) : "");
  }
}

TEST(BatchBuilder, NothingAtAllIsABatch) {
  std::string bytes;
  BatchBuilder<RejectRow>().seal(bytes, 0);
  EXPECT_EQ(bytes.size(), 64U);
  const Copy copy(bytes);
  const auto opened = BatchBytes::open(copy.view());
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->row_count(), 0U);
  EXPECT_EQ(opened->string(0), "");
  EXPECT_EQ(opened->text(0), "");
}

}  // namespace
}  // namespace tickerhouse::market
