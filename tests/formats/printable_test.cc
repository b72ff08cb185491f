#include "formats/printable.h"

#include <gtest/gtest.h>

namespace tickerhouse::formats {
namespace {

std::string shown(std::string_view bytes) {
  std::string out;
  append_printable(out, bytes);
  return out;
}

TEST(Printable, TextStaysAndControlBytesAreNamed) {
  EXPECT_EQ(shown(R"({"a":"b \ \n"})"), R"({"a":"b \ \n"})");
  EXPECT_EQ(shown("Überraschung €"), "Überraschung €");
  EXPECT_EQ(shown("a\tb\x1b[31m\x7f"), R"(a\x09b\x1B[31m\x7F)");
  EXPECT_EQ(shown("\xC2\x9B"), R"(\xC2\x9B)");  // a control character of Latin-1
  EXPECT_EQ(shown("\xE2\x82 \xFF\xC0\xAF"), R"(\xE2\x82 \xFF\xC0\xAF)");
  EXPECT_EQ(shown(std::string_view("\0<b>", 4)), R"(\x00<b>)");
}

TEST(Printable, TheBeginningEndsBetweenCharacters) {
  EXPECT_EQ(beginning_of("abc", 3), "abc");
  EXPECT_EQ(beginning_of("abcd", 3), "abc");
  EXPECT_EQ(beginning_of("a€b", 2), "a");
  EXPECT_EQ(beginning_of("a€b", 3), "a");
  EXPECT_EQ(beginning_of("a€b", 4), "a€");
  EXPECT_EQ(beginning_of("\x80\x80\x80\x80\x80\x80\x80\x80", 6).size(), 6U);
  EXPECT_EQ(beginning_of("abc", 0), "");
}

}  // namespace
}  // namespace tickerhouse::formats
