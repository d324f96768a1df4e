// Times, spans and words as people write them.
#include "client/cli/times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/cli/words.h"

namespace levee::cli {
namespace {

using ::testing::HasSubstr;

std::string Utc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E*S", time, absl::UTCTimeZone());
}

TEST(TimesTest, SpansAreShownInTheirTwoLargestUnits) {
  const struct {
    absl::Duration span;
    const char* shown;
  } cases[] = {
      {absl::ZeroDuration(), "0s"},
      {absl::Microseconds(250), "250us"},
      {absl::Milliseconds(350), "350ms"},
      {absl::Milliseconds(1'350), "1s"},
      {absl::Seconds(59), "59s"},
      {absl::Seconds(60), "1m"},
      {absl::Seconds(572), "9m 32s"},
      {absl::Hours(1) + absl::Seconds(5), "1h"},
      {absl::Hours(28), "1d 4h"},
      {absl::Hours(24 * 400), "400d"},
      {-absl::Seconds(5), "-5s"},
  };
  for (const auto& c : cases) EXPECT_EQ(c.shown, ShowSpan(c.span));
}

TEST(TimesTest, TimesAreShownWithTheirOffset) {
  const absl::Time time = absl::FromUnixSeconds(1'714'568'645);
  EXPECT_EQ("2024-05-01 13:04:05 +00:00", ShowTime(time, absl::UTCTimeZone()));
  EXPECT_EQ("2024-05-01 18:34:05 +05:30",
            ShowTime(time, absl::FixedTimeZone(19'800)));
}

TEST(TimesTest, SpansAreParsed) {
  const struct {
    const char* text;
    absl::Duration span;
  } cases[] = {
      {"90s", absl::Seconds(90)},
      {"10m", absl::Minutes(10)},
      {"2h", absl::Hours(2)},
      {"7d", absl::Hours(168)},
      {"1d12h", absl::Hours(36)},
      {"1h30m", absl::Minutes(90)},
      {"500ms", absl::Milliseconds(500)},
      {"0s", absl::ZeroDuration()},
  };
  for (const auto& c : cases) {
    auto span = ParseSpan(c.text);
    ASSERT_TRUE(span.ok()) << c.text << span.status();
    EXPECT_EQ(c.span, *span) << c.text;
  }
  for (const char* text : {"", "2", "d", "-1h", "-1d", "1y", "2h x", "inf"}) {
    EXPECT_THAT(ParseSpan(text).status().message(),
                HasSubstr("is no duration such as"))
        << text;
  }
}

TEST(TimesTest, MomentsAreSpansAgoOrTimes) {
  const absl::Time now = absl::FromUnixSeconds(1'714'568'645);
  const absl::TimeZone zone = absl::FixedTimeZone(7'200);
  const struct {
    const char* text;
    const char* utc;
  } cases[] = {
      {"2h", "2024-05-01 11:04:05"},
      {"1d", "2024-04-30 13:04:05"},
      {"2024-04-01", "2024-03-31 22:00:00"},
      {"2024-04-01 06:30", "2024-04-01 04:30:00"},
      {"2024-04-01 06:30:15", "2024-04-01 04:30:15"},
      {"2024-04-01T06:30:15Z", "2024-04-01 06:30:15"},
      {"2024-04-01 06:30:15 +01:00", "2024-04-01 05:30:15"},
  };
  for (const auto& c : cases) {
    auto time = ParseMoment(c.text, now, zone);
    ASSERT_TRUE(time.ok()) << c.text << time.status();
    EXPECT_EQ(c.utc, Utc(*time)) << c.text;
  }
  for (const char* text : {"", "yesterday", "2024-13-01", "2024-04-31"}) {
    EXPECT_FALSE(ParseMoment(text, now, zone).ok()) << text;
  }
}

TEST(TimeFormatTest, FilesWriteTimesInManyWays) {
  const struct {
    const char* format;
    const char* zone;
    const char* text;
    const char* utc;
  } cases[] = {
      {"", "", "2024-05-01T13:04:05.250Z", "2024-05-01 13:04:05.25"},
      {"rfc3339", "+02:00", "2024-05-01T13:04:05+05:30", "2024-05-01 07:34:05"},
      {"%d/%m/%Y %H:%M", "", "29/2/2016 01:23", "2016-02-29 01:23:00"},
      {"%d/%m/%Y %H:%M", "UTC", "1/12/2016 9:05", "2016-12-01 09:05:00"},
      {"%d/%m/%Y %H:%M", "-03:30", "29/2/2016 01:23", "2016-02-29 04:53:00"},
      {"%d/%m/%Y %H:%M", "Europe/Vienna", "1/7/2016 12:00",
       "2016-07-01 10:00:00"},
      {"%Y-%m-%d %H:%M:%E*S", "", "2016-02-29 01:23:45.5",
       "2016-02-29 01:23:45.5"},
      {"%b %d, %Y %I:%M %p", "", "May 1, 2024 01:04 PM", "2024-05-01 13:04:00"},
      {"unix", "", "1714568645", "2024-05-01 13:04:05"},
      {"unix_ms", "", "1714568645250", "2024-05-01 13:04:05.25"},
  };
  for (const auto& c : cases) {
    auto format = TimeFormat::Create(c.format, c.zone);
    ASSERT_TRUE(format.ok()) << c.format << format.status();
    auto time = format->Parse(c.text);
    ASSERT_TRUE(time.ok()) << c.text << time.status();
    EXPECT_EQ(c.utc, Utc(*time)) << c.text;
  }
}

TEST(TimeFormatTest, WhatIsNoTimeIsRefused) {
  const struct {
    const char* format;
    const char* text;
    const char* said;
  } cases[] = {
      {"", "1/5/2024", "is no time written like 2024-05-01T13:04:05Z"},
      {"%d/%m/%Y %H:%M", "29/2/2015 01:23", "is no time written %d/%m/%Y"},
      {"%d/%m/%Y %H:%M", "1/13/2016 01:23", "is no time written %d/%m/%Y"},
      {"%d/%m/%Y %H:%M", "1/1/2016 25:23", "is no time written %d/%m/%Y"},
      {"%d/%m/%Y %H:%M", "1/1/2016 01:23 x", "is no time written %d/%m/%Y"},
      {"%d/%m/%Y %H:%M", "", "is no time written %d/%m/%Y"},
      {"%d/%m/%Y", "1/1/1960", "is not in the years 1970 to 9999"},
      {"unix", "-1", "is not in the years 1970 to 9999"},
      {"unix", "1e9", "is no whole number of seconds since 1970"},
      {"unix_ms", "now", "is no whole number of milliseconds since 1970"},
      {"unix", "9223372036854775807", "is not in the years 1970 to 9999"},
  };
  for (const auto& c : cases) {
    auto format = TimeFormat::Create(c.format, "");
    ASSERT_TRUE(format.ok()) << c.format << format.status();
    EXPECT_THAT(format->Parse(c.text).status().message(), HasSubstr(c.said))
        << c.text;
  }
  for (const char* zone : {"+2:00", "02:00", "+25:00", "+02:60", "Nowhere"}) {
    EXPECT_THAT(TimeFormat::Create("", zone).status().message(),
                HasSubstr("knows no zone"))
        << zone;
  }
}

TEST(WordsTest, EnumsAreReadInAnyCaseAndWithTheirPrefix) {
  EXPECT_EQ(v1::VERDICT_THROTTLE, *ParseVerdict("throttle"));
  EXPECT_EQ(v1::VERDICT_THROTTLE, *ParseVerdict("VERDICT_THROTTLE"));
  EXPECT_EQ(v1::EVENT_KIND_CUSTOMER_REPLIED, *ParseKind("Customer_Replied"));
  EXPECT_EQ(v1::ACTOR_AGENT_ON_BEHALF, *ParseActor("agent_on_behalf"));
  EXPECT_EQ(v1::CATEGORY_BOMBING, *ParseCategory("bombing"));
  EXPECT_EQ(
      "\"unspecified\" is none of allow, challenge, throttle, hold, reject",
      ParseVerdict("unspecified").status().message());
  EXPECT_EQ(v1::RESTRICTION_SCOPE_NEW_TICKETS, *ParseScope("new_tickets"));
  EXPECT_FALSE(ParseKind("").ok());
}

TEST(WordsTest, EveryValueHasAWord) {
  EXPECT_EQ("THROTTLE", Word(v1::VERDICT_THROTTLE));
  EXPECT_EQ("FIRST_REPLY", Word(v1::EXEMPTION_FIRST_REPLY));
  EXPECT_EQ("-", Word(v1::VERDICT_UNSPECIFIED));
  EXPECT_EQ("77", Word(static_cast<v1::Verdict>(77)));
}

}  // namespace
}  // namespace levee::cli
