#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "server/rules/duration.h"
#include "server/rules/rule_set.h"
#include "server/text/facts.h"
#include "tests/life.h"

namespace levee::rules {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Repeat(const std::string& what, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += what;
  return repeated;
}

// A right rule but for its condition, which stands in line 2.
std::string WithWhen(const std::string& when,
                     const std::string& on = "EVENT_KIND_OPENED") {
  return "rules { id: 'r' category: CATEGORY_BOMBING on: " + on + " when {\n" +
         when + "\n} then { verdict: VERDICT_HOLD } }";
}

constexpr char kRule[] =
    "rules { id: 'r' category: CATEGORY_BOMBING on: EVENT_KIND_OPENED "
    "when { text { pattern: 'x' } } then { verdict: VERDICT_HOLD } }\n";

std::vector<std::string> ProblemsOf(const std::string& text) {
  std::vector<std::string> lines;
  for (const levee::v1::RuleProblem& problem : Compile(text, 1).problems) {
    lines.push_back(ToString({problem}));
    lines.back().pop_back();
  }
  return lines;
}

std::shared_ptr<const RuleSet> Right(const std::string& text) {
  Compiled compiled = Compile(text, 7);
  EXPECT_EQ(ToString(compiled.problems), "") << text;
  return compiled.rule_set;
}

// The text has one problem, whose line begins and goes on as expected.
void ExpectProblem(const std::string& text, const std::string& begin,
                   const std::string& message) {
  SCOPED_TRACE(text.substr(0, 400));
  const Compiled compiled = Compile(text, 1);
  EXPECT_EQ(compiled.rule_set, nullptr);
  ASSERT_EQ(compiled.problems.size(), 1) << ToString(compiled.problems);
  const std::string told = ToString(compiled.problems);
  EXPECT_EQ(told.substr(0, begin.size()), begin) << told;
  EXPECT_THAT(told, HasSubstr(message));
}

struct Case {
  std::string text;
  std::string begin;
  std::string message;
};

TEST(Syntax, TheFirstErrorIsToldWithItsPlace) {
  const Case cases[] = {
      {"rules {", "1:8 ", "Expected"},
      {"rules {\n  id: 7\n}", "2:7 ", "Expected string"},
      {"\n\n  nmae: 'x'", "3:3 ", "Did you mean name?"},
      {"rules { whne { } }", "1:9 ", "Did you mean when?"},
      {"rules { zzzzzzz: 1 }", "1:9 ", "There are: id, category, mode, on"},
      {"rules { on: EVENT_KIND_OPEND }", "1:13 ",
       "Did you mean EVENT_KIND_OPENED?"},
      {"rules { then { verdict: NO } }", "1:25 ",
       "There are: VERDICT_ALLOW, VERDICT_CHALLENGE"},
      {"rules { id: 'a' id: 'b' }", "1:17 ", "specified multiple times"},
      {"rules { when { text { } rate { } } }", "1:25 ", "oneof \"node\""},
      {"rules { id: 'a }", "1:17 ", "Unexpected end of string"},
      {"rules { id: 'a\n' }", "1:15 ", "cannot cross line"},
      {"rules { id: 'x' }\n# fine\n\x01", "3:1 ", "Invalid control char"},
      {"rules { id: ä }", "1:13 ", "Only strings and comments"},
      {"\t\tname: 7", "1:9 ", "Expected string"},
      {"name: 'ab\xFF'", "1:10 ", "not UTF-8"},
      {"name: 'x'\n\n \xC3", "3:2 ", "not UTF-8"},
      {Repeat("#", (1 << 20) + 1), "1:1 ", "at most 1048576"},
      {"rules { when { " + Repeat("not { ", 90), "1:", "at most 32 conditions"},
      {Repeat("rules { ", 100'000), "1:9 ", "no field named \"rules\""},
  };
  for (const Case& c : cases) ExpectProblem(c.text, c.begin, c.message);
}

TEST(Compile, EveryProblemOfARuleIsToldAtItsPlace) {
  const std::string when = " when { text { pattern: 'x' } }";
  const std::string then = " then { verdict: VERDICT_HOLD }";
  const std::string category = " category: CATEGORY_BOMBING";
  const std::string on = " on: EVENT_KIND_OPENED";
  const std::string id = " id: 'r'";
  const std::string body = id + category + on + when + then;
  const auto rule = [](const std::string& text) {
    return "rules {" + text + " }";
  };
  const Case cases[] = {
      {"name: '" + Repeat("n", 129) + "'", "1:1 name: ", "at most 128"},
      {rule(category + on + when + then), "1:1 rules[0].id: ", "missing"},
      {rule(" id: 'A'" + category + on + when + then),
       "1:9 rules[0].id: ", "\"A\": it must be 1 to 64 bytes of a-z"},
      {rule(" id: '" + Repeat("a", 65) + "'" + category + on + when + then),
       "1:9 rules[0].id: ", "1 to 64 bytes"},
      {rule(id + on + when + then),
       "1:1 rules[0].category: ", "missing: give CATEGORY_INSULT, "},
      {rule(id + " category: 99" + on + when + then),
       "1:17 rules[0].category: ", "99: it must be CATEGORY_INSULT"},
      {rule(body + " mode: 9"), "1:", "9: it must be MODE_ENFORCE"},
      {rule(id + category + when + then), "1:1 rules[0].on: ",
       "missing: give EVENT_KIND_OPENED, EVENT_KIND_CUSTOMER_REPLIED, "
       "EVENT_KIND_SOLVED, EVENT_KIND_REOPENED or EVENT_KIND_CLOSED"},
      {rule(id + category + on + " on: EVENT_KIND_AGENT_REPLIED" + when + then),
       "1:66 rules[0].on[1]: ", "EVENT_KIND_AGENT_REPLIED: it must be"},
      {rule(id + category + " on: EVENT_KIND_WITHDRAWN" + when + then),
       "1:44 rules[0].on[0]: ", "EVENT_KIND_WITHDRAWN: it must be"},
      {rule(id + category + " on: [EVENT_KIND_OPENED, 0]" + when + then),
       "1:44 rules[0].on[1]: ", "missing"},
      {rule(id + category + on + then), "1:1 rules[0].when: ", "missing"},
      {rule(id + category + on + " when { }" + then),
       "1:66 rules[0].when: ", "an empty condition"},
      {rule(body + " unless { }"), "1:", "an empty condition"},
      {rule(id + category + on + when), "1:1 rules[0].then: ", "missing"},
      {rule(id + category + on + when + " then { }"),
       "1:97 rules[0].then.verdict: ", "missing: give VERDICT_ALLOW"},
      {rule(id + category + on + when + " then { verdict: 77 }"),
       "1:104 rules[0].then.verdict: ", "77: it must be VERDICT_ALLOW"},
      {rule(body + " escalate { memory: '1d' }"),
       "1:", "rules[0].escalate.steps: 0 steps: there must be 1 to 16"},
      {rule(body + " escalate { memory: '59m' steps { offences: 2 then { "
                   "verdict: VERDICT_HOLD } } }"),
       "1:", "rules[0].escalate.memory: \"59m\": it must be 1h to 365d"},
      {rule(body + " escalate { memory: '1d' steps { offences: 1 then { "
                   "verdict: VERDICT_HOLD } } }"),
       "1:", "1: it must be 2 to 32, more than the step before"},
      {rule(body + " escalate { memory: '1d' steps { offences: 3 then { "
                   "verdict: VERDICT_HOLD } } steps { offences: 3 then { "
                   "verdict: VERDICT_HOLD } } }"),
       "1:", "3: it must be 4 to 32, more than the step before"},
      {rule(body + " escalate { memory: '1d' steps { offences: 2 } }"),
       "1:", "steps[0].then: missing: give a verdict"},
      {rule(id + category + on + when +
            " then { verdict: VERDICT_HOLD restrict { duration: '1h' } }"),
       "1:126 rules[0].then.restrict.subject: ", "missing: give SUBJECT_"},
      {rule(id + category + on + when +
            " then { verdict: VERDICT_HOLD restrict { subject: "
            "SUBJECT_AGENT duration: '1h' } }"),
       "1:", "SUBJECT_AGENT: it must be SUBJECT_CUSTOMER"},
      {rule(id + category + on + when +
            " then { verdict: VERDICT_ALLOW restrict { subject: "
            "SUBJECT_CUSTOMER duration: '1h' } }"),
       "1:", "VERDICT_ALLOW: it must be VERDICT_CHALLENGE"},
      {rule(id + category + on + when +
            " then { verdict: VERDICT_HOLD restrict { subject: "
            "SUBJECT_CUSTOMER duration: '30s' } }"),
       "1:", "\"30s\": it must be 1m to 365d"},
      {rule(id + category + on + when +
            " then { verdict: VERDICT_HOLD restrict { subject: "
            "SUBJECT_CUSTOMER duration: '1h' jitter_percent: 51 } }"),
       "1:", "51: it must be 0 to 50"},
      {rule(body + " messages { text: 'x' }"),
       "1:", "rules[0].messages[0].language: missing: it must be a BCP 47 tag"},
      {rule(body + " messages { language: 'e n' text: 'x' }"),
       "1:", "\"e n\": it must be a BCP 47 tag"},
      {rule(body + " messages { language: 'en' }"),
       "1:", "rules[0].messages[0].text: missing"},
      {rule(body + "\nmessages { language: 'en' text: 'x' }\n"
                   "messages { language: 'EN' text: 'y' }"),
       "3:12 rules[0].messages[1].language: ", "line 2 already"},
      {rule(body + " messages { language: 'en' text: '" + Repeat("x", 1025) +
            "' }"),
       "1:", "1025 bytes, but at most 1024"},
      {rule(body + " note: '" + Repeat("x", 2049) + "'"),
       "1:", "2049 bytes, but at most 2048"},
      {rule(body + " note: '\\377'"), "1:", "rules[0].note: no UTF-8"},
      {rule(body) + "\n" + rule(body),
       "2:9 rules[1].id: ", "\"r\" again: it was given in line 1 already"},
      {rule(body + " mode: MODE_OFF") + "\n" + rule(body),
       "2:9 rules[1].id: ", "line 1 already"},
  };
  for (const Case& c : cases) ExpectProblem(c.text, c.begin, c.message);
}

TEST(Compile, EveryProblemOfALeafIsToldAtItsPlace) {
  const std::string customer =
      "rate { per: SUBJECT_CUSTOMER kinds: EVENT_KIND_OPENED ";
  const std::string address =
      "rate { per: SUBJECT_IP kinds: EVENT_KIND_OPENED ";
  const std::string hour = "window: '1h' at_least: 3 ";
  const Case cases[] = {
      // Rates.
      {"rate { }", "", "per: missing: give SUBJECT_CUSTOMER"},
      {customer + "at_least: 3 }", "2:1 rules[0].when.rate.window: ",
       "missing: it must be a whole number and s, m, h or d, such as"},
      {customer + "window: '10x' at_least: 3 }",
       "2:55 rules[0].when.rate.window: ", "\"10x\" is no duration: it must"},
      {customer + "window: '1.5h' at_least: 3 }", "2:55 ", "is no duration"},
      {customer + "window: '-1h' at_least: 3 }", "2:55 ", "is no duration"},
      {customer + "window: 'h' at_least: 3 }", "2:55 ", "is no duration"},
      {customer + "window: '99999999999h' at_least: 3 }", "2:55 ",
       "is no duration"},
      {customer + "window: '0s' at_least: 3 }", "2:55 ",
       "\"0s\": it must be 1s to 31d"},
      {customer + "window: '32d' at_least: 3 }", "2:55 ",
       "\"32d\" is more than state keeps: it must be 1s to 31d"},
      {customer + "window: '1h' }",
       "2:1 rules[0].when.rate.at_least: ", "0: it must be 1 to 1000000"},
      {customer + "window: '1h' at_least: 0 }",
       "2:68 rules[0].when.rate.at_least: ", "0: it must be 1 to 1000000"},
      {customer + "window: '1h' at_least: -5 }", "2:68 ", "-5: it must be"},
      {customer + "window: '1h' at_least: 65 }", "2:68 ",
       "65 is more than state keeps: the latest 64 events"},
      {address + "window: '1h' at_least: 1000001 }", "2:62 ",
       "1000001: it must be 1 to 1000000"},
      {customer + "window: '1h' at_least: 1 }", "2:68 ",
       "always matches: the event in question counts itself"},
      {"rate { kinds: EVENT_KIND_OPENED " + hour + "}",
       "2:1 rules[0].when.rate.per: ", "missing"},
      {"rate { per: 55 kinds: EVENT_KIND_OPENED " + hour + "}",
       "2:8 rules[0].when.rate.per: ", "55: it must be SUBJECT_CUSTOMER"},
      {"rate { per: SUBJECT_CAMPAIGN kinds: EVENT_KIND_SOLVED " + hour +
           "distinct: DISTINCT_TICKETS }",
       "2:80 ", "with SUBJECT_CAMPAIGN it must be DISTINCT_CUSTOMERS"},
      {"rate { per: SUBJECT_IP " + hour + "}",
       "2:1 rules[0].when.rate.kinds: ", "missing: give EVENT_KIND_OPENED"},
      {"rate { per: SUBJECT_IP kinds: EVENT_KIND_WITHDRAWN " + hour + "}",
       "2:24 rules[0].when.rate.kinds[0]: ", "EVENT_KIND_WITHDRAWN: it must"},
      {"rate { per: SUBJECT_IP kinds: EVENT_KIND_AGENT_REPLIED " + hour + "}",
       "2:24 rules[0].when.rate.kinds[0]: ", "can never match: none of these"},
      {customer + hour + "distinct: DISTINCT_CUSTOMERS }",
       "2:80 rules[0].when.rate.distinct: ", "must be DISTINCT_TICKETS"},
      {address + hour + "distinct: DISTINCT_TICKETS }", "2:74 ",
       "with SUBJECT_IP it must be DISTINCT_CUSTOMERS"},
      {address + hour + "distinct: 9 }", "2:74 ", "9: it must be DISTINCT_C"},
      {address + hour + "distinct: DISTINCT_AGENTS }", "2:74 ",
       "not with SUBJECT_IP: agents are told apart for SUBJECT_CUSTOMER and "
       "SUBJECT_TICKET only"},
      {address + hour + "same_agent: true }", "2:74 ", "not with SUBJECT_IP"},
      {address + hour + "after_solution: true }", "2:74 ",
       "can never match: a ticket that is being opened"},
      {address + hour + "accounts_younger_than: '2d' }",
       "2:74 rules[0].when.rate.accounts_younger_than: ",
       "\"2d\" is no age that state keeps: it must be 1h, 1d, 3d, 7d, 30d or "
       "90d"},
      {address + hour + "accounts_younger_than: 'x' }", "2:74 ",
       "\"x\": it must be 1h, 1d"},
      {"rate { per: SUBJECT_TICKET kinds: EVENT_KIND_SOLVED " + hour +
           "insulting: true }",
       "2:28 rules[0].when.rate.kinds[0]: ",
       "can never match: none of these kinds brings a customer's text"},
      // Texts.
      {"text { }", "2:1 rules[0].when.text: ", "no test: give pattern"},
      {"text { field: 9 pattern: 'x' }", "2:8 rules[0].when.text.field: ",
       "9: it must be TEXT_FIELD_SUBJECT or TEXT_FIELD_BODY"},
      {"text { pattern: '' }", "2:8 rules[0].when.text.pattern: ", "empty"},
      {"text { pattern: '(a' }", "2:8 ", "missing )"},
      {"text { pattern: 'a**' }", "2:8 ", "bad repetition operator: **"},
      {"text { pattern: '[[:x:]]' }", "2:8 ", "invalid character class range"},
      {"text { pattern: '(((x{100}){10}){10}){10}' }", "2:8 ",
       "no RE2 pattern"},
      {"text { pattern: '\\\\pL{1000}' }", "2:8 ", "pattern too large"},
      {"text { pattern: '" + Repeat("x", 1025) + "' }", "2:8 ",
       "1025 bytes, but at most 1024"},
      {"text { length_at_least: 1048577 }",
       "2:8 rules[0].when.text.length_at_least: ",
       "can never match: a body has at most 1048576"},
      {"text { field: TEXT_FIELD_SUBJECT length_at_least: 4097 }", "2:34 ",
       "can never match: a subject has at most 4096"},
      {"text { length_at_least: -1 }", "2:8 ", "-1: it must be 0 to 1048576"},
      {"text { length_at_most: -1 }", "2:8 ", "-1: it must be 0 to 1048576"},
      {"text { links_at_least: 0 }", "2:8 ", "0: it must be 1 to 1000"},
      {"text { links_at_least: 1001 }", "2:8 ", "1001: it must be 1 to 1000"},
      {"text { meaningless_at_least: 0 }",
       "2:8 rules[0].when.text.meaningless_at_least: ",
       "0: it must be 1 to 1000"},
      {"text { insult_at_least: 1001 }", "2:8 ", "1001: it must be 1 to 1000"},
      {"text { promotion_at_least: -1 }", "2:8 ", "-1: it must be 1 to 1000"},
      {"text { insult_severity_at_least: 4 }", "2:8 ", "4: it must be 1 to 3"},
      {"text { field: TEXT_FIELD_BODY insult_at_least: 800 }",
       "2:8 rules[0].when.text.field: ",
       "subject and body are judged together: leave it out"},
      // Tickets.
      {"ticket { }", "2:1 rules[0].when.ticket: ", "no test"},
      {"ticket { solution_within: '0h' }",
       "2:10 rules[0].when.ticket.solution_within: ", "it must be 1s to 31d"},
      {"ticket { reopened_at_least: 0 }", "2:10 ", "0: it must be 1 to 64"},
      {"ticket { reopened_at_least: 65 }", "2:10 ", "65: it must be 1 to 64"},
      {"ticket { replies_since_agent_at_least: 0 }", "2:10 ", "1 to 64"},
      {"ticket { replies_since_agent_at_most: 64 }", "2:10 ", "0 to 63"},
      // Sources.
      {"source { }", "2:1 rules[0].when.source: ", "no test"},
      {"source { ip_in: '203.0.113.0/33' }",
       "2:10 rules[0].when.source.ip_in: ", "is no range"},
      {"source { ip_in: '203.0.113' }", "2:10 ", "is no range"},
      {"source { ip_in: '203.0.113.7/24' }", "2:10 ",
       "has bits set behind its prefix: the range is \"203.0.113.0/24\""},
      {"source { email_domain: 'a@b.example' }", "2:10 ", "is no domain"},
      {"source { email_domain: '' }", "2:10 ", "is no domain"},
      // Attributes.
      {"attribute { }", "2:1 rules[0].when.attribute: ", "no test"},
      {"attribute { account_younger_than: '10x' }",
       "2:13 rules[0].when.attribute.account_younger_than: ", "no duration"},
      {"attribute { account_older_than: '0d' }", "2:13 ", "1s to 36500d"},
      {"attribute { text { key: 'plan' } }",
       "2:13 rules[0].when.attribute.text.any_of: ",
       "can never match: give at least one value"},
      {"attribute { text { key: 'Plan' any_of: 'x' } }",
       "2:20 rules[0].when.attribute.text.key: ", "\"Plan\": it must be 1 to"},
      {"attribute { text { key: 'plan' any_of: '" + Repeat("x", 257) + "' } }",
       "2:32 rules[0].when.attribute.text.any_of[0]: ",
       "can never match: 257 bytes"},
      {"attribute { number { key: 'n' } }",
       "2:13 rules[0].when.attribute.number: ", "always matches"},
      {"attribute { number { key: 'n' at_least: 5 at_most: 4 } }", "2:31 ",
       "5 can never match: at_most is less, 4"},
      // Lists and the rest.
      {"list { }", "2:1 rules[0].when.list.name: ", "missing"},
      {"list { name: 'vip' }", "2:8 rules[0].when.list.name: ",
       "there is no list \"vip\", nor any other"},
      {"similar { }",
       "2:1 rules[0].when.similar.at_least: ", "0: it must be 500 to 1000"},
      {"campaign { }", "2:1 rules[0].when.campaign: ",
       "no test: give customers_at_least, young_percent_at_least or"},
      {"campaign { customers_at_least: 2 }",
       "2:12 rules[0].when.campaign.customers_at_least: ",
       "2: it must be 3 to 100000"},
      {"campaign { young_percent_at_least: 101 }", "2:12 ",
       "101: it must be 1 to 100"},
      {"campaign { customers_per_prefix_at_least: 99 }", "2:12 ",
       "99: it must be 100 to 100000"},
      {"surge { at_least: 300 }", "2:1 rules[0].when.surge.openings_at_least: ",
       "0: it must be 5 to 1000000"},
      {"surge { at_least: 100 openings_at_least: 9 }", "2:9 ",
       "100: it must be 110 to 100000"},
      {"all { }", "2:1 rules[0].when.all: ", "no condition in it"},
      {"any { }", "2:1 rules[0].when.any: ", "no condition in it"},
      {"all { of { } }", "2:7 rules[0].when.all.of[0]: ", "an empty condition"},
      {"any { of { not { text { } } } }",
       "2:18 rules[0].when.any.of[0].not.text: ", "no test"},
  };
  for (const Case& c : cases) {
    if (!c.begin.empty()) {
      ExpectProblem(WithWhen(c.text), c.begin, c.message);
    } else {
      EXPECT_THAT(ToString(Compile(WithWhen(c.text), 1).problems),
                  HasSubstr(c.message));
    }
  }
}

TEST(Compile, EveryProblemOfAListIsToldAtItsPlace) {
  const auto list = [](const std::string& kind, const std::string& value) {
    return "lists { name: 'l' kind: LIST_KIND_" + kind + " values: '" + value +
           "' }";
  };
  const Case cases[] = {
      {"lists { kind: LIST_KIND_IP }", "1:1 lists[0].name: ", "missing"},
      {"lists { name: 'A B' kind: LIST_KIND_IP }",
       "1:9 lists[0].name: ", "of a-z, 0-9, - and _"},
      {"lists { name: 'l' }",
       "1:1 lists[0].kind: ", "missing: give LIST_KIND_CUSTOMER"},
      {"lists { name: 'l' kind: 9 }", "1:19 lists[0].kind: ", "9: it must be"},
      {list("IP", "203.0.113.1/24"),
       "1:38 lists[0].values[0]: ", "the range is \"203.0.113.0/24\""},
      {list("IP", "x"), "1:38 ", "no address or range"},
      {list("EMAIL", "nobody"), "1:41 ", "no e-mail address"},
      {list("EMAIL_DOMAIN", "a b"), "1:48 ", "no domain"},
      {list("EMAIL_DOMAIN", "a..b"), "1:48 ", "no domain"},
      {list("CUSTOMER", ""), "1:44 ", "0 bytes, but 1 to 128"},
      {list("DEVICE", Repeat("d", 129)), "1:42 ", "129 bytes, but 1 to 128"},
      {"lists { name: 'l' kind: LIST_KIND_IP }\n"
       "lists { name: 'l' kind: LIST_KIND_IP }",
       "2:9 lists[1].name: ", "\"l\" again: it was given in line 1"},
      {"lists { name: 'l' kind: LIST_KIND_IP values: ['10.0.0.1', 'x'] }",
       "1:38 lists[0].values[1]: ", "\"x\": no address"},
      {"lists { name: 'l' kind: LIST_KIND_DEVICE }\n" +
           WithWhen("list { name: 'L' }"),
       "3:8 rules[0].when.list.name: ", "there are: l"},
  };
  for (const Case& c : cases) ExpectProblem(c.text, c.begin, c.message);
}

TEST(Compile, AllProblemsAreToldInTheOrderOfTheText) {
  EXPECT_THAT(
      ProblemsOf("rules {\n"
                 "  on: EVENT_KIND_OPENED\n"
                 "  when { all {\n"
                 "    of { rate { per: SUBJECT_CUSTOMER window: '10x' } }\n"
                 "    of { text { pattern: '(' } }\n"
                 "    of { list { name: 'nobody' } }\n"
                 "  } }\n"
                 "  id: 'x'\n"
                 "}\n"
                 "lists { name: 'some' kind: LIST_KIND_IP values: 'y' }\n"
                 "rules { id: 'x' }\n"),
      ElementsAre(
          HasSubstr("1:1 rules[0].category: missing"),
          HasSubstr("1:1 rules[0].then: missing"),
          HasSubstr("4:10 rules[0].when.all.of[0].rate.kinds: missing"),
          HasSubstr("4:10 rules[0].when.all.of[0].rate.at_least: 0"),
          HasSubstr("4:39 rules[0].when.all.of[0].rate.window: \"10x\""),
          HasSubstr("5:17 rules[0].when.all.of[1].text.pattern: no RE2"),
          HasSubstr("6:17 rules[0].when.all.of[2].list.name: there is no"),
          HasSubstr("10:41 lists[0].values[0]: \"y\""),
          HasSubstr("11:1 rules[1].category: missing"),
          HasSubstr("11:1 rules[1].on: missing"),
          HasSubstr("11:1 rules[1].when: missing"),
          HasSubstr("11:1 rules[1].then: missing"),
          HasSubstr("11:9 rules[1].id: \"x\" again: it was given in line 8")));
}

TEST(Compile, AHundredProblemsAreToldAndTheRestIsCounted) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "rules { }\n";
  // id, category, on, when and then of each.
  const Compiled compiled = Compile(text, 1);
  ASSERT_EQ(compiled.problems.size(), 101);
  EXPECT_EQ(compiled.problems[0].line(), 1);
  EXPECT_EQ(compiled.problems[99].line(), 20);
  EXPECT_EQ(compiled.problems[100].message(), "and 200 problems more");
  EXPECT_EQ(compiled.problems[100].line(), 21);
}

TEST(Compile, ProblemsFarDownAreFoundBeforeThoseOfListsAboveAreDropped) {
  std::string text = "rules { }\n";
  for (int i = 0; i < 300; ++i) {
    text += "lists { name: 'l" + std::to_string(i) + "' }\n";
  }
  EXPECT_THAT(ToString({Compile(text, 1).problems.front()}),
              HasSubstr("1:1 rules[0]."));
}

TEST(Compile, WhatIsTooMuchIsRefused) {
  std::string rules;
  for (int i = 0; i < kRulesMax + 1; ++i) {
    std::string rule = kRule;
    rules += rule.replace(rule.find("'r'"), 3, "'r" + std::to_string(i) + "'");
  }
  ExpectProblem(rules, "257:1 rules[256]: ", "257 rules, but at most 256");

  const std::string leaf = "of { text { pattern: 'x' } } ";
  Right(WithWhen("any { " + Repeat(leaf, kLeavesMax) + "}"));
  ExpectProblem(WithWhen("any { " + Repeat(leaf, kLeavesMax + 1) + "}"), "1:1 ",
                "1025 leaves in all rules, but at most 1024");

  const std::string deep = "text { pattern: 'x' }";
  Right(WithWhen(Repeat("not { ", 31) + deep + Repeat(" }", 31)));
  ExpectProblem(WithWhen(Repeat("not { ", 32) + deep + Repeat(" }", 32)),
                "2:187 rules[0].when.not.not.", "more than 32 conditions deep");
  Right(WithWhen(Repeat("all { of { ", 31) + deep + Repeat(" } }", 31)));
  ExpectProblem(WithWhen(Repeat("all { of { ", 32) + deep + Repeat(" } }", 32)),
                "2:", "more than 32 conditions deep");

  std::string values;
  for (int i = 0; i < kListValuesMax + 1; ++i) values += " values:'v'";
  ASSERT_GT(values.size(), kTextBytesMax);
  values.clear();
  for (int i = 0; i < kListValuesMax + 1; ++i) values += "'v',";
  values.back() = ']';
  ExpectProblem(
      "lists { name: 'l' kind: LIST_KIND_DEVICE values: [" + values + " }",
      "1:42 lists[0].values[100000]: ", "100001 values, but at most 100000");
}

TEST(Compile, EqualLeavesStandOnceAndKindsReadTheirOwn) {
  const std::string rate =
      "rate { per: SUBJECT_CUSTOMER kinds: EVENT_KIND_OPENED window: '";
  const auto set = Right(
      "rules { id: 'a' category: CATEGORY_BOMBING on: EVENT_KIND_OPENED "
      "when { all { of { " +
      rate +
      "1h' at_least: 3 } } "
      "of { text { pattern: 'x' } } } } then { verdict: VERDICT_HOLD } }"
      "rules { id: 'b' category: CATEGORY_BOMBING on: EVENT_KIND_REOPENED "
      "on: EVENT_KIND_OPENED when { " +
      rate +
      "60m' at_least: 3 } } "
      "unless { " +
      rate +
      "1h' at_least: 4 } } "
      "then { verdict: VERDICT_HOLD } }"
      "rules { id: 'c' category: CATEGORY_BOMBING on: EVENT_KIND_OPENED "
      "mode: MODE_OFF when { text { pattern: 'y' } } "
      "then { verdict: VERDICT_HOLD } }");
  ASSERT_EQ(set->rules().size(), 2);
  ASSERT_EQ(set->leaves().size(), 3);
  EXPECT_EQ(set->leaves()[0].label, "opened by CUSTOMER in 1h");
  EXPECT_EQ(set->leaves()[1].label, "text matches /x/");
  EXPECT_EQ(set->leaves()[2].at_least, 4);
  EXPECT_THAT(set->LeavesOf(levee::v1::EVENT_KIND_OPENED),
              ElementsAre(0, 1, 2));
  EXPECT_THAT(set->LeavesOf(levee::v1::EVENT_KIND_REOPENED), ElementsAre(0, 2));
  EXPECT_THAT(set->LeavesOf(levee::v1::EVENT_KIND_CLOSED), ElementsAre());
  EXPECT_EQ(set->revision(), 7);
}

TEST(Compile, ASetInShadowKeepsWhatItsRulesWouldBe) {
  std::string shadow = kRule;
  shadow.replace(shadow.find("'r'"), 3, "'s' mode: MODE_SHADOW");
  const auto set =
      Right("name: 'n' shadow: true " + std::string(kRule) + shadow);
  EXPECT_EQ(set->name(), "n");
  EXPECT_TRUE(set->shadow());
  EXPECT_EQ(set->rules()[0].mode, levee::v1::MODE_SHADOW);
  EXPECT_TRUE(set->rules()[0].shadowed_by_set);
  EXPECT_EQ(set->rules()[1].mode, levee::v1::MODE_SHADOW);
  EXPECT_FALSE(set->rules()[1].shadowed_by_set);
}

TEST(Compile, WhatIsRareButRightIsTaken) {
  const std::string cases[] = {
      // An agent's report in the last month, seen from an opening.
      WithWhen("rate { per: SUBJECT_CUSTOMER kinds: EVENT_KIND_ABUSE_REPORTED "
               "window: '31d' at_least: 1 }"),
      WithWhen("rate { per: SUBJECT_AGENT kinds: EVENT_KIND_AGENT_REPLIED "
               "window: '1s' at_least: 1000000 distinct: DISTINCT_CUSTOMERS }"),
      WithWhen("rate { per: SUBJECT_CUSTOMER kinds: EVENT_KIND_OPENED window: "
               "'7d' at_least: 2 distinct: DISTINCT_TICKETS same_agent: true "
               "let_through: true accounts_younger_than: '90d' }"),
      WithWhen("rate { per: SUBJECT_TICKET kinds: EVENT_KIND_OPENED kinds: "
               "EVENT_KIND_REOPENED window: '1d' at_least: 2 after_solution: "
               "true }"),
      WithWhen("text { length_at_least: 0 }"),
      WithWhen("text { length_at_most: 0 }"),
      WithWhen("ticket { solution_provided: false }", "EVENT_KIND_REOPENED"),
      WithWhen("ticket { replies_since_agent_at_most: 0 }"),
      WithWhen("source { ip_in: '2001:db8::/32' }"),
      WithWhen("source { ip_in: '::ffff:203.0.113.0/120' }"),
      WithWhen("attribute { number { key: 'n' at_least: 0 at_most: 0 } }"),
      WithWhen("attribute { text { key: 'k' any_of: '' } }"),
      "lists { name: 'empty' kind: LIST_KIND_EMAIL }" +
          WithWhen("list { name: 'empty' }"),
      "",
      "name: 'nothing yet'",
      levee::tests::kLifeRules,
  };
  for (const std::string& text : cases) Right(text);
}

TEST(Compile, LabelsSayWhatIsMeasured) {
  struct Label {
    std::string when;
    std::string label;
  };
  const Label cases[] = {
      {"rate { per: SUBJECT_CUSTOMER kinds: EVENT_KIND_CUSTOMER_REPLIED kinds: "
       "EVENT_KIND_OPENED window: '600s' at_least: 2 }",
       "opened or replied by CUSTOMER in 10m"},
      {"rate { per: SUBJECT_IP_PREFIX kinds: EVENT_KIND_OPENED window: '15m' "
       "at_least: 5 distinct: DISTINCT_CUSTOMERS accounts_younger_than: '3d' }",
       "different customers: opened by IP_PREFIX in 15m from accounts younger "
       "than 3d"},
      {"rate { per: SUBJECT_CUSTOMER kinds: EVENT_KIND_ABUSE_REPORTED window: "
       "'7d' at_least: 2 distinct: DISTINCT_AGENTS }",
       "different agents: reported as abuse by CUSTOMER in 7d"},
      {"rate { per: SUBJECT_CUSTOMER kinds: EVENT_KIND_REOPENED window: '36h' "
       "at_least: 5 after_solution: true let_through: true same_agent: true }",
       "reopened by CUSTOMER in 36h after a solution, let through, with the "
       "same agent"},
      {"text { field: TEXT_FIELD_BODY pattern: 'a|b' }", "body matches /a|b/"},
      {"text { length_at_most: 5 }", "length of the text, at most"},
      {"text { field: TEXT_FIELD_SUBJECT links_at_least: 5 }",
       "links in the subject"},
      {"ticket { solution_within: '2d' }",
       "ticket: seconds since the solution, at most"},
      {"ticket { replies_since_agent_at_least: 2 }",
       "ticket: replies since the agent's"},
      {"source { ip_in: '203.0.113.7' }", "address in 203.0.113.7/32"},
      {"source { email_domain: 'Example.COM' }", "e-mail under example.com"},
      {"attribute { account_younger_than: '2d' }",
       "seconds since the account was made, below"},
      {"attribute { text { key: 'plan' any_of: 'b' any_of: 'a' } }",
       "attribute plan is \"a\" or \"b\""},
  };
  for (const Label& c : cases) {
    const auto set = Right(WithWhen(c.when));
    ASSERT_NE(set, nullptr);
    EXPECT_EQ(set->leaves()[0].label, c.label);
  }
}

TEST(Duration, IsAWholeNumberAndAUnit) {
  EXPECT_EQ(ParseDuration("90s"), 90'000);
  EXPECT_EQ(ParseDuration("0m"), 0);
  EXPECT_EQ(ParseDuration("36h"), 36 * 3'600'000);
  EXPECT_EQ(ParseDuration("36500d"), kDurationMaxMs);
  for (const char* wrong : {"", "s", "1", "1 s", "1S", "1w", "36501d", "+1s",
                            "1h30m", "9999999999s", "１s"}) {
    EXPECT_EQ(ParseDuration(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(FormatDuration(90'000), "90s");
  EXPECT_EQ(FormatDuration(7 * 86'400'000), "7d");
}

std::string DefaultRules() {
  std::ifstream file(LEVEE_SOURCE_DIR "/deploy/rules/default.textproto");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file.good());
  return text.str();
}

TEST(DefaultRules, CompileWithoutProblems) {
  const auto set = Right(DefaultRules());
  ASSERT_NE(set, nullptr);
  EXPECT_GE(set->rules().size(), 10);
  for (const CompiledRule& rule : set->rules()) {
    std::vector<std::string> languages;
    for (const Message& message : rule.messages) {
      languages.push_back(message.language);
    }
    EXPECT_THAT(languages, ElementsAre("en", "zh")) << rule.id;
  }
}

// Cuts, doubles, swaps and overwrites pieces of texts that are right.
TEST(Compile, MutatedTextsNeverCrashAndEveryProblemHasAPlace) {
  const uint32_t seed = 20240711;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::string originals[] = {DefaultRules(), levee::tests::kLifeRules};
  static constexpr const char* kPieces[] = {"{",
                                            "}",
                                            "[",
                                            "]",
                                            "\"",
                                            "'\\377'",
                                            "\t",
                                            "\xC3",
                                            "-1",
                                            "0",
                                            "99999999999",
                                            "of",
                                            "not",
                                            "'10x'",
                                            "all",
                                            "MODE_OFF",
                                            "\n",
                                            "at_least: 0 ",
                                            "rules { ",
                                            "EVENT_KIND_WITHDRAWN",
                                            "pattern: '(' "};
  int refused = 0;
  for (int round = 0; round < 600; ++round) {
    std::string text = originals[round % 2];
    for (int i = 1 + static_cast<int>(random() % 3); i > 0; --i) {
      const size_t at = random() % text.size();
      const size_t size = random() % 40;
      switch (random() % 4) {
        case 0:
          text.erase(at, size);
          break;
        case 1:
          text.insert(at, text.substr(random() % text.size(), size));
          break;
        case 2:
          text.insert(at, kPieces[random() % std::size(kPieces)]);
          break;
        default:
          text[at] = static_cast<char>(random() % 128);
      }
      if (text.empty()) text = "#";
    }
    const Compiled compiled = Compile(text, 1);
    ASSERT_EQ(compiled.rule_set == nullptr, !compiled.problems.empty());
    if (compiled.rule_set == nullptr) ++refused;
    std::vector<std::string> lines;
    std::stringstream all(text);
    for (std::string line; std::getline(all, line);) lines.push_back(line);
    for (const levee::v1::RuleProblem& problem : compiled.problems) {
      ASSERT_GE(problem.line(), 1) << text;
      // The end of a text that ends with a line feed is a line of its own.
      ASSERT_LE(problem.line(), lines.size() + 1) << text;
      ASSERT_GE(problem.column(), 1) << text;
      const size_t width = problem.line() <= static_cast<int>(lines.size())
                               ? lines[problem.line() - 1].size()
                               : 0;
      ASSERT_LE(problem.column(), width + 1) << text;
      ASSERT_FALSE(problem.message().empty());
      ASSERT_TRUE(text::IsUtf8(problem.message()));
    }
  }
  EXPECT_GT(refused, 200);
}

}  // namespace
}  // namespace levee::rules
