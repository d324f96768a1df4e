// When something that begins now is to end.
#ifndef LEVEE_CLIENT_CLI_UNTIL_H_
#define LEVEE_CLIENT_CLI_UNTIL_H_

#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace levee::cli {

// `span` from `now` on ("2h"), or at `until` (see ParseTime); one of them is
// empty. INVALID_ARGUMENT begins with "for: " or "until: ", as columns are
// named, and a flag is with "--" before it: not written so, not after `now`,
// or past the year 9999; with "for: " also where both or none are given.
absl::StatusOr<google::protobuf::Timestamp> ParseUntil(absl::string_view span,
                                                       absl::string_view until,
                                                       absl::Time now,
                                                       absl::TimeZone zone);

// --for and --until, as they were given.
struct UntilFlags {
  std::string span;
  std::string until;

  void AddTo(CLI::App* command);
  bool given() const { return !span.empty() || !until.empty(); }
  // ParseUntil in this machine's zone; the error names the flag.
  absl::StatusOr<google::protobuf::Timestamp> Build(absl::Time now) const;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_UNTIL_H_
