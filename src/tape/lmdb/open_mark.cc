#include "tape/lmdb/open_mark.h"

#include <string_view>

namespace tickerhouse::tape {
namespace {

std::string path_in(const std::string& directory) { return directory + "/open"; }

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

}  // namespace

base::Result<std::optional<OpenMark>> read_open_mark(base::Disk& disk, const std::string& directory) {
  const auto content = disk.read_file(path_in(directory));
  if (!content.ok() && content.error().code == base::ErrorCode::not_found) return std::optional<OpenMark>();
  if (!content.ok()) return content.error();
  const std::string_view line = first_line(*content);
  const std::size_t space = line.find(' ');
  const std::string_view durability = line.substr(0, space);
  if (space == std::string_view::npos || (durability != "fsync" && durability != "os"))
    return base::Error{base::ErrorCode::damaged, "not what a tape's writer leaves", path_in(directory)};
  return std::optional<OpenMark>(
      OpenMark{durability == "os" ? Durability::os : Durability::fsync, std::string(line.substr(space + 1))});
}

base::Status write_open_mark(base::Disk& disk, const std::string& directory, const OpenMark& mark) {
  std::string line = mark.durability == Durability::os ? "os " : "fsync ";
  return disk.replace_file(path_in(directory), line.append(mark.boot_id).append("\n"));
}

base::Status remove_open_mark(base::Disk& disk, const std::string& directory) {
  return disk.remove(path_in(directory));
}

base::Result<std::string> current_boot_id(base::Disk& disk) {
  ASSIGN_OR_RETURN(const std::string content, disk.read_file("/proc/sys/kernel/random/boot_id"));
  return std::string(first_line(content));
}

}  // namespace tickerhouse::tape
