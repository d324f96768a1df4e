#include "server/state/surge.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "server/state/happening.h"
#include "tests/server/state/builder.h"

namespace levee::state {
namespace {

using namespace levee::builder;  // NOLINT: its words are this file's language.

constexpr uint32_t kOpened = v1::EVENT_KIND_OPENED << 16 | kByCustomer;

// A desk that is told of openings hour by hour.
class Desk {
 public:
  // So many openings in each hour of [from, to), the hours counted from kStart.
  void Live(int from, int to, const std::function<int(int hour)>& openings) {
    for (int hour = from; hour < to; ++hour) {
      const int count = openings(hour);
      for (int i = 0; i < count; ++i) {
        const int64_t at_ms = kStart + hour * kHour + i * (kHour / count);
        surge_.Advance(at_ms, facts_);
        facts_.Add(at_ms, kOpened, i);
      }
      surge_.Advance(kStart + (hour + 1) * kHour - 1, facts_);
    }
  }

  // What is usual in a quarter of an hour, times four thousand.
  std::optional<int64_t> UsualAnHour(int hour) const {
    const std::optional<int64_t> milli =
        surge_.UsualMilli(kStart + hour * kHour);
    return milli.has_value() ? std::optional(*milli * 4) : std::nullopt;
  }

  Surge& surge() { return surge_; }

 private:
  Surge surge_;
  CellSeries facts_;
};

int Eight(int /*hour*/) { return 8; }

TEST(SurgeTest, NothingIsUsualBeforeADayHasComeOfAge) {
  Desk desk;
  // An hour comes of age a day after its end; the first is only part of one.
  desk.Live(0, 24 + 24, Eight);
  EXPECT_EQ(desk.UsualAnHour(50), std::nullopt);
  desk.Live(48, 52, Eight);
  EXPECT_EQ(desk.UsualAnHour(52), 8'000);
}

TEST(SurgeTest, TheHourOfTheDayCountsAfterThreeDays) {
  // Busy at noon only.
  const auto noon = [](int hour) { return hour % 24 == 12 ? 96 : 0; };
  Desk desk;
  desk.Live(0, 72, noon);
  // The mean of the 46 hours that are of age, two noons among them.
  ASSERT_TRUE(desk.UsualAnHour(84).has_value());
  EXPECT_NEAR(*desk.UsualAnHour(84), 192'000 / 46.0, 5);
  desk.Live(72, 100, noon);
  EXPECT_EQ(desk.UsualAnHour(108), 96'000);
  EXPECT_EQ(desk.UsualAnHour(123), 0);
}

TEST(SurgeTest, TheHourOfTheWeekCountsAfterTwoWeeks) {
  // Busy on the first day of each week.
  const auto monday = [](int hour) { return hour % 168 < 24 ? 40 : 4; };
  Desk desk;
  desk.Live(0, 2 * 168 + 48, monday);
  EXPECT_EQ(desk.UsualAnHour(2 * 168 + 10), 40'000);
  EXPECT_EQ(desk.UsualAnHour(2 * 168 + 34), 4'000);
}

TEST(SurgeTest, AWeekCountsForAnEighth) {
  Desk desk;
  desk.Live(0, 9 * 168, Eight);
  // One week of 88 an hour; a day later it has come of age.
  desk.Live(9 * 168, 10 * 168, [](int) { return 88; });
  desk.Live(10 * 168, 10 * 168 + 48, Eight);
  const std::optional<int64_t> usual = desk.UsualAnHour(10 * 168 + 72);
  ASSERT_TRUE(usual.has_value());
  EXPECT_NEAR(*usual, 18'000, 100);
}

TEST(SurgeTest, TheHourThatRunsDoesNotMakeItselfUsual) {
  Desk desk;
  desk.Live(0, 5 * 24, Eight);
  const std::optional<int64_t> before = desk.UsualAnHour(5 * 24);
  desk.Live(5 * 24, 5 * 24 + 20, [](int) { return 400; });
  EXPECT_EQ(desk.UsualAnHour(5 * 24 + 20), before);
}

TEST(SurgeTest, EncodesToWhatItWas) {
  Desk desk;
  desk.Live(0, 200, [](int hour) { return hour % 7; });
  desk.surge().prefixes.Add(kStart, kOpened, 5);
  ReverseWriter writer;
  desk.surge().Encode(&writer);
  storage::v1::SurgeRecord record;
  ASSERT_TRUE(record.ParseFromString(writer.ToString()));
  absl::StatusOr<Surge> again = Surge::Decode(record);
  ASSERT_TRUE(again.ok()) << again.status();
  ReverseWriter second;
  again->Encode(&second);
  EXPECT_EQ(second.ToString(), writer.ToString());

  record.mutable_weeks()->RemoveLast();
  EXPECT_EQ(Surge::Decode(record).status().code(), absl::StatusCode::kDataLoss);
}

TEST(SurgeTest, OpeningsAreTheCustomersOwn) {
  CellSeries facts;
  facts.Add(kStart, kOpened, 1);
  facts.Add(kStart + kMinute, kOpened, 2);
  facts.Add(kStart + kMinute, v1::EVENT_KIND_OPENED << 16, 2);
  facts.Add(kStart + kMinute,
            v1::EVENT_KIND_CUSTOMER_REPLIED << 16 | kByCustomer, 2);
  EXPECT_EQ(OpeningsIn(facts, kStart + 2 * kMinute, kSurgeWindowMs), 2);
  EXPECT_EQ(OpeningsIn(facts, kStart + kDay, kSurgeWindowMs), 0);
}

}  // namespace
}  // namespace levee::state
