#include "server/sequencer/sequencer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/sequencer/retention.h"
#include "tests/server/sequencer/sequencer_fixture.h"

namespace levee::tests {
namespace {

using ::testing::HasSubstr;
using v1::VERDICT_ALLOW;
using v1::VERDICT_THROTTLE;

TEST_F(SequencerTest, DecisionsCountUpFromOneWithoutGaps) {
  // The rule set took the first sequence.
  for (uint64_t sequence = 2; sequence < 10; ++sequence) {
    absl::StatusOr<v1::Decision> decision =
        desk_.Submit(Opened().Customer("c" + std::to_string(sequence)));
    ASSERT_TRUE(decision.ok());
    EXPECT_EQ(decision->sequence(), sequence);
    EXPECT_EQ(store_.head().last_sequence, sequence);
  }
}

TEST_F(SequencerTest, TheThirdOpeningIsThrottledAndSaysHowLong) {
  VerdictOf(Opened());
  desk_.clock.Advance(4 * kMinute);
  VerdictOf(Opened());
  desk_.clock.Advance(kMinute);
  absl::StatusOr<v1::Decision> third = desk_.Submit(Opened());
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(third->verdict(), VERDICT_THROTTLE);
  // Come again, it counts as well: so only one of the three may be left, and
  // the second leaves nine minutes from now.
  EXPECT_EQ(third->retry_after().seconds(), 9 * 60);
  ASSERT_EQ(third->findings_size(), 1);
  EXPECT_EQ(third->findings(0).rule_id(), "bomb");
  EXPECT_EQ(third->findings(0).evidence(0).value(), 3);
}

TEST_F(SequencerTest, RepeatedEventIdReturnsTheStoredDecision) {
  const v1::TicketEvent event = Opened();
  const absl::StatusOr<v1::Decision> first = desk_.Submit(event);
  const absl::StatusOr<v1::Decision> again = desk_.Submit(event);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  // It counted once.
  EXPECT_EQ(VerdictOf(Opened()), VERDICT_ALLOW);
  EXPECT_EQ(VerdictOf(Opened()), VERDICT_THROTTLE);
}

TEST_F(SequencerTest, RepeatedEventIdInOneBatchIsDecidedOnce) {
  const v1::TicketEvent event = Opened();
  const auto decisions = desk_.SubmitAll({event, event, event});
  for (const auto& decision : decisions) {
    ASSERT_TRUE(decision.ok());
    EXPECT_EQ(decision->SerializeAsString(), decisions[0]->SerializeAsString());
  }
}

TEST_F(SequencerTest, RepeatedEventIdWithOtherContentIsRefused) {
  const EventBuilder event = Opened().Id("same").Body("one");
  ASSERT_TRUE(desk_.Submit(event).ok());
  const absl::StatusOr<v1::Decision> other =
      desk_.Submit(Opened().Id("same").Body("two"));
  EXPECT_TRUE(absl::IsAlreadyExists(other.status())) << other.status();
}

TEST_F(SequencerTest, TheOrderOfAttributesIsNotContent) {
  v1::TicketEvent event = Opened().Id("same");
  for (const char* key : {"plan", "country"}) {
    v1::Attribute* attribute = event.add_attributes();
    attribute->set_key(key);
    attribute->set_text("x");
  }
  ASSERT_TRUE(desk_.Submit(event).ok());
  event.mutable_attributes()->SwapElements(0, 1);
  EXPECT_TRUE(desk_.Submit(event).ok());
}

TEST_F(SequencerTest, TenantsShareNeitherCountsNorIdsNorRules) {
  OpenThree();
  const v1::TicketEvent event = Opened().Id("shared");
  EXPECT_EQ(VerdictOf(event), VERDICT_THROTTLE);
  EXPECT_EQ(VerdictOf(event, "other"), VERDICT_ALLOW);
}

TEST_F(SequencerTest, OnlyTheCustomersOwnActsCount) {
  for (v1::Actor actor : {v1::ACTOR_AGENT_ON_BEHALF, v1::ACTOR_AUTOMATION}) {
    for (int i = 0; i < 5; ++i) {
      absl::StatusOr<v1::Decision> decision = desk_.Submit(Opened().By(actor));
      ASSERT_TRUE(decision.ok());
      EXPECT_EQ(decision->verdict(), VERDICT_ALLOW);
      EXPECT_EQ(decision->exemption(), v1::EXEMPTION_NOT_JUDGED);
    }
  }
  EXPECT_EQ(VerdictOf(Opened()), VERDICT_ALLOW);
}

TEST_F(SequencerTest, LateEventsCountWhenTheyHappened) {
  const int64_t now = desk_.clock.WallMs();
  // A queue that delivers three hours late: an hour between each.
  for (int64_t hours = 3; hours >= 1; --hours) {
    EXPECT_EQ(VerdictOf(Opened().AtMs(now - hours * kHour)), VERDICT_ALLOW);
  }
}

TEST_F(SequencerTest, EffectiveTimeIsClampedToTheLastDay) {
  const int64_t now = desk_.clock.WallMs();
  const struct {
    int64_t occurred_ms;
    int64_t effective_ms;
  } cases[] = {{now - 25 * kHour, now - 24 * kHour},
               {now - 23 * kHour, now - 23 * kHour},
               {now + kHour, now}};
  for (const auto& c : cases) {
    absl::StatusOr<v1::Decision> decision =
        desk_.Submit(Opened().AtMs(c.occurred_ms));
    ASSERT_TRUE(decision.ok());
    EXPECT_EQ(decision->effective_at().seconds(), c.effective_ms / 1000);
  }
}

TEST_F(SequencerTest, PreviewDecidesAndLeavesNoTrace) {
  VerdictOf(Opened());
  VerdictOf(Opened());
  const uint64_t last = store_.head().last_sequence;
  for (int i = 0; i < 3; ++i) {
    absl::StatusOr<v1::Decision> preview = desk_.Preview(Opened());
    ASSERT_TRUE(preview.ok());
    EXPECT_EQ(preview->verdict(), VERDICT_THROTTLE);
    EXPECT_EQ(preview->sequence(), 0);
    EXPECT_EQ(preview->findings(0).evidence(0).value(), 3);
  }
  EXPECT_EQ(store_.head().last_sequence, last);
}

TEST_F(SequencerTest, PreviewOfAnUnknownCustomerGivesOutNoName) {
  ASSERT_TRUE(desk_.Preview(Opened().Customer("stranger")).ok());
  ASSERT_TRUE(desk_.Submit(Opened().Customer("guest")).ok());
  EXPECT_FALSE(IsNamed("stranger"));
  EXPECT_TRUE(IsNamed("guest"));
}

TEST_F(SequencerTest, WithdrawnOpeningIsRefunded) {
  VerdictOf(Opened());
  const EventBuilder mistake = Opened();
  VerdictOf(mistake);
  ASSERT_TRUE(desk_.Submit(Withdrawn(mistake.event().event_id())).ok());
  EXPECT_EQ(VerdictOf(Opened()), VERDICT_ALLOW);
  EXPECT_EQ(VerdictOf(Opened()), VERDICT_THROTTLE);
}

TEST_F(SequencerTest, WithdrawingTwiceRefundsOnce) {
  VerdictOf(Opened());
  const EventBuilder mistake = Opened();
  VerdictOf(mistake);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(desk_.Submit(Withdrawn(mistake.event().event_id())).ok());
  }
  EXPECT_EQ(VerdictOf(Opened()), VERDICT_ALLOW);
  EXPECT_EQ(VerdictOf(Opened()), VERDICT_THROTTLE);
}

TEST_F(SequencerTest, WithdrawalInTheSameBatchFindsTheEvent) {
  const EventBuilder first = Opened();
  const EventBuilder second = Opened();
  const auto answers =
      desk_.SubmitAll({first, second, Withdrawn(second.event().event_id()),
                       Opened(), Opened()});
  for (const auto& answer : answers) ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answers[3]->verdict(), VERDICT_ALLOW);
  EXPECT_EQ(answers[4]->verdict(), VERDICT_THROTTLE);
}

TEST_F(SequencerTest, RegardingAnUnknownOrForeignEventIsAnError) {
  const EventBuilder foreign = Opened().Customer("c2");
  VerdictOf(foreign);
  for (const std::string& id :
       {std::string("nowhere"), foreign.event().event_id()}) {
    const uint64_t last = store_.head().last_sequence;
    absl::StatusOr<v1::Decision> answer = desk_.Submit(Withdrawn(id));
    EXPECT_TRUE(absl::IsFailedPrecondition(answer.status()));
    EXPECT_THAT(std::string(answer.status().message()),
                HasSubstr("regards_event_id"));
    EXPECT_EQ(store_.head().last_sequence, last);
  }
}

TEST_F(SequencerTest, EventIdsAreForgottenAfterSevenDays) {
  const v1::TicketEvent old = Opened();
  ASSERT_TRUE(desk_.Submit(old).ok());
  desk_.clock.Advance(7 * 24 * kHour + kMinute);
  ASSERT_TRUE(desk_.Submit(Opened()).ok());
  // Its entry may be gone by now, and nothing asks for it any more.
  const absl::Status cut = sequencer::RetireJournal(
      store_, &store_, desk_.clock.WallMs() - kHour, 1'000);
  ASSERT_TRUE(cut.ok()) << cut;
  EXPECT_TRUE(absl::IsFailedPrecondition(
      desk_.Submit(Withdrawn(old.event_id())).status()));
  const absl::StatusOr<v1::Decision> again = desk_.Submit(old);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->sequence(), store_.head().last_sequence);
}

TEST_F(SequencerTest, RefusedEventLeavesNoNameBehind) {
  VerdictOf(Opened());
  const v1::TicketEvent refused = Withdrawn("nowhere").Customer("stranger");
  const auto answers = desk_.SubmitAll({refused, Opened().Customer("guest")});
  EXPECT_FALSE(answers[0].ok());
  ASSERT_TRUE(answers[1].ok());
  ASSERT_TRUE(desk_.Submit(Opened().Customer("c3")).ok());
  EXPECT_FALSE(IsNamed("stranger"));
  EXPECT_TRUE(IsNamed("guest"));
}

TEST_F(SequencerTest, NewNamesInOneBatchAreOnesAndTheSame) {
  const auto answers = desk_.SubmitAll({Opened().Customer("twin").Ticket("a"),
                                        Opened().Customer("twin").Ticket("b"),
                                        Opened().Customer("twin").Ticket("c")});
  ASSERT_TRUE(answers[2].ok());
  EXPECT_EQ(answers[2]->verdict(), VERDICT_THROTTLE);
}

TEST_F(SequencerTest, NewRulesWorkAtOnceOverThePast) {
  OpenThree();
  std::string stricter = kRules;
  stricter.replace(stricter.find("\"10m\""), 5, "\"2h\"");
  desk_.clock.Advance(kHour);
  EXPECT_EQ(VerdictOf(Opened()), VERDICT_ALLOW);
  desk_.clock.Advance(30 * kMinute);
  absl::StatusOr<v1::RuleSetRevision> applied = desk_.ApplyRules(stricter);
  ASSERT_TRUE(applied.ok());
  EXPECT_EQ(applied->revision(), 2);
  absl::StatusOr<v1::Decision> decision = desk_.Submit(Opened());
  ASSERT_TRUE(decision.ok());
  EXPECT_EQ(decision->verdict(), VERDICT_THROTTLE);
  EXPECT_EQ(decision->rule_set_revision(), 2);
  EXPECT_EQ(decision->findings(0).evidence(0).value(), 5);
}

TEST_F(SequencerTest, AnOldRevisionIsNotAppliedOverANewOne) {
  auto act = std::make_unique<sequencer::RuleSetAct>();
  act->tenant = desk_.sequencer->FindTenant("acme");
  act->rules = rules::Compile(kRules, 1).rule_set;
  act->text = kRules;
  std::promise<absl::Status> answered;
  act->done = [&](absl::StatusOr<v1::RuleSetRevision> revision) {
    answered.set_value(revision.status());
  };
  sequencer::Job job = std::move(act);
  ASSERT_TRUE(desk_.sequencer->Enqueue(job).ok());
  EXPECT_TRUE(absl::IsAborted(answered.get_future().get()));
}

TEST_F(SequencerTest, RestartGoesOnWithTheSameCountsRulesAndIds) {
  const v1::TicketEvent event = Opened();
  const absl::StatusOr<v1::Decision> before = desk_.Submit(event);
  VerdictOf(Opened());
  ASSERT_TRUE(desk_.Restart().ok());
  const absl::StatusOr<v1::Decision> again = desk_.Submit(event);
  ASSERT_TRUE(before.ok() && again.ok());
  EXPECT_EQ(again->SerializeAsString(), before->SerializeAsString());
  EXPECT_EQ(VerdictOf(Opened()), VERDICT_THROTTLE);
}

TEST_F(SequencerTest, TheServersTimeNeitherRunsBackNorJumps) {
  absl::StatusOr<v1::Decision> before = desk_.Submit(Opened());
  desk_.clock.JumpWall(-3 * kHour);
  absl::StatusOr<v1::Decision> after = desk_.Submit(Opened());
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_GE(after->decided_at().seconds(), before->decided_at().seconds());
  EXPECT_EQ(desk_.sequencer->WallAheadMs(), -3 * kHour);
  // Nor does a restart before the wall clock has caught up.
  ASSERT_TRUE(desk_.Restart().ok());
  after = desk_.Submit(Opened().Customer("c9"));
  ASSERT_TRUE(after.ok());
  EXPECT_GE(after->decided_at().seconds(), before->decided_at().seconds());
}

}  // namespace
}  // namespace levee::tests
