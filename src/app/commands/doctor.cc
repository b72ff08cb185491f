#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <thread>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/directory/data_directory.h"
#include "app/exit_codes.h"
#include "app/process/control_socket.h"
#include "app/version.h"
#include "base/clock.h"
#include "base/disk.h"

namespace tickerhouse::app {
namespace {

constexpr std::uint64_t kFreeBytesLeast = 2'000'000'000;
constexpr rlim_t kOpenFilesLeast = 512;

// What was looked at, one line each, with the remedy where something is wrong.
class Findings {
 public:
  void good(const char* what, const std::string& finding) { say("ok   ", what, finding); }
  void bad(const char* what, const std::string& finding, const std::string& remedy) {
    wrong_ = true;
    say("WRONG", what, finding);
    std::printf("         do: %s\n", remedy.c_str());
  }
  [[nodiscard]] bool wrong() const { return wrong_; }

 private:
  static void say(const char* verdict, const char* what, const std::string& finding) {
    std::printf("%s  %-12s %s\n", verdict, what, finding.c_str());
  }
  bool wrong_ = false;
};

void look_at_port(const Config& config, bool running, Findings& findings) {
  const std::string port = std::to_string(config.serve_port);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(config.serve_port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  if (free) {
    findings.good("port", port + " is free");
  } else if (running) {
    findings.good("port", port + " is in use, and a pipeline runs here");
  } else if (config.given("serve.port")) {
    findings.bad("port", port + " is taken by another program", "choose another --port, or end the program");
  } else {
    findings.good("port", port + " is taken by another program; run takes the next free one");
  }
}

void look_at_directory(const Config& config, Findings& findings) {
  const DirectoryPaths paths(config.data);
  std::error_code code;
  const std::filesystem::path root(config.data);
  std::filesystem::path there = std::filesystem::absolute(root, code);
  while (!std::filesystem::exists(there, code) && there.has_relative_path()) there = there.parent_path();
  if (::access(there.c_str(), W_OK | X_OK) == 0) {
    findings.good("permissions", config.data + " can be written");
  } else {
    findings.bad("permissions", there.string() + " cannot be written", "choose another --data directory");
  }
  const std::filesystem::space_info space = std::filesystem::space(there, code);
  const std::string free = std::to_string(space.available / 1'000'000) + " MB free for " + config.data;
  if (code || space.available < kFreeBytesLeast) {
    findings.bad("disk", free, "the demo keeps up to 2 GB of tape: free space, or choose another --data");
  } else {
    findings.good("disk", free);
  }
  const auto directory = open_directory_to_read(config);
  if (directory.ok()) {
    findings.good("data", config.data + " holds " + flow::origin_name(directory->origin) + " data" +
                              (is_running(paths) ? ", and a process runs on it" : ""));
  } else if (directory.error().code == base::ErrorCode::not_found) {
    findings.good("data", config.data + " is new");
  } else {
    findings.bad("data", directory.error().message(),
                 "keep a copy; what can be read is exported with: tickerhouse export; or start anew: "
                 "tickerhouse reset --yes");
  }
}

void look_at_machine(Findings& findings) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const std::string count = std::to_string(files.rlim_cur) + " open files allowed";
  if (files.rlim_cur < kOpenFilesLeast) {
    findings.bad("limits", count, "type: ulimit -n 4096");
  } else {
    findings.good("limits", count);
  }
  findings.good("processors", std::to_string(std::thread::hardware_concurrency()));
  std::error_code code;
  if (std::filesystem::exists("/usr/share/zoneinfo/America/New_York", code)) {
    findings.good("time zones", "the system has them");
  } else {
    findings.bad("time zones", "/usr/share/zoneinfo lacks them: --zone will not work", "install tzdata");
  }
  constexpr base::TsNanos kNotBefore = 1'735'689'600 * base::kSecond;  // 2025
  std::string now;
  base::append_iso_time(now, base::floor_to(base::system_clock().wall_now(), base::kSecond));
  if (base::system_clock().wall_now() < kNotBefore) {
    findings.bad("clock", now + " cannot be right", "set the clock: live events are judged by it");
  } else {
    findings.good("clock", now);
  }
}

base::Result<int> doctor(const CommandLine& line) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  Findings findings;
  std::string version = version_text();
  findings.good("version", version.substr(0, version.find('\n')));
  look_at_machine(findings);
  look_at_directory(config, findings);
  look_at_port(config, is_running(DirectoryPaths(config.data)), findings);
  return findings.wrong() ? kExitFailed : kExitOk;
}

}  // namespace

void add_doctor(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(
      "doctor", "look at ports, disk, limits, versions and permissions; say what to do about what is wrong");
  add_setting_flags(*command, line, {"data", "serve.port"});
  set_action(*command, line, [&line] { return doctor(line); });
}

}  // namespace tickerhouse::app
