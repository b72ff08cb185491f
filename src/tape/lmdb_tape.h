// The embedded tape: one LMDB file in the data directory (docs/formats/tape.md).
//
// One process writes (`busy` if another one does); any number of processes read beside it, or without it.
// commit() may be called from any thread; a reader belongs to one thread and ends before its tape. After a
// crash of the process nothing committed is missing; after one of the machine the same with
// Durability::fsync, and with Durability::os the tape is checked whole before it is used and refused if it is
// damaged. When a write fails otherwise than for want of space the tape stops: every later commit fails until
// it is opened again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/disk.h"
#include "base/result.h"
#include "base/time.h"
#include "flow/tape.h"
#include "tape/durability.h"

namespace tickerhouse::tape {

struct LmdbTapeOptions {
  std::string directory = {};  // made if it is not there, unless read_only
  // Bytes of the sparse file. A reader takes the writer's; never less than what is there.
  std::uint64_t size_max = 64ULL << 30U;
  Durability durability = Durability::fsync;
  // Nothing is written to the tape, commits are refused; `not_found` if there is none.
  bool read_only = false;
  // How long to wait for another writer to end, before `busy`.
  base::DurationNanos patience = 10 * base::kSecond;
  base::Disk* disk = nullptr;  // system_disk() if null
  // Ingest pauses below this much free space; 0: 256 MiB or 1 % of the disk, the larger.
  std::uint64_t low_disk_bytes = 0;
  std::string boot_id = {};  // of this machine; empty: ask the system
};

// not_found, busy, damaged (also: written by a newer version), no_space, io.
base::Result<std::unique_ptr<flow::Tape>> open_lmdb_tape(const LmdbTapeOptions& options);

struct TapeUsage {
  std::uint64_t bytes_used = 0;  // pages that hold something; the file may be larger
  std::uint64_t bytes_max = 0;   // tape.size_max
  std::uint64_t disk_free_bytes = 0;
  bool ingest_paused = false;  // new input is refused: the tape or the disk is nearly full
  bool stopped = false;        // a write failed; every commit fails until the tape is opened again
};

// Any thread. Of another tape than this nothing is known here: all 0.
base::Result<TapeUsage> usage_of(flow::Tape& tape);

}  // namespace tickerhouse::tape
