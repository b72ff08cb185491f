// What the tests of the sinks share.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "market/batch_builder.h"
#include "sinks/duckdb_connection.h"
#include "sinks/duckdb_store.h"

namespace tickerhouse::sinks {

template <typename T>
T ok(base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  ADD_FAILURE() << result.error().message();
  return T{};
}
inline void ok(const base::Status& status) { EXPECT_TRUE(status.ok()) << status.error().message(); }

// A new folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::filesystem::path path_;
};

// All rows of a query, its columns joined by " | ", NULL as null. In memory, or read-only in a file.
std::vector<std::string> rows_of(const std::string& sql, const std::string& path = "");

// A copy of a store's file and log: what another process would find now.
void copy_store(const std::string& path, const std::string& copy);

// All bars of a store, each as one text: symbol and the bytes of the row, in hexadecimal.
std::vector<std::string> bars_of(flow::Store& store, const flow::BarQuery& query = {});
std::string bar_text(std::string_view symbol, market::BarRow bar);

struct NamedBar {
  std::string symbol;
  market::BarRow bar;
};
// Applies bars as one batch at an offset of bars, partition 0.
base::Status apply_bars(flow::Sink& sink, std::uint64_t offset, const std::vector<NamedBar>& bars);

// An ordinary bar of a minute.
market::BarRow minute_bar(std::int64_t minute);

}  // namespace tickerhouse::sinks
