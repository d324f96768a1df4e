// Rates against a plain list of all happenings, and estimates against their
// stated errors.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/state/measure.h"
#include "tests/server/state/builder.h"
#include "tests/server/state/model.h"
#include "tests/server/state/world.h"

namespace levee::state {
namespace {

using namespace levee::builder;  // NOLINT: its words are this file's language.
using levee::v1::EventKind;

// --- Against the model ------------------------------------------------------

template <typename T>
T Any(std::mt19937_64& random, std::initializer_list<T> of) {
  return of.begin()[random() % of.size()];
}

Event AnyEvent(std::mt19937_64& random, int64_t at_ms, int customers) {
  const auto kind =
      static_cast<EventKind>(Any(random, {1, 1, 1, 2, 2, 2, 3, 4, 5, 6, 7}));
  Event event(kind);
  event.At(at_ms)
      .Customer(1 + random() % customers)
      .Ticket(1 + random() % customers);
  event.Agent(random() % 3).Ip(random() % 4).IpPrefix(1 + random() % 2);
  event.Email(random() % 6).Domain(1).Device(random() % 3);
  if (random() % 6 == 0) event.By(static_cast<v1::Actor>(1 + random() % 4));
  if (random() % 3 == 0) event.Flag(kAfterSolution);
  event.Age(static_cast<AgeStep>(random() % 8));
  event.Verdict(random() % 4 == 0 ? v1::VERDICT_HOLD : v1::VERDICT_ALLOW);
  return event;
}

RateQuery AnyQuery(std::mt19937_64& random) {
  RateQuery query;
  query.per =
      static_cast<v1::Subject>(Any(random, {1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 10}));
  query.kinds = static_cast<uint32_t>(random()) & 0xfe;
  query.window_ms =
      Any(random, {kSecond, 15 * kSecond, kMinute, 10 * kMinute, 15 * kMinute,
                   kHour, 3 * kHour, kDay, 2 * kDay, 7 * kDay, 31 * kDay});
  query.at_least = 1 + random() % 8;
  const bool ring = query.per <= v1::SUBJECT_TICKET;
  if (random() % 2 == 0) {
    query.distinct = query.per == v1::SUBJECT_CUSTOMER ? v1::DISTINCT_TICKETS
                                                       : v1::DISTINCT_CUSTOMERS;
  }
  if (random() % 4 == 0) query.flags = kAfterSolution;
  if (random() % 3 == 0) query.age_below = static_cast<AgeStep>(random() % 7);
  query.let_through = random() % 3 == 0;
  query.same_agent = ring && random() % 4 == 0;
  return query;
}

std::string Describe(const RateQuery& q) {
  std::string text = "per " + std::to_string(q.per);
  text += " kinds " + std::to_string(q.kinds);
  text += " window " + std::to_string(q.window_ms);
  text += " at_least " + std::to_string(q.at_least);
  text += " distinct " + std::to_string(q.distinct);
  text += " flags " + std::to_string(q.flags);
  text += " age " + std::to_string(static_cast<int>(q.age_below));
  text += q.let_through ? " let through" : "";
  return text + (q.same_agent ? " same agent" : "");
}

// A pace of events, now and then one that comes late.
struct Pace {
  const char* name;
  int64_t step_ms_max;
  int64_t late_ms_max;
  int events;
  int customers;
  bool withdraw;
};

class AgainstModelTest
    : public ::testing::TestWithParam<std::tuple<Pace, uint64_t>> {};

// Refuses the event, and has it come again `free_after_ms` later.
void ExpectFreeExactlyThen(const World& world, const RateQuery& query,
                           const Event& event, int64_t at_ms,
                           const Measurement& measured) {
  World after = world;
  Event refused = event;
  after.Apply(refused.Verdict(v1::VERDICT_THROTTLE));
  const auto again = [&](int64_t after_ms) {
    Event same = event;
    return after.Rate(query, same.At(at_ms + after_ms)).value;
  };
  if (World().Rate(query, event).value >= query.at_least) {
    EXPECT_EQ(measured.free_after_ms, query.window_ms);
    EXPECT_GE(again(query.window_ms), query.at_least);
    EXPECT_GE(again(2 * query.window_ms), query.at_least);
    return;
  }
  EXPECT_LT(again(measured.free_after_ms), query.at_least);
  if (measured.free_after_ms == 1) return;
  EXPECT_GE(again(measured.free_after_ms - 1), query.at_least);
}

TEST_P(AgainstModelTest, RatesAreThoseOfAPlainList) {
  const auto& [pace, seed] = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  World world;
  Model model;
  std::vector<storage::v1::Entry> entries;
  int64_t now_ms = 0;
  int reached = 0;
  for (int i = 0; i < pace.events; ++i) {
    now_ms += random() % pace.step_ms_max;
    const bool late = random() % 5 == 0;
    const int64_t at_ms =
        std::max<int64_t>(0, now_ms - (late ? random() % pace.late_ms_max : 0));
    const Event event = AnyEvent(random, at_ms, pace.customers);
    for (int ask = 0; ask < 6; ++ask) {
      const RateQuery query = AnyQuery(random);
      const Measurement expected = model.Rate(query, event.Happening());
      const Measurement got = world.Rate(query, event);
      ASSERT_EQ(got.known, expected.known) << i << ": " << Describe(query);
      ASSERT_EQ(got.value, expected.value) << i << ": " << Describe(query);
      ASSERT_EQ(got.free_after_ms, expected.free_after_ms)
          << i << ": " << Describe(query) << " value " << got.value;
      if (got.free_after_ms > 0 && ++reached % 8 == 0) {
        SCOPED_TRACE(std::to_string(i) + ": " + Describe(query));
        ExpectFreeExactlyThen(world, query, event, at_ms, got);
      }
    }
    storage::v1::Entry entry = event;
    if (pace.withdraw && !entries.empty() && random() % 8 == 0) {
      const uint64_t of = 1 + random() % entries.size();
      const auto& past = model.past();
      const bool there = std::any_of(past.begin(), past.end(), [&](auto& p) {
        return p.sequence == of && !p.withdrawn;
      });
      if (there) entry = Withdrawn(entries[of - 1], of);
    }
    world.Apply(entry);
    entries.push_back(entry);
    model.Apply(entry, world.sequence());
  }
  EXPECT_GT(reached, pace.events / 4) << "the queries ask too little";
}

INSTANTIATE_TEST_SUITE_P(
    Paces, AgainstModelTest,
    ::testing::Combine(
        ::testing::Values(Pace{"Burst", 20 * kSecond, kMinute, 150, 5, true},
                          Pace{"Day", 10 * kMinute, 6 * kHour, 150, 5, true},
                          Pace{"Month", 6 * kHour, 2 * kDay, 200, 5, false},
                          Pace{"Season", 2 * kDay, 40 * kDay, 120, 4, false},
                          Pace{"FullRings", kSecond, 20 * kSecond, 400, 1,
                               false}),
        ::testing::Values(1, 2, 3, 4)),
    [](const auto& info) {
      return std::get<0>(info.param).name +
             std::to_string(std::get<1>(info.param));
    });

// --- Estimates --------------------------------------------------------------

TEST(EstimateTest, DistinctCustomersAreExactUpToTheSample) {
  World world;
  for (int i = 1; i < kSampleMax; ++i) world.Apply(Opened().Ip(3).Customer(i));
  RateQuery query = OpenedPer(v1::SUBJECT_IP, kMinute, 1);
  query.distinct = v1::DISTINCT_CUSTOMERS;
  EXPECT_EQ(world.Rate(query, Opened().Ip(3).Customer(kSampleMax)).value,
            kSampleMax);
  EXPECT_EQ(world.Rate(query, Opened().Ip(3).Customer(1)).value,
            kSampleMax - 1);
}

TEST(EstimateTest, BeyondTheSampleTheErrorIsWithinItsBound) {
  constexpr int kRounds = 40;
  constexpr int kCustomers = 1000;
  double sum = 0;
  double squares = 0;
  for (int round = 0; round < kRounds; ++round) {
    World world;
    for (int i = 1; i < kCustomers; ++i) {
      world.Apply(Opened().Ip(3).Customer(round * kCustomers + i));
    }
    RateQuery query = OpenedPer(v1::SUBJECT_IP, kMinute, 1);
    query.distinct = v1::DISTINCT_CUSTOMERS;
    const double got =
        world.Rate(query, Opened().Ip(3).Customer((round + 1) * kCustomers))
            .value;
    const double error = (got - kCustomers) / kCustomers;
    sum += error;
    squares += error * error;
  }
  // 9 %: the mean of 40 within 3 of its deviations, the deviation within 40 %.
  EXPECT_LT(std::abs(sum / kRounds), 0.045);
  EXPECT_GT(std::sqrt(squares / kRounds), 0.054);
  EXPECT_LT(std::sqrt(squares / kRounds), 0.126);
}

TEST(EstimateTest, WhatFewDidIsEstimatedFromTheSameSample) {
  World world;
  for (int i = 1; i <= 2000; ++i) {
    Event event = Opened().Ip(3).Customer(i);
    if (i % 4 == 0) event.Age(AgeStep::kBelow1h);
    world.Apply(event);
  }
  RateQuery query = OpenedPer(v1::SUBJECT_IP, kMinute, 1);
  query.distinct = v1::DISTINCT_CUSTOMERS;
  query.age_below = AgeStep::kBelow1h;
  const auto got =
      world.Rate(query, Opened().Ip(3).Customer(4).Age(AgeStep::kBelow1h));
  EXPECT_GT(got.value, 300);
  EXPECT_LT(got.value, 700);
  EXPECT_EQ(got.free_after_ms, kMinute);
}

TEST(EstimateTest, AFullMonthOfATenantIsEstimatedFromAShare) {
  // 120 customers in each of 300 cells: too many to look through each time.
  World world;
  int64_t at_ms = 0;
  constexpr int kCustomers = 20'000;
  for (int i = 0; i < 300 * 120; ++i) {
    at_ms += i % 120 == 0 ? 2 * kHour : 1;
    world.Apply(Opened().Customer(1 + i * 7919LL % kCustomers).At(at_ms));
  }
  RateQuery query = OpenedPer(v1::SUBJECT_TENANT, 31 * kDay, 1);
  query.distinct = v1::DISTINCT_CUSTOMERS;
  const int64_t got = world.Rate(query, Opened().At(at_ms)).value;
  EXPECT_GT(got, kCustomers * 0.8);
  EXPECT_LT(got, kCustomers * 1.2);
}

TEST(EstimateTest, IsFreeWhenEnoughOfAnEstimateHasLeft) {
  // 300 customers at once, and a minute later 700 others, who set the bound.
  World world;
  for (int i = 1; i <= 1000; ++i) {
    world.Apply(Opened().Ip(3).Customer(i).At(i <= 300 ? 0 : kMinute));
  }
  RateQuery query = OpenedPer(v1::SUBJECT_IP, 10 * kMinute, 1);
  query.distinct = v1::DISTINCT_CUSTOMERS;
  // Some of those who ask lie below the bound, others beyond.
  for (int i = 1001; i <= 1100; ++i) {
    Event event = Opened().Ip(3).Customer(i);
    const int64_t left = world.Rate(query, event.At(10 * kMinute)).value;
    event.At(2 * kMinute);
    query.at_least = left + 1;
    EXPECT_EQ(world.Rate(query, event).free_after_ms, 8 * kMinute) << i;
    query.at_least = left;
    EXPECT_EQ(world.Rate(query, event).free_after_ms, 9 * kMinute) << i;
  }
}

TEST(EstimateTest, OneWhoStandsForEnoughWaitsForTheWholeWindow) {
  World world;
  for (int i = 1; i <= 5000; ++i) world.Apply(Opened().Ip(3).Customer(i));
  RateQuery query = OpenedPer(v1::SUBJECT_IP, kMinute, 2);
  query.kinds = Kinds({v1::EVENT_KIND_REOPENED});
  query.distinct = v1::DISTINCT_CUSTOMERS;
  int reached = 0;
  for (int i = 6000; i < 6500; ++i) {
    const Measurement got = world.Rate(query, Reopened().Ip(3).Customer(i));
    EXPECT_EQ(got.free_after_ms, got.value >= 2 ? kMinute : 0);
    if (got.value >= 2) ++reached;
  }
  EXPECT_GT(reached, 0);
  EXPECT_LT(reached, 100);
}

TEST(EstimateTest, TheOneInQuestionCountsEvenBeyondTheBound) {
  World world;
  for (int i = 1; i <= 5000; ++i) world.Apply(Opened().Ip(3).Customer(i));
  RateQuery query = OpenedPer(v1::SUBJECT_IP, kMinute, 1);
  query.kinds = Kinds({v1::EVENT_KIND_REOPENED});
  query.distinct = v1::DISTINCT_CUSTOMERS;
  for (int i = 6000; i < 6100; ++i) {
    const Measurement got = world.Rate(query, Reopened().Ip(3).Customer(i));
    EXPECT_GE(got.value, 1);
    EXPECT_EQ(got.free_after_ms, kMinute);
  }
}

}  // namespace
}  // namespace levee::state
