// The same again: whatever happens, the stored state is the fold of the
// journal, and every decision follows from the facts recorded with it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/memory_store.h"
#include "tests/event_builder.h"
#include "tests/fold.h"
#include "tests/life.h"
#include "tests/server/sequencer/desk.h"

namespace levee::tests {
namespace {

uint64_t SeedOf(const char* name, uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

class ReplayTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  // Among an import's events are some that were recorded before, and the last
  // one is refused now and then.
  void ImportSome(Desk& desk, Life& life, std::vector<v1::TicketEvent> group) {
    if (!imported_.empty() && life.Chance(2)) group.push_back(imported_.back());
    if (life.Chance(3)) group.push_back(Withdrawn("nowhere"));
    const auto answers = desk.SubmitAll(group, sequencer::Purpose::kImport,
                                        "history", imported_.size());
    for (const auto& answer : answers) {
      ASSERT_TRUE(answer.ok() || absl::IsFailedPrecondition(answer.status()) ||
                  absl::IsInvalidArgument(answer.status()) ||
                  absl::IsAlreadyExists(answer.status()))
          << answer.status();
    }
    imported_.insert(imported_.end(), group.begin(), group.end());
  }

  // Lives `events` events with restarts in between.
  void LiveOn(Desk& desk, Life& life, int events) {
    while (events > 0) {
      desk.clock.Advance(static_cast<int64_t>(life.Below(20 * 60'000)));
      std::vector<v1::TicketEvent> group;
      for (uint64_t i = 0; i <= life.Below(5); ++i) {
        group.push_back(life.Next(desk.clock.WallMs()));
      }
      events -= static_cast<int>(group.size());
      if (life.Chance(8)) {
        ASSERT_NO_FATAL_FAILURE(ImportSome(desk, life, std::move(group)));
        continue;
      }
      const auto purpose = life.Chance(10) ? sequencer::Purpose::kPreview
                                           : sequencer::Purpose::kSubmit;
      for (const auto& answer : desk.SubmitAll(group, purpose)) {
        ASSERT_TRUE(answer.ok() || absl::IsFailedPrecondition(answer.status()))
            << answer.status();
      }
      if (life.Chance(100)) {
        ASSERT_TRUE(desk.ApplyRules(kLifeRules).ok());
      }
      if (life.Chance(150)) {
        ASSERT_TRUE(desk.Restart().ok());
      }
    }
  }

 private:
  std::vector<v1::TicketEvent> imported_;
};

// How many entries say how far an import came.
int PositionsIn(const storage::Journal& journal) {
  int positions = 0;
  const absl::Status scanned =
      journal.Scan(1, journal.head().last_sequence,
                   [&](uint64_t /*sequence*/, std::string_view bytes) {
                     storage::v1::Entry entry;
                     EXPECT_TRUE(entry.ParseFromArray(
                         bytes.data(), static_cast<int>(bytes.size())));
                     positions += entry.has_import();
                     return true;
                   });
  EXPECT_TRUE(scanned.ok()) << scanned;
  return positions;
}

TEST_P(ReplayTest, StoredStateIsTheFoldOfTheJournalByteForByte) {
  const uint64_t seed = SeedOf("LEVEE_SEED", GetParam());
  std::cout << "seed " << seed << "\n";
  storage::MemoryStore store;
  sequencer::Options options;
  // Small, so that entities come and go.
  options.cache_entities_max = 24;
  options.cache_names_max = 4'096;
  options.flush_lag_entries = 40;
  Desk desk(&store, options);
  ASSERT_TRUE(desk.Start().ok());
  ASSERT_TRUE(desk.ApplyRules(kLifeRules).ok());
  Life life(seed);
  ASSERT_NO_FATAL_FAILURE(LiveOn(desk, life, 3'000));
  desk.Stop();

  EXPECT_GT(PositionsIn(store), 0);
  Records folded;
  const absl::Status fold = Fold(store, &folded);
  ASSERT_TRUE(fold.ok()) << fold;
  EXPECT_GT(folded.size(), 60);
  const Records stored = StoredRecords(store);
  EXPECT_EQ(stored.size(), folded.size());
  for (const auto& [key, record] : folded) {
    auto it = stored.find(key);
    ASSERT_NE(it, stored.end());
    const auto decoded = state::EntityKey::Decode(key);
    EXPECT_EQ(it->second, record) << "entity kind " << decoded->kind;
  }
}

TEST_P(ReplayTest, AnEmptyStateReplaysTheWholeJournal) {
  const uint64_t seed = SeedOf("LEVEE_SEED", GetParam());
  std::cout << "seed " << seed << "\n";
  storage::MemoryStore store;
  Desk desk(&store);
  ASSERT_TRUE(desk.Start().ok());
  ASSERT_TRUE(desk.ApplyRules(kLifeRules).ok());
  Life life(seed);
  ASSERT_NO_FATAL_FAILURE(LiveOn(desk, life, 1'000));
  desk.Stop();
  const Records before = StoredRecords(store);

  store.ForgetEntities();
  ASSERT_TRUE(desk.Restart().ok());
  desk.Stop();
  EXPECT_EQ(StoredRecords(store), before);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReplayTest, ::testing::Range<uint64_t>(1, 7));

}  // namespace
}  // namespace levee::tests
