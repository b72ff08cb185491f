#include "app/replay_input.h"

#include <algorithm>
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
