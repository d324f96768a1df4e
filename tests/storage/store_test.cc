// The contract of storage::Shard and storage::Retention, held up to every
// store. The RocksDB one is tested twice: with all it holds in memory and with
// all of it in files, which a reopening brings about.
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/storage/batch_builder.h"
#include "tests/storage/store_host.h"

namespace levee::storage {
namespace {

using ::levee::tests::BatchBuilder;
using ::levee::tests::EntryOf;
using ::levee::tests::IdOf;
using ::levee::tests::MemoryHost;
using ::levee::tests::RocksHost;
using ::levee::tests::StoreHost;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr TimelinePlace kEnd = {std::numeric_limits<int64_t>::max(),
                                std::numeric_limits<uint64_t>::max()};
constexpr int64_t kDayMs = 86'400'000;

enum class Kind { kMemory, kRocks, kReopenedRocks };

class StoreTest : public ::testing::TestWithParam<Kind> {
 protected:
  StoreTest() {
    if (GetParam() == Kind::kMemory) {
      host_ = std::make_unique<MemoryHost>();
    } else {
      host_ = std::make_unique<RocksHost>();
    }
  }

  Shard& store() { return host_->shard(); }
  Retention& retention() { return host_->retention(); }

  void Append(const Batch& batch) {
    absl::StatusOr<Head> head = store().Append(batch);
    ASSERT_TRUE(head.ok()) << head.status();
    ASSERT_EQ(head->last_sequence, store().head().last_sequence);
    ASSERT_EQ(head->hash, store().head().hash);
  }
  // To be called between writing and reading.
  void Settle() {
    if (GetParam() == Kind::kReopenedRocks) host_->Reopen();
  }
  void AppendEvents(uint64_t count, int64_t decided_at_ms = 1'000) {
    BatchBuilder builder(store().head().last_sequence + 1);
    for (uint64_t i = 0; i < count; ++i) {
      builder.Event({.id = store().head().last_sequence + 1 + i,
                     .decided_at_ms = decided_at_ms});
    }
    Append(builder);
  }

  std::vector<uint64_t> Scanned(uint64_t first, uint64_t last) {
    std::vector<uint64_t> sequences;
    absl::Status status =
        store().Scan(first, last, [&](uint64_t sequence, std::string_view) {
          sequences.push_back(sequence);
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return sequences;
  }
  std::vector<uint64_t> ScannedBackward(uint64_t from, size_t limit = 1'000) {
    std::vector<uint64_t> sequences;
    absl::Status status =
        store().ScanBackward(from, [&](uint64_t sequence, std::string_view) {
          sequences.push_back(sequence);
          return sequences.size() < limit;
        });
    EXPECT_TRUE(status.ok()) << status;
    return sequences;
  }
  std::optional<uint64_t> EventOf(uint64_t id) {
    const Id128 hash = IdOf(id);
    std::optional<uint64_t> sequence;
    absl::Status status =
        store().FindEvents({&hash, 1}, absl::MakeSpan(&sequence, 1));
    EXPECT_TRUE(status.ok()) << status;
    return sequence;
  }
  std::optional<uint64_t> HandleOf(v1::NameKind kind, std::string_view id,
                                   uint64_t tenant = 1) {
    const NameRef name = {tenant, kind, id};
    std::optional<uint64_t> handle;
    absl::Status status =
        store().FindHandles({&name, 1}, absl::MakeSpan(&handle, 1));
    EXPECT_TRUE(status.ok()) << status;
    return handle;
  }
  std::optional<std::string> NameOf(v1::NameKind kind, uint64_t handle,
                                    uint64_t tenant = 1) {
    const HandleRef ref = {tenant, kind, handle};
    std::optional<std::string> id;
    absl::Status status = store().FindNames({&ref, 1}, absl::MakeSpan(&id, 1));
    EXPECT_TRUE(status.ok()) << status;
    return id;
  }
  std::vector<TimelinePlace> Timeline(uint64_t customer,
                                      TimelinePlace before = kEnd,
                                      int limit = 100) {
    absl::StatusOr<std::vector<TimelinePlace>> places =
        store().FindTimeline(1, customer, before, limit);
    EXPECT_TRUE(places.ok()) << places.status();
    return places.ok() ? *places : std::vector<TimelinePlace>();
  }
  // "none", or the body, or the error.
  std::string BodyOf(uint64_t sequence) {
    absl::StatusOr<v1::EventText> text = store().ReadText(sequence);
    if (absl::IsNotFound(text.status())) return "none";
    return text.ok() ? text->body() : text.status().ToString();
  }
  std::vector<std::optional<std::string>> Loaded(
      const std::vector<std::string_view>& keys) {
    std::vector<std::optional<std::string>> records(keys.size());
    absl::Status status = store().Load(keys, absl::MakeSpan(records));
    EXPECT_TRUE(status.ok()) << status;
    return records;
  }

  std::unique_ptr<StoreHost> host_;
};

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
  ASSERT_TRUE(store().ScanEntities(visit).ok());
  EXPECT_THAT(scanned,
              ElementsAre(Pair("a", "2"), Pair("b", "3"), Pair("c", "")));
  scanned.resize(2);
  ASSERT_TRUE(store().ScanEntities(visit).ok());
  EXPECT_THAT(scanned, SizeIs(3));
}

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

INSTANTIATE_TEST_SUITE_P(Stores, StoreTest,
                         ::testing::Values(Kind::kMemory, Kind::kRocks,
                                           Kind::kReopenedRocks),
                         [](const auto& info) {
                           switch (info.param) {
                             case Kind::kMemory:
                               return "Memory";
                             case Kind::kRocks:
                               return "Rocks";
                             case Kind::kReopenedRocks:
                               return "ReopenedRocks";
                           }
                           return "";
                         });

}  // namespace
}  // namespace levee::storage
