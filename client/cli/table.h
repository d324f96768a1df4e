// Aligned columns for people.
#ifndef LEVEE_CLIENT_CLI_TABLE_H_
#define LEVEE_CLIENT_CLI_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace levee::cli {

// Rows under a header, or without one pairs of name and value. Cells are made
// printable (client/cli/printable.h) and cut to a width of 60, except in the
// last column.
class Table {
 public:
  enum class Align { kLeft, kRight };
  static constexpr size_t kCellWidthMax = 60;

  // No header: rows of two cells.
  Table() = default;
  explicit Table(std::vector<std::string> header);

  // Columns are aligned to the left unless told otherwise.
  Table& RightAlign(size_t column);
  // REQUIRES: as many cells as every other row.
  Table& Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  // Each row a line; two spaces between columns, none at the end.
  std::string Render() const;

 private:
  std::vector<size_t> Widths() const;

  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<Align> aligns_;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_TABLE_H_
