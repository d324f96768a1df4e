// The same again: whatever happens, the stored state is the fold of the
// journal, and every decision follows from the facts recorded with it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "storage/memory_store.h"
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
  // Lives `events` events with restarts in between.
  void LiveOn(Desk& desk, Life& life, int events) {
    while (events > 0) {
      desk.clock.Advance(static_cast<int64_t>(life.Below(20 * 60'000)));
      std::vector<v1::TicketEvent> group;
      for (uint64_t i = 0; i <= life.Below(5); ++i) {
        group.push_back(life.Next(desk.clock.WallMs()));
      }
      events -= static_cast<int>(group.size());
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
};

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
