#include "client/cli/until.h"

#include "absl/strings/str_cat.h"
#include "client/cli/times.h"

namespace levee::cli {
namespace {

// The end of the year 9999, where a Timestamp ends.
absl::Time Latest() { return absl::FromUnixSeconds(253'402'300'799); }

absl::Status Wrong(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
}

absl::StatusOr<google::protobuf::Timestamp> After(absl::string_view field,
                                                  absl::string_view text,
                                                  absl::Time time,
                                                  absl::Time now) {
  if (time <= now) {
    return Wrong(field, absl::StrCat("\"", text, "\" is not after now"));
  }
  if (time > Latest()) {
    return Wrong(field, absl::StrCat("\"", text, "\" is past the year 9999"));
  }
  return ToTimestamp(time);
}

}  // namespace

absl::StatusOr<google::protobuf::Timestamp> ParseUntil(absl::string_view span,
                                                       absl::string_view until,
                                                       absl::Time now,
                                                       absl::TimeZone zone) {
  if (span.empty() == until.empty()) {
    return Wrong("for",
                 span.empty()
                     ? "absent, and until as well; say how long, such as 2h"
                     : "given, and until as well; one of them says it");
  }
  if (!span.empty()) {
    absl::StatusOr<absl::Duration> length = ParseSpan(span);
    if (!length.ok()) return Wrong("for", length.status().message());
    return After("for", span, now + *length, now);
  }
  if (ParseSpan(until).ok()) {
    return Wrong("until",
                 absl::StrCat("\"", until, "\" is a duration; give it as for"));
  }
  absl::StatusOr<absl::Time> time = ParseTime(until, zone);
  if (!time.ok()) return Wrong("until", time.status().message());
  return After("until", until, *time, now);
}

void UntilFlags::AddTo(CLI::App* command) {
  command->add_option("--for", span,
                      "How long from now on: 90s, 10m, 36h or 7d");
  command->add_option("--until", until,
                      "Or its end: 2024-05-01, \"2024-05-01 13:04\" or RFC "
                      "3339");
}

absl::StatusOr<google::protobuf::Timestamp> UntilFlags::Build(
    absl::Time now) const {
  absl::StatusOr<google::protobuf::Timestamp> end =
      ParseUntil(span, until, now, absl::LocalTimeZone());
  if (end.ok()) return end;
  return absl::InvalidArgumentError(absl::StrCat("--", end.status().message()));
}

}  // namespace levee::cli
