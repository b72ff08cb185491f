#include "app/replay_input.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "runtime/progress.h"

namespace tickerhouse::app {
namespace {

base::Result<std::vector<sources::KnownInput>> known_inputs(flow::Tape& tape) {
  std::vector<sources::KnownInput> known;
  ASSIGN_OR_RETURN(const auto positions, tape.positions(runtime::kSourcePrefix));
  for (const auto& [writer, bytes] : positions) {
    ASSIGN_OR_RETURN(const runtime::SourceProgress progress, runtime::SourceProgress::decode(bytes));
    known.push_back({writer.substr(runtime::kSourcePrefix.size()), progress.source_position});
  }
  return known;
}

}  // namespace

base::Result<double> parse_speed(std::string text) {
  if (text.empty() || text == "max") return 0.0;
  if (text.starts_with("x")) text.erase(0, 1);
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (error != std::errc() || end != text.data() + text.size() || !(speed > 0))
    return base::Error{base::ErrorCode::invalid_argument, "expected a number above 0, or max", "--speed"};
  return speed;
}

base::Status check_input(const sources::ReplayOptions& options) {
  if (options.follow && options.sort)
    return base::Error{base::ErrorCode::invalid_argument, "what still grows cannot be sorted",
                       "--follow --sort"};
  if (options.paths.size() > 1 && std::count(options.paths.begin(), options.paths.end(), "-") > 0)
    return base::Error{base::ErrorCode::invalid_argument, "standard input cannot be merged with files", "-"};
  for (const std::string& path : options.paths)
    if (path != "-") {
      ASSIGN_OR_RETURN(const auto stream, sources::open_stream(path, false, nullptr));
    }
  return {};
}

base::Result<int> load_input(const Config& config, OpenDirectory& directory, sources::ReplayOptions options,
                             RunOptions run) {
  ASSIGN_OR_RETURN(options.known, known_inputs(*directory.tape));
  ASSIGN_OR_RETURN(const sources::OpenedReplay opened, sources::open_replay(options));
  run.fraction_done = [meter = opened.meter] {
    return meter->bytes_total == 0
               ? -1.0
               : static_cast<double>(meter->bytes_read) / static_cast<double>(meter->bytes_total);
  };
  return run_to_end(config, directory, *opened.source, run);
}

}  // namespace tickerhouse::app
