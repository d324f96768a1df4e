#include "server/state/cells.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/state/happening.h"
#include "tests/server/state/builder.h"

namespace levee::state {
namespace {

using namespace levee::builder;  // NOLINT: its words are this file's language.

constexpr uint32_t kOpened = v1::EVENT_KIND_OPENED << 16 | kByCustomer;
constexpr uint32_t kReplied = v1::EVENT_KIND_CUSTOMER_REPLIED << 16;

struct Add {
  int64_t at_ms;  // after kStart
  uint32_t what = kOpened;
  uint64_t customer = 1;
};

CellSeries SeriesOf(const std::vector<Add>& adds) {
  CellSeries series;
  for (const Add& add : adds) {
    series.Add(kStart + add.at_ms, add.what, add.customer);
  }
  return series;
}

std::string Bytes(const CellSeries& series) {
  ReverseWriter writer;
  series.Encode(&writer);
  return writer.ToString();
}

std::vector<std::pair<int64_t, int>> Shape(const CellSeries& series) {
  std::vector<std::pair<int64_t, int>> shape;
  for (const Cell& cell : series.cells()) {
    shape.emplace_back(cell.start_ms - kStart, cell.level);
  }
  return shape;
}

std::vector<Add> AnyAdds(std::mt19937_64& random, int count, int64_t span_ms,
                         int customers) {
  std::vector<Add> adds;
  adds.reserve(count);
  for (int i = 0; i < count; ++i) {
    adds.push_back({static_cast<int64_t>(random() % span_ms),
                    random() % 3 == 0 ? kReplied : kOpened,
                    random() % customers});
  }
  return adds;
}

TEST(CellLevelTest, GrowsOnlyOnceTheWholeCoarserCellIsOldEnough) {
  const struct {
    int64_t age_ms;  // of the start of kStart's cell
    int level;
  } cases[] = {
      {-kDay, 0},
      {0, 0},
      {17 * kMinute - 1, 0},
      {17 * kMinute, 1},
      {3 * kHour + 30 * kMinute - 1, 1},
      {3 * kHour + 30 * kMinute, 2},
      {60 * kHour - 1, 2},
      {60 * kHour, 3},
      {31 * kDay + 12 * kHour - 1, 3},
      {31 * kDay + 12 * kHour, kLevels},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(CellLevel(kStart, kStart + c.age_ms), c.level) << c.age_ms;
  }
}

TEST(CellLevelTest, AWindowNeverFindsACellCoarserThanPromised) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const int64_t newest = kStart + random() % kDay;
    for (int level = 0; level < kLevels; ++level) {
      const int64_t age = random() % (kLevelAgeMs[level] + 1);
      ASSERT_LE(CellLevel(newest - age, newest), level) << age;
    }
  }
}

TEST(CellLevelTest, IsTheSameAllOverACell) {
  std::mt19937_64 random(8);
  for (int i = 0; i < 100'000; ++i) {
    const int64_t newest = kStart + random() % kDay;
    const int64_t at_ms = newest - random() % (random() % 2 ? kDay : 40 * kDay);
    const int level = CellLevel(at_ms, newest);
    if (level == kLevels) continue;
    const int64_t start = CellStart(at_ms, level);
    ASSERT_EQ(CellLevel(start, newest), level);
    ASSERT_EQ(CellLevel(start + kLevelWidthMs[level] - 1, newest), level);
  }
}

TEST(CellSeriesTest, GrowsCoarserWithAge) {
  CellSeries series = SeriesOf({{5 * kSecond}, {15 * kSecond}, {3 * kMinute}});
  EXPECT_THAT(Shape(series),
              ::testing::ElementsAre(std::pair(0, 0), std::pair(10'000, 0),
                                     std::pair(180'000, 0)));
  series.Add(kStart + 17 * kMinute, kOpened, 1);
  EXPECT_THAT(Shape(series),
              ::testing::ElementsAre(std::pair(0, 1), std::pair(180'000, 0),
                                     std::pair(1'020'000, 0)));
  series.Add(kStart + 50 * kDay, kOpened, 1);
  EXPECT_THAT(Shape(series), ::testing::ElementsAre(std::pair(50 * kDay, 0)));
  series.Add(kStart, kOpened, 1);  // Long forgotten.
  EXPECT_EQ(series.cells().size(), 1);
}

TEST(CellSeriesTest, OrderOfAddingChangesNothing) {
  const struct {
    int64_t span_ms;
    int count;
    int customers;
  } lives[] = {{kMinute, 500, 1000},
               {kHour, 2000, 300},
               {3 * kDay, 3000, 5000},
               {60 * kDay, 2000, 2000}};
  for (const auto& life : lives) {
    for (const uint64_t seed : {1, 2, 3}) {
      SCOPED_TRACE("span " + std::to_string(life.span_ms) + " seed " +
                   std::to_string(seed));
      std::mt19937_64 random(seed);
      std::vector<Add> adds =
          AnyAdds(random, life.count, life.span_ms, life.customers);
      const std::string bytes = Bytes(SeriesOf(adds));
      std::sort(adds.begin(), adds.end(),
                [](const Add& a, const Add& b) { return a.at_ms < b.at_ms; });
      ASSERT_EQ(Bytes(SeriesOf(adds)), bytes);
      std::reverse(adds.begin(), adds.end());
      ASSERT_EQ(Bytes(SeriesOf(adds)), bytes);
      std::shuffle(adds.begin(), adds.end(), random);
      ASSERT_EQ(Bytes(SeriesOf(adds)), bytes);
    }
  }
}

TEST(CellSeriesTest, TheSampleIsOfTheLowestHashes) {
  CellSeries series;
  std::set<uint32_t> hashes;
  for (uint64_t customer = 1; customer <= 1000; ++customer) {
    series.Add(kStart, kOpened, customer);
    hashes.insert(SampleHash(customer));
  }
  ASSERT_EQ(series.cells().size(), 1);
  const Sample& sample = series.cells()[0].sample;
  ASSERT_EQ(sample.entries().size(), kSampleMax);
  auto lowest = hashes.begin();
  for (const Sampled& entry : sample.entries()) {
    EXPECT_EQ(entry.hash, *lowest++);
  }
  EXPECT_EQ(sample.bound(), *lowest);
  EXPECT_EQ(series.cells()[0].counts[0], (Counted{kOpened, 1000}));
}

std::string Bytes(const Sample& sample) {
  ReverseWriter writer;
  sample.Encode(&writer);
  return writer.ToString();
}

TEST(SampleTest, MergedIsAsIfFilledAtOnce) {
  std::mt19937_64 random(9);
  for (const int of_a : {0, 1, 100, 128, 129, 1000}) {
    for (const int of_b : {0, 1, 100, 128, 129, 1000}) {
      SCOPED_TRACE(std::to_string(of_a) + " and " + std::to_string(of_b));
      Sample a;
      Sample b;
      Sample both;
      for (int i = 0; i < of_a + of_b; ++i) {
        const uint32_t hash = SampleHash(random() % 1500);
        const uint32_t what = random() % 4 == 0 ? kReplied : kOpened;
        (i < of_a ? a : b).Add(hash, what);
        both.Add(hash, what);
      }
      Sample merged = a;
      merged.Merge(b);
      EXPECT_EQ(Bytes(merged), Bytes(both));
      b.Merge(a);
      EXPECT_EQ(Bytes(b), Bytes(both));
    }
  }
}

TEST(SampleTest, RemovingMakesRoomAgain) {
  Sample sample;
  for (uint64_t c = 1; c <= 1000; ++c) {
    sample.Add(SampleHash(c), kOpened);
    if (c >= kSampleMax) sample.Remove(SampleHash(c - kSampleMax + 1), kOpened);
  }
  EXPECT_EQ(sample.bound(), uint64_t{1} << 32);
  EXPECT_EQ(sample.entries().size(), kSampleMax - 1);
}

TEST(CellSeriesTest, RemovedIsAsIfItHadNeverBeen) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const int64_t span_ms = seed == 1 ? kMinute : seed == 2 ? kHour : 5 * kDay;
    std::vector<Add> adds = AnyAdds(random, 100, span_ms, 100);
    adds.push_back({span_ms});  // The newest time stays.
    CellSeries series = SeriesOf(adds);
    while (adds.size() > 1) {
      const size_t which = random() % (adds.size() - 1);
      series.Remove(kStart + adds[which].at_ms, adds[which].what,
                    adds[which].customer);
      adds.erase(adds.begin() + which);
      ASSERT_EQ(Bytes(series), Bytes(SeriesOf(adds))) << adds.size();
    }
  }
}

TEST(CellSeriesTest, RemovingWhatIsNotThereChangesNothing) {
  CellSeries series = SeriesOf({{0}, {20 * kSecond}});
  const std::string before = Bytes(series);
  series.Remove(kStart, kReplied, 1);
  series.Remove(kStart + 10 * kSecond, kOpened, 1);
  series.Remove(kStart + 30 * kSecond, kOpened, 1);
  series.Remove(kStart - 60 * kDay, kOpened, 1);
  EXPECT_EQ(Bytes(series), before);
}

TEST(CellSeriesTest, AfterAnOverflowRemovingLeavesTheSampleExactBelowItsBound) {
  CellSeries series;
  for (uint64_t c = 1; c <= 300; ++c) series.Add(kStart, kOpened, c);
  const uint64_t bound = series.cells()[0].sample.bound();
  std::set<uint32_t> left;
  for (uint64_t c = 1; c <= 300; ++c) {
    if (c <= 200) {
      series.Remove(kStart, kOpened, c);
    } else if (SampleHash(c) < bound) {
      left.insert(SampleHash(c));
    }
  }
  const Cell& cell = series.cells()[0];
  EXPECT_EQ(cell.counts[0].count, 100);
  EXPECT_EQ(cell.sample.bound(), bound);
  std::set<uint32_t> got;
  for (const Sampled& entry : cell.sample.entries()) got.insert(entry.hash);
  EXPECT_EQ(got, left);
}

TEST(CellSeriesTest, BytesAreThoseOfProtobufAndComeBack) {
  std::mt19937_64 random(5);
  for (const int count : {0, 1, 2, 10, 100, 5000}) {
    CellSeries series = SeriesOf(AnyAdds(random, count, 40 * kDay, 3000));
    for (int i = 0; i < count; ++i) {
      series.Add(kStart + 40 * kDay, kOpened, random() % 3000);
    }
    const std::string bytes = Bytes(series);
    storage::v1::CellSeries record;
    ASSERT_TRUE(record.ParseFromString(bytes));
    EXPECT_EQ(record.SerializeAsString(), bytes);
    const absl::StatusOr<CellSeries> back = CellSeries::Decode(record);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(Bytes(*back), bytes);
  }
}

TEST(CellSeriesTest, AFirstHappeningTakesNoMemoryOfItsOwn) {
  EXPECT_EQ(SeriesOf({{0}}).heap_bytes(), 0);
  EXPECT_GT(SeriesOf({{0}, {kMinute}}).heap_bytes(), 0);
}

TEST(CellSeriesTest, DecodeRefusesWhatCannotBe) {
  using Record = storage::v1::CellSeries;
  const struct {
    const char* why;
    void (*damage)(Record& record);
  } cases[] = {
      {"out of range", [](Record& r) { r.set_newest_ms(-1); }},
      {"out of range", [](Record& r) { r.set_newest_ms(kTimeMaxMs + 1); }},
      {"not in order", [](Record& r) { r.set_newest_ms(kStart); }},
      {"not in order",
       [](Record& r) { r.mutable_cells()->SwapElements(0, 1); }},
      {"not in order", [](Record& r) { *r.add_cells() = r.cells(1); }},
      {"wrong level", [](Record& r) { r.mutable_cells(0)->set_level(1); }},
      {"wrong level", [](Record& r) { r.mutable_cells(0)->set_level(99); }},
      {"wrong level", [](Record& r) { r.set_newest_ms(kStart + 90 * kDay); }},
      {"wrong level",
       [](Record& r) { r.mutable_cells(0)->set_start_ms(kStart + 1); }},
      {"empty or differ", [](Record& r) { r.mutable_cells(0)->add_what(1); }},
      {"empty or differ",
       [](Record& r) {
         r.mutable_cells(0)->clear_what();
         r.mutable_cells(0)->clear_count();
       }},
      {"impossible count",
       [](Record& r) { r.mutable_cells(0)->set_count(0, 0); }},
      {"impossible count",
       [](Record& r) { r.mutable_cells(0)->set_what(0, 9 << 16); }},
      {"counts are not in order",
       [](Record& r) { r.mutable_cells(0)->set_what(1, kOpened); }},
      {"sample's arrays",
       [](Record& r) { r.mutable_cells(0)->add_sample_hash(1); }},
      {"impossible entry",
       [](Record& r) { r.mutable_cells(0)->set_sample_count(0, 0); }},
      {"impossible entry",
       [](Record& r) { r.mutable_cells(0)->set_sample_bound(1); }},
      {"sample is not in order",
       [](Record& r) {
         r.mutable_cells(0)->mutable_sample_hash()->SwapElements(0, 1);
       }},
      {"too many customers",
       [](Record& r) {
         storage::v1::Cell& cell = *r.mutable_cells(0);
         cell.clear_sample_hash();
         cell.clear_sample_what();
         cell.clear_sample_count();
         for (int i = 0; i <= kSampleMax; ++i) {
           cell.add_sample_hash(i);
           cell.add_sample_what(kOpened);
           cell.add_sample_count(1);
         }
       }},
  };
  Record good;
  ASSERT_TRUE(good.ParseFromString(
      Bytes(SeriesOf({{0}, {1, kReplied, 2}, {20 * kSecond}}))));
  ASSERT_TRUE(CellSeries::Decode(good).ok());
  for (const auto& c : cases) {
    Record record = good;
    c.damage(record);
    const absl::Status status = CellSeries::Decode(record).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << c.why;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(c.why));
  }
}

}  // namespace
}  // namespace levee::state
