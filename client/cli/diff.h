// What differs between two texts, line by line.
#ifndef LEVEE_CLIENT_CLI_DIFF_H_
#define LEVEE_CLIENT_CLI_DIFF_H_

#include <string>

#include "absl/strings/string_view.h"

namespace levee::cli {

// Lines of `before` that went with "-", lines of `after` that came with "+",
// up to three lines around them with a space, each group under its
// "@@ -line,count +line,count @@". Empty where the texts are equal. The change
// shown is a smallest one, unless the texts are so different that finding it
// would take more than about 4,000 lines' worth of changes: then all lines
// between the first and the last difference are replaced.
std::string DiffLines(absl::string_view before, absl::string_view after);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_DIFF_H_
