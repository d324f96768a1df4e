#include "server/state/standing.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/state/entity.h"
#include "tests/server/state/builder.h"

namespace levee::state {
namespace {

using namespace levee::builder;  // NOLINT: its words are this file's language.
using storage::v1::ENTITY_KIND_CUSTOMER;
using storage::v1::ENTITY_KIND_IP;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr EntityKey kCustomer{ENTITY_KIND_CUSTOMER, kTenant, 1};
constexpr EntityKey kIp{ENTITY_KIND_IP, kTenant, 3};

storage::v1::Restricted Restricted(v1::Subject subject, uint64_t handle,
                                   int64_t until_ms) {
  storage::v1::Restricted restricted;
  restricted.mutable_on()->set_subject(subject);
  restricted.mutable_on()->set_handle(handle);
  restricted.set_scope(v1::RESTRICTION_SCOPE_ALL_MESSAGES);
  restricted.set_verdict(v1::VERDICT_HOLD);
  restricted.set_from_ms(kStart);
  restricted.set_until_ms(kStart + until_ms);
  return restricted;
}

storage::v1::Entry Act(int64_t after_start_ms) {
  storage::v1::Entry entry;
  entry.set_tenant(kTenant);
  entry.set_decided_at_ms(kStart + after_start_ms);
  return entry;
}

storage::v1::Entry Restrict(const storage::v1::Restricted& restricted,
                            int64_t at_ms = 0) {
  storage::v1::Entry entry = Act(at_ms);
  *entry.mutable_act()->mutable_restrict()->mutable_restricted() = restricted;
  return entry;
}

// An event that is on HOLD until a person looks.
storage::v1::Entry Held(int64_t at_ms, int64_t review_within_ms) {
  storage::v1::Entry entry = Opened().At(at_ms).Verdict(v1::VERDICT_HOLD);
  entry.mutable_event()->mutable_outcome()->set_review_within_ms(
      review_within_ms);
  return entry;
}

std::vector<int64_t> EndsOf(const storage::v1::StandingRecord& standing) {
  std::vector<int64_t> ends;
  for (const storage::v1::HeldRestriction& held : standing.restrictions()) {
    ends.push_back(held.restricted().until_ms() - kStart);
  }
  return ends;
}

// What an opening of customer 1 meets that counts and is decided at `at_ms`
// after kStart.
storage::v1::StandingFacts Measured(const storage::v1::StandingRecord& standing,
                                    int64_t at_ms,
                                    const std::string& reference_hash = "") {
  storage::v1::EntityRecord record;
  *record.mutable_standing() = standing;
  record.set_applied(1);
  record.mutable_ring();
  absl::StatusOr<Entity> entity =
      Entity::Decode(kCustomer.kind, record.SerializeAsString());
  EXPECT_TRUE(entity.ok()) << entity.status();
  storage::v1::StandingFacts facts;
  MeasureStanding(
      Opened().At(at_ms).Happening(), kTenant, kStart + at_ms, reference_hash,
      /*wants_solved=*/false,
      [&](const EntityKey& key) -> const Entity* {
        return key == kCustomer ? &*entity : nullptr;
      },
      &facts);
  return facts;
}

TEST(StandingTest, ARestrictionIsOfItsSubjectAlone) {
  const storage::v1::Entry entry =
      Restrict(Restricted(v1::SUBJECT_IP, 3, kHour));
  storage::v1::StandingRecord customer;
  storage::v1::StandingRecord ip;
  ApplyToStanding(entry, 1, kCustomer, &customer);
  ApplyToStanding(entry, 1, kIp, &ip);
  EXPECT_THAT(EndsOf(customer), IsEmpty());
  EXPECT_THAT(EndsOf(ip), ElementsAre(kHour));
}

TEST(StandingTest, ARestrictionIsMetFromItsBeginToJustBeforeItsEnd) {
  storage::v1::StandingRecord standing;
  ApplyToStanding(Restrict(Restricted(v1::SUBJECT_CUSTOMER, 1, kHour)), 1,
                  kCustomer, &standing);
  EXPECT_THAT(Measured(standing, -1).met(), IsEmpty());
  EXPECT_THAT(Measured(standing, 0).met(), SizeIs(1));
  EXPECT_THAT(Measured(standing, kHour - 1).met(), SizeIs(1));
  EXPECT_THAT(Measured(standing, kHour).met(), IsEmpty());
}

TEST(StandingTest, TooManyRestrictionsPushOutTheOneThatEndsFirst) {
  storage::v1::StandingRecord standing;
  for (int i = 0; i < kRestrictionsMax; ++i) {
    ApplyToStanding(Restrict(Restricted(v1::SUBJECT_CUSTOMER, 1,
                                        i == 5 ? kHour : (100 - i) * kDay)),
                    1 + i, kCustomer, &standing);
  }
  ApplyToStanding(Restrict(Restricted(v1::SUBJECT_CUSTOMER, 1, 2 * kHour)), 99,
                  kCustomer, &standing);
  EXPECT_THAT(standing.restrictions(), SizeIs(kRestrictionsMax));
  EXPECT_THAT(EndsOf(standing), testing::Contains(100 * kDay));
  EXPECT_THAT(EndsOf(standing), testing::Contains(2 * kHour));
  EXPECT_THAT(EndsOf(standing), testing::Not(testing::Contains(kHour)));
}

TEST(StandingTest, NoOperatorsRestrictionMakesRoomForARules) {
  storage::v1::StandingRecord standing;
  ApplyToStanding(Restrict(Restricted(v1::SUBJECT_CUSTOMER, 1, kHour)), 1,
                  kCustomer, &standing);
  for (int i = 0; i < 2 * kRestrictionsMax; ++i) {
    storage::v1::Entry entry = Opened();
    storage::v1::Restricted& made =
        *entry.mutable_event()->mutable_outcome()->add_restricted();
    made = Restricted(v1::SUBJECT_CUSTOMER, 1, kDay);
    made.set_rule_id("r");
    ApplyToStanding(entry, 2 + i, kCustomer, &standing);
  }
  EXPECT_THAT(standing.restrictions(), SizeIs(kRestrictionsMax));
  EXPECT_THAT(EndsOf(standing), testing::Contains(kHour));
}

TEST(StandingTest, ALiftEndsAllThatItNamesAndFreesWhoMadeIt) {
  storage::v1::StandingRecord standing;
  for (const uint64_t sequence : {3, 4, 5}) {
    storage::v1::Entry entry = Opened();
    storage::v1::DecisionOutcome& outcome =
        *entry.mutable_event()->mutable_outcome();
    *outcome.add_restricted() = Restricted(v1::SUBJECT_CUSTOMER, 1, kDay);
    outcome.add_offences()->set_rule(RuleHash("r"));
    outcome.mutable_offences(0)->set_at_ms(kStart + sequence * kMinute);
    ApplyToStanding(entry, sequence, kCustomer, &standing);
  }
  // One on an address, which an act of his had made.
  storage::v1::Entry lift = Act(kHour);
  lift.mutable_act()->mutable_lift()->set_id(RestrictionId(4, 0));
  lift.mutable_act()->mutable_lift()->add_also(RestrictionId(5, 1));
  lift.mutable_act()->mutable_lift()->mutable_on()->set_subject(v1::SUBJECT_IP);
  lift.mutable_act()->mutable_lift()->mutable_on()->set_handle(3);
  lift.mutable_act()->mutable_lift()->set_customer(1);
  lift.mutable_act()->mutable_lift()->set_forgiven_ms(kStart + 4 * kMinute);
  ApplyToStanding(lift, 8, kCustomer, &standing);
  EXPECT_EQ(standing.forgiven_ms(), kStart + 4 * kMinute);
  ASSERT_THAT(standing.offences(), SizeIs(1));
  EXPECT_EQ(standing.offences(0).sequence(), 5);

  storage::v1::StandingRecord other;
  ApplyToStanding(lift, 8, {ENTITY_KIND_CUSTOMER, kTenant, 2}, &other);
  EXPECT_EQ(other.ByteSizeLong(), 0);
}

TEST(StandingTest, WhatHasLongEndedMakesRoom) {
  storage::v1::StandingRecord standing;
  ApplyToStanding(Restrict(Restricted(v1::SUBJECT_CUSTOMER, 1, kHour)), 1,
                  kCustomer, &standing);
  // What comes a day late may still meet it.
  ApplyToStanding(Restrict(Restricted(v1::SUBJECT_CUSTOMER, 1, 9 * kDay), kDay),
                  2, kCustomer, &standing);
  EXPECT_THAT(EndsOf(standing), ElementsAre(kHour, 9 * kDay));
  ApplyToStanding(
      Restrict(Restricted(v1::SUBJECT_CUSTOMER, 1, 9 * kDay), kDay + kHour), 3,
      kCustomer, &standing);
  EXPECT_THAT(EndsOf(standing), ElementsAre(9 * kDay, 9 * kDay));
}

TEST(StandingTest, LiftingForgivesAndNeverLess) {
  storage::v1::StandingRecord standing;
  ApplyToStanding(Restrict(Restricted(v1::SUBJECT_CUSTOMER, 1, kDay)), 7,
                  kCustomer, &standing);
  storage::v1::Entry lift = Act(kHour);
  lift.mutable_act()->mutable_lift()->set_id(RestrictionId(7, 0));
  lift.mutable_act()->mutable_lift()->mutable_on()->set_subject(
      v1::SUBJECT_CUSTOMER);
  lift.mutable_act()->mutable_lift()->mutable_on()->set_handle(1);
  lift.mutable_act()->mutable_lift()->set_forgiven_ms(kStart + kHour);
  ApplyToStanding(lift, 8, kCustomer, &standing);
  EXPECT_THAT(standing.restrictions(), IsEmpty());
  EXPECT_EQ(standing.forgiven_ms(), kStart + kHour);
  lift.mutable_act()->mutable_lift()->set_forgiven_ms(kStart);
  ApplyToStanding(lift, 9, kCustomer, &standing);
  EXPECT_EQ(standing.forgiven_ms(), kStart + kHour);
}

TEST(StandingTest, OffencesKeepTheirOrderAndTheLatest) {
  storage::v1::StandingRecord standing;
  for (const int64_t minute : {5, 1, 3}) {
    storage::v1::Entry entry = Opened().At(minute * kMinute);
    storage::v1::Offence* const offence =
        entry.mutable_event()->mutable_outcome()->add_offences();
    offence->set_rule(RuleHash("r"));
    offence->set_at_ms(kStart + minute * kMinute);
    ApplyToStanding(entry, 10 + minute, kCustomer, &standing);
  }
  std::vector<uint64_t> order;
  for (const storage::v1::HeldOffence& held : standing.offences()) {
    order.push_back(held.sequence());
  }
  EXPECT_THAT(order, ElementsAre(11, 13, 15));
}

TEST(StandingTest, ARefundTakesBackWhatTheEventMade) {
  storage::v1::Entry event = Held(0, kDay);
  storage::v1::DecisionOutcome& outcome =
      *event.mutable_event()->mutable_outcome();
  outcome.set_exemption(v1::EXEMPTION_SAFETY_VALVE);
  outcome.add_offences()->set_at_ms(kStart);
  *outcome.add_restricted() = Restricted(v1::SUBJECT_CUSTOMER, 1, kDay);
  storage::v1::StandingRecord standing;
  ApplyToStanding(event, 5, kCustomer, &standing);
  EXPECT_THAT(standing.reviews(), SizeIs(1));
  EXPECT_THAT(standing.valve(), SizeIs(1));
  EXPECT_THAT(standing.offences(), SizeIs(1));
  EXPECT_THAT(standing.restrictions(), SizeIs(1));
  ApplyToStanding(Withdrawn(event, 5), 6, kCustomer, &standing);
  EXPECT_EQ(standing.ByteSizeLong(), 0) << standing.DebugString();
}

TEST(StandingTest, FiveOpenReviewsAreFullUntilTheFirstOfThemEnds) {
  storage::v1::StandingRecord standing;
  for (int i = 0; i < kOpenReviewsOfCustomer; ++i) {
    EXPECT_EQ(Measured(standing, kMinute).reviews_full_until_ms(), 0) << i;
    ApplyToStanding(Held(i * kSecond, kHour), 1 + i, kCustomer, &standing);
  }
  const int64_t first_ends = kStart + kHour;
  EXPECT_EQ(Measured(standing, kMinute).reviews_full_until_ms(), first_ends);
  // Two more, through the valve: two more must end.
  for (int i = 5; i < 7; ++i) {
    ApplyToStanding(Held(i * kSecond, kHour), 1 + i, kCustomer, &standing);
  }
  EXPECT_EQ(Measured(standing, kMinute).reviews_full_until_ms(),
            first_ends + 2 * kSecond);
  // It does not wait for whoever lets through what nobody looked at.
  EXPECT_EQ(Measured(standing, kHour + 2 * kSecond).reviews_full_until_ms(), 0);

  storage::v1::Entry resolve = Act(kMinute);
  resolve.mutable_act()->mutable_resolve_review()->set_customer(1);
  for (const uint64_t review : {3, 4}) {
    resolve.mutable_act()->mutable_resolve_review()->set_review(review);
    ApplyToStanding(resolve, 20 + review, kCustomer, &standing);
  }
  EXPECT_EQ(Measured(standing, kMinute).reviews_full_until_ms(), first_ends);
}

TEST(StandingTest, AnEntitlementIsUsedOnceAndOnlyWithItsReference) {
  storage::v1::Entry grant = Act(0);
  storage::v1::GrantAct& granted = *grant.mutable_act()->mutable_grant();
  granted.set_customer(1);
  granted.set_reference_hash("hash");
  granted.set_until_ms(kStart + kDay);
  storage::v1::StandingRecord standing;
  ApplyToStanding(grant, 4, kCustomer, &standing);
  EXPECT_EQ(Measured(standing, kHour, "hash").entitlement(), 4);
  EXPECT_EQ(Measured(standing, kHour, "other").entitlement(), 0);
  EXPECT_EQ(Measured(standing, kHour).entitlement(), 0);
  EXPECT_EQ(Measured(standing, kDay, "hash").entitlement(), 0);

  storage::v1::Entry opening = Opened().At(kHour);
  opening.mutable_event()->mutable_standing()->set_entitlement(4);
  opening.mutable_event()->mutable_outcome()->set_exemption(
      v1::EXEMPTION_ENTITLEMENT);
  ApplyToStanding(opening, 5, kCustomer, &standing);
  EXPECT_EQ(Measured(standing, 2 * kHour, "hash").entitlement(), 0);
  ApplyToStanding(Withdrawn(opening, 5), 6, kCustomer, &standing);
  EXPECT_EQ(Measured(standing, 3 * kHour, "hash").entitlement(), 4);
  // Used by another one, it is not given back for the first again.
  ApplyToStanding(opening, 7, kCustomer, &standing);
  ApplyToStanding(Withdrawn(opening, 5), 8, kCustomer, &standing);
  EXPECT_EQ(Measured(standing, 3 * kHour, "hash").entitlement(), 0);
}

TEST(StandingTest, AnOverrideEndsAtItsTime) {
  storage::v1::Entry overrule = Act(0);
  storage::v1::OverrideAct& act = *overrule.mutable_act()->mutable_overrule();
  act.set_customer(1);
  act.set_exempt_until_ms(kStart + kHour);
  act.set_limits_times(5);
  act.set_limits_until_ms(kStart + kDay);
  storage::v1::StandingRecord standing;
  ApplyToStanding(overrule, 1, kCustomer, &standing);
  EXPECT_TRUE(Measured(standing, kHour - 1).exempt());
  EXPECT_FALSE(Measured(standing, kHour).exempt());
  EXPECT_EQ(Measured(standing, kDay - 1).limits_times(), 5);
  EXPECT_EQ(Measured(standing, kDay).limits_times(), 0);
}

TEST(StandingTest, MoreThanCanBeHeldIsDamage) {
  storage::v1::StandingRecord standing;
  EXPECT_TRUE(CheckStanding(standing).ok());
  for (int i = 0; i <= kHeldReviewsMax; ++i) standing.add_reviews();
  EXPECT_EQ(CheckStanding(standing).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace levee::state
