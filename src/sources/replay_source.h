// Replay of files, standard input and growing files: one or several inputs merged by event time into one
// source.
//
// An input is known by its bytes: the hash of its first 64 KiB, and the hash of all that was read of it up to
// the position. The same bytes under another name, or compressed, are the same input and go on where they
// stood.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "flow/source.h"
#include "formats/mapping.h"
#include "sources/byte_stream.h"

namespace tickerhouse::sources {

struct KnownInput {
  std::string source;    // its name
  std::string position;  // as it came out of its batches
};

struct ReplayOptions {
  std::vector<std::string> paths;  // "-" is standard input
  formats::Mapping mapping;
  bool follow = false;            // the files grow: no end is ever written
  bool sort = false;              // by time first, in memory: any order of records will do
  std::vector<KnownInput> known;  // of the data directory
};

struct OpenedReplay {
  std::unique_ptr<flow::Source> source;
  bool known = false;                  // loaded before, in part or whole: restore it
  std::shared_ptr<ReplayMeter> meter;  // shared with whoever draws the progress
};

// not_found: a file is missing. configuration: a mistake of the mapping, an input whose earlier bytes have
// changed, a set that overlaps loaded ones only partly.
base::Result<OpenedReplay> open_replay(const ReplayOptions& options);

}  // namespace tickerhouse::sources
