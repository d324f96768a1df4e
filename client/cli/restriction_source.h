// The restrictions of a file, in the file's order.
#ifndef LEVEE_CLIENT_CLI_RESTRICTION_SOURCE_H_
#define LEVEE_CLIENT_CLI_RESTRICTION_SOURCE_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/input.h"
#include "levee/v1/restriction_service.pb.h"

namespace levee::cli {

// From when on a row's "for" counts, and the zone of times without one.
struct RestrictionClock {
  absl::Time now;
  absl::TimeZone zone;
};

// Threads: one.
class RestrictionSource {
 public:
  virtual ~RestrictionSource() = default;

  // The next row; false at the end. INVALID_ARGUMENT: the row is wrong; the
  // error begins with the column, and the next call goes on after it. Any
  // other error is final.
  virtual absl::StatusOr<bool> Next(v1::AddRestrictionRequest* request) = 0;

  // Where the latest row began, from 1.
  virtual int64_t line() const = 0;
};

// CSV; the first line names the columns: subject (a kind), value, verdict,
// reason, for or until or both, and scope, which may be absent.
// INVALID_ARGUMENT: it does not. Does not own `input`.
absl::StatusOr<std::unique_ptr<RestrictionSource>> OpenRestrictionCsv(
    Input* input, char separator, const RestrictionClock& clock);

// A JSON object on each line, of texts named as the columns are, or a
// Restriction or AddRestrictionRequest in protobuf JSON, of which subject,
// scope, verdict, until and reason are used. Empty lines are passed over. Does
// not own `input`.
std::unique_ptr<RestrictionSource> OpenRestrictionJsonLines(
    Input* input, const RestrictionClock& clock);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_RESTRICTION_SOURCE_H_
