// Hashes that stand in files and choose partitions: golden values from elsewhere.
#include "base/hash.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace tickerhouse::base {
namespace {

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 31 + 7) % 251);
  return bytes;
}

TEST(Hash, Xxh3OfNothing) {  // xxHash 0.8, tests/sanity_test_vectors.h
  EXPECT_EQ(hash64(""), 0x2D06800538D394C2U);
  EXPECT_EQ(to_hex(hash128("")), "99aa06d3014798d86001c324468d497f");
}

TEST(Hash, Xxh3OfLongInputs) {  // tests/reference/xxh3.py, written from the specification
  EXPECT_EQ(to_hex(hash128(pattern(241))), "f91b3cb8ed0fa91a07525dbc14902c7f");
  EXPECT_EQ(to_hex(hash128(pattern(1024))), "f53a1b1e9f1efedfe2898655db7bc9ee");
  EXPECT_EQ(to_hex(hash128(pattern(1025))), "a906cca0f6e772a7134c652ba3d6fb9e");
  EXPECT_EQ(to_hex(hash128(pattern(70'000))), "1d5d90ab487076ae36f746fc5f54ccbc");
}

TEST(Hash, HexIsHighFirstWithZeros) {
  EXPECT_EQ(to_hex({.low = 0xF, .high = 0x1000000000000000}), "1000000000000000000000000000000f");
}

TEST(Hash, ASeedMakesAnotherHash) {
  EXPECT_EQ(hash64("abc", 0), hash64("abc"));
  EXPECT_NE(hash64("abc", 1), hash64("abc"));
  EXPECT_NE(hash64("abc", 1), hash64("abc", 2));
}

TEST(Hash, ARunningHashIsThatOfAllBytesSoFar) {
  const std::string bytes = pattern(3'000);
  StreamHash hash;
  EXPECT_EQ(hash.digest(), hash128(""));
  std::size_t done = 0;
  for (std::size_t step = 0; done < bytes.size(); ++step) {
    const std::string piece = bytes.substr(done, step % 97);
    hash.update(piece);
    done += piece.size();
    ASSERT_EQ(hash.digest(), hash128(bytes.substr(0, done))) << done;
    ASSERT_EQ(hash.digest(), hash.digest());  // asking changes nothing
  }
  StreamHash moved = std::move(hash);
  moved.update("x");
  EXPECT_EQ(moved.digest(), hash128(bytes + "x"));
}

TEST(Hash,
     Murmur2AsKafkaClientsHaveIt) {  // org.apache.kafka.common.utils.UtilsTest.testMurmur2, made positive
  const auto positive = [](std::int32_t hash) { return static_cast<std::uint32_t>(hash) & 0x7fffffffU; };
  EXPECT_EQ(murmur2_positive("21"), positive(-973'932'308));
  EXPECT_EQ(murmur2_positive("foobar"), positive(-790'332'482));
  EXPECT_EQ(murmur2_positive("a-little-bit-long-string"), positive(-985'981'536));
  EXPECT_EQ(murmur2_positive("a-little-bit-longer-string"), positive(-1'486'304'829));
  EXPECT_EQ(murmur2_positive("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), positive(-58'897'971));
  EXPECT_EQ(murmur2_positive("abc"), positive(479'470'107));
}

TEST(Hash, HexComesBack) {
  const Hash128 hash = hash128("something");
  EXPECT_EQ(hash_from_hex(to_hex(hash)), hash);
  for (const char* text : {"", "12", "0123456789abcdef0123456789abcdeg", "0123456789abcdef0123456789abcdef0"})
    EXPECT_FALSE(hash_from_hex(text).has_value()) << text;
}

TEST(Hash, NoTwoRandomIdsAreTheSame) {
  const std::string one = random_id();
  EXPECT_TRUE(hash_from_hex(one).has_value()) << one;
  EXPECT_NE(one, random_id());
}

}  // namespace
}  // namespace tickerhouse::base
