#include "server/rules/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "server/rules/message.h"
#include "server/state/happening.h"

namespace levee::rules {
namespace {

using levee::v1::VERDICT_ALLOW;
using levee::v1::VERDICT_HOLD;
using levee::v1::VERDICT_REJECT;
using levee::v1::VERDICT_THROTTLE;
using storage::v1::DecisionOutcome;
using storage::v1::EventEntry;
using testing::ElementsAre;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;

std::shared_ptr<const RuleSet> Compiled(const std::string& text) {
  const struct Compiled compiled = Compile(text, 3);
  EXPECT_EQ(ToString(compiled.problems), "") << text;
  return compiled.rule_set;
}

// A leaf that is true where its number is at least 1.
std::string Is(const std::string& key) {
  return "attribute { number { key: '" + key + "' at_least: 1 } }";
}
// A counter: at least 5.
std::string Rate(const std::string& subject) {
  return "rate { per: SUBJECT_" + subject +
         " kinds: EVENT_KIND_OPENED window: '1h' at_least: 5 }";
}
std::string All(const std::string& a, const std::string& b) {
  return "all { of { " + a + " } of { " + b + " } }";
}
std::string Any(const std::string& a, const std::string& b) {
  return "any { of { " + a + " } of { " + b + " } }";
}
std::string Not(const std::string& a) { return "not { " + a + " }"; }

// `more`: further fields.
std::string Rule(const std::string& id, const std::string& when,
                 const std::string& verdict, const std::string& more = "") {
  return "rules { id: '" + id +
         "' category: CATEGORY_BOMBING on: EVENT_KIND_OPENED "
         "on: EVENT_KIND_CUSTOMER_REPLIED when { " +
         when + " } then { verdict: VERDICT_" + verdict + " } " + more + " }\n";
}

// What one leaf came to.
struct Fact {
  std::optional<int64_t> value;
  uint64_t free_after_ms = 0;
};
const Fact kYes = {1};
const Fact kNo = {0};
const Fact kUnknown = {};

// A customer's opening whose leaves came to `facts`, in the order in which the
// text has them.
EventEntry EntryWith(const std::vector<Fact>& facts) {
  EventEntry entry;
  entry.set_actor(levee::v1::ACTOR_CUSTOMER);
  entry.mutable_happening()->set_kind(levee::v1::EVENT_KIND_OPENED);
  entry.mutable_happening()->set_effective_ms(1'000'000);
  entry.mutable_happening()->set_flags(state::kByCustomer);
  entry.set_rule_set_revision(3);
  bool free = false;
  for (size_t i = 0; i < facts.size(); ++i) {
    entry.add_leaf_values(facts[i].value.value_or(0));
    if (!facts[i].value.has_value()) entry.add_leaf_unknown(i);
    free |= facts[i].free_after_ms > 0;
  }
  for (const Fact& fact : facts) {
    if (free) entry.add_leaf_free_after_ms(fact.free_after_ms);
  }
  return entry;
}

DecisionOutcome Decided(const std::string& text, const EventEntry& entry) {
  const auto rules = Compiled(text);
  EXPECT_EQ(rules->LeavesOf(entry.happening().kind()).size(),
            entry.leaf_values_size());
  DecisionOutcome outcome;
  Decide(rules.get(), entry, &outcome);
  return outcome;
}

std::vector<std::string> FindingsOf(const DecisionOutcome& outcome) {
  std::vector<std::string> ids;
  for (const storage::v1::EntryFinding& finding : outcome.findings()) {
    ids.push_back(finding.rule_id());
  }
  return ids;
}

TEST(Decide, ConditionsFollowKleenesLogic) {
  struct Case {
    std::string when;
    std::vector<Fact> facts;
    bool matches;
  };
  const Case cases[] = {
      {Is("a"), {kYes}, true},
      {Is("a"), {kNo}, false},
      {Is("a"), {kUnknown}, false},
      {Not(Is("a")), {kYes}, false},
      {Not(Is("a")), {kNo}, true},
      {Not(Is("a")), {kUnknown}, false},
      {All(Is("a"), Is("b")), {kYes, kYes}, true},
      {All(Is("a"), Is("b")), {kYes, kUnknown}, false},
      {Not(All(Is("a"), Is("b"))), {kYes, kUnknown}, false},
      {Not(All(Is("a"), Is("b"))), {kNo, kUnknown}, true},
      {Any(Is("a"), Is("b")), {kYes, kUnknown}, true},
      {Any(Is("a"), Is("b")), {kNo, kUnknown}, false},
      {Not(Any(Is("a"), Is("b"))), {kNo, kUnknown}, false},
      {Not(Any(Is("a"), Is("b"))), {kNo, kNo}, true},
      {All(Not(Is("a")), Any(Is("b"), Is("c"))), {kNo, kUnknown, kYes}, true},
  };
  for (const Case& c : cases) {
    const DecisionOutcome outcome =
        Decided(Rule("r", c.when, "HOLD"), EntryWith(c.facts));
    EXPECT_EQ(outcome.verdict(), c.matches ? VERDICT_HOLD : VERDICT_ALLOW)
        << c.when;
    EXPECT_EQ(outcome.findings_size(), c.matches ? 1 : 0) << c.when;
  }
}

TEST(Decide, UnlessHoldsOnlyWhereItIsTrue) {
  const std::string text =
      Rule("r", Is("a"), "HOLD", "unless { " + Is("b") + " }");
  EXPECT_EQ(Decided(text, EntryWith({kYes, kYes})).verdict(), VERDICT_ALLOW);
  EXPECT_EQ(Decided(text, EntryWith({kYes, kNo})).verdict(), VERDICT_HOLD);
  EXPECT_EQ(Decided(text, EntryWith({kYes, kUnknown})).verdict(), VERDICT_HOLD);
}

TEST(Decide, TheStrongestEnforcedVerdictWinsAndAllFindingsAreTold) {
  const std::string text =
      Rule("observes", Is("a"), "ALLOW") + Rule("asks", Is("a"), "CHALLENGE") +
      Rule("holds", Is("b"), "HOLD") +
      Rule("shadow", Is("a"), "REJECT", "mode: MODE_SHADOW") +
      Rule("off", Is("a"), "REJECT", "mode: MODE_OFF") +
      Rule("slows", Is("a"), "THROTTLE");
  DecisionOutcome outcome = Decided(text, EntryWith({kYes, kNo}));
  EXPECT_EQ(outcome.verdict(), VERDICT_THROTTLE);
  EXPECT_THAT(FindingsOf(outcome),
              ElementsAre("observes", "asks", "shadow", "slows"));
  EXPECT_EQ(outcome.findings(2).mode(), levee::v1::MODE_SHADOW);
  EXPECT_EQ(outcome.findings(2).verdict(), VERDICT_REJECT);
  EXPECT_EQ(outcome.findings(3).mode(), levee::v1::MODE_ENFORCE);
  outcome = Decided(text, EntryWith({kYes, kYes}));
  EXPECT_EQ(outcome.verdict(), VERDICT_HOLD);
  EXPECT_EQ(outcome.retry_after_ms(), 0);
  outcome = Decided(text, EntryWith({kNo, kNo}));
  EXPECT_EQ(outcome.verdict(), VERDICT_ALLOW);
  EXPECT_EQ(outcome.message(), "");
  EXPECT_EQ(outcome.findings_size(), 0);
}

TEST(Decide, ARuleLooksAtItsKindsOnly) {
  EventEntry entry = EntryWith({});
  entry.mutable_happening()->set_kind(levee::v1::EVENT_KIND_CLOSED);
  EXPECT_EQ(Decided(Rule("r", Is("a"), "HOLD"), entry).verdict(),
            VERDICT_ALLOW);
}

TEST(Decide, OnlyACustomersActsAreJudged) {
  const auto rules = Compiled(Rule("r", Is("a"), "REJECT"));
  for (const auto actor :
       {levee::v1::ACTOR_AGENT, levee::v1::ACTOR_AGENT_ON_BEHALF,
        levee::v1::ACTOR_AUTOMATION}) {
    EventEntry entry = EntryWith({kYes});
    entry.set_actor(actor);
    for (const RuleSet* set : {rules.get(), static_cast<const RuleSet*>(0)}) {
      DecisionOutcome outcome;
      Decide(set, entry, &outcome);
      EXPECT_EQ(outcome.verdict(), VERDICT_ALLOW);
      EXPECT_EQ(outcome.exemption(), levee::v1::EXEMPTION_NOT_JUDGED);
      EXPECT_EQ(outcome.findings_size(), 0);
    }
  }
}

TEST(Decide, WithoutRulesEverythingPasses) {
  DecisionOutcome outcome;
  outcome.set_message("from before");
  Decide(nullptr, EntryWith({}), &outcome);
  EXPECT_EQ(outcome.verdict(), VERDICT_ALLOW);
  EXPECT_EQ(outcome.message(), "");
  EXPECT_EQ(outcome.exemption(), levee::v1::EXEMPTION_UNSPECIFIED);
}

TEST(Decide, FactsThatTheEntryLacksAreUnknown) {
  const auto rules = Compiled(Rule("r", All(Is("a"), Is("b")), "HOLD"));
  DecisionOutcome outcome;
  Decide(rules.get(), EntryWith({kYes}), &outcome);
  EXPECT_EQ(outcome.verdict(), VERDICT_ALLOW);
  Decide(rules.get(), EntryWith({kYes, kYes, kYes}), &outcome);
  EXPECT_EQ(outcome.verdict(), VERDICT_HOLD);
}

TEST(Decide, ExemptionsLetThroughAndKeepTheFindings) {
  struct Case {
    std::string set;
    std::string rule;
    bool first_reply;
    levee::v1::Verdict verdict;
    levee::v1::Exemption exemption;
  };
  using levee::v1::EXEMPTION_FIRST_REPLY;
  using levee::v1::EXEMPTION_SHADOW_SET;
  using levee::v1::EXEMPTION_UNSPECIFIED;
  const std::string rejects = Rule("r", Is("a"), "REJECT");
  const std::string observes = Rule("r", Is("a"), "ALLOW");
  const std::string shadow = Rule("r", Is("a"), "REJECT", "mode: MODE_SHADOW");
  const Case cases[] = {
      {"", rejects, false, VERDICT_REJECT, EXEMPTION_UNSPECIFIED},
      {"", rejects, true, VERDICT_ALLOW, EXEMPTION_FIRST_REPLY},
      {"", observes, true, VERDICT_ALLOW, EXEMPTION_UNSPECIFIED},
      {"", shadow, true, VERDICT_ALLOW, EXEMPTION_UNSPECIFIED},
      {"", shadow, false, VERDICT_ALLOW, EXEMPTION_UNSPECIFIED},
      {"shadow: true ", rejects, false, VERDICT_ALLOW, EXEMPTION_SHADOW_SET},
      {"shadow: true ", rejects, true, VERDICT_ALLOW, EXEMPTION_FIRST_REPLY},
      {"shadow: true ", observes, false, VERDICT_ALLOW, EXEMPTION_UNSPECIFIED},
      {"shadow: true ", shadow, false, VERDICT_ALLOW, EXEMPTION_UNSPECIFIED},
  };
  for (const Case& c : cases) {
    EventEntry entry = EntryWith({kYes});
    if (c.first_reply) {
      entry.mutable_happening()->set_kind(
          levee::v1::EVENT_KIND_CUSTOMER_REPLIED);
      entry.mutable_happening()->set_flags(state::kByCustomer |
                                           state::kFirstReply);
    }
    const DecisionOutcome outcome = Decided(c.set + c.rule, entry);
    EXPECT_EQ(outcome.verdict(), c.verdict) << c.set << c.rule;
    EXPECT_EQ(outcome.exemption(), c.exemption) << c.set << c.rule;
    EXPECT_EQ(outcome.findings_size(), 1);
    EXPECT_EQ(outcome.message().empty(), c.verdict == VERDICT_ALLOW);
  }
}

TEST(Decide, EvidenceTellsTheTrueConditionsInOrder) {
  const std::string when =
      Any(All(Rate("IP"), "attribute { account_younger_than: '7d' }"),
          Any(Is("b"), All("attribute { number { key: 'c' at_most: 9 } }",
                           "text { pattern: 'x' }")));
  const DecisionOutcome outcome =
      Decided(Rule("r", when, "HOLD"),
              EntryWith({{7, 1234}, {90'500}, kUnknown, {4}, kNo}));
  ASSERT_EQ(outcome.findings_size(), 1);
  const storage::v1::EntryFinding& finding = outcome.findings(0);
  EXPECT_EQ(finding.category(), levee::v1::CATEGORY_BOMBING);
  ASSERT_EQ(finding.evidence_size(), 3);
  EXPECT_EQ(finding.evidence(0).label(), "opened by IP in 1h");
  EXPECT_EQ(finding.evidence(0).value(), 7);
  EXPECT_EQ(finding.evidence(0).threshold(), 5);
  EXPECT_EQ(finding.evidence(0).free_after_ms(), 1234);
  // Seconds.
  EXPECT_EQ(finding.evidence(1).value(), 90);
  EXPECT_EQ(finding.evidence(1).threshold(), 7 * 86'400);
  EXPECT_EQ(finding.evidence(1).free_after_ms(), 0);
  EXPECT_EQ(finding.evidence(2).label(), "attribute c, at most");
  EXPECT_EQ(finding.evidence(2).value(), 4);
  EXPECT_EQ(finding.evidence(2).threshold(), 9);
}

TEST(Decide, RetryAfterIsWhenTheVerdictFallsBelowThrottle) {
  struct Case {
    std::string rules;
    std::vector<Fact> facts;
    uint64_t retry_after_ms;
  };
  const Fact ip = {7, 10 * kMinute};
  const Fact domain = {9, 25 * kMinute};
  const Fact low = {3};
  const auto throttle = [](const std::string& when) {
    return Rule("r", when, "THROTTLE");
  };
  const Case cases[] = {
      {throttle(Rate("IP")), {ip}, 10 * kMinute},
      {throttle(Any(Rate("IP"), Rate("EMAIL"))), {ip, domain}, 25 * kMinute},
      {throttle(All(Rate("IP"), Rate("EMAIL"))), {ip, domain}, 10 * kMinute},
      {throttle(Any(Rate("IP"), Rate("EMAIL"))), {ip, low}, 10 * kMinute},
      {throttle(All(Rate("IP"), Is("a"))), {ip, kYes}, 10 * kMinute},
      // Each alternative ends with its first counter.
      {throttle(
           Any(All(Rate("IP"), Rate("EMAIL")), All(Rate("DEVICE"), Is("a")))),
       {ip, domain, {5, 12 * kMinute}, kYes},
       12 * kMinute},
      // Never by itself.
      {throttle(Is("a")), {kYes}, kRetryAfterDefaultMs},
      {throttle(Any(Rate("IP"), Is("a"))), {ip, kYes}, kRetryAfterDefaultMs},
      {throttle(Any(Rate("IP"), Not(Rate("IP")))),
       {ip, ip},
       kRetryAfterDefaultMs},
      // What runs free may make `unless` true.
      {Rule("r", Is("a"), "THROTTLE", "unless { " + Not(Rate("IP")) + " }"),
       {kYes, ip},
       10 * kMinute},
      // An account grows older, a solution too.
      {throttle("attribute { account_younger_than: '1h' }"),
       {{45 * kMinute}},
       15 * kMinute},
      {throttle("ticket { solution_within: '1h' }"),
       {{45 * kMinute}},
       15 * kMinute + 1},
      {Rule("r", Is("a"), "THROTTLE",
            "unless { attribute { account_older_than: '1h' } }"),
       {kYes, {45 * kMinute}},
       15 * kMinute},
      {throttle(Any("attribute { account_younger_than: '1h' }", Rate("IP"))),
       {{45 * kMinute}, ip},
       15 * kMinute},
      // The longest of all rules that ask for it; what is in shadow does not.
      {throttle(Rate("IP")) + Rule("s", Rate("EMAIL"), "THROTTLE") +
           Rule("t", Is("a"), "THROTTLE", "mode: MODE_SHADOW") +
           Rule("u", Is("a"), "CHALLENGE"),
       {ip, domain, kYes},
       25 * kMinute},
  };
  for (const Case& c : cases) {
    const DecisionOutcome outcome = Decided(c.rules, EntryWith(c.facts));
    EXPECT_EQ(outcome.verdict(), VERDICT_THROTTLE) << c.rules;
    EXPECT_EQ(outcome.retry_after_ms(), c.retry_after_ms) << c.rules;
  }
}

TEST(Decide, AnOperatorRaisesLimitsNotWhatSpares) {
  // The leaf's value, how many times as high limits count, and whether the rule
  // matches: at least 5, of 64 that state keeps.
  const struct {
    std::string when;
    int64_t value;
    uint32_t times;
    bool matches;
  } cases[] = {
      {Rate("CUSTOMER"), 5, 0, true},
      {Rate("CUSTOMER"), 14, 3, false},
      {Rate("CUSTOMER"), 15, 3, true},
      {Rate("CUSTOMER"), 63, 100, false},
      {Rate("CUSTOMER"), 64, 100, true},
      {Rate("IP"), 499, 100, false},
      {Rate("IP"), 500, 100, true},
      // Fewer than 5, whatever was raised.
      {Not(Rate("IP")), 4, 3, true},
      {Not(Rate("IP")), 5, 3, false},
      {Not(Not(Rate("IP"))), 5, 3, false},
      {Not(Not(Rate("IP"))), 15, 3, true},
  };
  for (const auto& c : cases) {
    EventEntry entry = EntryWith({{c.value}});
    entry.mutable_standing()->set_limits_times(c.times);
    EXPECT_EQ(!Decided(Rule("r", c.when, "HOLD"), entry).findings().empty(),
              c.matches)
        << c.when << " of " << c.value << ", times " << c.times;
  }
  // The same rate spares a rule at its own height.
  EventEntry entry = EntryWith({{20}, {7}});
  entry.mutable_standing()->set_limits_times(3);
  const std::string rule = Rule("r", Rate("CUSTOMER"), "HOLD",
                                "unless { " + Rate("CUSTOMER") + " }");
  EXPECT_EQ(Decided(rule, entry).verdict(), VERDICT_ALLOW);
}

TEST(Decide, ARestrictionOfARuleThatIsNotEnforcedHasLapsed) {
  const struct {
    std::string rules;
    bool counts;
  } cases[] = {
      {Rule("r", Is("a"), "HOLD"), true},
      {Rule("r", Is("a"), "HOLD", "mode: MODE_SHADOW"), false},
      {Rule("r", Is("a"), "HOLD", "mode: MODE_OFF") +
           Rule("s", Is("a"), "HOLD"),
       false},
      {Rule("other", Is("a"), "HOLD"), false},
  };
  for (const auto& c : cases) {
    EventEntry entry = EntryWith({kNo});
    storage::v1::MetRestriction& met = *entry.mutable_standing()->add_met();
    met.set_id(77);
    met.set_rule_id("r");
    met.set_verdict(VERDICT_REJECT);
    met.set_until_ms(9'000'000);
    met.set_scope(levee::v1::RESTRICTION_SCOPE_ALL_MESSAGES);
    const DecisionOutcome outcome = Decided(c.rules, entry);
    EXPECT_EQ(outcome.verdict(), c.counts ? VERDICT_REJECT : VERDICT_ALLOW)
        << c.rules;
    EXPECT_EQ(outcome.lapsed_size(), c.counts ? 0 : 1) << c.rules;
  }
  // Whom the rule spares now, what it did before spares too.
  for (const bool spared : {false, true}) {
    EventEntry entry = EntryWith({kNo, spared ? kYes : kNo});
    storage::v1::MetRestriction& met = *entry.mutable_standing()->add_met();
    met.set_rule_id("r");
    met.set_verdict(VERDICT_REJECT);
    met.set_until_ms(9'000'000);
    met.set_scope(levee::v1::RESTRICTION_SCOPE_ALL_MESSAGES);
    EXPECT_EQ(
        Decided(Rule("r", Is("a"), "HOLD", "unless { " + Is("b") + " }"), entry)
            .verdict(),
        spared ? VERDICT_ALLOW : VERDICT_REJECT);
  }
}

TEST(Decide, WhatAKindDoesNotReadSparesNobody) {
  // An earlier revision of the rule had restricted replies too.
  EventEntry entry = EntryWith({});
  entry.mutable_happening()->set_kind(levee::v1::EVENT_KIND_CUSTOMER_REPLIED);
  storage::v1::MetRestriction& met = *entry.mutable_standing()->add_met();
  met.set_rule_id("r");
  met.set_verdict(VERDICT_REJECT);
  met.set_until_ms(9'000'000);
  met.set_scope(levee::v1::RESTRICTION_SCOPE_ALL_MESSAGES);
  const std::string rule =
      "rules { id: 'r' category: CATEGORY_BOMBING on: EVENT_KIND_OPENED when "
      "{ " +
      Is("a") + " } unless { " + Is("b") +
      " } then { verdict: VERDICT_HOLD } }";
  EXPECT_EQ(Decided(rule, entry).verdict(), VERDICT_REJECT);
}

TEST(Decide, WhereReviewsAreFullItWaitsUntilOneEnds) {
  constexpr int64_t kFull = 30 * kMinute;
  const std::string hold = Rule("hold", Is("a"), "HOLD");
  const std::string counted = Rule("counted", Rate("CUSTOMER"), "HOLD");
  const std::string throttle = Rule("throttle", Rate("IP"), "THROTTLE");
  const auto after = [](int64_t ms) {
    return Fact{5, static_cast<uint64_t>(ms)};
  };
  const struct {
    std::string rules;
    std::vector<Fact> facts;
    int64_t retry_after_ms;
  } cases[] = {
      // It never lets go by itself: when there is room for a review.
      {hold, {kYes}, kFull},
      {hold + throttle, {kYes, after(kMinute)}, kFull},
      {hold + throttle, {kYes, after(kHour)}, kFull},
      {counted, {after(kHour)}, kFull},
      // Nobody asks for a hold any more.
      {counted, {after(kMinute)}, kMinute},
      {counted + throttle, {after(kMinute), after(10 * kMinute)}, 10 * kMinute},
      {counted + throttle, {after(kMinute), after(kHour)}, kHour},
  };
  for (const auto& c : cases) {
    EventEntry entry = EntryWith(c.facts);
    entry.mutable_standing()->set_reviews_full_until_ms(1'000'000 + kFull);
    const DecisionOutcome outcome = Decided(c.rules, entry);
    EXPECT_EQ(outcome.verdict(), VERDICT_THROTTLE) << c.rules;
    EXPECT_TRUE(outcome.reviews_full());
    EXPECT_EQ(outcome.retry_after_ms(), c.retry_after_ms) << c.rules;
  }
}

TEST(Decide, OnlyAThrottleSaysWhenToComeBack) {
  for (const char* verdict : {"CHALLENGE", "HOLD", "REJECT"}) {
    const DecisionOutcome outcome = Decided(
        Rule("r", Rate("IP"), verdict) + Rule("s", Rate("IP"), "CHALLENGE"),
        EntryWith({{7, 1000}}));
    EXPECT_EQ(outcome.retry_after_ms(), 0) << verdict;
  }
}

TEST(Decide, TheCustomerIsToldInHisLanguage) {
  const std::string messages =
      "messages { language: 'en' text: 'Wait {retry_after}, {retry_after}.' } "
      "messages { language: 'zh' text: '请等{retry_after}' } "
      "messages { language: 'zh-Hant' text: '請等{retry_after}' } "
      "messages { language: 'pt-BR' text: 'Espere {retry_after}' }";
  const std::string all = Rule("r", Rate("IP"), "THROTTLE", messages);
  const std::string chinese =
      Rule("r", Rate("IP"), "THROTTLE",
           "messages { language: 'zh' text: '请等{retry_after}' }");
  const std::string none = Rule("r", Rate("IP"), "THROTTLE");
  struct Case {
    std::string rules;
    std::string language;
    std::string message;
  };
  const std::string own_english =
      "You have sent a lot of messages in a short time. Please try again in "
      "5 minutes.";
  const std::string own_chinese =
      "您在短时间内提交过于频繁，请在 5 分钟后再试。";
  const Case cases[] = {
      {all, "en", "Wait 5 minutes, 5 minutes."},
      {all, "", "Wait 5 minutes, 5 minutes."},
      {all, "EN-gb", "Wait 5 minutes, 5 minutes."},
      {all, "fr", "Wait 5 minutes, 5 minutes."},
      {all, "zh", "请等5 分钟"},
      {all, "zh-CN", "请等5 分钟"},
      {all, "zh-hant-TW", "請等5 分钟"},
      {all, "pt-BR", "Espere 5 min"},
      {all, "pt", "Wait 5 minutes, 5 minutes."},
      {chinese, "zh", "请等5 分钟"},
      {chinese, "fr", own_english},
      {none, "", own_english},
      {none, "zh-CN", own_chinese},
      {none, "zhx", own_english},
  };
  for (const Case& c : cases) {
    EventEntry entry = EntryWith({{7, 5 * kMinute}});
    entry.set_language(c.language);
    EXPECT_EQ(Decided(c.rules, entry).message(), c.message) << c.language;
  }
}

TEST(Decide, TheFirstOfEqualsTellsTheMessageAndNoPlaceholderIsLeft) {
  const DecisionOutcome outcome =
      Decided(Rule("weak", Is("a"), "CHALLENGE",
                   "messages { language: 'en' text: 'weak' }") +
                  Rule("first", Is("a"), "HOLD",
                       "messages { language: 'en' text: 'in {retry_after}' }") +
                  Rule("second", Is("a"), "HOLD",
                       "messages { language: 'en' text: 'second' }"),
              EntryWith({kYes}));
  EXPECT_EQ(outcome.message(), "in some time");
}

TEST(Decide, EveryVerdictHasATextOfItsOwn) {
  for (const char* verdict : {"CHALLENGE", "THROTTLE", "HOLD", "REJECT"}) {
    EventEntry entry = EntryWith({kYes});
    const std::string text = Rule("r", Is("a"), verdict);
    const std::string english = Decided(text, entry).message();
    entry.set_language("zh");
    const std::string chinese = Decided(text, entry).message();
    EXPECT_GT(english.size(), 20);
    EXPECT_GT(chinese.size(), 20);
    EXPECT_NE(english, chinese);
    EXPECT_EQ(english.find('{'), std::string::npos);
    EXPECT_EQ(chinese.find('{'), std::string::npos);
  }
}

TEST(WaitInWords, RoundsUpToWhatMatters) {
  struct Case {
    int64_t ms;
    std::string english;
    std::string chinese;
    std::string other;
  };
  const Case cases[] = {
      {1, "1 second", "1 秒", "1 s"},
      {59'000, "59 seconds", "59 秒", "59 s"},
      {59'001, "1 minute", "1 分钟", "1 min"},
      {kMinute + 1, "2 minutes", "2 分钟", "2 min"},
      {kHour - 1, "1 hour", "1 小时", "1 h"},
      {kHour + 4 * kMinute, "1 hour 4 minutes", "1 小时 4 分钟", "1 h 4 min"},
      {24 * kHour - 1, "1 day", "1 天", "1 d"},
      {24 * kHour + 1, "1 day 1 hour", "1 天 1 小时", "1 d 1 h"},
      {50 * kHour, "2 days 2 hours", "2 天 2 小时", "2 d 2 h"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(WaitInWords(c.ms, "en"), c.english);
    EXPECT_EQ(WaitInWords(c.ms, "zh"), c.chinese);
    EXPECT_EQ(WaitInWords(c.ms, "de"), c.other);
  }
}

TEST(ToDecision, TellsAllThatWasRecorded) {
  storage::v1::Entry entry;
  entry.set_decided_at_ms(2'500);
  *entry.mutable_event() = EntryWith({{7, 90'250}});
  const auto rules = Compiled(Rule("r", Rate("IP"), "THROTTLE"));
  Decide(rules.get(), entry.event(), entry.mutable_event()->mutable_outcome());
  levee::v1::Decision decision;
  decision.set_message("from before");
  ToDecision(entry, 42, "event-1", &decision);
  EXPECT_EQ(decision.sequence(), 42);
  EXPECT_EQ(decision.event_id(), "event-1");
  EXPECT_EQ(decision.verdict(), VERDICT_THROTTLE);
  EXPECT_EQ(decision.retry_after().seconds(), 90);
  EXPECT_EQ(decision.retry_after().nanos(), 250'000'000);
  EXPECT_EQ(decision.message(), entry.event().outcome().message());
  EXPECT_EQ(decision.decided_at().seconds(), 2);
  EXPECT_EQ(decision.decided_at().nanos(), 500'000'000);
  EXPECT_EQ(decision.effective_at().seconds(), 1000);
  EXPECT_EQ(decision.rule_set_revision(), 3);
  ASSERT_EQ(decision.findings_size(), 1);
  EXPECT_EQ(decision.findings(0).rule_id(), "r");
  EXPECT_EQ(decision.findings(0).mode(), levee::v1::MODE_ENFORCE);
  const levee::v1::Evidence& evidence = decision.findings(0).evidence(0);
  EXPECT_EQ(evidence.value(), 7);
  EXPECT_EQ(evidence.threshold(), 5);
  EXPECT_EQ(evidence.free_again_at().seconds(), 1090);
  EXPECT_EQ(evidence.free_again_at().nanos(), 250'000'000);
}

// --- Properties over random rules -------------------------------------------

constexpr int kKeys = 5;

class RandomRules {
 public:
  explicit RandomRules(uint32_t seed) : random_(seed) {}

  uint32_t Below(uint32_t bound) { return random_() % bound; }

  // A condition over leaves 0 to kKeys - 1, as text.
  std::string Condition(int depth) {
    switch (depth == 0 ? 0 : Below(4)) {
      case 1:
        return Not(Condition(depth - 1));
      case 2:
        return All(Condition(depth - 1), Condition(depth - 1));
      case 3:
        return Any(Condition(depth - 1), Condition(depth - 1));
      default:
        return Is("k" + std::to_string(Below(kKeys)));
    }
  }
  std::string AnyRule(const std::string& id, const std::string& mode = "") {
    static constexpr const char* kVerdicts[] = {"ALLOW", "CHALLENGE",
                                                "THROTTLE", "HOLD", "REJECT"};
    std::string more = mode;
    if (Below(2) == 0) more += " unless { " + Condition(2) + " }";
    return Rule(id, Condition(3), kVerdicts[Below(5)], more);
  }
  // All keys in their order come first, so that every set reads all of them in
  // the same places.
  std::string Set() {
    std::string of;
    for (int i = 0; i < kKeys; ++i) {
      of += " of { " + Is("k" + std::to_string(i)) + " }";
    }
    std::string text = Rule("keys", "all {" + of + " }", "ALLOW");
    for (int i = static_cast<int>(Below(4)); i >= 0; --i) {
      text += AnyRule("r" + std::to_string(i));
    }
    return text;
  }
  std::vector<Fact> Facts() {
    std::vector<Fact> facts;
    facts.reserve(kKeys);
    for (int i = 0; i < kKeys; ++i) {
      facts.push_back(Below(3) == 0 ? kUnknown : Fact{Below(2)});
    }
    return facts;
  }

 private:
  std::mt19937 random_;
};

TEST(DecideProperties, AShadowRuleNeverChangesTheVerdict) {
  const uint32_t seed = 11;
  SCOPED_TRACE(seed);
  RandomRules random(seed);
  for (int round = 0; round < 300; ++round) {
    const std::string text = random.Set();
    const EventEntry entry = EntryWith(random.Facts());
    const DecisionOutcome before = Decided(text, entry);
    const DecisionOutcome after =
        Decided(text + random.AnyRule("shadow", "mode: MODE_SHADOW"), entry);
    ASSERT_EQ(before.verdict(), after.verdict()) << text;
    ASSERT_EQ(before.message(), after.message());
    ASSERT_EQ(before.retry_after_ms(), after.retry_after_ms());
    ASSERT_EQ(before.exemption(), after.exemption());
  }
}

// What matches although something is unknown would match whatever that is, as
// far as `when` goes.
TEST(DecideProperties, TheUnknownNeverDecides) {
  const uint32_t seed = 12;
  SCOPED_TRACE(seed);
  RandomRules random(seed);
  int matched = 0;
  for (int round = 0; round < 300; ++round) {
    const std::string text =
        Rule("keys",
             "all { of { " + Is("k0") + " } of { " + Is("k1") + " } of { " +
                 Is("k2") + " } of { " + Is("k3") + " } of { " + Is("k4") +
                 " } }",
             "ALLOW") +
        Rule("r", random.Condition(4), "REJECT");
    std::vector<Fact> facts = random.Facts();
    const bool matches =
        Decided(text, EntryWith(facts)).verdict() == VERDICT_REJECT;
    if (!matches) continue;
    ++matched;
    for (Fact& fact : facts) {
      if (!fact.value.has_value()) fact.value = random.Below(2);
    }
    ASSERT_EQ(Decided(text, EntryWith(facts)).verdict(), VERDICT_REJECT)
        << text;
  }
  EXPECT_GT(matched, 30);
}

TEST(DecideProperties, DecidingAgainFromTheStoredEntryGivesTheSameBytes) {
  const uint32_t seed = 13;
  SCOPED_TRACE(seed);
  RandomRules random(seed);
  for (int round = 0; round < 300; ++round) {
    const auto rules = Compiled(random.Set());
    EventEntry entry = EntryWith(random.Facts());
    Decide(rules.get(), entry, entry.mutable_outcome());
    EventEntry stored;
    ASSERT_TRUE(stored.ParseFromString(entry.SerializeAsString()));
    DecisionOutcome again;
    Decide(rules.get(), stored, &again);
    ASSERT_EQ(again.SerializeAsString(), entry.outcome().SerializeAsString());
  }
}

}  // namespace
}  // namespace levee::rules
