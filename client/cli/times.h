// Times and durations as people read and write them.
#ifndef LEVEE_CLIENT_CLI_TIMES_H_
#define LEVEE_CLIENT_CLI_TIMES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace levee::cli {

// "2024-05-01 13:04:05 +02:00".
std::string ShowTime(absl::Time time, absl::TimeZone zone);
// The same in the zone of this machine; "-" where the message is absent.
std::string ShowTime(const google::protobuf::Timestamp& time);

// The two largest units: "9m 32s", "1d 4h", "350ms".
std::string ShowSpan(absl::Duration span);
std::string ShowSpan(const google::protobuf::Duration& span);

absl::Time ToTime(const google::protobuf::Timestamp& time);
absl::Duration ToDuration(const google::protobuf::Duration& span);
// REQUIRES: in the years 1 to 9999.
google::protobuf::Timestamp ToTimestamp(absl::Time time);

// A span such as "90s", "10m", "2h", "7d" or "1h30m"; not negative.
absl::StatusOr<absl::Duration> ParseSpan(absl::string_view text);

// "2024-05-01", "2024-05-01 13:04" or "2024-05-01 13:04:05" in `zone`, or RFC
// 3339 with its own offset.
absl::StatusOr<absl::Time> ParseTime(absl::string_view text,
                                     absl::TimeZone zone);

// A moment: a span before `now` ("2h"), or what ParseTime takes.
absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, absl::Time now,
                                       absl::TimeZone zone);

// How a file writes its times; see CsvMapping.time_format and time_zone.
class TimeFormat {
 public:
  // INVALID_ARGUMENT names what cannot be used.
  static absl::StatusOr<TimeFormat> Create(absl::string_view format,
                                           absl::string_view zone);
  // INVALID_ARGUMENT says what was expected. The years are 1970 to 9999.
  absl::StatusOr<absl::Time> Parse(absl::string_view text) const;

 private:
  enum class Kind { kPattern, kUnixSeconds, kUnixMillis };
  absl::StatusOr<absl::Time> ParseAny(absl::string_view text) const;

  Kind kind_ = Kind::kPattern;
  std::string pattern_;
  absl::TimeZone zone_;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_TIMES_H_
