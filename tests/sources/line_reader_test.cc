// Lines of an input, however it is cut into reads.
#include "sources/line_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/sources/input_support.h"

namespace tickerhouse::sources {
namespace {

using Random = std::mt19937_64;

std::vector<std::string> pieces_of(const std::string& bytes, Random& random, std::size_t most) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < bytes.size();) {
    if (random() % 5 == 0) pieces.emplace_back();
    const std::size_t size = std::min<std::size_t>(1 + random() % most, bytes.size() - at);
    pieces.push_back(bytes.substr(at, size));
    at += size;
  }
  return pieces;
}

LineReader reader_of(std::vector<std::string> pieces, StreamState last = StreamState::end,
                     bool follow = false) {
  return {std::make_unique<Pieces>(std::move(pieces), last), follow};
}

// The next line, refilling; `ended` of nothing_now too if the stream has no more.
LineState next(LineReader& reader, Line& line, int patience = 1'000) {
  for (;;) {
    const LineState state = reader.next(line);
    if (state != LineState::refill || patience-- == 0) return state;
    CHECK(reader.refill().ok());
  }
}

// Lines from `first` on are those of the bytes, with everything that is known of them.
void expect_lines(LineReader& reader, const std::string& bytes, const std::vector<PlainLine>& lines,
                  std::size_t first = 0) {
  Line line;
  for (std::size_t i = first; i < lines.size(); ++i) {
    const PlainLine& wanted = lines[i];
    ASSERT_EQ(next(reader, line), LineState::line) << "line " << wanted.number;
    ASSERT_EQ(line.text, std::string_view(wanted.text).substr(0, kLineMax));
    ASSERT_EQ(line.number, wanted.number);
    ASSERT_EQ(line.begin, wanted.begin);
    ASSERT_EQ(line.length, wanted.text.size());
    ASSERT_EQ(line.too_long, wanted.text.size() > kLineMax);
    if (line.too_long) {
      ASSERT_EQ(line.hash, base::hash128(wanted.text));
    }
    ASSERT_EQ(reader.offset(), wanted.next);
    ASSERT_EQ(reader.next_number(), wanted.number + 1);
    ASSERT_EQ(reader.hash_before(wanted.next), base::hash128(std::string_view(bytes).substr(0, wanted.next)));
  }
}

std::string random_bytes(Random& random) {
  std::string bytes = random() % 3 == 0 ? "\xEF\xBB\xBF" : "";
  for (auto count = random() % 60; count > 0; --count)
    bytes.push_back("ab \r\n\n\r\n\xEF\xBB\xBF"[random() % 11]);
  return bytes;
}

TEST(LineReader, LinesDoNotDependOnTheCuts) {
  Random random(1);
  for (int i = 0; i < 3'000; ++i) {
    const std::string bytes = random_bytes(random);
    LineReader reader = reader_of(pieces_of(bytes, random, std::array{1U, 3U, 100U}[random() % 3]));
    expect_lines(reader, bytes, lines_of(bytes));
    Line line;
    ASSERT_EQ(next(reader, line), LineState::end);
    ASSERT_EQ(next(reader, line), LineState::end);
    ASSERT_EQ(reader.head(), bytes);
  }
}

TEST(LineReader, TheCasesOfThePage) {
  const auto texts = [](const std::string& bytes) {
    LineReader reader = reader_of({bytes});
    std::string all;
    Line line;
    while (next(reader, line) == LineState::line)
      all.append(std::to_string(line.number)).append("[").append(line.text).append("]");
    return all;
  };
  EXPECT_EQ(texts(""), "");
  EXPECT_EQ(texts("\n"), "1[]");
  EXPECT_EQ(texts("a"), "1[a]");
  EXPECT_EQ(texts("a\n"), "1[a]");
  EXPECT_EQ(texts("a\r\n\r\nb\r"), "1[a]2[]3[b\r]");  // a CR at the very end belongs to the line
  EXPECT_EQ(texts("a\rb\r\r\n"), "1[a\rb\r]");        // only one before the LF goes
  EXPECT_EQ(texts("\xEF\xBB\xBF"
                  "a\n\xEF\xBB\xBF"
                  "b"),
            "1[a]2[\xEF\xBB\xBF"
            "b]");
  EXPECT_EQ(texts("\xEF\xBB\xBF"), "");
  EXPECT_EQ(texts("\xEF\xBB"), "1[\xEF\xBB]");
  EXPECT_EQ(texts(std::string("a\0b\n", 4)), std::string("1[a\0b]", 6));
}

TEST(LineReader, GoesOnAtEveryLine) {
  Random random(2);
  for (int i = 0; i < 300; ++i) {
    const std::string bytes = random_bytes(random);
    const std::vector<PlainLine> lines = lines_of(bytes);
    for (std::size_t first = 0; first < lines.size(); ++first) {
      LineReader reader = reader_of(pieces_of(bytes, random, 7));
      const auto reached = reader.skip_to(lines[first].begin, lines[first].number);
      ASSERT_TRUE(reached.ok() && *reached);
      ASSERT_EQ(reader.hash_before(lines[first].begin),
                base::hash128(std::string_view(bytes).substr(0, lines[first].begin)));
      expect_lines(reader, bytes, lines, first);
    }
    LineReader reader = reader_of(pieces_of(bytes, random, 7));
    const auto beyond = reader.skip_to(bytes.size() + 1, 1);
    EXPECT_TRUE(beyond.ok() && !*beyond);
  }
}

TEST(LineReader, ALineIsTooLongBeyondFourMegabytes) {
  for (const std::string& end : {std::string("\n"), std::string("\r\n"), std::string()})
    for (const std::size_t more : {0U, 1U, 2U, 3U, 300'000U}) {
      std::string bytes = "a\n" + std::string(kLineMax + more, 'x') + end;
      if (!end.empty()) bytes.append("b");
      SCOPED_TRACE(std::to_string(more) + " more, end of " + std::to_string(end.size()));
      LineReader reader = reader_of({bytes.substr(0, 1'000'000), bytes.substr(1'000'000)});
      expect_lines(reader, bytes, lines_of(bytes));
      Line line;
      EXPECT_EQ(next(reader, line), LineState::end);
    }
}

// A CR that ends a piece of a long line may belong to the line's end, or not.
TEST(LineReader, ACrAtAnEdgeInsideALongLine) {
  const std::string long_text(kLineMax + 10, 'x');
  for (const char* rest : {"\n", "y\n", "\r\n", "", "\r"}) {
    const std::string bytes = long_text + "\r" + rest + (*rest == '\0' || rest[1] == '\0' ? "" : "next\n");
    std::vector<std::string> pieces = {long_text + "\r"};
    for (const char c : bytes.substr(long_text.size() + 1))
      pieces.insert(pieces.end(), {"", std::string(1, c)});
    LineReader reader = reader_of(std::move(pieces));
    expect_lines(reader, bytes, lines_of(bytes));
    Line line;
    EXPECT_EQ(next(reader, line), LineState::end);
  }
}

// What is readable of a stream that ends early is used: whole lines.
TEST(LineReader, ACutStreamKeepsItsWholeLines) {
  Random random(3);
  for (const std::size_t long_size : {std::size_t{0}, std::size_t{20}, kLineMax + 1'000'000}) {
    const std::string bytes = "a\nbc\r\n" + std::string(long_size, 'x');
    LineReader reader = reader_of(pieces_of(bytes, random, 2'000'000), StreamState::cut_off);
    expect_lines(reader, bytes, lines_of(bytes, false));
    Line line;
    for (int again = 0; again < 2; ++again) {
      ASSERT_EQ(next(reader, line), LineState::cut_off);
      EXPECT_EQ(reader.offset(), 6U);
      EXPECT_EQ(reader.next_number(), 3U);
      EXPECT_EQ(reader.hash_before(6), base::hash128("a\nbc\r\n"));
    }
  }
}

TEST(LineReader, OfAFollowedFileTheLastLineWaitsForItsEnd) {
  LineReader reader = reader_of({"ab\nc", "", "", "d", "", "\nef"}, StreamState::nothing_now, true);
  Line line;
  std::string all;
  while (next(reader, line, 10) == LineState::line) all.append(line.text).append(";");
  EXPECT_EQ(all, "ab;cd;");
  EXPECT_EQ(reader.offset(), 6U);
}

// A line stays where it lies until the next refill.
TEST(LineReader, LinesOfOneReadLiveTogether) {
  LineReader reader = reader_of({"one\ntwo\nthree\n"});
  ASSERT_TRUE(reader.refill().ok());
  std::array<Line, 3> lines;
  for (Line& line : lines) ASSERT_EQ(reader.next(line), LineState::line);
  EXPECT_EQ(lines[0].text, "one");
  EXPECT_EQ(lines[1].text, "two");
  EXPECT_EQ(lines[2].text, "three");
}

}  // namespace
}  // namespace tickerhouse::sources
