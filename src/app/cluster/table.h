// Tables of text that others wrote, for a terminal.
#pragma once

#include <string>
#include <vector>

namespace tickerhouse::app {

// Columns as wide as what is in them. Cells are made printable.
class Table {
 public:
  // A name that begins with '>' is of numbers: the column is aligned to the right.
  explicit Table(std::vector<std::string> columns);
  void add(const std::vector<std::string>& cells);
  void print() const;  // to stdout
  [[nodiscard]] std::string text() const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;  // the first is the names
};

}  // namespace tickerhouse::app
