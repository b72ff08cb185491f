// Bytes of files and of standard input, plain or gzip.
#include "sources/byte_stream.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <sys/stat.h>

#include <array>
#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>

#include "sources/line_reader.h"
#include "tests/sources/input_support.h"

namespace tickerhouse::sources {
namespace {

struct Read {
  std::string bytes;
  StreamState last = StreamState::bytes;
};

Read read_all(ByteStream& stream, std::size_t wanted) {
  Read read;
  for (int quiet = 0; quiet < 3;) {
    const std::size_t before = read.bytes.size();
    const auto state = stream.read(read.bytes, wanted);
    CHECK(state.ok());
    CHECK((*state == StreamState::bytes) == (read.bytes.size() > before));
    read.last = *state;
    if (*state != StreamState::bytes && *state != StreamState::nothing_now) break;
    quiet = *state == StreamState::nothing_now ? quiet + 1 : 0;
  }
  return read;
}

Read read_file(const std::string& path, std::size_t wanted = 1'000) {
  auto stream = open_stream(path, false, nullptr);
  CHECK(stream.ok());
  return read_all(**stream, wanted);
}

std::string text(std::size_t size) {
  std::mt19937_64 random(5);
  std::string bytes(size, '\n');
  for (char& c : bytes) c = static_cast<char>('a' + random() % 20);
  return bytes;
}

TEST(ByteStream, PlainAndCompressedAreTheSameBytes) {
  const Folder folder;
  for (const std::size_t size : {0U, 1U, 2U, 3U, 999U, 1'000U, 1'001U, 700'000U})
    for (const std::size_t wanted : {1U, 1'000U, 1U << 20U}) {
      if (size > 10'000 && wanted == 1) continue;
      const std::string bytes = text(size);
      for (const std::string& stored : {bytes, gzip(bytes), gzip(bytes) + std::string(512, '\0')}) {
        const Read read = read_file(folder.write("a", stored), wanted);
        ASSERT_EQ(read.last, StreamState::end) << size;
        ASSERT_TRUE(read.bytes == bytes) << size;
      }
    }
}

TEST(ByteStream, MembersFollowEachOther) {
  const Folder folder;
  const std::string many =
      gzip("one\n") + gzip("") + gzip("two\n") + std::string(3, '\0') + gzip(text(300'000));
  const Read read = read_file(folder.write("a", many));
  EXPECT_EQ(read.last, StreamState::end);
  EXPECT_TRUE(read.bytes == "one\ntwo\n" + text(300'000));
}

TEST(ByteStream, EveryCutOfAGzipIsFoundAndItsBeginningIsRead) {
  const Folder folder;
  const std::string whole = gzip("one,two\n" + text(200)) + gzip("three");
  const std::string bytes = "one,two\n" + text(200) + "three";
  const std::size_t first = gzip("one,two\n" + text(200)).size();
  for (std::size_t size = 2; size < whole.size(); ++size) {
    const Read read = read_file(folder.write("a", whole.substr(0, size)));
    ASSERT_EQ(read.last, size == first ? StreamState::end : StreamState::cut_off) << size;
    ASSERT_TRUE(bytes.starts_with(read.bytes)) << size;
    ASSERT_EQ(read_file(folder.path("a"), 1).bytes, read.bytes) << size;  // however small the reads
    if (size >= first) {
      ASSERT_GE(read.bytes.size(), 208U) << size;
    }
  }
}

TEST(ByteStream, WhatIsNoGzipBehindAMemberCutsItOff) {
  const Folder folder;
  for (const std::string& behind :
       {std::string("x"), std::string("\0\0x", 3), std::string("\x1f\x8c\x08", 3)}) {
    const Read read = read_file(folder.write("a", gzip("one\n") + behind));
    EXPECT_EQ(read.last, StreamState::cut_off);
    EXPECT_EQ(read.bytes, "one\n");
  }
}

TEST(ByteStream, EveryFlippedByteOfAGzipEndsWell) {
  const Folder folder;
  const std::string bytes = "one,two\n" + text(100);
  const std::string whole = gzip(bytes);
  int found = 0;
  for (std::size_t at = 2; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(~damaged[at]);
    const Read read = read_file(folder.write("a", damaged));
    if (read.last == StreamState::cut_off) ++found;
    if (at >= 10) {
      ASSERT_EQ(read.last, StreamState::cut_off) << at;  // deflated bytes, CRC and length
    }
  }
  EXPECT_GT(found, 0);
}

TEST(ByteStream, AFollowedFileGrows) {
  const Folder folder;
  const std::string path = folder.write("a", "one\n");
  auto stream = open_stream(path, true, nullptr);
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(read_all(**stream, 100).bytes, "one\n");
  folder.append("a", "two\n");
  const Read more = read_all(**stream, 100);
  EXPECT_EQ(more.bytes, "two\n");
  EXPECT_EQ(more.last, StreamState::nothing_now);
  std::filesystem::resize_file(path, 3);
  std::string out;
  const auto cut = (*stream)->read(out, 100);
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.error().code, base::ErrorCode::configuration);
}

TEST(ByteStream, AFollowedFileThatIsReplacedIsRefused) {
  const Folder folder;
  const std::string path = folder.write("a", "one\n");
  auto stream = open_stream(path, true, nullptr);
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(read_all(**stream, 100).bytes, "one\n");
  std::filesystem::rename(folder.write("b", "other, longer\n"), path);
  std::string out;
  const auto replaced = (*stream)->read(out, 100);
  ASSERT_FALSE(replaced.ok());
  EXPECT_EQ(replaced.error().code, base::ErrorCode::configuration);
}

TEST(ByteStream, AFollowedGzipGrowsInsideAMember) {
  const Folder folder;
  const std::string whole = gzip(text(5'000));
  folder.write("a", "");
  auto stream = open_stream(folder.path("a"), true, nullptr);
  ASSERT_TRUE(stream.ok());
  std::string all;
  for (const char c : whole) {
    folder.append("a", std::string(1, c));
    ASSERT_TRUE((*stream)->read(all, 10'000).ok());
  }
  all.append(read_all(**stream, 10'000).bytes);
  EXPECT_TRUE(all == text(5'000));
}

TEST(ByteStream, MistakesAreNamed) {
  const Folder folder;
  EXPECT_EQ(open_stream(folder.path("none"), false, nullptr).error().code, base::ErrorCode::not_found);
  EXPECT_EQ(open_stream(folder.path(""), false, nullptr).error().code, base::ErrorCode::not_found);
  EXPECT_EQ(open_stream(folder.write("a", "x") + "/b", false, nullptr).error().code,
            base::ErrorCode::not_found);
}

TEST(ByteStream, TheMeterCountsTheFileAsItLies) {
  const Folder folder;
  const std::string stored = gzip(text(50'000));
  InputMeter meter;
  auto stream = open_stream(folder.write("a", stored), false, &meter);
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(meter.total, stored.size());
  read_all(**stream, 1'000);
  EXPECT_EQ(meter.done.load(), stored.size());
}

// Standard input of this process is a pipe while this lives.
class StandardInput {
 public:
  StandardInput() : before_(::dup(STDIN_FILENO)) {
    std::array<int, 2> ends{};
    CHECK(::pipe(ends.data()) == 0 && ::dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    ::close(ends[0]);
    writer_ = ends[1];
  }
  ~StandardInput() {
    close();
    ::dup2(before_, STDIN_FILENO);
    ::close(before_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;
  void write(std::string_view bytes) const {
    CHECK(::write(writer_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  void close() {
    if (writer_ >= 0) ::close(writer_);
    writer_ = -1;
  }

 private:
  int before_;
  int writer_ = -1;
};

TEST(ByteStream, StandardInputEndsWhereItEndsEvenIfFollowed) {
  for (const bool follow : {false, true}) {
    StandardInput input;
    auto stream = open_stream("-", follow, nullptr);
    ASSERT_TRUE(stream.ok());
    input.write("on");
    std::string out;
    EXPECT_EQ((*stream)->read(out, 100).value(), StreamState::bytes);
    EXPECT_EQ((*stream)->read(out, 100).value(), StreamState::nothing_now);  // a pipe that is quiet
    input.write("e\n");
    input.close();
    const Read rest = read_all(**stream, 100);
    EXPECT_EQ(out + rest.bytes, "one\n");
    EXPECT_EQ(rest.last, StreamState::end);
  }
}

// A producer that never pauses: what it has written goes on while it writes.
TEST(ByteStream, ASteadyWriterIsNotWaitedFor) {
  for (const bool compressed : {false, true}) {
    StandardInput input;
    auto stream = open_stream("-", false, nullptr);
    ASSERT_TRUE(stream.ok());
    LineReader reader(std::move(*stream), false);
    std::atomic<bool> stop = false;
    std::atomic<int> written = 0;
    constexpr int kMost = 5'000;  // then it gives up, so that a reader that waits is found out
    std::thread writer([&] {
      for (; !stop && written < kMost; ++written) {
        input.write(compressed ? gzip("line\n") : "line\n");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
    int lines = 0;
    for (int refills = 0; refills < 200 && lines < 20; ++refills) {
      ASSERT_TRUE(reader.refill().ok());
      for (Line line; reader.next(line) == LineState::line;) ++lines;
    }
    EXPECT_LT(written.load(), kMost);
    EXPECT_GE(lines, 20);
    stop = true;
    writer.join();
  }
}

TEST(ByteStream, WhatIsBeingWritten) {
  const Folder folder;
  const std::string file = folder.write("a", "x");
  const std::string pipe = folder.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(is_being_written(file, false));
  EXPECT_TRUE(is_being_written(file, true));
  EXPECT_TRUE(is_being_written(pipe, false));
  const StandardInput input;
  EXPECT_TRUE(is_being_written("-", false));
}

TEST(ByteStream, StandardInputMayBeCompressed) {
  StandardInput input;
  auto stream = open_stream("-", false, nullptr);
  ASSERT_TRUE(stream.ok());
  const std::string stored = gzip("one\n");
  input.write(stored.substr(0, 1));
  std::string out;
  EXPECT_EQ((*stream)->read(out, 100).value(), StreamState::nothing_now);  // one byte says nothing yet
  input.write(stored.substr(1));
  input.close();
  EXPECT_EQ(read_all(**stream, 100).bytes, "one\n");
}

}  // namespace
}  // namespace tickerhouse::sources
