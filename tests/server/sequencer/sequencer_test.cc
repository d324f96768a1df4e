#include "server/sequencer/sequencer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/sequencer/retention.h"
#include "storage/memory_store.h"
#include "tests/event_builder.h"
#include "tests/server/sequencer/desk.h"

namespace levee::tests {
namespace {

using sequencer::Purpose;
using ::testing::HasSubstr;
using v1::VERDICT_ALLOW;
using v1::VERDICT_THROTTLE;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;

// Three openings in ten minutes are one too many.
constexpr char kRules[] = R"pb(
  rules {
    id: "bomb"
    category: CATEGORY_BOMBING
    on: EVENT_KIND_OPENED
    when {
      rate {
        per: SUBJECT_CUSTOMER
        kinds: EVENT_KIND_OPENED
        window: "10m"
        at_least: 3
      }
    }
    then { verdict: VERDICT_THROTTLE }
  }
)pb";

class SequencerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(desk_.Start().ok());
    ASSERT_TRUE(desk_.ApplyRules(kRules).ok());
  }

  v1::Verdict VerdictOf(const v1::TicketEvent& event,
                        const std::string& tenant = "acme") {
    absl::StatusOr<v1::Decision> decision = desk_.Submit(event, tenant);
    EXPECT_TRUE(decision.ok()) << decision.status();
    return decision.ok() ? decision->verdict() : v1::VERDICT_UNSPECIFIED;
  }
  std::string OpenThree() {
    std::string last;
    for (int i = 0; i < 3; ++i) {
      const EventBuilder event = Opened();
      last = event.event().event_id();
      VerdictOf(event);
    }
    return last;
  }

  // The store knows the customer's name.
  bool IsNamed(const std::string& customer) {
    const uint64_t tenant =
        sequencer::Sequencer::HandleOf(*desk_.sequencer->FindTenant("acme"));
    const storage::NameRef name = {tenant, storage::v1::NAME_KIND_CUSTOMER,
                                   customer};
    std::optional<uint64_t> handle;
    EXPECT_TRUE(
        store_.FindHandles({&name, 1}, absl::MakeSpan(&handle, 1)).ok());
    return handle.has_value();
  }

  storage::MemoryStore store_;
  Desk desk_{&store_};
};

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

// Whatever little is to be kept in memory: a name has one handle.
TEST_F(SequencerTest, ASmallCacheOfNamesLosesNone) {
  sequencer::Options options;
  options.cache_names_max = 2;
  options.cache_entities_max = 2;
  storage::MemoryStore store;
  Desk desk(&store, std::move(options));
  ASSERT_TRUE(desk.Start().ok());
  ASSERT_TRUE(desk.ApplyRules(kRules).ok());
  for (int round = 0; round < 3; ++round) {
    std::vector<v1::TicketEvent> events;
    events.reserve(200);
    for (int i = 0; i < 200; ++i) {
      events.push_back(Opened().Customer("c" + std::to_string(i)));
    }
    for (const auto& answer : desk.SubmitAll(std::move(events))) {
      ASSERT_TRUE(answer.ok()) << answer.status();
      EXPECT_EQ(answer->verdict(),
                round < 2 ? VERDICT_ALLOW : VERDICT_THROTTLE);
    }
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

TEST_F(SequencerTest, FailedCommitAnswersUnavailableFromThenOn) {
  VerdictOf(Opened());
  store_.FailNextAppend(absl::UnavailableError("disk full"));
  const uint64_t last = store_.head().last_sequence;
  for (int i = 0; i < 3; ++i) {
    absl::StatusOr<v1::Decision> decision = desk_.Submit(Opened());
    EXPECT_TRUE(absl::IsUnavailable(decision.status())) << decision.status();
    EXPECT_THAT(std::string(decision.status().message()),
                HasSubstr("disk full"));
  }
  EXPECT_FALSE(desk_.sequencer->writable().ok());
  EXPECT_EQ(store_.head().last_sequence, last);
}

TEST_F(SequencerTest, FullQueueShedsCustomersBeforeFacts) {
  sequencer::Options options;
  options.queue_events_max = 64;
  storage::MemoryStore store;
  Desk desk(&store, options);
  ASSERT_TRUE(desk.Start().ok());
  store.BlockAppends();
  std::atomic<int> answered{0};
  std::vector<v1::TicketEvent> events(2000, Opened());
  std::vector<v1::Decision> decisions(2000);
  for (size_t i = 0; i < events.size(); ++i) {
    events[i].set_event_id("q" + std::to_string(i));
  }
  auto enqueue = [&](size_t i) {
    auto group = std::make_unique<sequencer::EventGroup>();
    group->tenant = desk.sequencer->FindTenant("acme");
    sequencer::Item& item = group->items.emplace_back();
    item.event = &events[i];
    item.decision = &decisions[i];
    desk.sequencer->Prepare(*group->tenant, &item);
    group->done = [&](std::unique_ptr<sequencer::EventGroup>) { ++answered; };
    sequencer::Job job = std::move(group);
    return desk.sequencer->Enqueue(job);
  };
  size_t taken = 0;
  absl::Status status;
  while (taken < events.size() - 1 && status.ok()) {
    status = enqueue(taken);
    taken += status.ok();
  }
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  events[taken].set_actor(v1::ACTOR_AGENT_ON_BEHALF);
  events[taken].set_agent_id("a1");
  EXPECT_TRUE(enqueue(taken).ok());
  ++taken;
  EXPECT_GT(desk.sequencer->counters().shed.load(), 0);
  store.ReleaseAppends();
  desk.sequencer->Stop();
  EXPECT_EQ(answered.load(), static_cast<int>(taken));
}

TEST_F(SequencerTest, AJobLargerThanTheQueueGetsInWhenNothingWaits) {
  sequencer::Options options;
  options.queue_events_max = 64;
  storage::MemoryStore store;
  Desk desk(&store, options);
  ASSERT_TRUE(desk.Start().ok());
  std::vector<v1::TicketEvent> events;
  events.reserve(200);
  for (int i = 0; i < 200; ++i) events.push_back(Opened());
  for (const auto& answer : desk.SubmitAll(events)) {
    EXPECT_TRUE(answer.ok()) << answer.status();
  }
}

TEST_F(SequencerTest, ImportGoesOnWhereItStoppedAndCountsNothingTwice) {
  const int64_t start = desk_.clock.WallMs() - 100 * 24 * kHour;
  std::vector<v1::TicketEvent> events;
  events.reserve(6);
  for (int i = 0; i < 6; ++i) {
    events.push_back(Opened().Customer("old").AtMs(start + i * kMinute));
  }
  const std::vector<v1::TicketEvent> begin(events.begin(), events.begin() + 3);
  const std::vector<v1::TicketEvent> rest(events.begin() + 3, events.end());
  for (const auto& d : desk_.SubmitAll(begin, Purpose::kImport, "log", 0)) {
    ASSERT_TRUE(d.ok()) << d.status();
  }
  ASSERT_TRUE(desk_.Restart().ok());
  const auto answers = desk_.SubmitAll(rest, Purpose::kImport, "log", 3);
  ASSERT_TRUE(answers[2].ok()) << answers[2].status();
  EXPECT_EQ(answers[2]->findings(0).evidence(0).value(), 6);
  // Another event at a place that is taken already.
  const auto again = desk_.SubmitAll({Opened().AtMs(start + kHour)},
                                     Purpose::kImport, "log", 4);
  EXPECT_TRUE(absl::IsAborted(again[0].status())) << again[0].status();
}

TEST_F(SequencerTest, ImportTakesNothingAfterAGap) {
  const int64_t start = desk_.clock.WallMs() - kHour;
  const auto event = [&](int minute) {
    return Opened().Customer("old").AtMs(start + minute * kMinute);
  };
  ASSERT_TRUE(desk_.SubmitAll({event(0), event(1)}, Purpose::kImport, "log", 0)
                  .back()
                  .ok());
  const uint64_t last = store_.head().last_sequence;
  // The group ahead of this one was refused.
  for (const auto& answer :
       desk_.SubmitAll({event(3), event(4)}, Purpose::kImport, "log", 3)) {
    EXPECT_TRUE(absl::IsAborted(answer.status())) << answer.status();
    EXPECT_THAT(std::string(answer.status().message()),
                HasSubstr("goes on from position 2"));
  }
  EXPECT_EQ(store_.head().last_sequence, last);
  EXPECT_TRUE(desk_.SubmitAll({event(2)}, Purpose::kImport, "log", 2)[0].ok());
}

TEST_F(SequencerTest, ImportPositionCountsWhatRecordsNothing) {
  const int64_t start = desk_.clock.WallMs() - kHour;
  const v1::TicketEvent known = Opened().AtMs(start);
  ASSERT_TRUE(desk_.Submit(known).ok());
  const auto answers = desk_.SubmitAll(
      {known, Withdrawn("nowhere").AtMs(start)}, Purpose::kImport, "log", 0);
  EXPECT_TRUE(answers[0].ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(answers[1].status()));
  ASSERT_TRUE(desk_.Restart().ok());
  const auto first = desk_.SubmitAll({Opened().AtMs(start + kMinute)},
                                     Purpose::kImport, "log", 0);
  EXPECT_TRUE(absl::IsAborted(first[0].status())) << first[0].status();
  const auto next = desk_.SubmitAll({Opened().AtMs(start + kMinute)},
                                    Purpose::kImport, "log", 2);
  EXPECT_TRUE(next[0].ok()) << next[0].status();
}

TEST_F(SequencerTest, ImportOutOfOrderIsRefusedByName) {
  const int64_t start = desk_.clock.WallMs() - 24 * kHour;
  const auto answers =
      desk_.SubmitAll({Opened().AtMs(start), Opened().AtMs(start - 1)},
                      Purpose::kImport, "log", 0);
  EXPECT_TRUE(answers[0].ok());
  EXPECT_THAT(std::string(answers[1].status().message()),
              HasSubstr("occurred_at"));
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

TEST_F(SequencerTest, ManyThreadsGetEachEventDecidedOnce) {
  constexpr int kThreads = 4;
  constexpr int kEvents = 200;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  std::atomic<int> throttled{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEvents; ++i) {
        v1::TicketEvent event;
        event.set_event_id(std::to_string(t) + "/" + std::to_string(i));
        event.set_kind(v1::EVENT_KIND_OPENED);
        event.set_actor(v1::ACTOR_CUSTOMER);
        event.set_customer_id("c" + std::to_string(i));
        event.set_ticket_id(event.event_id());
        absl::StatusOr<v1::Decision> decision = desk_.Submit(event);
        ASSERT_TRUE(decision.ok());
        throttled += decision->verdict() == VERDICT_THROTTLE;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // Four openings for each customer, whatever the order: two too many.
  EXPECT_EQ(throttled.load(), 2 * kEvents);
  EXPECT_EQ(store_.head().last_sequence, 1 + kThreads * kEvents);
}

}  // namespace
}  // namespace levee::tests
