// A foreign topic as a source: its partitions merged by event time, each from where it stood.
//
// Read to an end, that is where the topic ended when the reading began; a reading that was cut short goes on
// to the same end, so its records and their order are the same however often it was. Followed, a partition
// without messages holds nobody back: the order of partitions that come at once is then the order they came
// in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "flow/source.h"
#include "formats/mapping.h"
#include "sources/known_input.h"
#include "sources/schemas.h"
#include "sources/topic_feed.h"

namespace tickerhouse::sources {

struct TopicOptions {
  formats::Mapping mapping;
  bool follow = false;
  bool accept_gap = false;                // goes on where messages were deleted before they were read
  std::vector<KnownInput> known;          // of the data directory
  std::shared_ptr<Schemas> schemas = {};  // of Avro; its registry has been asked whether the mapping fits
};

// The source bears the topic's name; the same name made again is another source, NAME#2. `configuration`:
// the mapping does not fit messages. Its polls: `configuration` if messages that were not read are gone and
// nobody has accepted that (else the batch says which), or there are fewer than were read.
base::Result<OpenedInput> open_topic(std::unique_ptr<TopicFeed> feed, const TopicOptions& options);

}  // namespace tickerhouse::sources
