// The contract of storage::Shard, held up to every store.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
using ::levee::tests::EntryOf;
using ::levee::tests::IdOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr int64_t kDayMs = 86'400'000;

TEST_P(StoreTest, NewStoreIsEmpty) {
  Settle();
  EXPECT_EQ(store().head().last_sequence, 0U);
  EXPECT_EQ(store().head().hash, Hash256());
  EXPECT_EQ(store().first_sequence(), 1U);
  EXPECT_EQ(store().replay_from(), 1U);
  EXPECT_THAT(store().hash_key(), SizeIs(32));
  EXPECT_TRUE(absl::IsNotFound(store().Read(1).status()));
  EXPECT_TRUE(absl::IsNotFound(store().Read(0).status()));
  EXPECT_THAT(Scanned(0, 100), IsEmpty());
  EXPECT_THAT(ScannedBackward(100), IsEmpty());
  EXPECT_EQ(EventOf(1), std::nullopt);
  EXPECT_EQ(BodyOf(1), "none");
  EXPECT_THAT(Timeline(1), IsEmpty());
  EXPECT_TRUE(host_->VerifyChain(1, 0).ok());
}

TEST_P(StoreTest, EntriesComeBackAsTheyWere) {
  const Batch first = BatchBuilder(1).Event({.id = 1}).RuleSet("a rule set");
  const Batch second = BatchBuilder(3).Event({.id = 2, .decided_at_ms = 2'000});
  Append(first);
  Append(second);
  Settle();
  EXPECT_EQ(store().head().last_sequence, 3U);
  EXPECT_EQ(store().head().decided_at_ms, 2'000);
  EXPECT_EQ(*store().Read(1), EntryOf(first, 0));
  EXPECT_EQ(*store().Read(2), EntryOf(first, 1));
  EXPECT_EQ(*store().Read(3), EntryOf(second, 0));
  EXPECT_TRUE(absl::IsNotFound(store().Read(4).status()));
  EXPECT_TRUE(host_->VerifyChain(1, 3).ok());
}

TEST_P(StoreTest, ScansAreClippedAndInOrder) {
  AppendEvents(3);
  AppendEvents(1);
  AppendEvents(3);
  Settle();
  EXPECT_THAT(Scanned(0, 1'000), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(Scanned(2, 5), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(Scanned(7, 7), ElementsAre(7));
  EXPECT_THAT(Scanned(8, 9), IsEmpty());
  EXPECT_THAT(Scanned(5, 2), IsEmpty());
  EXPECT_THAT(ScannedBackward(1'000), ElementsAre(7, 6, 5, 4, 3, 2, 1));
  EXPECT_THAT(ScannedBackward(6, 3), ElementsAre(6, 5, 4));
  EXPECT_THAT(ScannedBackward(1), ElementsAre(1));
  EXPECT_THAT(ScannedBackward(0), IsEmpty());
  std::vector<uint64_t> seen;
  ASSERT_TRUE(store()
                  .Scan(1, 7,
                        [&](uint64_t sequence, std::string_view) {
                          seen.push_back(sequence);
                          return sequence < 4;
                        })
                  .ok());
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4));
}

TEST_P(StoreTest, LargestBatchIsTaken) {
  AppendEvents(4'096);
  AppendEvents(1);
  Settle();
  EXPECT_EQ(store().head().last_sequence, 4'097U);
  EXPECT_EQ(EventOf(4'096), 4'096U);
  EXPECT_TRUE(store().Read(4'096).ok());
  EXPECT_TRUE(host_->VerifyChain(1, 4'097).ok());
}

TEST_P(StoreTest, BatchThatDoesNotFollowStopsTheJournal) {
  AppendEvents(2);
  EXPECT_TRUE(absl::IsAborted(
      store().Append(BatchBuilder(2).Event({.id = 9})).status()));
  EXPECT_TRUE(absl::IsUnavailable(
      store().Append(BatchBuilder(3).Event({.id = 9})).status()));
  EXPECT_EQ(store().head().last_sequence, 2U);
  EXPECT_EQ(EventOf(9), std::nullopt);
  host_->Reopen();
  AppendEvents(1);
  EXPECT_EQ(store().head().last_sequence, 3U);
}

TEST_P(StoreTest, EventIdsLeadToTheirLatestEntry) {
  Append(BatchBuilder(1).Event({.id = 7}).RuleSet("none").Event({.id = 8}));
  Append(BatchBuilder(4).Event({.id = 7}));
  Settle();
  std::vector<Id128> ids = {IdOf(8), IdOf(9), IdOf(7)};
  std::vector<std::optional<uint64_t>> sequences(3, 99);
  ASSERT_TRUE(store().FindEvents(ids, absl::MakeSpan(sequences)).ok());
  EXPECT_THAT(sequences, ElementsAre(Optional(3U), std::nullopt, Optional(4U)));
}

TEST_P(StoreTest, EventIdsAreForgottenAfterSevenDays) {
  Append(BatchBuilder(1).Event({.id = 1, .decided_at_ms = 1'000}));
  Append(BatchBuilder(2).Event({.id = 2, .decided_at_ms = 1'001}));
  Append(BatchBuilder(3).RuleSet("later", 1'000 + 7 * kDayMs));
  Settle();
  EXPECT_EQ(EventOf(1), 1U);
  Append(BatchBuilder(4).RuleSet("later", 1'001 + 7 * kDayMs));
  Settle();
  EXPECT_EQ(EventOf(1), std::nullopt);
  EXPECT_EQ(EventOf(2), 2U);
  // The id may decide anew.
  Append(BatchBuilder(5).Event({.id = 1, .decided_at_ms = 1'001 + 7 * kDayMs}));
  Settle();
  EXPECT_EQ(EventOf(1), 5U);
}

TEST_P(StoreTest, TimelinesAreByTimeThenSequenceNewestFirst) {
  Append(BatchBuilder(1)
             .Event({.id = 1, .customer = 5, .effective_ms = 300})
             .Event({.id = 2, .customer = 5, .effective_ms = 100})
             .Event({.id = 3, .customer = 6, .effective_ms = 200})
             .Event({.id = 4, .customer = 5, .effective_ms = 300})
             .Event({.id = 5, .tenant = 2, .customer = 5}));
  Append(BatchBuilder(6).Event({.id = 6, .customer = 5, .effective_ms = 200}));
  Settle();
  const TimelinePlace all[] = {{300, 4}, {300, 1}, {200, 6}, {100, 2}};
  EXPECT_THAT(Timeline(5), ElementsAre(all[0], all[1], all[2], all[3]));
  EXPECT_THAT(Timeline(5, kEnd, 2), ElementsAre(all[0], all[1]));
  EXPECT_THAT(Timeline(5, all[1]), ElementsAre(all[2], all[3]));
  EXPECT_THAT(Timeline(5, {300, 3}), ElementsAre(all[1], all[2], all[3]));
  EXPECT_THAT(Timeline(5, all[3]), IsEmpty());
  EXPECT_THAT(Timeline(5, kEnd, 0), IsEmpty());
  EXPECT_THAT(Timeline(6), ElementsAre(TimelinePlace{200, 3}));
  EXPECT_THAT(Timeline(7), IsEmpty());
}

TEST_P(StoreTest, TimelineSpansWhatIsInFilesAndWhatIsNot) {
  Append(BatchBuilder(1)
             .Event({.id = 1, .customer = 5, .effective_ms = 100})
             .Event({.id = 2, .customer = 5, .effective_ms = 300}));
  Settle();
  Append(BatchBuilder(3)
             .Event({.id = 3, .customer = 5, .effective_ms = 200})
             .Event({.id = 4, .customer = 5, .effective_ms = 400}));
  EXPECT_THAT(Timeline(5),
              ElementsAre(TimelinePlace{400, 4}, TimelinePlace{300, 2},
                          TimelinePlace{200, 3}, TimelinePlace{100, 1}));
  EXPECT_THAT(Timeline(5, {400, 4}, 2),
              ElementsAre(TimelinePlace{300, 2}, TimelinePlace{200, 3}));
}

TEST_P(StoreTest, NamesAreFoundBothWaysByTenantAndKind) {
  const std::string odd("a\0b\xc3\xa9", 5);
  Append(BatchBuilder(1)
             .Event({})
             .Customer("c1", 11)
             .Name(v1::NAME_KIND_TICKET, "c1", 12)
             .Name(v1::NAME_KIND_CUSTOMER, "c1", 13, /*tenant=*/2)
             .Name(v1::NAME_KIND_TENANT, "acme", 14, /*tenant=*/0)
             .Name(v1::NAME_KIND_IP, "::1", 15)
             .Customer(odd, 0xfffffffffffffff0));
  Settle();
  EXPECT_EQ(HandleOf(v1::NAME_KIND_CUSTOMER, "c1"), 11U);
  EXPECT_EQ(HandleOf(v1::NAME_KIND_TICKET, "c1"), 12U);
  EXPECT_EQ(HandleOf(v1::NAME_KIND_CUSTOMER, "c1", 2), 13U);
  EXPECT_EQ(HandleOf(v1::NAME_KIND_TENANT, "acme", 0), 14U);
  EXPECT_EQ(HandleOf(v1::NAME_KIND_IP, "::1"), 15U);
  EXPECT_EQ(HandleOf(v1::NAME_KIND_CUSTOMER, odd), 0xfffffffffffffff0U);
  EXPECT_EQ(HandleOf(v1::NAME_KIND_CUSTOMER, "c"), std::nullopt);
  EXPECT_EQ(HandleOf(v1::NAME_KIND_CUSTOMER, "c1", 3), std::nullopt);
  EXPECT_EQ(HandleOf(v1::NAME_KIND_AGENT, "c1"), std::nullopt);
  EXPECT_EQ(NameOf(v1::NAME_KIND_CUSTOMER, 11), "c1");
  EXPECT_EQ(NameOf(v1::NAME_KIND_CUSTOMER, 0xfffffffffffffff0), odd);
  EXPECT_EQ(NameOf(v1::NAME_KIND_TENANT, 14, 0), "acme");
  EXPECT_EQ(NameOf(v1::NAME_KIND_TICKET, 11), std::nullopt);
  EXPECT_EQ(NameOf(v1::NAME_KIND_CUSTOMER, 13), std::nullopt);
}

TEST_P(StoreTest, ManyNamesAreReadWithOneCall) {
  BatchBuilder builder(1);
  builder.Event({});
  std::vector<std::string> ids;
  for (uint64_t i = 0; i < 500; ++i) ids.push_back("c" + std::to_string(i));
  for (uint64_t i = 0; i < 500; i += 2) builder.Customer(ids[i], 1'000 + i);
  Append(builder);
  Settle();
  std::vector<NameRef> names;
  names.reserve(ids.size());
  for (const std::string& id : ids) {
    names.push_back({1, v1::NAME_KIND_CUSTOMER, id});
  }
  std::vector<std::optional<uint64_t>> handles(500, 5);
  ASSERT_TRUE(store().FindHandles(names, absl::MakeSpan(handles)).ok());
  for (uint64_t i = 0; i < 500; ++i) {
    EXPECT_EQ(handles[i],
              i % 2 == 0 ? std::make_optional(1'000 + i) : std::nullopt);
  }
}

TEST_P(StoreTest, TextsAreReadUnderTheirCustomersKey) {
  Append(BatchBuilder(1)
             .Customer("c1", 11)
             .Customer("c2", 12)
             .Event({.id = 1, .customer = 11, .body = "first"})
             .Event({.id = 2, .customer = 12})
             .Event({.id = 3, .customer = 12, .body = "third"}));
  // A batch without texts, one whose customers are known.
  AppendEvents(2);
  Append(BatchBuilder(6).Event({.id = 6, .customer = 11, .body = "sixth"}));
  Settle();
  const char* const bodies[] = {"none", "first", "none",  "third",
                                "none", "none",  "sixth", "none"};
  for (uint64_t i = 0; i < std::size(bodies); ++i) {
    EXPECT_EQ(BodyOf(i), bodies[i]) << i;
  }
  EXPECT_EQ(store().ReadText(1)->event_id(), "e1");
  // Again with the keys out of memory.
  Append(BatchBuilder(7).Event({.id = 7, .customer = 12, .body = "seventh"}));
  EXPECT_EQ(BodyOf(7), "seventh");
}

TEST_P(StoreTest, EntitiesAreStoredWithTheirReplayPosition) {
  AppendEvents(5);
  EXPECT_THAT(Loaded({"a", "b"}), ElementsAre(std::nullopt, std::nullopt));
  ASSERT_TRUE(
      store()
          .Flush({.records = {{"b", "1"}, {"a", "2"}}, .replay_from = 3})
          .ok());
  EXPECT_EQ(store().replay_from(), 3U);
  ASSERT_TRUE(store()
                  .Flush({.records = {{"b", "3"}, {"c", ""}}, .replay_from = 6})
                  .ok());
  Settle();
  EXPECT_EQ(store().replay_from(), 6U);
  EXPECT_THAT(
      Loaded({"c", "nothing", "a", "b"}),
      ElementsAre(Optional(std::string()), std::nullopt,
                  Optional(std::string("2")), Optional(std::string("3"))));
  std::vector<std::pair<std::string, std::string>> scanned;
  auto visit = [&](std::string_view key, std::string_view record) {
    scanned.emplace_back(key, record);
    return scanned.size() < 3;
  };
  ASSERT_TRUE(store().ScanEntities("", visit).ok());
  EXPECT_THAT(scanned,
              ElementsAre(Pair("a", "2"), Pair("b", "3"), Pair("c", "")));
  scanned.resize(2);
  ASSERT_TRUE(store().ScanEntities("", visit).ok());
  EXPECT_THAT(scanned, SizeIs(3));
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreTest,
                         ::testing::Values(StoreKind::kMemory,
                                           StoreKind::kRocks,
                                           StoreKind::kReopenedRocks),
                         [](const auto& info) {
                           switch (info.param) {
                             case StoreKind::kMemory:
                               return "Memory";
                             case StoreKind::kRocks:
                               return "Rocks";
                             case StoreKind::kReopenedRocks:
                               return "ReopenedRocks";
                           }
                           return "";
                         });

}  // namespace
}  // namespace levee::storage
