#include "server/rules/consequence.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rules/rule_set.h"

namespace levee::rules {
namespace {

using levee::v1::SUBJECT_CUSTOMER;
using levee::v1::VERDICT_THROTTLE;
using storage::v1::EventEntry;
using testing::ElementsAre;

constexpr int64_t kStartMs = 1'700'000'000'000;
constexpr int64_t kMinute = 60'000;

std::shared_ptr<const RuleSet> RulesOf(const std::string& then) {
  const Compiled compiled = Compile(
      "rules { id: 'r' category: CATEGORY_BOMBING on: EVENT_KIND_OPENED "
      "when { text { links_at_least: 1 } } " +
          then + " }",
      1);
  EXPECT_EQ(ToString(compiled.problems), "");
  return compiled.rule_set;
}

EventEntry OpenedAt(int64_t minute) {
  EventEntry event;
  event.mutable_happening()->set_kind(levee::v1::EVENT_KIND_OPENED);
  event.mutable_happening()->set_effective_ms(kStartMs + minute * kMinute);
  event.mutable_happening()->mutable_subjects()->set_customer(1);
  event.mutable_outcome()->add_findings()->set_rule_id("r");
  return event;
}

TEST(ConfirmedOffence, IsTheSameInWhateverOrderAPersonConfirms) {
  const auto rules = RulesOf(
      "then { verdict: VERDICT_HOLD } escalate { memory: '7d' steps { "
      "offences: "
      "2 then { verdict: VERDICT_REJECT } } }");
  // Minutes of events, in the order of confirming, and how many are offences.
  const struct {
    std::vector<int64_t> minutes;
    int offences;
  } cases[] = {
      {{0, 5, 9}, 1}, {{9, 5, 0}, 1}, {{5, 0, 9}, 1},
      {{0, 10}, 2},   {{10, 0}, 2},   {{0, 60, 30}, 3},
  };
  for (const auto& c : cases) {
    storage::v1::StandingRecord standing;
    for (const int64_t minute : c.minutes) {
      const auto offence =
          ConfirmedOffence(rules->rules()[0], OpenedAt(minute), &standing);
      if (offence.has_value()) {
        *standing.add_offences()->mutable_offence() = *offence;
      }
    }
    EXPECT_EQ(standing.offences_size(), c.offences)
        << testing::PrintToString(c.minutes);
  }
}

TEST(ConfirmedOffence, NeedsARuleThatEscalatesAndMatched) {
  const auto plain = RulesOf("then { verdict: VERDICT_HOLD }");
  EXPECT_FALSE(
      ConfirmedOffence(plain->rules()[0], OpenedAt(0), nullptr).has_value());
  const auto rules = RulesOf(
      "then { verdict: VERDICT_HOLD } escalate { memory: '7d' steps { "
      "offences: "
      "2 then { verdict: VERDICT_REJECT } } }");
  EventEntry held = OpenedAt(0);
  EXPECT_TRUE(ConfirmedOffence(rules->rules()[0], held, nullptr).has_value());
  held.mutable_outcome()->mutable_findings(0)->set_rule_id("another");
  EXPECT_FALSE(ConfirmedOffence(rules->rules()[0], held, nullptr).has_value());
}

// When the restrictions end that attempts at these minutes make, in minutes.
std::vector<int64_t> EndsOf(const std::string& restrict,
                            const std::vector<int64_t>& minutes) {
  const auto rules = RulesOf("then { verdict: VERDICT_THROTTLE restrict { " +
                             restrict + " } }");
  std::vector<int64_t> ends;
  for (const int64_t minute : minutes) {
    EventEntry event = OpenedAt(minute);
    for (const int64_t end : ends) {
      if (end <= minute) continue;
      storage::v1::MetRestriction& met = *event.mutable_standing()->add_met();
      met.set_rule_id("r");
      met.set_subject(SUBJECT_CUSTOMER);
      met.set_verdict(VERDICT_THROTTLE);
      met.set_until_ms(kStartMs + end * kMinute);
      met.set_scope(levee::v1::RESTRICTION_SCOPE_ALL_MESSAGES);
    }
    storage::v1::DecisionOutcome outcome;
    AddConsequences(MatchOf(rules->rules()[0], event), 0, event, &outcome);
    for (const storage::v1::Restricted& made : outcome.restricted()) {
      ends.push_back((made.until_ms() - kStartMs) / kMinute);
    }
  }
  return ends;
}

TEST(Restriction, AttemptsDoNotExtendIt) {
  EXPECT_THAT(
      EndsOf("subject: SUBJECT_CUSTOMER duration: '1h'", {0, 1, 30, 59, 60}),
      ElementsAre(60, 120));
}

TEST(Restriction, AttemptsExtendItByATenthAtLeastWhereARuleSaysSo) {
  EXPECT_THAT(EndsOf("subject: SUBJECT_CUSTOMER duration: '1h' "
                     "attempts_extend: true",
                     {0, 1, 5, 6, 7, 11, 12, 100}),
              ElementsAre(60, 66, 72, 160));
}

TEST(Restriction, OneThatHasLapsedBarsNoOther) {
  const auto rules = RulesOf(
      "then { verdict: VERDICT_THROTTLE restrict { subject: SUBJECT_CUSTOMER "
      "duration: '1h' } } escalate { memory: '7d' steps { offences: 2 then { "
      "verdict: VERDICT_REJECT } } }");
  for (const bool lapsed : {false, true}) {
    EventEntry event = OpenedAt(0);
    storage::v1::MetRestriction& met = *event.mutable_standing()->add_met();
    met.set_id(7);
    met.set_rule_id("another");
    met.set_verdict(levee::v1::VERDICT_HOLD);
    met.set_until_ms(kStartMs + 60 * kMinute);
    met.set_scope(levee::v1::RESTRICTION_SCOPE_ALL_MESSAGES);
    storage::v1::DecisionOutcome outcome;
    if (lapsed) outcome.add_lapsed(7);
    AddConsequences(MatchOf(rules->rules()[0], event), 0, event, &outcome);
    EXPECT_EQ(outcome.restricted_size(), lapsed ? 1 : 0);
    EXPECT_EQ(outcome.offences_size(), lapsed ? 1 : 0);
  }
}

}  // namespace
}  // namespace levee::rules
