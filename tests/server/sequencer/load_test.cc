// A sequencer with more to do than it can: full queues, small caches, a disk
// that stalls or fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/server/sequencer/sequencer_fixture.h"

namespace levee::tests {
namespace {

using ::testing::HasSubstr;
using v1::VERDICT_ALLOW;
using v1::VERDICT_THROTTLE;

using LoadTest = SequencerTest;

// Sends events one by one and counts the answers; the store may stall.
class Sender {
 public:
  explicit Sender(Desk* desk) : desk_(desk) {}

  absl::Status Send(const v1::TicketEvent& event,
                    sequencer::Purpose purpose = sequencer::Purpose::kSubmit) {
    Sent& sent = sent_.emplace_back(Sent{event, {}});
    auto group = std::make_unique<sequencer::EventGroup>();
    group->tenant = desk_->sequencer->FindTenant("acme");
    group->purpose = purpose;
    sequencer::Item& item = group->items.emplace_back();
    item.event = &sent.event;
    item.decision = &sent.decision;
    desk_->sequencer->Prepare(*group->tenant, &item);
    group->done = [this](std::unique_ptr<sequencer::EventGroup>) {
      ++answered_;
    };
    sequencer::Job job = std::move(group);
    absl::Status taken = desk_->sequencer->Enqueue(job);
    taken_ += taken.ok();
    return taken;
  }
  // Until one is refused; at most `events_max`.
  absl::Status SendUntilRefused(const v1::TicketEvent& event, int events_max) {
    absl::Status status;
    for (int i = 0; i < events_max && status.ok(); ++i) status = Send(event);
    return status;
  }

  int taken() const { return taken_; }
  int answered() const { return answered_; }

 private:
  struct Sent {
    v1::TicketEvent event;
    v1::Decision decision;
  };

  Desk* const desk_;
  std::deque<Sent> sent_;
  int taken_ = 0;
  std::atomic<int> answered_{0};
};

// Whatever little is to be kept in memory: a name has one handle.
TEST_F(LoadTest, ASmallCacheOfNamesLosesNone) {
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

TEST_F(LoadTest, FailedCommitAnswersUnavailableFromThenOn) {
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

// A desk whose queue holds 64 events and whose disk stalls.
class StalledTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(desk_.Start().ok());
    ASSERT_TRUE(desk_.Submit(known_).ok());
    store_.BlockAppends();
  }
  void TearDown() override {
    store_.ReleaseAppends();
    desk_.sequencer->Stop();
    EXPECT_EQ(sender_.answered(), sender_.taken());
  }
  static sequencer::Options Small() {
    sequencer::Options options;
    options.queue_events_max = 64;
    options.batch_events_max = 128;
    return options;
  }
  static v1::TicketEvent Fact() {
    v1::TicketEvent event = Opened();
    event.set_actor(v1::ACTOR_AGENT_ON_BEHALF);
    event.set_agent_id("a1");
    return event;
  }

  // Returns when all that was sent has been decided; the future is told what
  // the look is answered.
  std::future<absl::Status> Look() {
    auto looked = std::make_shared<std::promise<void>>();
    auto done = std::make_shared<std::promise<absl::Status>>();
    auto look = std::make_unique<sequencer::Look>();
    look->key = {
        storage::v1::ENTITY_KIND_TENANT,
        sequencer::Sequencer::HandleOf(*desk_.sequencer->FindTenant("acme")),
        0};
    look->look = [looked](const state::Entity* /*entity*/) {
      looked->set_value();
      return absl::OkStatus();
    };
    look->done = [done](absl::Status status) {
      done->set_value(std::move(status));
    };
    sequencer::Job job = std::move(look);
    EXPECT_TRUE(desk_.sequencer->Enqueue(job).ok());
    looked->get_future().wait();
    return done->get_future();
  }

  storage::MemoryStore store_;
  Desk desk_{&store_, Small()};
  Sender sender_{&desk_};
  const v1::TicketEvent known_ = Opened();
};

TEST_F(StalledTest, FullQueueShedsCustomersBeforeFacts) {
  absl::Status status;
  for (int i = 0; i < 2'000 && status.ok(); ++i) {
    status = sender_.Send(Opened());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_TRUE(sender_.Send(Fact()).ok());
  EXPECT_GT(desk_.sequencer->counters().shed.load(), 0);
}

// Whoever is not answered asks again: that costs memory as well.
TEST_F(StalledTest, RepeatsAreBoundedToo) {
  ASSERT_TRUE(sender_.Send(Opened()).ok());
  EXPECT_TRUE(
      absl::IsResourceExhausted(sender_.SendUntilRefused(known_, 2'000)));
}

TEST_F(StalledTest, FactsHaveRoomInBytesToo) {
  v1::TicketEvent large = Opened();
  large.set_body(std::string(size_t{4} << 20, 'x'));
  absl::Status status;
  for (int i = 0; i < 60 && status.ok(); ++i) {
    large.set_event_id("large-" + std::to_string(i));
    status = sender_.Send(large);
  }
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  v1::TicketEvent fact = Fact();
  fact.set_body(large.body());
  EXPECT_TRUE(sender_.Send(fact).ok());
}

TEST_F(StalledTest, ALookWaitsForTheCommitOfWhatItSaw) {
  ASSERT_TRUE(sender_.Send(Opened()).ok());
  std::future<absl::Status> done = Look();
  store_.FailNextAppend(absl::UnavailableError("disk full"));
  store_.ReleaseAppends();
  EXPECT_TRUE(absl::IsUnavailable(done.get()));
}

// Whatever else the batch took in later.
TEST_F(StalledTest, ABatchIsAsOldAsItsLastEntry) {
  ASSERT_TRUE(sender_.Send(Opened()).ok());
  Look();
  ASSERT_TRUE(sender_.Send(Opened()).ok());
  Look();
  const int64_t decided_at_ms = desk_.clock.WallMs();
  desk_.clock.Advance(40);
  ASSERT_TRUE(sender_.Send(Opened(), sequencer::Purpose::kPreview).ok());
  std::future<absl::Status> done = Look();
  store_.ReleaseAppends();
  EXPECT_TRUE(done.get().ok());
  EXPECT_EQ(store_.head().last_sequence, 3);
  EXPECT_EQ(store_.head().decided_at_ms, decided_at_ms);
}

TEST_F(LoadTest, AJobLargerThanTheQueueGetsInWhenNothingWaits) {
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

TEST_F(LoadTest, ManyThreadsGetEachEventDecidedOnce) {
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
