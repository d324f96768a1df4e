// From rows to events.
#include "client/cli/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/answer.h"
#include "client/cli/event_source.h"
#include "client/cli/session.h"
#include "client/cli/times.h"
#include "client/cli/words.h"
#include "tests/client/temp_file.h"

namespace levee::cli {
namespace {

using client::kRequestBytesMax;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using tests::TempFile;

// "opened by customer c1 on t1 at 2016-02-29 01:16, agent a1".
std::string Short(const v1::TicketEvent& event) {
  std::string text =
      absl::StrCat(Word(event.kind()), " ", Word(event.actor()), " ",
                   event.customer_id(), " ", event.ticket_id(), " ",
                   absl::FormatTime("%m-%d %H:%M", ToTime(event.occurred_at()),
                                    absl::UTCTimeZone()));
  if (!event.agent_id().empty()) absl::StrAppend(&text, " ", event.agent_id());
  return text;
}

// Each event of the file in short, each bad row as its error.
std::vector<std::string> Import(const std::string& mapping_text,
                                const std::string& csv,
                                std::vector<v1::TicketEvent>* events) {
  auto mapping = ParseMapping(mapping_text);
  if (!mapping.ok()) return {std::string(mapping.status().message())};
  const TempFile file(csv);
  auto input = Input::Open(file.path());
  EXPECT_TRUE(input.ok()) << input.status();
  auto source = OpenCsv(input->get(), *mapping);
  if (!source.ok()) return {std::string(source.status().message())};
  std::vector<std::string> told;
  for (;;) {
    std::vector<v1::TicketEvent> row;
    auto more = (*source)->Next(&row);
    if (!more.ok()) {
      EXPECT_TRUE(row.empty());
      told.push_back(std::string(more.status().message()));
      continue;
    }
    if (!*more) return told;
    for (const v1::TicketEvent& event : row) {
      told.push_back(Short(event));
      events->push_back(event);
    }
  }
}

std::vector<std::string> Import(const std::string& mapping_text,
                                const std::string& csv) {
  std::vector<v1::TicketEvent> events;
  return Import(mapping_text, csv, &events);
}

constexpr char kServiceNow[] = SERVICENOW_MAPPING;

std::string ServiceNow() {
  auto text = ReadFile(kServiceNow, 1 << 20);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

constexpr char kServiceNowHeader[] =
    "number,incident_state,reopen_count,caller_id,opened_at,sys_updated_by,"
    "sys_updated_at,assignment_group,assigned_to\n";

TEST(MappingTest, TheServiceNowLogTellsTheLifeOfTickets) {
  std::vector<v1::TicketEvent> events;
  EXPECT_THAT(
      Import(ServiceNow(),
             std::string(kServiceNowHeader) +
                 "I1,New,0,C1,29/2/2016 01:16,U1,29/2/2016 01:23,G,?\n"
                 "I1,Active,0,C1,29/2/2016 01:16,U2,29/2/2016 02:00,G,R1\n"
                 "I1,Resolved,0,C1,29/2/2016 01:16,U3,1/3/2016 08:53,G,R1\n"
                 "I1,Resolved,0,C1,29/2/2016 01:16,U3,1/3/2016 08:54,G,R1\n"
                 "I1,Active,1,C1,29/2/2016 01:16,U3,1/3/2016 10:00,G,R1\n"
                 "I1,Resolved,1,C1,29/2/2016 01:16,U3,1/3/2016 11:00,G,R1\n"
                 "I1,Closed,1,C1,29/2/2016 01:16,U9,5/3/2016 12:00,G,R1\n"
                 "I2,Resolved,0,C2,29/2/2016 03:00,U1,29/2/2016 03:00,G,?\n",
             &events),
      ElementsAre("OPENED CUSTOMER C1 I1 02-29 01:16",
                  "AGENT_REPLIED AGENT C1 I1 02-29 02:00 U2",
                  "SOLVED AGENT C1 I1 03-01 08:53 U3",
                  "AGENT_REPLIED AGENT C1 I1 03-01 08:54 U3",
                  "REOPENED CUSTOMER C1 I1 03-01 10:00 R1",
                  "SOLVED AGENT C1 I1 03-01 11:00 U3",
                  "CLOSED AGENT C1 I1 03-05 12:00 U9",
                  "OPENED CUSTOMER C2 I2 02-29 03:00",
                  "SOLVED AGENT C2 I2 02-29 03:00 U1"));
  EXPECT_EQ("G", events[0].department());
}

TEST(MappingTest, ABadRowIsNamedAndRemembered) {
  EXPECT_THAT(
      Import(ServiceNow(),
             std::string(kServiceNowHeader) +
                 "I1,New,0,?,29/2/2016 01:16,U1,29/2/2016 01:23,G,?\n"
                 "I1,Active,0,C1,29/2/2016 01:16,U2,29/2/2016 02:00,G,R1\n"
                 "I2,New,0,C1,30/2/2016 01:16,U2,29/2/2016 02:00,G,R1\n"
                 "I3,New,x,C1,29/2/2016 01:16,U2,29/2/2016 02:00,G,R1\n"
                 "I4,New\n"),
      ElementsAre("line 2: caller_id: empty, but every event needs it",
                  "AGENT_REPLIED AGENT C1 I1 02-29 02:00 U2",
                  HasSubstr("line 4: opened_at: \"30/2/2016 01:16\" is no time "
                            "written %d/%m/%Y %H:%M"),
                  "line 5: reopen_count: \"x\" is no whole number",
                  "line 6: 2 fields, but the first line names 9 columns"));
}

TEST(MappingTest, ARowMayBeAnEvent) {
  const char kMapping[] = R"(
      time_format: "unix"
      columns {
        event_id: "id" customer_id: "who" ticket_id: "ticket" agent_id: "agent"
        occurred_at: "at" kind: "what" source_ip: "ip" body: "text"
        provides_solution: "solved" account_created_at: "since"
        attributes { key: "plan" column: "plan" }
        attributes { key: "seats" column: "seats" number: true }
      })";
  std::vector<v1::TicketEvent> events;
  EXPECT_THAT(
      Import(kMapping,
             "id,who,ticket,agent,at,what,ip,text,solved,since,plan,seats\n"
             "e1,c1,t1,,60,opened,192.0.2.1,\"Help,\nplease\",,0,vps,3\n"
             "e2,c1,t1,kim,120,Agent_Replied,,Done,yes,,,\n"
             "e3,c1,t1,,180,EVENT_KIND_CLOSED,,,,,,\n"
             "e4,c1,t1,,240,shut,,,,,,\n"
             "e5,c1,t1,,300,opened,,,maybe,,,\n"
             "e6,c1,t1,,360,opened,,,,,,many\n"
             "e7,c1,t1,,420,opened,,\xFF,,,,\n"
             "e8,c1,t1,,480,opened,,,yes,,,\n",
             &events),
      ElementsAre("OPENED CUSTOMER c1 t1 01-01 00:01",
                  "AGENT_REPLIED AGENT c1 t1 01-01 00:02 kim",
                  "CLOSED AUTOMATION c1 t1 01-01 00:03",
                  HasSubstr("line 6: what: \"shut\" is none of opened, "),
                  HasSubstr("line 7: solved: \"maybe\" is neither true, yes"),
                  "line 8: seats: \"many\" is no whole number",
                  "line 9: text: not UTF-8",
                  "line 10: provides_solution: only for agent_replied"));
  ASSERT_EQ(3u, events.size());
  EXPECT_EQ("e1", events[0].event_id());
  EXPECT_EQ("192.0.2.1", events[0].source().ip());
  EXPECT_EQ("Help,\nplease", events[0].body());
  EXPECT_TRUE(events[0].has_account_created_at());
  ASSERT_EQ(2, events[0].attributes_size());
  EXPECT_EQ("vps", events[0].attributes(0).text());
  EXPECT_EQ(3, events[0].attributes(1).number());
  EXPECT_TRUE(events[1].provides_solution());
  EXPECT_FALSE(events[1].has_account_created_at());
  EXPECT_EQ(0, events[1].attributes_size());
}

// Which rows of a ticket a single test lets through.
std::vector<std::string> Passing(const std::string& test) {
  const std::string mapping = absl::StrCat(R"(
      time_format: "unix" empty_values: "?"
      columns { customer_id: "c" ticket_id: "t" occurred_at: "at" }
      events { kind: EVENT_KIND_OPENED actor: ACTOR_CUSTOMER when { )",
                                           test, " } }");
  std::vector<v1::TicketEvent> events;
  for (const std::string& said : Import(mapping,
                                        "c,t,at,state,count\n"
                                        "c1,t1,1,a,?\n"
                                        "c1,t1,2,a,0\n"
                                        "c1,t1,3,b,2\n"
                                        "c1,t2,4,b,1\n"
                                        "c1,t1,5,?,1\n"
                                        "c1,t1,6,a,1\n",
                                        &events)) {
    EXPECT_THAT(said, HasSubstr("OPENED"));
  }
  std::vector<std::string> rows;
  rows.reserve(events.size());
  for (const v1::TicketEvent& event : events) {
    rows.push_back(absl::StrCat(event.occurred_at().seconds()));
  }
  return rows;
}

TEST(MappingTest, RowsAreComparedWithTheTicketsEarlierOne) {
  struct {
    const char* test;
    const char* rows;
  } cases[] = {
      {"first_of_ticket: true", "1 4"},
      {"first_of_ticket: false", "2 3 5 6"},
      {"is { column: 'state' any_of: 'b' }", "3 4"},
      {"is { column: 'state' any_of: '' }", "5"},
      {"is { column: 'state' any_of: 'a' any_of: 'b' }", "1 2 3 4 6"},
      {"became { column: 'state' any_of: 'a' }", "1 6"},
      {"became { column: 'state' any_of: 'b' }", "3 4"},
      {"became { column: 'state' any_of: 'a' any_of: 'b' }", "1 4 6"},
      {"changed: 'state'", "3 5 6"},
      {"increased: 'count'", "3 4"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.rows, absl::StrJoin(Passing(c.test), " ")) << c.test;
  }
}

TEST(MappingTest, TheFirstEventWhoseTestsHoldIsTaken) {
  const char kMapping[] = R"(
      time_format: "unix"
      columns { customer_id: "c" ticket_id: "t" occurred_at: "at" }
      events { kind: EVENT_KIND_OPENED actor: ACTOR_CUSTOMER go_on: true
               when { is { column: "s" any_of: "x" any_of: "y" } } }
      events { kind: EVENT_KIND_OPENED actor: ACTOR_AUTOMATION
               when { is { column: "s" any_of: "x" } } }
      events { kind: EVENT_KIND_CLOSED actor: ACTOR_AUTOMATION
               when { is { column: "s" any_of: "x" any_of: "z" } } })";
  std::vector<v1::TicketEvent> events;
  EXPECT_THAT(Import(kMapping, "c,t,at,s\nc,t,1,x\nc,t,2,y\nc,t,3,z\nc,t,4,w\n",
                     &events),
              ElementsAre("OPENED CUSTOMER c t 01-01 00:00",
                          "OPENED AUTOMATION c t 01-01 00:00",
                          "OPENED CUSTOMER c t 01-01 00:00",
                          "CLOSED AUTOMATION c t 01-01 00:00"));
  // Two of a kind in one row have two ids.
  EXPECT_NE(events[0].event_id(), events[1].event_id());
}

// The ids of a file that names none.
std::vector<std::string> IdsOf(const std::string& rows) {
  const char kMapping[] = R"(
      time_format: "unix"
      columns { customer_id: "c" ticket_id: "t" occurred_at: "at" }
      events { kind: EVENT_KIND_OPENED actor: ACTOR_CUSTOMER })";
  std::vector<v1::TicketEvent> events;
  Import(kMapping, "c,t,at,unused\n" + rows, &events);
  std::vector<std::string> ids;
  ids.reserve(events.size());
  for (const v1::TicketEvent& event : events) ids.push_back(event.event_id());
  return ids;
}

TEST(MappingTest, AFileThatGrewGivesItsOldEventsTheSameIds) {
  const std::string old_rows = "c1,t1,1,a\nc1,t1,1,b\nc2,t2,2,c\n";
  const auto old_ids = IdsOf(old_rows);
  EXPECT_THAT(old_ids, ElementsAre(MatchesRegex("[0-9a-f]{32}-1-opened"),
                                   MatchesRegex("[0-9a-f]{32}-2-opened"),
                                   MatchesRegex("[0-9a-f]{32}-1-opened")));
  EXPECT_EQ(old_ids[0].substr(0, 32), old_ids[1].substr(0, 32));
  EXPECT_NE(old_ids[0].substr(0, 32), old_ids[2].substr(0, 32));
  const std::string new_row = "c1,t1,1,d\n";
  const std::string new_id = old_ids[0].substr(0, 32) + "-3-opened";
  EXPECT_THAT(IdsOf(old_rows + new_row),
              ElementsAre(old_ids[0], old_ids[1], old_ids[2], new_id));
  // Equal rows are as good as each other, wherever the new one stands.
  EXPECT_THAT(IdsOf(new_row + old_rows),
              ElementsAre(old_ids[0], old_ids[1], new_id, old_ids[2]));
}

TEST(MappingTest, WhatIsWrongWithAMappingIsSaid) {
  struct {
    const char* mapping;
    const char* said;
  } cases[] = {
      {"columns { customer_id: 'c' ticket_id: 't' occurred_at: 'at' }",
       "columns.kind: missing; name the column with the kind"},
      {"columns { ticket_id: 't' kind: 'k' occurred_at: 'at' }",
       "columns.customer_id: missing; every event needs it"},
      {"columns { customer_id: 'c' ticket_id: 't' kind: 'kind'"
       " occurred_at: 'at' }",
       "the file has no column \"kind\"; its columns are c, t, at, k"},
      {"columns { customer_id: 'c' ticket_id: 't' occurred_at: 'at' }"
       " events { actor: ACTOR_AGENT }",
       "events[0].kind: missing"},
      {"columns { customer_id: 'c' ticket_id: 't' occurred_at: 'at' }"
       " events { kind: EVENT_KIND_OPENED }",
       "events[0].actor: missing"},
      {"columns { customer_id: 'c' ticket_id: 't' occurred_at: 'at' kind: 'k' }"
       " events { kind: EVENT_KIND_OPENED actor: ACTOR_AGENT }",
       "events[0]: kind and actor come from the event here"},
      {"columns { customer_id: 'c' ticket_id: 't' occurred_at: 'at' }"
       " events { kind: EVENT_KIND_OPENED actor: ACTOR_CUSTOMER when { } }",
       "events[0].when[0]: missing"},
      {"columns { customer_id: 'c' ticket_id: 't' occurred_at: 'at' }"
       " events { kind: EVENT_KIND_OPENED actor: ACTOR_CUSTOMER"
       " when { is { column: 'k' } } }",
       "events[0].when[0].any_of: missing"},
      {"time_format: 'iso'", "time_format: \"iso\" is neither rfc3339"},
      {"time_zone: 'Mars/Base'", "knows no zone \"Mars/Base\""},
      {"separator: ';;'", "separator: not one ASCII character"},
      {"columns { customer: 'c' }", "1:19: Message type"},
      {"\n\ncolumns { customer_id: 7 }", "3:24: "},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(absl::StrJoin(Import(c.mapping, "c,t,at,k\n"), "\n"),
                HasSubstr(c.said))
        << c.mapping;
  }
}

TEST(MappingTest, AnEmptyFileHasNoColumns) {
  EXPECT_THAT(Import("columns { kind: 'k' }", ""),
              ElementsAre(HasSubstr("should name the columns")));
}

TEST(MappingTest, ColumnsAreSetByFlags) {
  v1::CsvMapping mapping;
  for (const char* flag :
       {"customer_id=Who", "source.ip=Address", "source_email=Mail",
        "attributes.plan=Plan", "attributes.seats:=Seats", "body=a=b"}) {
    EXPECT_TRUE(SetColumn(flag, &mapping).ok()) << flag;
  }
  EXPECT_EQ("Who", mapping.columns().customer_id());
  EXPECT_EQ("Address", mapping.columns().source_ip());
  EXPECT_EQ("Mail", mapping.columns().source_email());
  EXPECT_EQ("a=b", mapping.columns().body());
  ASSERT_EQ(2, mapping.columns().attributes_size());
  EXPECT_EQ("plan", mapping.columns().attributes(0).key());
  EXPECT_FALSE(mapping.columns().attributes(0).number());
  EXPECT_EQ("seats", mapping.columns().attributes(1).key());
  EXPECT_TRUE(mapping.columns().attributes(1).number());
  EXPECT_THAT(SetColumn("customer_id", &mapping).message(),
              HasSubstr("is not FIELD=COLUMN"));
  EXPECT_THAT(SetColumn("customer=Who", &mapping).message(),
              HasSubstr("\"customer\" is no field of an event"));
  EXPECT_THAT(SetColumn("attributes=Who", &mapping).message(),
              HasSubstr("is no field of an event"));
}

// JSON lines.

std::vector<std::string> ReadJson(const std::string& text) {
  const TempFile file(text);
  auto input = Input::Open(file.path());
  EXPECT_TRUE(input.ok()) << input.status();
  auto source = OpenJsonLines(input->get());
  std::vector<std::string> told;
  for (;;) {
    std::vector<v1::TicketEvent> row;
    auto more = source->Next(&row);
    if (!more.ok()) {
      told.push_back(std::string(more.status().message()));
      continue;
    }
    if (!*more) return told;
    for (const v1::TicketEvent& event : row) told.push_back(Short(event));
  }
}

// A right event with one thing replaced.
std::string Json(const std::string& what, const std::string& by) {
  std::string text =
      R"({"eventId":"e1","kind":"EVENT_KIND_OPENED","actor":"ACTOR_CUSTOMER",)"
      R"("customerId":"c1","ticketId":"t1",)"
      R"("occurredAt":"2024-05-01T13:04:05Z"})";
  const size_t at = text.find(what);
  EXPECT_NE(std::string::npos, at) << what;
  return text.replace(at, what.size(), by) + "\n";
}

TEST(JsonLinesTest, EventsAreRead) {
  EXPECT_THAT(ReadJson("\n" + Json("e1", "e1") + "  \n" + Json("c1", "c2")),
              ElementsAre("OPENED CUSTOMER c1 t1 05-01 13:04",
                          "OPENED CUSTOMER c2 t1 05-01 13:04"));
}

TEST(JsonLinesTest, AByteOrderMarkIsPassedOverAtTheBeginOnly) {
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_THAT(ReadJson(mark + Json("c1", "c1") + mark + Json("c1", "c2")),
              ElementsAre("OPENED CUSTOMER c1 t1 05-01 13:04",
                          HasSubstr("line 2: not a TicketEvent in JSON")));
  EXPECT_THAT(ReadJson(mark), ElementsAre());
  EXPECT_THAT(ReadJson(mark.substr(0, 2)), ElementsAre(HasSubstr("line 1")));
}

TEST(JsonLinesTest, ABadLineIsNamedWithWhatIsWrong) {
  const std::string long_id(129, 'x');
  const struct {
    std::string line;
    const char* said;
  } cases[] = {
      {"{\n", "line 2: not a TicketEvent in JSON"},
      {Json("customerId", "customer"), "line 2: not a TicketEvent in JSON"},
      {Json("EVENT_KIND_OPENED", "OPEN"), "line 2: not a TicketEvent in JSON"},
      {Json("2024-05-01T13:04:05Z", "1/5/2024"),
       "line 2: not a TicketEvent in JSON"},
      {Json("\"eventId\":\"e1\",", ""), "line 2: event_id: missing"},
      {Json("\"kind\":\"EVENT_KIND_OPENED\",", ""), "line 2: kind: missing"},
      {Json("\"actor\":\"ACTOR_CUSTOMER\",", ""), "line 2: actor: missing"},
      {Json("ACTOR_CUSTOMER", "ACTOR_AGENT"),
       "line 2: agent_id: missing, but an agent acts"},
      {Json("\"customerId\":\"c1\",", ""), "line 2: customer_id: missing"},
      {Json("\"ticketId\":\"t1\",", ""), "line 2: ticket_id: missing"},
      {Json(",\"occurredAt\":\"2024-05-01T13:04:05Z\"", ""),
       "line 2: occurred_at: missing"},
      {Json("2024-", "1969-"), "line 2: occurred_at: not in the years"},
      {Json("c1", long_id), "line 2: customer_id: 129 bytes, at most 128"},
      {Json("\"ticketId\"", "\"notAbuse\":true,\"ticketId\""),
       "line 2: not_abuse: only for abuse_reported"},
      {Json("EVENT_KIND_OPENED", "EVENT_KIND_WITHDRAWN"),
       "line 2: regards_event_id: missing"},
      {Json("\"ticketId\"", "\"attributes\":[{\"key\":\"k\",\"text\":\"" +
                                std::string(kRequestBytesMax, 'x') +
                                "\"}],\"ticketId\""),
       "bytes, at most 4194240"},
      {Json("c1", "\xC3\x28"), "line 2: not a TicketEvent in JSON"},
  };
  for (const auto& c : cases) {
    const auto told = ReadJson(Json("e1", "e0") + c.line + Json("e1", "e2"));
    ASSERT_EQ(3u, told.size()) << c.line;
    EXPECT_THAT(told[1], HasSubstr(c.said)) << c.line;
  }
}

}  // namespace
}  // namespace levee::cli
