// Near-duplicates and campaigns, from the words of events to what is recorded,
// measured and kept.
#include <gtest/gtest.h>

#include <string>

#include "tests/server/sequencer/sequencer_fixture.h"

namespace levee::tests {
namespace {

constexpr char kComplaint[] =
    "My server in Frankfurt has been unreachable for two hours and nobody "
    "answers the phone, please look at it right now.";
// The same with other numbers, a word more and another case.
constexpr char kComplaintAgain[] =
    "Hello! my server in FRANKFURT has been unreachable for two hours and "
    "nobody answers the phone, please look at it right now.";
constexpr char kOffer[] =
    "We clean and deliver carpets in all of the city within one day, ask for "
    "our price list and book your appointment today.";
constexpr char kOther[] =
    "Please change the reverse record of my second address to the name that I "
    "have entered in the panel yesterday evening.";

class AlikeTest : public SequencerTest {
 protected:
  v1::Decision Decide(const v1::TicketEvent& event) {
    absl::StatusOr<v1::Decision> decision = desk_.Submit(event);
    EXPECT_TRUE(decision.ok()) << decision.status();
    return decision.ok() ? *decision : v1::Decision();
  }
  v1::Decision Say(const std::string& customer, const std::string& words) {
    desk_.clock.Advance(kMinute);
    return Decide(
        Opened().Customer(customer).Ticket("t-" + customer).Body(words));
  }
  storage::v1::EventEntry EntryOf(uint64_t sequence) {
    storage::v1::Entry entry;
    const absl::StatusOr<std::string> bytes = store_.Read(sequence);
    EXPECT_TRUE(bytes.ok() && entry.ParseFromString(*bytes));
    return entry.event();
  }
};

TEST_F(AlikeTest, ACustomersOwnWordsAreKnownAgain) {
  const uint64_t first = Say("a", kComplaint).sequence();
  EXPECT_EQ(Say("a", kOther).similar_to(), 0);
  const v1::Decision again = Say("a", kComplaintAgain);
  EXPECT_EQ(again.similar_to(), first);
  EXPECT_GE(EntryOf(again.sequence()).text().similar(), 64);
  // Nobody else's are his.
  EXPECT_EQ(Say("b", kComplaint).similar_to(), 0);
}

TEST_F(AlikeTest, APreviewSeesThemAndIsNotRemembered) {
  const v1::TicketEvent event = Opened().Body(kComplaint);
  EXPECT_EQ(desk_.Preview(event)->similar_to(), 0);
  EXPECT_EQ(desk_.Preview(event)->similar_to(), 0);
  const uint64_t sequence = Decide(event).sequence();
  EXPECT_EQ(desk_.Preview(event)->similar_to(), sequence);
}

TEST_F(AlikeTest, TheThirdCustomerMakesACampaign) {
  Say("a", kOffer);
  const uint64_t first = Say("a", kOffer).sequence();
  const v1::Decision second = Say("b", kOffer);
  EXPECT_EQ(second.campaign_id(), 0);
  const v1::Decision third = Say("c", kOffer);
  EXPECT_EQ(third.campaign_id(), third.sequence());
  const storage::v1::EventEntry entry = EntryOf(third.sequence());
  // The newest of each customer.
  ASSERT_EQ(entry.text().founders_size(), 2);
  EXPECT_EQ(entry.text().founders(0).sequence(), first);
  EXPECT_EQ(entry.text().founders(1).sequence(), second.sequence());
  // Who comes later joins it, whoever he is.
  EXPECT_EQ(Say("d", kOffer).campaign_id(), third.sequence());
  EXPECT_EQ(Say("a", kOffer).campaign_id(), third.sequence());
  EXPECT_EQ(Say("e", kOther).campaign_id(), 0);
}

// Who found it, or had said it before, finds no second one.
TEST_F(AlikeTest, OneTextIsOneCampaign) {
  Say("a", kOffer);
  Say("b", kOffer);
  const uint64_t campaign = Say("c", kOffer).campaign_id();
  EXPECT_EQ(Say("c", kOffer).campaign_id(), campaign);
  EXPECT_EQ(Say("b", kOffer).campaign_id(), campaign);
  ASSERT_TRUE(desk_.Restart().ok());
  EXPECT_EQ(Say("c", kOffer).campaign_id(), campaign);
  EXPECT_EQ(Say("a", kOffer).campaign_id(), campaign);
}

TEST_F(AlikeTest, APreviewFindsNoCampaign) {
  Say("a", kOffer);
  Say("b", kOffer);
  const v1::TicketEvent third = Opened().Customer("c").Body(kOffer);
  EXPECT_EQ(desk_.Preview(third)->campaign_id(), 0);
  const uint64_t campaign = Say("c", kOffer).campaign_id();
  EXPECT_EQ(desk_.Preview(Opened().Customer("d").Body(kOffer))->campaign_id(),
            campaign);
}

// What a history tells is compared with nothing.
TEST_F(AlikeTest, AnImportOfLongAgoIsNoNews) {
  Say("a", kOffer);
  Say("b", kOffer);
  const int64_t ago_ms = FakeClock::kStartMs - 30 * 24 * kHour;
  const auto imported = desk_.SubmitAll(
      {Opened().Customer("c").Body(kOffer).AtMs(ago_ms),
       Opened().Customer("d").Body(kOffer).AtMs(ago_ms + kMinute)},
      sequencer::Purpose::kImport, "history", 0);
  for (const auto& decision : imported) {
    ASSERT_TRUE(decision.ok()) << decision.status();
    EXPECT_EQ(decision->campaign_id(), 0);
  }
  EXPECT_EQ(Say("d", kOffer).similar_to(), 0);
}

TEST_F(AlikeTest, AMachinesWordsMakeNone) {
  for (const char* customer : {"a", "b", "c", "d"}) {
    v1::TicketEvent event = Opened().Customer(customer).Body(
        "I am out of the office until the end of the month and will answer "
        "when I am back.");
    event.set_subject("Automatic reply: your ticket");
    auto* const header = event.add_mail_headers();
    header->set_name("Auto-Submitted");
    header->set_value("auto-replied");
    EXPECT_EQ(Decide(event).campaign_id(), 0);
  }
}

TEST_F(AlikeTest, WordsOfAWeekAgoMakeNone) {
  Say("a", kOffer);
  Say("b", kOffer);
  desk_.clock.Advance(8 * 24 * kHour);
  EXPECT_EQ(Say("c", kOffer).campaign_id(), 0);
}

TEST_F(AlikeTest, ARestartForgetsNothing) {
  const uint64_t own = Say("a", kComplaint).sequence();
  Say("a", kOffer);
  Say("b", kOffer);
  ASSERT_TRUE(desk_.Restart().ok());
  EXPECT_EQ(Say("a", kComplaint).similar_to(), own);
  const v1::Decision third = Say("c", kOffer);
  EXPECT_EQ(third.campaign_id(), third.sequence());
  Say("d", kOffer);
  ASSERT_TRUE(desk_.Restart().ok());
  EXPECT_EQ(Say("e", kOffer).campaign_id(), third.sequence());
}

TEST_F(AlikeTest, RulesCountACampaignsCustomersFoundersIncluded) {
  ASSERT_TRUE(desk_
                  .ApplyRules(R"pb(
                    rules {
                      id: "campaign"
                      category: CATEGORY_BOMBING
                      on: EVENT_KIND_OPENED
                      when { campaign { customers_at_least: 4 } }
                      then { verdict: VERDICT_HOLD }
                    }
                    rules {
                      id: "rate"
                      category: CATEGORY_BOMBING
                      on: EVENT_KIND_OPENED
                      when {
                        rate {
                          per: SUBJECT_CAMPAIGN
                          kinds: EVENT_KIND_OPENED
                          window: "1h"
                          at_least: 4
                          distinct: DISTINCT_CUSTOMERS
                        }
                      }
                      then { verdict: VERDICT_HOLD }
                    }
                    rules {
                      id: "again"
                      category: CATEGORY_HARASSMENT
                      on: EVENT_KIND_OPENED
                      when { similar { at_least: 500 } }
                      then { verdict: VERDICT_CHALLENGE }
                    }
                  )pb")
                  .ok());
  EXPECT_TRUE(Say("a", kOffer).findings().empty());
  EXPECT_TRUE(Say("b", kOffer).findings().empty());
  EXPECT_TRUE(Say("c", kOffer).findings().empty());
  const v1::Decision fourth = Say("d", kOffer);
  ASSERT_EQ(fourth.findings_size(), 2);
  EXPECT_EQ(fourth.findings(0).evidence(0).value(), 4);
  EXPECT_EQ(fourth.findings(1).evidence(0).value(), 4);
  const v1::Decision again = Say("d", kOffer);
  ASSERT_EQ(again.findings_size(), 3);
  EXPECT_EQ(again.findings(2).evidence(0).value(), 1000);
}

// Whoever he was, his words are no longer there to be compared with.
TEST_F(AlikeTest, TheTextsOfOneWhoWasErasedAreNotReadAgain) {
  Say("a", kOffer);
  Say("b", kOffer);
  const auto customer = EntryOf(2).happening().subjects().customer();
  ASSERT_NE(customer, 0);
  const uint64_t tenant =
      sequencer::Sequencer::HandleOf(*desk_.sequencer->FindTenant("acme"));
  ASSERT_TRUE(store_.EraseCustomer(tenant, customer).ok());
  ASSERT_TRUE(desk_.Restart().ok());
  EXPECT_EQ(Say("c", kOffer).campaign_id(), 0);
}

}  // namespace
}  // namespace levee::tests
