// The files of one history sink. What a flush writes is staged, then named in a journal together with the
// sink's position, then renamed into place: a killed process leaves either what was there before, or a
// journal that says which renames are still to be done. A plain glob never sees a part of a file, nor a row
// twice, and a row it has seen stays.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flow/sink.h"

namespace tickerhouse::sinks {

const char* history_folder(flow::Topic topic);     // "bars" or "events"
std::string history_date_name(std::int64_t days);  // "date=2026-01-05"

// What a journal says: how far the files go, and which of them may still have their staging names.
struct HistoryJournal {
  flow::SinkPosition position;
  std::vector<std::string> renames;  // relative to history/, under their own names
};
// Nothing: there is none. `damaged`: it is not one of ours.
base::Result<std::optional<HistoryJournal>> read_history_journal(const std::string& path);

class HistoryFiles {
 public:
  // root: the folder history/. format: "csv" or "parquet", the sink's name and the ending of its files. sync:
  // what is committed survives the machine.
  HistoryFiles(std::string root, std::string format, bool sync);

  // Finishes an interrupted commit, removes staged files that belong to none, and says how far the files go.
  // `damaged`: the journal is not one of ours.
  base::Result<flow::SinkPosition> restore();

  // Where to write a new file, which the next commit gives its own name: folder "bars" or "events", its
  // partition of the glob ("date=2026-01-05") and a name without ending.
  base::Result<std::string> stage(const std::string& folder, const std::string& date,
                                  const std::string& name);
  base::Status commit(const flow::SinkPosition& position);

 private:
  [[nodiscard]] std::string full(const std::string& relative) const;
  [[nodiscard]] std::string journal(const flow::SinkPosition& position) const;
  enum class Written { files, names };
  [[nodiscard]] base::Status make_durable(const std::vector<std::string>& paths, Written what) const;
  base::Status put_in_place(const std::vector<std::string>& files) const;
  base::Status remove_staged() const;

  std::string root_;
  std::string format_;
  bool sync_;
  std::vector<std::string> staged_;  // relative to root, under their own names
};

}  // namespace tickerhouse::sinks
