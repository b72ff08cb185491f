#include "app/cluster/table.h"

#include <algorithm>
#include <cstdio>

#include "formats/printable.h"

namespace tickerhouse::app {
namespace {

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

Table::Table(std::vector<std::string> columns) {
  for (std::string& name : columns) {
    right_.push_back(name.starts_with('>'));
    if (right_.back()) name.erase(0, 1);
  }
  rows_.push_back(std::move(columns));
}

void Table::add(const std::vector<std::string>& cells) {
  std::vector<std::string> row(right_.size());
  for (std::size_t i = 0; i < cells.size() && i < row.size(); ++i)
    formats::append_printable(row[i], cells[i]);
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<std::size_t> widths(right_.size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width(row[i]), ' ');
      if (i > 0) text.append("  ");
      text.append(right_[i] ? padding : std::string()).append(row[i]).append(right_[i] ? "" : padding);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text.push_back('\n');
  }
  return text;
}

void Table::print() const { std::fputs(text().c_str(), stdout); }

}  // namespace tickerhouse::app
