// The contract of storage::Retention, held up to every store.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/storage/batch_builder.h"
#include "tests/storage/store_fixture.h"

namespace levee::storage {
namespace {

using ::levee::tests::BatchBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

TEST_P(StoreTest, BaseIsApartFromTheStateAndMovesForwardOnly) {
  AppendEvents(5);
  ASSERT_TRUE(store().Flush({.records = {{"a", "s"}}, .replay_from = 2}).ok());
  const std::vector<std::pair<std::string, std::string>> records = {
      {"a", "b2"}, {"b", "b2"}};
  EXPECT_EQ(retention().base_position(), 0U);
  ASSERT_TRUE(retention().WriteBase(records, 2).ok());
  ASSERT_TRUE(retention().WriteBase({{"a", "b4"}}, 4).ok());
  EXPECT_TRUE(
      absl::IsFailedPrecondition(retention().WriteBase({{"a", "b3"}}, 3)));
  EXPECT_TRUE(
      absl::IsFailedPrecondition(retention().WriteBase({{"a", "b6"}}, 6)));
  Settle();
  EXPECT_EQ(retention().base_position(), 4U);
  std::vector<std::optional<std::string>> loaded(3);
  ASSERT_TRUE(
      retention().LoadBase({"a", "b", "c"}, absl::MakeSpan(loaded)).ok());
  EXPECT_THAT(loaded, ElementsAre(Optional(std::string("b4")),
                                  Optional(std::string("b2")), std::nullopt));
  EXPECT_THAT(Loaded({"a", "b"}),
              ElementsAre(Optional(std::string("s")), std::nullopt));
}

TEST_P(StoreTest, CutJournalBeginsLaterWithItsChainWhole) {
  Append(BatchBuilder(1)
             .Customer("c1", 11)
             .Event({.id = 1, .customer = 11, .body = "old"})
             .Event({.id = 2, .customer = 11}));
  Append(BatchBuilder(3)
             .Event({.id = 3, .customer = 11, .body = "new"})
             .Event({.id = 4, .customer = 11}));
  Settle();
  ASSERT_TRUE(retention().WriteBase({}, 3).ok());
  ASSERT_TRUE(store().Flush({.records = {}, .replay_from = 3}).ok());
  EXPECT_THAT(std::string(retention().CutJournal(4).status().message()),
              HasSubstr("only entries up to 3 are folded"));
  EXPECT_THAT(std::string(retention().CutJournal(3).status().message()),
              HasSubstr("a restart would replay from 3"));
  // Cuts whole records only.
  EXPECT_EQ(*retention().CutJournal(1), 1U);
  ASSERT_TRUE(store().Flush({.records = {}, .replay_from = 4}).ok());
  EXPECT_EQ(*retention().CutJournal(3), 3U);
  Settle();
  EXPECT_EQ(store().first_sequence(), 3U);
  EXPECT_TRUE(absl::IsNotFound(store().Read(2).status()));
  EXPECT_TRUE(store().Read(3).ok());
  EXPECT_THAT(Scanned(0, 100), ElementsAre(3, 4));
  EXPECT_THAT(ScannedBackward(100), ElementsAre(4, 3));
  EXPECT_TRUE(host_->VerifyChain(3, 4).ok());
  EXPECT_EQ(EventOf(2), std::nullopt);
  EXPECT_EQ(EventOf(3), 3U);
  EXPECT_EQ(BodyOf(1), "none");
  EXPECT_EQ(BodyOf(3), "new");
  EXPECT_THAT(Timeline(11), SizeIs(2));
  EXPECT_EQ(HandleOf(v1::NAME_KIND_CUSTOMER, "c1"), 11U);
  AppendEvents(1);
  EXPECT_TRUE(host_->VerifyChain(3, 5).ok());
}

TEST_P(StoreTest, WholeJournalCanBeCut) {
  AppendEvents(4);
  ASSERT_TRUE(retention().WriteBase({}, 4).ok());
  ASSERT_TRUE(store().Flush({.records = {}, .replay_from = 5}).ok());
  EXPECT_EQ(*retention().CutJournal(4), 5U);
  Settle();
  EXPECT_EQ(store().first_sequence(), 5U);
  EXPECT_EQ(store().head().last_sequence, 4U);
  EXPECT_THAT(Scanned(0, 100), IsEmpty());
  AppendEvents(2);
  Settle();
  EXPECT_THAT(Scanned(0, 100), ElementsAre(5, 6));
  EXPECT_TRUE(host_->VerifyChain(5, 6).ok());
}

TEST_P(StoreTest, TextsGoByTheTimeOfTheirRecord) {
  for (uint64_t i = 1; i <= 5; ++i) {
    BatchBuilder batch(i);
    if (i == 1) batch.Customer("c1", 11);
    batch.Event({.id = i,
                 .customer = 11,
                 .decided_at_ms = static_cast<int64_t>(1'000 * i),
                 .body = "body"});
    Append(batch);
  }
  Settle();
  EXPECT_EQ(*retention().FindDecidedSince(0), 1U);
  EXPECT_EQ(*retention().FindDecidedSince(3'000), 3U);
  EXPECT_EQ(*retention().FindDecidedSince(3'001), 4U);
  EXPECT_EQ(*retention().FindDecidedSince(5'001), 6U);
  ASSERT_TRUE(retention().CutTexts(3'000).ok());
  Settle();
  EXPECT_EQ(BodyOf(1), "none");
  EXPECT_EQ(BodyOf(2), "none");
  EXPECT_EQ(BodyOf(3), "body");
  EXPECT_EQ(BodyOf(5), "body");
  EXPECT_THAT(Scanned(0, 100), SizeIs(5));
}

TEST_P(StoreTest, ErasedCustomerIsUnreadableAndTheChainStands) {
  Append(BatchBuilder(1)
             .Customer("c1", 11)
             .Customer("c2", 12)
             .Event({.id = 1, .customer = 11, .body = "his"})
             .Event({.id = 2, .customer = 12, .body = "hers"}));
  Settle();
  ASSERT_TRUE(retention().EraseCustomer(1, 11).ok());
  ASSERT_TRUE(retention().EraseCustomer(1, 99).ok());
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(HandleOf(v1::NAME_KIND_CUSTOMER, "c1"), std::nullopt);
    EXPECT_EQ(NameOf(v1::NAME_KIND_CUSTOMER, 11), std::nullopt);
    EXPECT_EQ(BodyOf(1), "none");
    EXPECT_EQ(NameOf(v1::NAME_KIND_CUSTOMER, 12), "c2");
    EXPECT_EQ(BodyOf(2), "hers");
    EXPECT_THAT(Scanned(0, 100), SizeIs(2));
    EXPECT_TRUE(host_->VerifyChain(1, 2).ok());
    host_->Reopen();
  }
  // He comes back as somebody new, and a late text of the old one is lost.
  Append(BatchBuilder(3)
             .Customer("c1", 21)
             .Event({.id = 3, .customer = 21, .body = "new"})
             .Event({.id = 4, .customer = 11, .body = "late"}));
  Settle();
  EXPECT_EQ(HandleOf(v1::NAME_KIND_CUSTOMER, "c1"), 21U);
  EXPECT_EQ(BodyOf(3), "new");
  EXPECT_EQ(BodyOf(4), "none");
  EXPECT_EQ(NameOf(v1::NAME_KIND_CUSTOMER, 11), std::nullopt);
}

}  // namespace
}  // namespace levee::storage
