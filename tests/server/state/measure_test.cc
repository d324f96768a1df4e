#include "server/state/measure.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/text/thresholds.h"
#include "tests/server/state/builder.h"
#include "tests/server/state/world.h"

namespace levee::state {
namespace {

using namespace levee::builder;  // NOLINT: its words are this file's language.

// --- Rates, by table --------------------------------------------------------

struct RateCase {
  const char* name;
  std::vector<Event> past;
  Event asked;
  RateQuery query;
  Measurement expected;
};

class RateTest : public ::testing::TestWithParam<RateCase> {};

TEST_P(RateTest, ComesTo) {
  const RateCase& c = GetParam();
  const Measurement got = WorldOf(c.past).Rate(c.query, c.asked);
  EXPECT_EQ(got.known, c.expected.known);
  EXPECT_EQ(got.value, c.expected.value);
  EXPECT_EQ(got.free_after_ms, c.expected.free_after_ms);
}

RateQuery With(RateQuery query, void (*change)(RateQuery&)) {
  change(query);
  return query;
}

// All that a customer's ring holds of a kind, the oldest after a solution.
std::vector<Event> FullRing() {
  std::vector<Event> events = {Opened().Flag(kAfterSolution)};
  while (events.size() < kRingMax) {
    events.push_back(Opened().At(10 * kSecond));
  }
  return events;
}

std::vector<RateCase> RateCases() {
  const RateQuery customer = OpenedPer(v1::SUBJECT_CUSTOMER, kMinute, 2);
  const RateQuery ip = OpenedPer(v1::SUBJECT_IP, kMinute, 2);
  const RateQuery agent = OpenedPer(v1::SUBJECT_AGENT, kMinute, 2);
  return {
      {"FirstOfItsLife", {}, Opened(), customer, {true, 1}},
      {"FirstOfItsSource", {}, Opened().Ip(3), ip, {true, 1}},
      {"NoSuchSubject", {Opened().Ip(3)}, Opened(), ip, {false}},
      {"AnotherCustomer",
       {Opened().Customer(2)},
       Opened(),
       customer,
       {true, 1}},
      {"AnotherTenant", {Opened().Tenant(2)}, Opened(), customer, {true, 1}},
      {"ReachesItsThreshold",
       {Opened()},
       Opened().At(20 * kSecond),
       customer,
       {true, 2, kMinute}},
      {"ComingAgainItCountsBesideItsAttempt",
       {Opened(), Opened().At(10 * kSecond)},
       Opened().At(20 * kSecond),
       OpenedPer(v1::SUBJECT_CUSTOMER, kMinute, 3),
       {true, 3, 50 * kSecond}},
      {"AnAttemptIsNotLetThrough",
       {Opened(), Opened().At(10 * kSecond)},
       Opened().At(20 * kSecond),
       With(OpenedPer(v1::SUBJECT_CUSTOMER, kMinute, 3),
            [](RateQuery& q) { q.let_through = true; }),
       {true, 3, 40 * kSecond}},
      {"AnAttemptIsNotLetThroughToASource",
       {Opened().Ip(3), Opened().Ip(3).At(10 * kSecond)},
       Opened().Ip(3).At(20 * kSecond),
       With(OpenedPer(v1::SUBJECT_IP, kMinute, 3),
            [](RateQuery& q) { q.let_through = true; }),
       {true, 3, 40 * kSecond}},
      {"OneThatReachesItAloneIsNeverFree",
       {Opened()},
       Opened().At(20 * kSecond),
       OpenedPer(v1::SUBJECT_CUSTOMER, kMinute, 1),
       {true, 2, kMinute}},
      {"OneThatReachesItAloneAtASourceIsNeverFree",
       {},
       Opened().Ip(3).At(20 * kSecond),
       OpenedPer(v1::SUBJECT_IP, kMinute, 1),
       {true, 1, kMinute}},
      {"AnAttemptPushesTheOldestOutOfAFullRing",
       FullRing(),
       Opened().Ticket(2).Flag(kAfterSolution).At(20 * kSecond),
       With(customer,
            [](RateQuery& q) {
              q.flags = kAfterSolution;
              q.distinct = v1::DISTINCT_TICKETS;
            }),
       {true, 2, 1}},
      {"TheWindowIsOpenAtItsBeginning",
       {Opened()},
       Opened().At(kMinute),
       customer,
       {true, 1}},
      {"AMillisecondBefore",
       {Opened().At(1)},
       Opened().At(kMinute),
       customer,
       {true, 2, kMinute}},
      {"SameTimeCounts", {Opened()}, Opened(), customer, {true, 2, kMinute}},
      {"LaterDoesNot",
       {Opened().At(5 * kSecond)},
       Opened(),
       customer,
       {true, 1}},
      {"AsLateOnesComeInItIsFreeLater",
       {Opened().At(-kSecond), Opened().At(30 * kSecond)},
       Opened(),
       customer,
       {true, 2, 90 * kSecond}},
      {"OnBehalfDoesNotCount",
       {Opened().By(v1::ACTOR_AGENT_ON_BEHALF)},
       Opened(),
       customer,
       {true, 1}},
      {"OnBehalfIsNotCountedItself",
       {Opened()},
       Opened().By(v1::ACTOR_AGENT_ON_BEHALF),
       customer,
       {true, 1}},
      {"AnotherKindAsksWithoutCounting",
       {Opened(), Opened().At(kSecond)},
       Replied().At(10 * kSecond),
       customer,
       {true, 2, 50 * kSecond}},
      {"OnlyWhatWasLetThrough",
       {Opened().Verdict(v1::VERDICT_THROTTLE), Opened()},
       Opened(),
       With(customer, [](RateQuery& q) { q.let_through = true; }),
       {true, 2, kMinute}},
      {"OnlyWhatWasLetThroughOfASource",
       {Opened().Ip(3).Verdict(v1::VERDICT_HOLD), Opened().Ip(3)},
       Opened().Ip(3),
       With(ip, [](RateQuery& q) { q.let_through = true; }),
       {true, 2, kMinute}},
      {"OnlyAfterASolution",
       {Opened(), Opened().Flag(kAfterSolution)},
       Opened().Flag(kAfterSolution),
       With(customer, [](RateQuery& q) { q.flags = kAfterSolution; }),
       {true, 2, kMinute}},
      {"OnlyYoungAccounts",
       {Opened().Age(AgeStep::kBelow1h), Opened().Age(AgeStep::kBelow7d),
        Opened().Age(AgeStep::kOlder), Opened()},
       Opened().Age(AgeStep::kBelow3d),
       With(customer, [](RateQuery& q) { q.age_below = AgeStep::kBelow3d; }),
       {true, 2, kMinute}},
      {"UnknownAgesAreNotYoung",
       {Opened()},
       Opened(),
       With(customer, [](RateQuery& q) { q.age_below = AgeStep::kBelow90d; }),
       {true, 0}},
      {"OnlyTheSameAgent",
       {Opened().Agent(1), Opened().Agent(2), Opened()},
       Opened().Agent(1),
       With(customer, [](RateQuery& q) { q.same_agent = true; }),
       {true, 2, kMinute}},
      {"NoAgentNoSameAgent",
       {Opened()},
       Opened(),
       With(customer, [](RateQuery& q) { q.same_agent = true; }),
       {false}},
      {"DistinctTicketsOfACustomer",
       {Opened().Ticket(1), Opened().Ticket(2), Opened().Ticket(2)},
       Opened().Ticket(1).At(10 * kSecond),
       With(customer, [](RateQuery& q) { q.distinct = v1::DISTINCT_TICKETS; }),
       {true, 2, 50 * kSecond}},
      {"DistinctCustomersOfATicket",
       {Opened().Customer(1), Opened().Customer(2).At(kSecond)},
       Opened().Customer(1).At(10 * kSecond),
       With(OpenedPer(v1::SUBJECT_TICKET, kMinute, 2),
            [](RateQuery& q) { q.distinct = v1::DISTINCT_CUSTOMERS; }),
       {true, 2, 51 * kSecond}},
      {"DistinctCustomersOfASource",
       {Opened().Ip(3).Customer(1), Opened().Ip(3).Customer(1).At(kSecond),
        Opened().Ip(3).Customer(2).At(20 * kSecond)},
       Opened().Ip(3).Customer(1).At(30 * kSecond),
       With(ip, [](RateQuery& q) { q.distinct = v1::DISTINCT_CUSTOMERS; }),
       {true, 2, 50 * kSecond}},
      {"CustomersHaveNoDistinctCustomers",
       {Opened()},
       Opened(),
       With(customer,
            [](RateQuery& q) { q.distinct = v1::DISTINCT_CUSTOMERS; }),
       {false}},
      {"SourcesHaveNoDistinctTickets",
       {Opened().Ip(3)},
       Opened().Ip(3),
       With(ip, [](RateQuery& q) { q.distinct = v1::DISTINCT_TICKETS; }),
       {false}},
      {"ASourceCountsByCells",
       {Opened().Ip(3).At(9 * kSecond)},
       Opened().Ip(3).At(55 * kSecond),
       ip,
       {true, 2, 55 * kSecond}},
      {"ACellThatBeganBeforeTheWindowIsOut",
       {Opened().Ip(3).At(9 * kSecond)},
       Opened().Ip(3).At(60 * kSecond),
       ip,
       {true, 1}},
      {"Prefix",
       {Opened().IpPrefix(3)},
       Opened().IpPrefix(3),
       OpenedPer(v1::SUBJECT_IP_PREFIX, kMinute, 3),
       {true, 2}},
      {"Email",
       {Opened().Email(3)},
       Opened().Email(3),
       OpenedPer(v1::SUBJECT_EMAIL, kMinute, 3),
       {true, 2}},
      {"EmailDomain",
       {Opened().Domain(3)},
       Opened().Domain(3),
       OpenedPer(v1::SUBJECT_EMAIL_DOMAIN, kMinute, 3),
       {true, 2}},
      {"Device",
       {Opened().Device(3)},
       Opened().Device(3),
       OpenedPer(v1::SUBJECT_DEVICE, kMinute, 3),
       {true, 2}},
      {"Agent",
       {Opened().Agent(3)},
       Opened().Agent(3),
       agent,
       {true, 2, kMinute}},
      {"Tenant",
       {Opened().Customer(7).Ticket(7)},
       Opened(),
       OpenedPer(v1::SUBJECT_TENANT, kMinute, 3),
       {true, 2}},
      {"AgentsActsCountForTheTenant",
       {Solved().Customer(7), Solved().By(v1::ACTOR_AUTOMATION)},
       Opened(),
       {.per = v1::SUBJECT_TENANT,
        .kinds = Kinds({v1::EVENT_KIND_SOLVED}),
        .window_ms = kMinute,
        .at_least = 3},
       {true, 2}},
      {"CampaignsAreNotCounted",
       {},
       Opened(),
       OpenedPer(v1::SUBJECT_CAMPAIGN, kMinute, 1),
       {false}},
      {"AThresholdOfNothingIsNeverFree",
       {},
       Opened(),
       OpenedPer(v1::SUBJECT_CUSTOMER, kMinute, 0),
       {true, 1, kMinute}},
  };
}

INSTANTIATE_TEST_SUITE_P(Table, RateTest, ::testing::ValuesIn(RateCases()),
                         [](const auto& info) { return info.param.name; });

// --- The ticket's life, by table --------------------------------------------

struct TicketCase {
  const char* name;
  std::vector<Event> past;
  Event asked;
  int64_t solution_provided;
  int64_t since_solution_ms;  // -1: unknown
  int64_t reopened;
  int64_t replies_since_agent;
  uint32_t flags;  // of kAfterSolution, kFirstReply, kProvidesSolution
};

class TicketTest : public ::testing::TestWithParam<TicketCase> {};

TEST_P(TicketTest, IsToldByItsPast) {
  const TicketCase& c = GetParam();
  const World world = WorldOf(c.past);
  const auto measure = [&](TicketFact fact) {
    return MeasureTicket(fact, kTenant, c.asked.Happening(),
                         [&](const EntityKey& key) -> const Entity* {
                           return key.kind == storage::v1::ENTITY_KIND_TICKET
                                      ? world.Ticket(key.handle)
                                      : nullptr;
                         });
  };
  EXPECT_EQ(measure(TicketFact::kSolutionProvided),
            (Measurement{true, c.solution_provided}));
  EXPECT_EQ(measure(TicketFact::kSinceSolutionMs),
            c.since_solution_ms < 0 ? Measurement{}
                                    : Measurement({true, c.since_solution_ms}));
  EXPECT_EQ(measure(TicketFact::kReopened), (Measurement{true, c.reopened}));
  EXPECT_EQ(measure(TicketFact::kRepliesSinceAgent),
            (Measurement{true, c.replies_since_agent}));
  const storage::v1::Entry asked = c.asked;
  EXPECT_EQ(MeasureFlags(asked.event().happening(), asked.event().actor(),
                         /*provides_solution=*/false, /*not_abuse=*/false,
                         std::nullopt, nullptr, world.Ticket(1)) &
                (kAfterSolution | kFirstReply | kProvidesSolution),
            c.flags);
}

std::vector<TicketCase> TicketCases() {
  const auto on_behalf = v1::ACTOR_AGENT_ON_BEHALF;
  return {
      {"NewTicket", {}, Opened(), 0, -1, 0, 0, 0},
      {"FirstMessage", {Opened()}, Replied().At(9), 0, -1, 0, 1, 0},
      {"AnotherTicketsLife",
       {Solved().Ticket(2), Reopened().Ticket(2)},
       Replied().At(9),
       0,
       -1,
       0,
       1,
       0},
      {"AfterAnAnswer",
       {Opened(), Replied().At(1), AgentReplied().At(2)},
       Replied().At(9),
       0,
       -1,
       0,
       1,
       kFirstReply},
      {"SecondAfterAnAnswer",
       {Opened(), AgentReplied().At(2), Replied().At(3)},
       Replied().At(9),
       0,
       -1,
       0,
       2,
       0},
      {"AfterASolution",
       {Opened(), AgentReplied().Solution().At(2)},
       Replied().At(9),
       1,
       7,
       0,
       1,
       kAfterSolution | kFirstReply},
      {"AfterSolved",
       {Opened(), Solved().At(2), Solved().At(4)},
       Reopened().At(9),
       1,
       5,
       1,
       0,
       kAfterSolution},
      {"ASolutionCountsFor31Days",
       {Solved()},
       Replied().At(31 * kDay),
       1,
       31 * kDay,
       0,
       1,
       kAfterSolution | kFirstReply},
      {"AndNoLonger", {Solved()}, Replied().At(31 * kDay + 1), 0, -1, 0, 1, 0},
      {"CustomersSolvedIsNoSolution",
       {Solved().By(v1::ACTOR_CUSTOMER)},
       Replied().At(9),
       0,
       -1,
       0,
       1,
       0},
      {"CustomersSolvedIsNoAnswer",
       {AgentReplied(), Replied().At(3), Solved().By(v1::ACTOR_CUSTOMER).At(5)},
       Replied().At(9),
       0,
       -1,
       0,
       2,
       0},
      {"AtTheSameTimeIsBefore",
       {Solved().At(9)},
       Replied().At(9),
       1,
       0,
       0,
       1,
       kAfterSolution | kFirstReply},
      {"LaterIsNotBefore", {Solved().At(10)}, Replied().At(9), 0, -1, 0, 1, 0},
      {"RepliesOnBehalfDoNotCount",
       {AgentReplied(), Replied().By(on_behalf).At(1)},
       Replied().At(9),
       0,
       -1,
       0,
       1,
       kFirstReply},
      {"AskedOnBehalf",
       {AgentReplied(), Replied().At(1)},
       Replied().By(on_behalf).At(9),
       0,
       -1,
       0,
       1,
       0},
      {"ReopenLoop",
       {Reopened().At(1), Reopened().At(2), Reopened().By(on_behalf).At(3)},
       Reopened().At(9),
       0,
       -1,
       3,
       0,
       0},
      {"SolvedProvidesASolution",
       {Opened()},
       Solved().At(9),
       0,
       -1,
       0,
       0,
       kProvidesSolution},
  };
}

INSTANTIATE_TEST_SUITE_P(Table, TicketTest, ::testing::ValuesIn(TicketCases()),
                         [](const auto& info) { return info.param.name; });

TEST(TicketFactTest, WithoutATicketIsUnknown) {
  EXPECT_EQ(MeasureTicket(
                TicketFact::kReopened, kTenant, Opened().Ticket(0).Happening(),
                [](const EntityKey&) -> const Entity* { return nullptr; }),
            Measurement{});
}

TEST(FlagsTest, SayWhoActedAndWhatHeGave) {
  using F = uint32_t;
  const auto measure = [](const Event& event, v1::Actor actor, bool solution,
                          bool not_abuse) -> F {
    return MeasureFlags(event.Happening(), actor, solution, not_abuse,
                        std::nullopt, nullptr, nullptr);
  };
  EXPECT_EQ(measure(Opened(), v1::ACTOR_CUSTOMER, false, false),
            F{kByCustomer});
  EXPECT_EQ(measure(Opened(), v1::ACTOR_AUTOMATION, false, false),
            F{kByAutomation});
  EXPECT_EQ(measure(AgentReplied(), v1::ACTOR_AGENT, true, false),
            F{kProvidesSolution});
  EXPECT_EQ(measure(AgentReplied(), v1::ACTOR_AGENT, false, false), F{0});
  EXPECT_EQ(measure(AbuseReported(), v1::ACTOR_AGENT, false, true),
            F{kNotAbuse});
  EXPECT_EQ(measure(AbuseReported(), v1::ACTOR_AGENT, false, false), F{0});
}

TEST(FlagsTest, SayWhatTheCustomersTextIs) {
  using F = uint32_t;
  const auto measure = [](const storage::v1::TextFacts& text,
                          v1::Actor actor = v1::ACTOR_CUSTOMER) -> F {
    return MeasureFlags(Opened().Happening(), actor, false, false, std::nullopt,
                        &text, nullptr) &
           (kNearDuplicate | kMeaningless | kInsulting | kPromotional |
            kAutomatic);
  };
  storage::v1::TextFacts text;
  EXPECT_EQ(measure(text), F{0});
  text.set_meaningless(text::kMeaninglessAt - 1);
  text.set_insult(text::kInsultingAt - 1);
  text.set_promotion(text::kPromotionAt - 1);
  text.set_similar(text::kSimilarAtBytes - 1);
  EXPECT_EQ(measure(text), F{0});
  text.set_meaningless(text::kMeaninglessAt);
  EXPECT_EQ(measure(text), F{kMeaningless});
  text.set_insult(text::kInsultingAt);
  EXPECT_EQ(measure(text), F{kMeaningless | kInsulting});
  text.set_promotion(1000);
  text.set_similar(text::kSimilarAtBytes);
  // What came through a list was written by people.
  text.set_automatic(v1::AUTOMATIC_KIND_BULK);
  EXPECT_EQ(measure(text),
            F{kNearDuplicate | kMeaningless | kInsulting | kPromotional});
  text.set_automatic(v1::AUTOMATIC_KIND_OUT_OF_OFFICE);
  EXPECT_EQ(measure(text), F{kNearDuplicate | kMeaningless | kInsulting |
                             kPromotional | kAutomatic});
  EXPECT_EQ(measure(text, v1::ACTOR_AGENT_ON_BEHALF), F{0});
}

TEST(FlagsTest, KeepTheAccountsAgeInSteps) {
  const struct {
    std::optional<int64_t> age_ms;
    AgeStep step;
  } cases[] = {
      {std::nullopt, AgeStep::kUnknown},
      {-kDay, AgeStep::kBelow1h},
      {0, AgeStep::kBelow1h},
      {kHour - 1, AgeStep::kBelow1h},
      {kHour, AgeStep::kBelow1d},
      {kDay, AgeStep::kBelow3d},
      {3 * kDay, AgeStep::kBelow7d},
      {7 * kDay, AgeStep::kBelow30d},
      {30 * kDay, AgeStep::kBelow90d},
      {90 * kDay - 1, AgeStep::kBelow90d},
      {90 * kDay, AgeStep::kOlder},
      {INT64_MAX, AgeStep::kOlder},
  };
  for (const auto& c : cases) {
    std::optional<int64_t> created;
    if (c.age_ms.has_value()) created = kStart - *c.age_ms;
    const uint32_t flags =
        MeasureFlags(Opened().Happening(), v1::ACTOR_CUSTOMER, false, false,
                     created, nullptr, nullptr);
    EXPECT_EQ(AgeStepOf(flags), c.step) << c.age_ms.value_or(-1);
  }
  EXPECT_EQ(AgeStepAt(INT64_MIN, INT64_MAX), AgeStep::kOlder);
  EXPECT_EQ(AgeStepAt(INT64_MAX, INT64_MIN), AgeStep::kBelow1h);
}

}  // namespace
}  // namespace levee::state
