// What the tool prints: differences, tables, other people's text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/decision_text.h"
#include "client/cli/diff.h"
#include "client/cli/printable.h"
#include "client/cli/progress.h"
#include "client/cli/table.h"

namespace levee::cli {
namespace {

using ::testing::HasSubstr;

TEST(DiffTest, OnlyWhatChangedIsShownWithItsSurroundings) {
  const struct {
    const char* name;
    const char* before;
    const char* after;
    const char* diff;
  } cases[] = {
      {"equal", "a\nb\n", "a\nb\n", ""},
      {"both empty", "", "", ""},
      {"a last line feed is no change", "a\nb", "a\nb\n", ""},
      {"from nothing", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
      {"to nothing", "a\n", "", "@@ -1,1 +0,0 @@\n-a\n"},
      {"replaced", "a\nb\nc\n", "a\nx\nc\n",
       "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
      {"inserted", "1\n2\n3\n4\n5\n", "1\n2\n3\n4\nnew\n5\n",
       "@@ -2,4 +2,5 @@\n 2\n 3\n 4\n+new\n 5\n"},
      {"gone at the begin", "1\n2\n3\n4\n5\n", "2\n3\n4\n5\n",
       "@@ -1,4 +1,3 @@\n-1\n 2\n 3\n 4\n"},
      {"two groups", "a\n1\n2\n3\n4\n5\n6\n7\n8\nb\n",
       "A\n1\n2\n3\n4\n5\n6\n7\n8\nB\n",
       "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
       "@@ -7,4 +7,4 @@\n 6\n 7\n 8\n-b\n+B\n"},
      {"one group where little lies between", "a\n1\n2\n3\n4\n5\n6\nb\n",
       "A\n1\n2\n3\n4\n5\n6\nB\n",
       "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.diff, DiffLines(c.before, c.after)) << c.name;
  }
}

// The sides of a diff whose groups cover everything.
void Sides(const std::string& diff, std::string* before, std::string* after) {
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(diff, '\n'))) {
    if (line.empty() || line[0] == '@') continue;
    const std::string text = line.substr(1) + "\n";
    if (line[0] != '+') *before += text;
    if (line[0] != '-') *after += text;
  }
}

// Length of the longest common subsequence, by the book.
size_t Common(const std::vector<int>& a, const std::vector<int>& b) {
  std::vector<std::vector<size_t>> best(a.size() + 1,
                                        std::vector<size_t>(b.size() + 1, 0));
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) {
      best[i + 1][j + 1] = a[i] == b[j]
                               ? best[i][j] + 1
                               : std::max(best[i][j + 1], best[i + 1][j]);
    }
  }
  return best[a.size()][b.size()];
}

TEST(DiffTest, IsASmallestOneOfRandomTexts) {
  const unsigned seed = 4711;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    // So short that three lines of surroundings reach from change to change.
    std::vector<int> a(random() % 7);
    std::vector<int> b(random() % 7);
    std::string before;
    std::string after;
    for (int& line : a) before += absl::StrCat(line = random() % 3, "\n");
    for (int& line : b) after += absl::StrCat(line = random() % 3, "\n");
    const std::string diff = DiffLines(before, after);
    if (before == after) {
      EXPECT_EQ("", diff);
      continue;
    }
    std::string got_before;
    std::string got_after;
    Sides(diff, &got_before, &got_after);
    size_t changes = 0;
    for (const std::string& line :
         std::vector<std::string>(absl::StrSplit(diff, '\n'))) {
      changes += !line.empty() && (line[0] == '+' || line[0] == '-');
    }
    EXPECT_EQ(a.size() + b.size() - 2 * Common(a, b), changes)
        << before << "to\n"
        << after << diff;
    // What is not shown is equal at both ends.
    EXPECT_NE(std::string::npos, before.find(got_before)) << diff;
    EXPECT_NE(std::string::npos, after.find(got_after)) << diff;
  }
}

TEST(DiffTest, TextsWithNothingInCommonAreReplaced) {
  std::string before;
  std::string after;
  for (int i = 0; i < 3'000; ++i) {
    before += absl::StrCat("a", i, "\n");
    after += absl::StrCat("b", i, "\n");
  }
  std::string got_before;
  std::string got_after;
  Sides(DiffLines(before, after), &got_before, &got_after);
  EXPECT_EQ(before, got_before);
  EXPECT_EQ(after, got_after);
}

TEST(PrintableTest, WhatCouldHarmATerminalIsEscaped) {
  const struct {
    const char* text;
    const char* shown;
  } cases[] = {
      {"plain \u5ba2\u6237 \u00e9", "plain \u5ba2\u6237 \u00e9"},
      {"a\nb\tc\r", "a\\nb\\tc\\r"},
      {"\x1b[31mred", "\\x1b[31mred"},
      {"\x7f", "\\x7f"},
      {"\u009b31m", "\\u009b31m"},
      {"abc\u202e123", "abc\\u202e123"},
      {"\u2066x\u2069", "\\u2066x\\u2069"},
      {"\u200b", "\\u200b"},
      {"\u2028", "\\u2028"},
      {"bad \xff\xc3", "bad \\xff\\xc3"},
  };
  for (const auto& c : cases) EXPECT_EQ(c.shown, Printable(c.text));
  EXPECT_EQ("a\nb\\x1b", PrintableLines("a\nb\x1b"));
}

TEST(PrintableTest, WidthCountsColumns) {
  EXPECT_EQ(3u, DisplayWidth("abc"));
  EXPECT_EQ(4u, DisplayWidth("\u5ba2\u6237"));
  EXPECT_EQ(2u, DisplayWidth("\uff21"));   // full-width A
  EXPECT_EQ(1u, DisplayWidth("e\u0301"));  // e and a combining accent
  EXPECT_EQ("ab\u2026", Shortened("abcdef", 3));
  EXPECT_EQ("abc", Shortened("abc", 3));
  EXPECT_EQ("\u5ba2\u2026", Shortened("\u5ba2\u6237\u5ba2", 4));
}

TEST(TableTest, ColumnsAreAligned) {
  Table table({"ID", "COUNT", "WHO"});
  table.RightAlign(1);
  table.Add({"a", "7", "x"});
  table.Add({"\u5ba2\u6237", "1234", ""});
  table.Add({"bbb\n", "10", "two words"});
  EXPECT_EQ(
      "ID     COUNT  WHO\n"
      "a          7  x\n"
      "\u5ba2\u6237    1234\n"
      "bbb\\n     10  two words\n",
      table.Render());
}

TEST(TableTest, LongCellsAreCutExceptTheLast) {
  const std::string cell(100, 'x');
  Table table;
  table.Add({cell, cell});
  EXPECT_EQ(std::string(59, 'x') + "\u2026  " + cell + "\n", table.Render());
}

TEST(DecisionTextTest, AllThatTheDecisionRestsOnIsShown) {
  v1::DecisionRecord record;
  record.set_kind(v1::EVENT_KIND_OPENED);
  record.set_actor(v1::ACTOR_CUSTOMER);
  record.set_customer_id("c1");
  record.set_body("first\nsecond\x1b");
  v1::Decision& decision = *record.mutable_decision();
  decision.set_sequence(7);
  decision.set_verdict(v1::VERDICT_THROTTLE);
  decision.mutable_retry_after()->set_seconds(572);
  decision.set_message("Please wait");
  v1::Finding* finding = decision.add_findings();
  finding->set_rule_id("many");
  finding->set_category(v1::CATEGORY_BOMBING);
  finding->set_mode(v1::MODE_ENFORCE);
  finding->set_verdict(v1::VERDICT_THROTTLE);
  v1::Evidence* evidence = finding->add_evidence();
  evidence->set_label("opened by CUSTOMER in 10m");
  evidence->set_value(6);
  evidence->set_threshold(5);
  v1::Finding* shadow = decision.add_findings();
  shadow->set_rule_id("links");
  shadow->set_mode(v1::MODE_SHADOW);
  shadow->set_verdict(v1::VERDICT_HOLD);
  const std::string text = Describe(record);
  EXPECT_THAT(text, HasSubstr("THROTTLE, again after 9m 32s\n"
                              "  rule many (bombing) asks for THROTTLE\n"
                              "    opened by CUSTOMER in 10m: 6, limit 5\n"
                              "  rule links (-) asks for HOLD, in shadow\n"
                              "  tell the customer: Please wait\n"
                              "sequence   7\n"));
  EXPECT_THAT(text, HasSubstr("body\n  | first\n  | second\\x1b\n"));
  EXPECT_EQ("many (bombing); shadow: links", Summary(decision));
}

TEST(DecisionTextTest, AnExemptionIsAReason) {
  v1::Decision decision;
  decision.set_exemption(v1::EXEMPTION_FIRST_REPLY);
  EXPECT_EQ("first_reply", Summary(decision));
  // Of everybody but the customer: not worth a word.
  decision.set_exemption(v1::EXEMPTION_NOT_JUDGED);
  EXPECT_EQ("", Summary(decision));
}

TEST(DecisionTextTest, RestrictionsAndIncidentsAreShown) {
  setenv("TZ", "UTC", 1);
  v1::Decision decision;
  decision.set_verdict(v1::VERDICT_HOLD);
  decision.mutable_review_until()->set_seconds(1'714'568'645);
  decision.set_incident_id(3);
  v1::Finding* finding = decision.add_findings();
  finding->set_rule_id("many");
  finding->set_category(v1::CATEGORY_BOMBING);
  finding->set_verdict(v1::VERDICT_HOLD);
  finding->set_offence(2);
  finding = decision.add_findings();
  finding->set_rule_id("shared");
  finding->set_category(v1::CATEGORY_BOMBING);
  finding->set_verdict(v1::VERDICT_THROTTLE);
  finding->set_suspended(true);
  v1::MetRestriction* met = decision.add_met();
  met->set_id(12);
  met->set_verdict(v1::VERDICT_HOLD);
  met->mutable_until()->set_seconds(1'714'568'645);
  met->set_rule_id("links");
  met->set_category(v1::CATEGORY_PROMOTION);
  met = decision.add_met();
  met->set_id(13);
  met->set_verdict(v1::VERDICT_REJECT);
  met->set_suspended(true);
  decision.add_made(20);
  decision.add_made(21);
  EXPECT_THAT(
      Describe(decision),
      HasSubstr(
          "HOLD\n"
          "  rule many (bombing) asks for HOLD, offence 2\n"
          "  rule shared (bombing) asks for THROTTLE, suspended by the "
          "incident\n"
          "  restriction 12 of rule links (promotion) asks for HOLD until "
          "2024-05-01 13:04:05 +00:00\n"
          "  restriction 13 of an operator asks for REJECT until -, "
          "suspended by the incident\n"
          "  makes restriction 20, 21\n"
          "  a person looks by 2024-05-01 13:04:05 +00:00, or it is let "
          "through\n"));
  EXPECT_THAT(Describe(decision), HasSubstr("incident   3\n"));
  EXPECT_EQ(
      "restriction 12 of rule links (promotion), many (bombing); suspended: "
      "restriction 13 of an operator, shared",
      Summary(decision));
}

TEST(ProgressTest, TellsRateAndTimeLeft) {
  ProgressState state{.what = "importing",
                      .unit = "events",
                      .done = 60'000,
                      .total = 141'712,
                      .before = 10'000,
                      .elapsed = absl::Seconds(4)};
  EXPECT_EQ("importing  42 %  60,000 of 141,712 events  12,500/s  7s left",
            ProgressLine(state));
  EXPECT_THAT(ProgressBar(state), HasSubstr("[########............]"));
  state.done = state.total;
  EXPECT_THAT(ProgressLine(state), HasSubstr("100 %"));
  EXPECT_EQ(std::string::npos, ProgressLine(state).find("left"));
  state = {.what = "reading",
           .unit = "bytes",
           .done = 0,
           .total = 0,
           .before = 0,
           .elapsed = {}};
  EXPECT_EQ("reading  100 %  0 of 0 bytes", ProgressLine(state));
}

}  // namespace
}  // namespace levee::cli
