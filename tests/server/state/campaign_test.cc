#include "server/state/campaign.h"

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "tests/server/state/world.h"

namespace levee::state {
namespace {

using namespace levee::builder;  // NOLINT: its words are this file's language.
using storage::v1::Entry;

// A message of the campaign.
Event Said(uint64_t customer, uint64_t prefix, uint64_t campaign) {
  Event event = Opened();
  event.Customer(customer).Ticket(customer).IpPrefix(prefix).Campaign(campaign);
  return event;
}

// The entry that finds the campaign: it is its third, and two came before.
Entry Finding(uint64_t sequence) {
  Entry entry = Said(3, 7, sequence).At(2 * kMinute);
  for (uint64_t customer : {1, 2}) {
    storage::v1::Founder& founder =
        *entry.mutable_event()->mutable_text()->add_founders();
    founder.set_sequence(customer);
    *founder.mutable_happening() =
        Said(customer, customer, 0)
            .At(static_cast<int64_t>(customer) * kSecond)
            .Age(customer == 1 ? AgeStep::kBelow1d : AgeStep::kOlder)
            .Happening();
    founder.set_let_through(customer == 1);
  }
  return entry;
}

class CampaignTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kCampaign = 3;

  void SetUp() override {
    world_.Apply(Said(1, 1, 0));
    world_.Apply(Said(2, 2, 0));
    world_.Apply(Finding(kCampaign));
  }

  const Entity& entity() const {
    return *world_.Find(
        {storage::v1::ENTITY_KIND_CAMPAIGN, kTenant, kCampaign});
  }
  Measurement Fact(CampaignFact fact, const Event& event) const {
    return MeasureCampaign(
        fact, kTenant, event.Happening(),
        [&](const EntityKey& key) { return world_.Find(key); });
  }

  World world_;
};

TEST_F(CampaignTest, CountsItsFoundersOnce) {
  const Campaign& campaign = *entity().campaign();
  EXPECT_EQ(campaign.messages(), 3);
  EXPECT_EQ(campaign.first_ms(), kStart + kSecond);
  EXPECT_EQ(campaign.last_ms(), kStart + 2 * kMinute);
  ASSERT_EQ(campaign.members().size(), 3);
  EXPECT_EQ(campaign.members()[0].customer, 1);
  EXPECT_TRUE(campaign.members()[0].let_through);
  EXPECT_FALSE(campaign.members()[1].let_through);
  EXPECT_EQ(campaign.members()[2].sequence, kCampaign);
}

TEST_F(CampaignTest, TellsItsCustomersTheirAgeAndTheirPlaces) {
  const auto fact = [&](CampaignFact what, const Event& event) {
    const Measurement measured = Fact(what, event);
    return measured.known ? measured.value : -1;
  };
  const Event fourth = Said(4, 7, kCampaign).At(kHour).Age(AgeStep::kBelow7d);
  EXPECT_EQ(fact(CampaignFact::kCustomers, fourth), 4);
  // One of three whose age is known is old.
  EXPECT_EQ(fact(CampaignFact::kYoungPercent, fourth), 66);
  // Four customers behind three prefixes.
  EXPECT_EQ(fact(CampaignFact::kCustomersPerPrefix, fourth), 133);
  // A customer again is no other one.
  EXPECT_EQ(fact(CampaignFact::kCustomers, Said(2, 2, kCampaign).At(kHour)), 3);
  EXPECT_EQ(fact(CampaignFact::kCustomers,
                 Said(4, 7, kCampaign).At(kCampaignWindowMs + kDay)),
            1);
  EXPECT_EQ(fact(CampaignFact::kCustomers, Said(4, 7, 0)), -1);
}

// What finds it is measured with its founders, before it is applied.
TEST_F(CampaignTest, IsMeasuredAsItsFoundersMakeIt) {
  const Entry entry = Finding(9);
  const Entity founded = FoundedCampaign(entry);
  EXPECT_EQ(founded.campaign()->messages(), 2);
  const Measurement customers = MeasureCampaign(
      CampaignFact::kCustomers, kTenant, entry.event().happening(),
      [&](const EntityKey&) { return &founded; });
  EXPECT_EQ(customers, (Measurement{true, 3}));
}

TEST_F(CampaignTest, ATakenBackMessageLeavesNoTrace) {
  const std::string before = entity().Encode();
  const Entry fourth = Said(4, 9, kCampaign).At(2 * kMinute);
  world_.Apply(fourth);
  EXPECT_NE(entity().Encode(), before);
  world_.Apply(Withdrawn(fourth, 4));
  storage::v1::EntityRecord was;
  storage::v1::EntityRecord is;
  ASSERT_TRUE(was.ParseFromString(before));
  ASSERT_TRUE(is.ParseFromString(entity().Encode()));
  was.clear_applied();
  is.clear_applied();
  EXPECT_EQ(is.SerializeAsString(), was.SerializeAsString());
}

TEST_F(CampaignTest, ComesBackFromItsBytes) {
  const std::string bytes = entity().Encode();
  const auto decoded = Entity::Decode(storage::v1::ENTITY_KIND_CAMPAIGN, bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->Encode(), bytes);
  EXPECT_EQ(decoded->campaign()->members(), entity().campaign()->members());

  storage::v1::EntityRecord record;
  ASSERT_TRUE(record.ParseFromString(bytes));
  storage::v1::EntityRecord wrong = record;
  wrong.mutable_campaign()->mutable_members()->SwapElements(0, 1);
  EXPECT_FALSE(Entity::Decode(storage::v1::ENTITY_KIND_CAMPAIGN,
                              wrong.SerializeAsString())
                   .ok());
  wrong = record;
  wrong.mutable_campaign()->set_first_ms(-1);
  EXPECT_FALSE(Entity::Decode(storage::v1::ENTITY_KIND_CAMPAIGN,
                              wrong.SerializeAsString())
                   .ok());
  // No source is one.
  EXPECT_FALSE(Entity::Decode(storage::v1::ENTITY_KIND_IP, bytes).ok());
}

TEST_F(CampaignTest, RemembersTheLatestMembers) {
  for (uint64_t i = 0; i < kCampaignMembersMax; ++i) {
    world_.Apply(Said(100 + i, i, kCampaign).At(kHour));
  }
  const Campaign& campaign = *entity().campaign();
  EXPECT_EQ(campaign.messages(), 3 + kCampaignMembersMax);
  ASSERT_EQ(campaign.members().size(), kCampaignMembersMax);
  EXPECT_EQ(campaign.members().front().customer, 100);
}

}  // namespace
}  // namespace levee::state
