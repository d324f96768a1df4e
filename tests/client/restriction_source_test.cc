// Restrictions from words: subjects, ends, rows of a file.
#include "client/cli/restriction_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/subject.h"
#include "client/cli/times.h"
#include "client/cli/until.h"
#include "tests/client/temp_file.h"

namespace levee::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::TempFile;

// 2024-05-01 13:04:05 UTC.
constexpr int64_t kNow = 1'714'568'645;

RestrictionClock Clock() {
  return {.now = absl::FromUnixSeconds(kNow), .zone = absl::UTCTimeZone()};
}

TEST(SubjectTest, AKindAndAValueMakeOne) {
  const struct {
    const char* kind;
    const char* value;
    const char* shown;
  } cases[] = {
      {"customer", "c-17", "customer c-17"},
      {"Customer_Id", "c-17", "customer c-17"},
      {"ticket", "t 9", "ticket t 9"},
      {"ip", "203.0.113.7", "ip 203.0.113.7"},
      {"ip", "2001:db8::7", "ip 2001:db8::7"},
      {"ip_prefix", "203.0.113.0/24", "ip_prefix 203.0.113.0/24"},
      {"ip_prefix", "2001:db8::/64", "ip_prefix 2001:db8::/64"},
      {"email", "a@example.com", "email a@example.com"},
      {"email_domain", "example.com", "email_domain example.com"},
      {"DEVICE", "d1", "device d1"},
  };
  for (const auto& c : cases) {
    auto subject = MakeSubject(c.kind, c.value);
    ASSERT_TRUE(subject.ok()) << subject.status();
    EXPECT_EQ(c.shown, ShowSubject(*subject));
  }
  EXPECT_EQ("-", ShowSubject(v1::RestrictionSubject()));
}

TEST(SubjectTest, WhatIsWrongIsSaid) {
  const std::string long_id(129, 'x');
  const struct {
    std::string kind;
    std::string value;
    const char* said;
  } cases[] = {
      {"agent", "kim", "subject: \"agent\" is none of customer, ticket, ip, "},
      {"", "kim", "subject: \"\" is none of"},
      {"customer", "", "value: empty"},
      {"customer", "\xFF", "value: not UTF-8"},
      {"customer", long_id, "value: 129 bytes, at most 128"},
      {"ip", "203.0.113", "value: \"203.0.113\" is no address such as"},
      {"ip", "203.0.113.0/24", "is no address such as"},
      {"ip_prefix", "203.0.113.7", "is neither a /24 of IPv4 nor a /64"},
      {"ip_prefix", "203.0.113.0/16", "is neither a /24 of IPv4 nor a /64"},
      {"ip_prefix", "2001:db8::/24", "is neither a /24 of IPv4 nor a /64"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(MakeSubject(c.kind, c.value).status().message(),
                HasSubstr(c.said));
  }
  EXPECT_TRUE(MakeSubject("email", long_id).ok());
}

TEST(UntilTest, AnEndIsASpanFromNowOnOrATime) {
  const absl::Time now = absl::FromUnixSeconds(kNow);
  const absl::TimeZone zone = absl::FixedTimeZone(7'200);
  const struct {
    const char* span;
    const char* until;
    int64_t seconds;
  } cases[] = {
      {"90s", "", kNow + 90},
      {"36h", "", kNow + 36 * 3'600},
      {"7d", "", kNow + 7 * 86'400},
      {"", "2024-05-01 15:04:06", kNow + 1},
      {"", "2024-05-01T13:05:05Z", kNow + 60},
  };
  for (const auto& c : cases) {
    auto end = ParseUntil(c.span, c.until, now, zone);
    ASSERT_TRUE(end.ok()) << end.status();
    EXPECT_EQ(c.seconds, end->seconds());
  }
  const struct {
    const char* span;
    const char* until;
    const char* said;
  } wrong[] = {
      {"", "", "for: absent, and until as well"},
      {"2h", "2025-01-01", "for: given, and until as well"},
      {"2", "", "for: \"2\" is no duration such as 90s"},
      {"0s", "", "for: \"0s\" is not after now"},
      {"9999999d", "", "for: \"9999999d\" is past the year 9999"},
      {"", "2h", "until: \"2h\" is a duration; give it as for"},
      {"", "tomorrow", "until: \"tomorrow\" is no time such as 2024-05-01"},
      {"", "2024-05-01 13:04:05",
       "until: \"2024-05-01 13:04:05\" is not after"},
      {"", "infinite-future", "until: \"infinite-future\" is past the year"},
  };
  for (const auto& c : wrong) {
    EXPECT_THAT(
        std::string(ParseUntil(c.span, c.until, now, zone).status().message()),
        StartsWith(c.said));
  }
}

// Each row of a file as "line: subject verdict scope until reason", or what is
// wrong with it.
std::vector<std::string> RowsOf(RestrictionSource* source) {
  std::vector<std::string> rows;
  for (;;) {
    v1::AddRestrictionRequest request;
    absl::StatusOr<bool> more = source->Next(&request);
    if (more.ok() && !*more) return rows;
    const std::string what =
        more.ok() ? absl::StrCat(ShowSubject(request.subject()), " ",
                                 request.verdict(), " ", request.scope(), " +",
                                 request.until().seconds() - kNow, " ",
                                 request.reason())
                  : std::string(more.status().message());
    rows.push_back(absl::StrCat(source->line(), ": ", what));
    if (!more.ok() && !absl::IsInvalidArgument(more.status())) return rows;
  }
}

std::vector<std::string> Csv(const std::string& text, char separator = ',') {
  const TempFile file(text);
  auto input = Input::Open(file.path());
  auto source = OpenRestrictionCsv(input->get(), separator, Clock());
  if (!source.ok()) return {std::string(source.status().message())};
  return RowsOf(source->get());
}

TEST(RestrictionSourceTest, CsvRowsAreRead) {
  EXPECT_THAT(
      Csv("\xEF\xBB\xBFreason,Verdict, value,subject,until,for,scope\r\n"
          "bombs us,reject,203.0.113.7,ip,,2h,\r\n"
          "\"a, b\",VERDICT_HOLD, c-17 ,customer,2024-05-01 13:05:05,,"
          "new_tickets\n"),
      ::testing::ElementsAre("2: ip 203.0.113.7 5 0 +7200 bombs us",
                             "3: customer c-17 4 1 +60 a, b"));
  EXPECT_THAT(Csv("subject;value;verdict;for;reason\n"
                  "device;d1;hold;1d;x\n",
                  ';'),
              ::testing::ElementsAre("2: device d1 4 0 +86400 x"));
}

TEST(RestrictionSourceTest, AWrongRowIsNamedAndTheNextIsRead) {
  EXPECT_THAT(Csv("subject,value,verdict,for,reason\n"
                  "agent,kim,hold,2h,x\n"
                  "ip,1.2,hold,2h,x\n"
                  "customer,c,allow,2h,x\n"
                  "customer,c,nonsense,2h,x\n"
                  "customer,c,hold,,x\n"
                  "customer,c,hold,2h,\n"
                  "customer,c,hold,2h\n"
                  "customer,c,ho\"ld,2h,x\n"
                  "customer,c,hold,2h,x\n"),
              ::testing::ElementsAre(
                  StartsWith("2: subject: \"agent\" is none of"),
                  StartsWith("3: value: \"1.2\" is no address"),
                  StartsWith("4: verdict: a restriction's is challenge"),
                  StartsWith("5: verdict: \"nonsense\" is none of"),
                  StartsWith("6: for: absent"), StartsWith("7: reason: empty"),
                  StartsWith("8: 4 fields, but the first line names 5"),
                  StartsWith("9: a quote within a field"),
                  "10: customer c 4 0 +7200 x"));
}

TEST(RestrictionSourceTest, TheFirstLineOfACsvFileNamesTheColumns) {
  const struct {
    const char* text;
    const char* said;
  } cases[] = {
      {"", "the file is empty; its first line should name the columns"},
      {"ip,203.0.113.7,reject,2h,x\n", "line 1: \"ip\" is no column"},
      {"subject,value,verdict,reason\n", "names neither a column for nor"},
      {"subject,value,verdict,for\n", "line 1: names no column reason"},
      {"subject,value,value,verdict,for,reason\n", "the column value twice"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Csv(c.text), ::testing::ElementsAre(HasSubstr(c.said)));
  }
}

TEST(RestrictionSourceTest, JsonLinesAreRowsOrRestrictions) {
  const TempFile file(
      R"({"subject":"ip","value":"203.0.113.7","verdict":"reject",)"
      R"("for":"2h","reason":"r1"})"
      "\n\n"
      R"({"id":"12","subject":{"customerId":"c1"},"author":"kim",)"
      R"("scope":"RESTRICTION_SCOPE_NEW_TICKETS","verdict":"VERDICT_HOLD",)"
      R"("until":"2024-05-01T13:05:05Z","reason":"r2"})"
      "\n"
      R"({"subject":{"ip":"1.2"},"verdict":"VERDICT_HOLD",)"
      R"("until":"2024-05-01T13:05:05Z","reason":"r"})"
      "\n"
      R"({"subject":{"ip":"192.0.2.1"},"verdict":"VERDICT_HOLD",)"
      R"("until":"2024-05-01T13:04:05Z","reason":"r"})"
      "\n"
      R"({"subject":{"ip":"192.0.2.1"},"liftedAt":"2024-05-01T13:04:05Z"})"
      "\n"
      R"({"subject":{"ip":"192.0.2.1"},"nonsense":1})"
      "\n"
      R"({"subject":"ip","colour":"red"})"
      "\n"
      R"({"subject":"ip","value":7})"
      "\n"
      "[1]\n"
      "\"caf\xE9\"\n" +
      std::string(100'000, 'x') + "\n");
  auto input = Input::Open(file.path());
  auto source = OpenRestrictionJsonLines(input->get(), Clock());
  EXPECT_THAT(RowsOf(source.get()),
              ::testing::ElementsAre(
                  "1: ip 203.0.113.7 5 0 +7200 r1", "3: customer c1 4 1 +60 r2",
                  StartsWith("4: value: \"1.2\" is no address"),
                  "5: until: not after now", "6: liftedAt: it was lifted",
                  HasSubstr("nonsense"),
                  "8: \"colour\" is no column; they are "
                  "subject, value, verdict, scope, for, until, reason",
                  "9: value: no text in quotes", "10: no JSON object",
                  "11: no JSON object", "12: more than 65536 bytes"));
}

}  // namespace
}  // namespace levee::cli
