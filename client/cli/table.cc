#include "client/cli/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/printable.h"

namespace levee::cli {
namespace {

std::string Padded(const std::string& cell, size_t width, Table::Align align) {
  const std::string space(width - std::min(width, DisplayWidth(cell)), ' ');
  return align == Table::Align::kRight ? absl::StrCat(space, cell)
                                       : absl::StrCat(cell, space);
}

}  // namespace

Table::Table(std::vector<std::string> header) : header_(std::move(header)) {}

Table& Table::RightAlign(size_t column) {
  if (aligns_.size() <= column) aligns_.resize(column + 1, Align::kLeft);
  aligns_[column] = Align::kRight;
  return *this;
}

Table& Table::Add(std::vector<std::string> cells) {
  for (size_t i = 0; i < cells.size(); ++i) {
    cells[i] = Printable(cells[i]);
    if (i + 1 < cells.size()) cells[i] = Shortened(cells[i], kCellWidthMax);
  }
  rows_.push_back(std::move(cells));
  return *this;
}

std::vector<size_t> Table::Widths() const {
  std::vector<size_t> widths;
  const auto widen = [&widths](const std::vector<std::string>& cells) {
    if (widths.size() < cells.size()) widths.resize(cells.size());
    for (size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(cells[i]));
    }
  };
  widen(header_);
  for (const std::vector<std::string>& row : rows_) widen(row);
  return widths;
}

std::string Table::Render() const {
  const std::vector<size_t> widths = Widths();
  std::string text;
  const auto add = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      const Align align = i < aligns_.size() ? aligns_[i] : Align::kLeft;
      absl::StrAppend(&line, i > 0 ? "  " : "",
                      Padded(cells[i], widths[i], align));
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  };
  if (!header_.empty()) add(header_);
  for (const std::vector<std::string>& row : rows_) add(row);
  return text;
}

}  // namespace levee::cli
