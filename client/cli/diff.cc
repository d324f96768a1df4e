// E. W. Myers, "An O(ND) Difference Algorithm and Its Variations",
// Algorithmica 1 (1986): walks the grid of both texts along diagonals, d
// changes at a time, and remembers how far each diagonal was reached; then
// goes back from the end. Time and memory grow with the square of the number
// of changes, so that number is bounded.
#include "client/cli/diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace levee::cli {
namespace {

using Lines = std::vector<absl::string_view>;

// 4,000 changes take 32 MB for a moment.
constexpr int kChangesMax = 4'000;

constexpr int kContext = 3;

// One line of the result: of both texts, gone or come.
struct Edit {
  char sign = ' ';
  absl::string_view line;
};

Lines Split(absl::string_view text) {
  Lines lines = absl::StrSplit(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

// How far along `a` each diagonal -d, -d+2, ... d was reached with d changes.
using Reached = std::vector<int32_t>;

// Value of diagonal k in the row of d changes.
int32_t At(const Reached& row, int d, int k) { return row[(k + d) / 2]; }

// Whether the best way to diagonal k with d changes comes from above, by a
// line of `b` that came.
bool ComesDown(const Reached& before, int d, int k) {
  return k == -d ||
         (k != d && At(before, d - 1, k - 1) < At(before, d - 1, k + 1));
}

// The rows up to the one that reaches the end; empty: too many changes.
std::vector<Reached> Explore(const Lines& a, const Lines& b) {
  const int n = static_cast<int>(a.size());
  const int m = static_cast<int>(b.size());
  std::vector<Reached> rows;
  for (int d = 0; d <= std::min(n + m, kChangesMax); ++d) {
    Reached row(d + 1);
    for (int k = -d; k <= d; k += 2) {
      int x = 0;
      if (d > 0) {
        x = ComesDown(rows.back(), d, k) ? At(rows.back(), d - 1, k + 1)
                                         : At(rows.back(), d - 1, k - 1) + 1;
      }
      // A diagonal may leave the grid; nothing is equal out there.
      while (x < n && x - k < m && x - k >= 0 && a[x] == b[x - k]) ++x;
      row[(k + d) / 2] = x;
      if (x >= n && x - k >= m) {
        rows.push_back(std::move(row));
        return rows;
      }
    }
    rows.push_back(std::move(row));
  }
  return {};
}

std::vector<Edit> WalkBack(const Lines& a, const Lines& b,
                           const std::vector<Reached>& rows) {
  std::vector<Edit> edits;
  int x = static_cast<int>(a.size());
  int y = static_cast<int>(b.size());
  for (int d = static_cast<int>(rows.size()) - 1; d > 0; --d) {
    const int k = x - y;
    const bool down = ComesDown(rows[d - 1], d, k);
    const int from_k = down ? k + 1 : k - 1;
    const int from_x = At(rows[d - 1], d - 1, from_k);
    // Where the way goes on along the diagonal after this change.
    const int after_x = down ? from_x : from_x + 1;
    while (x > after_x) {
      edits.push_back({' ', a[--x]});
      --y;
    }
    edits.push_back(down ? Edit{'+', b[--y]} : Edit{'-', a[--x]});
  }
  while (x > 0) {
    edits.push_back({' ', a[--x]});
  }
  std::reverse(edits.begin(), edits.end());
  return edits;
}

std::vector<Edit> Compare(Lines a, Lines b) {
  // What is equal at both ends is no part of the question.
  size_t head = 0;
  while (head < std::min(a.size(), b.size()) && a[head] == b[head]) ++head;
  size_t tail = 0;
  while (tail < std::min(a.size(), b.size()) - head &&
         a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) {
    ++tail;
  }
  const Lines middle_a(a.begin() + head, a.end() - tail);
  const Lines middle_b(b.begin() + head, b.end() - tail);
  std::vector<Edit> edits;
  for (size_t i = 0; i < head; ++i) edits.push_back({' ', a[i]});
  const std::vector<Reached> rows = Explore(middle_a, middle_b);
  if (!rows.empty()) {
    const std::vector<Edit> middle = WalkBack(middle_a, middle_b, rows);
    edits.insert(edits.end(), middle.begin(), middle.end());
  } else {
    for (absl::string_view line : middle_a) edits.push_back({'-', line});
    for (absl::string_view line : middle_b) edits.push_back({'+', line});
  }
  for (size_t i = a.size() - tail; i < a.size(); ++i) {
    edits.push_back({' ', a[i]});
  }
  return edits;
}

// The edits [begin, end) as a group; `a` and `b` count the lines before it.
void AppendGroup(const std::vector<Edit>& edits, size_t begin, size_t end,
                 size_t a, size_t b, std::string* text) {
  size_t count_a = 0;
  size_t count_b = 0;
  for (size_t i = begin; i < end; ++i) {
    count_a += edits[i].sign != '+';
    count_b += edits[i].sign != '-';
  }
  // A group without lines stands after the line that is named.
  absl::StrAppend(text, "@@ -", a + (count_a > 0), ",", count_a, " +",
                  b + (count_b > 0), ",", count_b, " @@\n");
  for (size_t i = begin; i < end; ++i) {
    absl::StrAppend(text, absl::string_view(&edits[i].sign, 1), edits[i].line,
                    "\n");
  }
}

}  // namespace

std::string DiffLines(absl::string_view before, absl::string_view after) {
  const std::vector<Edit> edits = Compare(Split(before), Split(after));
  std::string text;
  size_t a = 0;
  size_t b = 0;
  size_t done = 0;  // edits counted into a and b
  const auto count_to = [&](size_t end) {
    for (; done < end; ++done) {
      a += edits[done].sign != '+';
      b += edits[done].sign != '-';
    }
  };
  size_t i = 0;
  while (i < edits.size()) {
    if (edits[i].sign == ' ') {
      ++i;
      continue;
    }
    const size_t begin = std::max(done, i - std::min<size_t>(i, kContext));
    // Changes with little between them share a group.
    size_t last = i;
    size_t j = i;
    for (; j < edits.size() && j <= last + 2 * kContext + 1; ++j) {
      if (edits[j].sign != ' ') last = j;
    }
    const size_t end = std::min(edits.size(), last + 1 + kContext);
    count_to(begin);
    AppendGroup(edits, begin, end, a, b, &text);
    count_to(end);
    i = end;
  }
  return text;
}

}  // namespace levee::cli
