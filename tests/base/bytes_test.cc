// The bytes of positions: written, read, and cut anywhere.
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace tickerhouse::base {
namespace {

TEST(Bytes, WhatWasWrittenIsRead) {
  std::string bytes;
  ByteWriter out(bytes);
  out.put(std::uint32_t{0x01020304});
  out.put_text("AAPL");
  out.put_text("");
  out.put(std::int64_t{-1});
  EXPECT_EQ(bytes.substr(0, 4), "\x04\x03\x02\x01");  // little-endian
  ByteReader in(bytes);
  EXPECT_EQ(in.get<std::uint32_t>(), 0x01020304U);
  EXPECT_EQ(in.get_text(), "AAPL");
  EXPECT_EQ(in.get_text(), "");
  EXPECT_FALSE(in.at_end());
  EXPECT_EQ(in.get<std::int64_t>(), -1);
  EXPECT_TRUE(in.at_end());
}

TEST(Bytes, ABoolIsOneOfTwoBytes) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string bytes(1, static_cast<char>(byte));
    ByteReader in(bytes);
    EXPECT_EQ(in.get<bool>(), byte == 1);
    EXPECT_EQ(in.at_end(), byte <= 1) << byte;
  }
}

TEST(Bytes, EveryCutFailsForGood) {
  std::string bytes;
  ByteWriter out(bytes);
  out.put(std::uint64_t{5});
  out.put_text("text");
  out.put(std::uint16_t{6});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::string cut = bytes.substr(0, length);
    ByteReader in(cut);
    (void)in.get<std::uint64_t>();
    (void)in.get_text();
    (void)in.get<std::uint16_t>();
    EXPECT_FALSE(in.ok()) << length;
    EXPECT_EQ(in.get<std::uint8_t>(), 0) << length;  // even if a byte is left
    EXPECT_FALSE(in.at_end());
  }
  ByteReader endless(
      std::string_view("\xff\xff\xff\xff"
                       "abc",
                       7));  // a text of 4 GiB
  EXPECT_EQ(endless.get_text(), "");
  EXPECT_FALSE(endless.ok());
}

}  // namespace
}  // namespace tickerhouse::base
