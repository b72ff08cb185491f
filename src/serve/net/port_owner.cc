#include "serve/net/port_owner.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

namespace tickerhouse::serve {
namespace {

// The inodes of listening sockets on the port. A line of /proc/net/tcp is: number, local ADDRESS:PORT, remote
// one, state (0A listens), queues, timer, retransmissions, user, timeout, inode, ...
void add_listeners(const char* file, std::uint16_t port, std::set<std::string>& inodes) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    std::string skipped;
    std::string inode;
    words >> number >> local >> remote >> state >> skipped >> skipped >> skipped >> skipped >> skipped >>
        inode;
    const std::size_t colon = local.rfind(':');
    if (state != "0A" || colon == std::string::npos) continue;
    unsigned found = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), found, 16);
    if (found == port) inodes.insert("socket:[" + inode + "]");
  }
}

bool holds_one(const std::filesystem::path& process, const std::set<std::string>& inodes) {
  std::error_code code;
  for (std::filesystem::directory_iterator fd(process / "fd", code), end; !code && fd != end;
       fd.increment(code)) {
    std::error_code unreadable;
    if (inodes.contains(std::filesystem::read_symlink(fd->path(), unreadable).string())) return true;
  }
  return false;
}

}  // namespace

std::string port_owner(std::uint16_t port) {
  std::set<std::string> inodes;
  add_listeners("/proc/net/tcp", port, inodes);
  add_listeners("/proc/net/tcp6", port, inodes);
  std::error_code code;
  if (inodes.empty()) return {};
  for (std::filesystem::directory_iterator process("/proc", code), end; !code && process != end;
       process.increment(code)) {
    const std::string pid = process->path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos || !holds_one(process->path(), inodes))
      continue;
    std::string name;
    std::getline(std::ifstream(process->path() / "comm") >> std::ws, name);
    return std::string("pid ").append(pid).append(" (").append(name).append(")");
  }
  return {};
}

}  // namespace tickerhouse::serve
