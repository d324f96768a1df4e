// Text of others: whether it is any, what of it a terminal may show, and how
// wide it is there.
#ifndef LEVEE_CLIENT_CLI_PRINTABLE_H_
#define LEVEE_CLIENT_CLI_PRINTABLE_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace levee::cli {

// `text` with everything escaped that could move the cursor, colour the
// terminal or turn the direction of writing: "\n" as \n, others as \x1b or
// \u202e. Bytes that are not UTF-8 become \xNN. A backslash stays as it is.
std::string Printable(absl::string_view text);

// The same, but line feeds stay.
std::string PrintableLines(absl::string_view text);

// How many bytes of `text` are UTF-8 from its begin on: all, where it is.
size_t Utf8Prefix(absl::string_view text);
bool IsUtf8(absl::string_view text);

// Columns on a terminal: 2 for East Asian wide and full-width characters, 0
// for marks that combine, 1 for every other. REQUIRES: printable.
size_t DisplayWidth(absl::string_view text);

// The first `columns` of it, the last one an ellipsis where something was cut.
// REQUIRES: printable; columns >= 1.
std::string Shortened(absl::string_view text, size_t columns);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_PRINTABLE_H_
