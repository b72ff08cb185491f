// The file `open` beside a tape: there while a writer has it open, so that the next one knows whether the
// last one ended cleanly, how durable it wrote and since which boot. It is a file of its own because it has
// to be readable when the tree is not.
#pragma once

#include <optional>
#include <string>

#include "base/disk.h"
#include "base/result.h"
#include "tape/durability.h"

namespace tickerhouse::tape {

struct OpenMark {
  Durability durability = Durability::fsync;
  std::string boot_id;
};

base::Result<std::optional<OpenMark>> read_open_mark(base::Disk& disk, const std::string& directory);
base::Status write_open_mark(base::Disk& disk, const std::string& directory, const OpenMark& mark);
base::Status remove_open_mark(base::Disk& disk, const std::string& directory);

base::Result<std::string> current_boot_id(base::Disk& disk);

}  // namespace tickerhouse::tape
