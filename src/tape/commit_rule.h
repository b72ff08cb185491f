// What every tape does alike: which commits are acceptable at all, and which of the three outcomes a stored
// position asks for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/tape.h"

namespace tickerhouse::tape {

inline constexpr std::size_t kWriterBytesMax = 511;  // what LMDB takes as a key

// A position that does not move, a nameless writer or a batch that could not be read again is refused before
// anything is written: what stands on the tape was whole when it was put there.
base::Status check_commit(const flow::Commit& commit);

// `stored` is the position on the tape, empty if there is none. `applied` means: go on and apply.
flow::CommitOutcome judge(std::string_view stored, const flow::Commit& commit);

// Of a batch that BatchBytes::open would take.
std::uint32_t row_count_of(std::string_view batch);

// "events, partition 3, offset 17": where damage is, in the words of an error.
std::string place_name(flow::Topic topic, std::uint16_t partition, std::uint64_t offset);

}  // namespace tickerhouse::tape
