// What holds whatever customers do, over seeded lives under the default rules.
// A failure names its seed; LEVEE_SEED runs that one alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "storage/memory_store.h"
#include "tests/event_builder.h"
#include "tests/server/sequencer/desk.h"

namespace levee::tests {
namespace {

constexpr int64_t kSecond = 1'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

std::string DefaultRules() {
  std::ifstream file(LEVEE_SOURCE_DIR "/deploy/rules/default.textproto");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<uint64_t> Seeds() {
  if (const char* const given = std::getenv("LEVEE_SEED")) {
    return {std::strtoull(given, nullptr, 10)};
  }
  std::vector<uint64_t> seeds;
  for (uint64_t seed = 1; seed <= 20; ++seed) seeds.push_back(seed);
  return seeds;
}

// A desk of its own, with rules in force.
struct Place {
  explicit Place(const std::string& rules) : desk(&store) {
    EXPECT_TRUE(desk.Start().ok());
    const auto applied = desk.ApplyRules(rules);
    EXPECT_TRUE(applied.ok()) << applied.status();
  }
  v1::Decision Submit(const v1::TicketEvent& event) {
    const auto decision = desk.Submit(event);
    EXPECT_TRUE(decision.ok()) << decision.status();
    return decision.value_or(v1::Decision());
  }

  storage::MemoryStore store;
  Desk desk;
};

// Something that a customer, or an agent of his, may do.
v1::TicketEvent AnyEvent(std::mt19937_64& random, const std::string& customer,
                         int64_t now_ms) {
  const std::string ticket = customer + "-" + std::to_string(random() % 3);
  EventBuilder event(v1::EVENT_KIND_OPENED);
  switch (random() % 8) {
    case 0:
    case 1:
    case 2:
      event = Opened();
      break;
    case 3:
    case 4:
      event = Replied();
      break;
    case 5:
      event = Reopened();
      break;
    case 6:
      event = AgentReplied();
      break;
    default:
      event = Solved();
      break;
  }
  return event.Customer(customer).Ticket(ticket).AccountCreatedAtMs(now_ms -
                                                                    400 * kDay);
}

// All of a decision but its place in the journal.
std::string Answer(v1::Decision decision) {
  decision.clear_sequence();
  decision.clear_event_id();
  decision.clear_made();
  for (v1::MetRestriction& met : *decision.mutable_met()) met.clear_id();
  return decision.ShortDebugString();
}

// Bursts of some minutes, and pauses of up to hours.
int64_t Pause(std::mt19937_64& random) {
  return random() % 10 == 0 ? static_cast<int64_t>(random() % (6 * kHour))
                            : static_cast<int64_t>(random() % (30 * kSecond));
}

TEST(Property, ACustomerInGoodStandingNeverWaitsLongerThanTheValveSays) {
  int refused = 0;
  for (const uint64_t seed : Seeds()) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    Place place(DefaultRules());
    int64_t through_ms = 0;
    for (int i = 0; i < 600; ++i) {
      place.desk.clock.Advance(Pause(random));
      const int64_t now_ms = place.desk.clock.WallMs();
      const v1::TicketEvent event = AnyEvent(random, "c", now_ms);
      const v1::Verdict verdict = place.Submit(event).verdict();
      if (event.kind() != v1::EVENT_KIND_OPENED) continue;
      // A challenge is a way in, and a hold gets in front of a person.
      if (verdict == v1::VERDICT_THROTTLE || verdict == v1::VERDICT_REJECT) {
        ++refused;
        ASSERT_LT(now_ms - through_ms, kHour) << "event " << i;
      } else {
        through_ms = now_ms;
      }
    }
  }
  EXPECT_GT(refused, 0) << "lives that meet no limit show nothing";
}

// One of a few customers, half of whom are new, from one of two addresses.
v1::TicketEvent AnyEventOfMany(std::mt19937_64& random, int64_t now_ms) {
  const uint64_t who = random() % 6;
  v1::TicketEvent event = AnyEvent(random, "c" + std::to_string(who), now_ms);
  if (who % 2 == 0) {
    event.mutable_account_created_at()->set_seconds(now_ms / 1000 - 3600);
  }
  if (event.actor() == v1::ACTOR_CUSTOMER) {
    event.mutable_source()->set_ip("203.0.113." + std::to_string(random() % 2));
  }
  return event;
}

uint64_t Entitle(const std::string& customer, Place* place) {
  sequencer::Act act;
  act.entry.mutable_grant()->set_until_ms(place->desk.clock.WallMs() + kDay);
  act.about = storage::v1::NAME_KIND_CUSTOMER;
  act.id = customer;
  act.reference = "r";
  return place->desk.Do(std::move(act)).value_or(0);
}

// A person releases what is on HOLD; else the helpdesk withdraws it.
void TakeBack(const v1::TicketEvent& event, const v1::Decision& decision,
              Place* place) {
  if (decision.verdict() == v1::VERDICT_HOLD) {
    sequencer::Act act;
    act.entry.mutable_resolve_review()->set_review(decision.sequence());
    act.entry.mutable_resolve_review()->set_released(true);
    EXPECT_TRUE(place->desk.Do(std::move(act)).ok());
    return;
  }
  // Twice is once.
  for (int i = 0; i < 2; ++i) {
    place->Submit(Withdrawn(event.event_id())
                      .Customer(event.customer_id())
                      .Ticket(event.ticket_id()));
  }
}

TEST(Property, ARefundLeavesNothingBehind) {
  int released = 0;
  int stopped = 0;
  int entitled = 0;
  for (const uint64_t seed : Seeds()) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    Place with(DefaultRules());
    Place without(DefaultRules());
    for (int i = 0; i < 250; ++i) {
      const int64_t pause_ms = Pause(random);
      with.desk.clock.Advance(pause_ms);
      without.desk.clock.Advance(pause_ms);
      const int64_t now_ms = with.desk.clock.WallMs();
      v1::TicketEvent event = AnyEventOfMany(random, now_ms);
      if (random() % 20 == 0) {
        ASSERT_NE(Entitle(event.customer_id(), &with), 0u);
        ASSERT_NE(Entitle(event.customer_id(), &without), 0u);
        event.set_reference("r");
      }
      if (random() % 4 == 0) {
        v1::TicketEvent mistake = event;
        if (random() % 2 == 0) mistake = AnyEventOfMany(random, now_ms);
        mistake.set_event_id("mistake-" + std::to_string(i));
        const v1::Decision decision = with.Submit(mistake);
        released += decision.verdict() == v1::VERDICT_HOLD;
        stopped += decision.verdict() == v1::VERDICT_THROTTLE;
        entitled += decision.exemption() == v1::EXEMPTION_ENTITLEMENT;
        TakeBack(mistake, decision, &with);
      }
      ASSERT_EQ(Answer(with.Submit(event)), Answer(without.Submit(event)))
          << "event " << i;
    }
  }
  EXPECT_GT(released, 0);
  EXPECT_GT(stopped, 0);
  EXPECT_GT(entitled, 0);
}

TEST(Property, TheOrderOfIndependentCustomersChangesNothing) {
  for (const uint64_t seed : Seeds()) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    Place one(DefaultRules());
    Place other(DefaultRules());
    for (int i = 0; i < 150; ++i) {
      const int64_t pause_ms = Pause(random);
      one.desk.clock.Advance(pause_ms);
      other.desk.clock.Advance(pause_ms);
      const int64_t now_ms = one.desk.clock.WallMs();
      const v1::TicketEvent a = AnyEvent(random, "a", now_ms);
      const v1::TicketEvent b = AnyEvent(random, "b", now_ms);
      const std::string a_first = Answer(one.Submit(a));
      const std::string b_second = Answer(one.Submit(b));
      ASSERT_EQ(b_second, Answer(other.Submit(b))) << "event " << i;
      ASSERT_EQ(a_first, Answer(other.Submit(a))) << "event " << i;
    }
  }
}

TEST(Property, ARestrictionEndsExactlyAtItsTime) {
  for (const uint64_t seed : Seeds()) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const int64_t minutes = 1 + static_cast<int64_t>(random() % 500);
    const int64_t jitter = static_cast<int64_t>(random() % 51);
    Place place(
        "rules { id: 'r' category: CATEGORY_BOMBING on: EVENT_KIND_OPENED "
        "when { text { pattern: 'bomb' } } then { verdict: VERDICT_THROTTLE "
        "restrict { subject: SUBJECT_CUSTOMER duration: '" +
        std::to_string(minutes) +
        "m' jitter_percent: " + std::to_string(jitter) + " } } }");
    const int64_t made_ms = place.desk.clock.WallMs();
    const v1::Decision made = place.Submit(Opened().Body("bomb"));
    ASSERT_EQ(made.made_size(), 1);
    const int64_t lasts_ms = made.retry_after().seconds() * 1000 +
                             made.retry_after().nanos() / 1'000'000;
    EXPECT_GE(lasts_ms, minutes * kMinute);
    EXPECT_LE(lasts_ms, minutes * kMinute * (100 + jitter) / 100);
    place.desk.clock.Advance(lasts_ms - 1);
    const v1::Decision last = place.Submit(Opened());
    EXPECT_EQ(last.verdict(), v1::VERDICT_THROTTLE);
    EXPECT_EQ(last.retry_after().nanos(), 1'000'000);
    // Late by a millisecond, and from before it was made.
    EXPECT_EQ(place.Submit(Opened().AtMs(made_ms - 1)).verdict(),
              v1::VERDICT_ALLOW);
    place.desk.clock.Advance(1);
    EXPECT_EQ(place.Submit(Opened()).verdict(), v1::VERDICT_ALLOW);
  }
}

// Sent again because its answer was lost. Once a ticket has used it, it says
// so.
TEST(Property, AGrantThatIsSentAgainIsOneGrant) {
  Place place(DefaultRules());
  const int64_t until_ms = place.desk.clock.WallMs() + kDay;
  const auto grant = [&] {
    sequencer::Act act;
    act.entry.mutable_grant()->set_until_ms(until_ms);
    act.about = storage::v1::NAME_KIND_CUSTOMER;
    act.id = "c1";
    act.reference = "203.0.113.7";
    return place.desk.Do(std::move(act)).value_or(0);
  };
  const auto open = [&] {
    v1::TicketEvent event = Opened();
    event.set_reference("203.0.113.7");
    return place.Submit(event).exemption();
  };
  const uint64_t id = grant();
  EXPECT_NE(id, 0u);
  EXPECT_EQ(grant(), id);
  EXPECT_EQ(open(), v1::EXEMPTION_ENTITLEMENT);
  EXPECT_EQ(grant(), 0u);
  EXPECT_EQ(open(), v1::EXEMPTION_UNSPECIFIED);
}

}  // namespace
}  // namespace levee::tests
