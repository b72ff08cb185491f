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
#include "sources/known_input.h"

namespace tickerhouse::sources {

struct ReplayOptions {
  std::vector<std::string> paths;  // "-" is standard input
  formats::Mapping mapping;
  bool follow = false;            // the files grow: no end is ever written
  bool sort = false;              // by time first, in memory: any order of records will do
  std::vector<KnownInput> known;  // of the data directory
};

// not_found: a file is missing. configuration: a mistake of the mapping, an input whose earlier bytes have
// changed, a set that overlaps loaded ones only partly.
base::Result<OpenedInput> open_replay(const ReplayOptions& options);

}  // namespace tickerhouse::sources
