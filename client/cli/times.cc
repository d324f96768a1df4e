#include "client/cli/times.h"

#include <cstdint>
#include <initializer_list>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace levee::cli {
namespace {

constexpr absl::Time kEarliest = absl::UnixEpoch();

// The last moment of the year 9999, whole seconds.
absl::Time Latest() { return absl::FromUnixSeconds(253'402'300'799); }

struct Unit {
  absl::Duration length;
  absl::string_view name;
};

const Unit* Units(size_t* count) {
  static const Unit kUnits[] = {{absl::Hours(24), "d"},
                                {absl::Hours(1), "h"},
                                {absl::Minutes(1), "m"},
                                {absl::Seconds(1), "s"},
                                {absl::Milliseconds(1), "ms"}};
  *count = std::size(kUnits);
  return kUnits;
}

bool TwoDigits(absl::string_view text, int max, int* value) {
  return text.size() == 2 && absl::ascii_isdigit(text[0]) &&
         absl::ascii_isdigit(text[1]) && absl::SimpleAtoi(text, value) &&
         *value <= max;
}

absl::StatusOr<absl::TimeZone> ParseZone(absl::string_view text) {
  if (text.empty() || text == "UTC") return absl::UTCTimeZone();
  int hours = 0;
  int minutes = 0;
  if (text.size() == 6 && (text[0] == '+' || text[0] == '-') &&
      text[3] == ':' && TwoDigits(text.substr(1, 2), 23, &hours) &&
      TwoDigits(text.substr(4), 59, &minutes)) {
    const int seconds = (hours * 60 + minutes) * 60;
    return absl::FixedTimeZone(text[0] == '-' ? -seconds : seconds);
  }
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(text, &zone)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "time_zone: this machine knows no zone \"", text,
        "\"; give a name such as Europe/Vienna or an offset such as +02:00"));
  }
  return zone;
}

}  // namespace

std::string ShowTime(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S %Ez", time, zone);
}

std::string ShowTime(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "-";
  return ShowTime(ToTime(time), absl::LocalTimeZone());
}

std::string ShowSpan(absl::Duration span) {
  if (span < absl::ZeroDuration()) return absl::StrCat("-", ShowSpan(-span));
  size_t count = 0;
  const Unit* units = Units(&count);
  for (size_t i = 0; i < count; ++i) {
    if (span < units[i].length) continue;
    const int64_t large = absl::IDivDuration(span, units[i].length, &span);
    std::string text = absl::StrCat(large, units[i].name);
    // Of seconds and less, one unit is enough.
    if (i + 2 >= count) return text;
    const int64_t small = absl::IDivDuration(span, units[i + 1].length, &span);
    if (small > 0) absl::StrAppend(&text, " ", small, units[i + 1].name);
    return text;
  }
  return span == absl::ZeroDuration() ? "0s" : absl::FormatDuration(span);
}

std::string ShowSpan(const google::protobuf::Duration& span) {
  return ShowSpan(ToDuration(span));
}

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

absl::Duration ToDuration(const google::protobuf::Duration& span) {
  return absl::Seconds(span.seconds()) + absl::Nanoseconds(span.nanos());
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return timestamp;
}

absl::StatusOr<absl::Duration> ParseSpan(absl::string_view text) {
  absl::Duration span;
  absl::Duration days;
  absl::string_view rest = text;
  const size_t d = rest.find('d');
  int64_t count = 0;
  if (d != absl::string_view::npos && d > 0 &&
      absl::SimpleAtoi(rest.substr(0, d), &count)) {
    days = count * absl::Hours(24);
    rest.remove_prefix(d + 1);
  }
  const bool right = (rest.empty() && d != absl::string_view::npos) ||
                     absl::ParseDuration(rest, &span);
  if (!right || days + span < absl::ZeroDuration() ||
      days + span == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" is no duration such as 90s, 10m, 2h or 7d"));
  }
  return days + span;
}

absl::StatusOr<absl::Time> ParseTime(absl::string_view text,
                                     absl::TimeZone zone) {
  absl::Time time;
  for (const char* format :
       {absl::RFC3339_full, "%Y-%m-%d %H:%M:%S %Ez", "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    std::string error;
    if (absl::ParseTime(format, text, zone, &time, &error)) return time;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text,
                   "\" is no time such as 2024-05-01, \"2024-05-01 13:04\" or "
                   "2024-05-01T13:04:05Z"));
}

absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, absl::Time now,
                                       absl::TimeZone zone) {
  if (absl::StatusOr<absl::Duration> span = ParseSpan(text); span.ok()) {
    return now - *span;
  }
  if (absl::StatusOr<absl::Time> time = ParseTime(text, zone); time.ok()) {
    return time;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text,
      "\" is neither a duration such as 2h or 7d nor a time such "
      "as 2024-05-01, \"2024-05-01 13:04\" or 2024-05-01T13:04:05Z"));
}

absl::StatusOr<TimeFormat> TimeFormat::Create(absl::string_view format,
                                              absl::string_view zone) {
  absl::StatusOr<absl::TimeZone> parsed = ParseZone(zone);
  if (!parsed.ok()) return parsed.status();
  TimeFormat result;
  result.zone_ = *parsed;
  if (format.empty() || format == "rfc3339") {
    result.pattern_ = absl::RFC3339_full;
  } else if (format == "unix") {
    result.kind_ = Kind::kUnixSeconds;
  } else if (format == "unix_ms") {
    result.kind_ = Kind::kUnixMillis;
  } else if (format.find('%') != absl::string_view::npos) {
    result.pattern_ = std::string(format);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("time_format: \"", format,
                     "\" is neither rfc3339, unix, unix_ms nor "
                     "a pattern such as \"%d/%m/%Y %H:%M\""));
  }
  return result;
}

absl::StatusOr<absl::Time> TimeFormat::Parse(absl::string_view text) const {
  absl::StatusOr<absl::Time> time = ParseAny(text);
  if (!time.ok()) return time;
  if (*time < kEarliest || *time > Latest()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not in the years 1970 to 9999"));
  }
  return time;
}

absl::StatusOr<absl::Time> TimeFormat::ParseAny(absl::string_view text) const {
  if (kind_ != Kind::kPattern) {
    int64_t number = 0;
    if (!absl::SimpleAtoi(text, &number)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text, "\" is no whole number of ",
                       kind_ == Kind::kUnixSeconds ? "seconds" : "milliseconds",
                       " since 1970"));
    }
    return kind_ == Kind::kUnixSeconds ? absl::FromUnixSeconds(number)
                                       : absl::FromUnixMillis(number);
  }
  absl::Time time;
  std::string error;
  if (absl::ParseTime(pattern_, text, zone_, &time, &error)) return time;
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text, "\" is no time written ",
      pattern_ == absl::RFC3339_full ? "like 2024-05-01T13:04:05Z" : pattern_,
      error.empty() ? "" : absl::StrCat(" (", error, ")")));
}

}  // namespace levee::cli
