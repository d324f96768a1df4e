// Sorting more than memory holds.
#include "client/cli/sorter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace levee::cli {
namespace {

v1::TicketEvent At(int64_t seconds, int32_t nanos, int number) {
  v1::TicketEvent event;
  event.mutable_occurred_at()->set_seconds(seconds);
  event.mutable_occurred_at()->set_nanos(nanos);
  event.set_event_id(absl::StrCat(number));
  return event;
}

std::vector<std::string> Drain(Sorter* sorter) {
  std::vector<std::string> ids;
  v1::TicketEvent event;
  for (;;) {
    auto more = sorter->Next(&event);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return ids;
    ids.push_back(event.event_id());
  }
}

struct Case {
  const char* name;
  size_t memory_bytes;
  int events;
};

class SorterTest : public ::testing::TestWithParam<Case> {};

// Every way through: in memory, some runs, and more runs than are kept open.
INSTANTIATE_TEST_SUITE_P(All, SorterTest,
                         ::testing::Values(Case{"memory", 1 << 20, 2'000},
                                           Case{"runs", 20'000, 2'000},
                                           Case{"runs_of_runs", 1'000, 2'000},
                                           Case{"each_a_run", 1, 300},
                                           Case{"nothing", 1, 0}),
                         [](const auto& param_info) {
                           return param_info.param.name;
                         });

TEST_P(SorterTest, EventsComeByTimeAndEqualTimesInTheirOrder) {
  const unsigned seed = 17;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  std::vector<v1::TicketEvent> events;
  events.reserve(GetParam().events);
  for (int i = 0; i < GetParam().events; ++i) {
    // Many equal times.
    events.push_back(At(random() % 50, random() % 2 == 0 ? 0 : 999'999'999, i));
  }
  Sorter sorter(GetParam().memory_bytes);
  for (const v1::TicketEvent& event : events) {
    ASSERT_TRUE(sorter.Add(event).ok());
  }
  ASSERT_TRUE(sorter.Finish().ok());
  EXPECT_EQ(events.size(), sorter.size());
  std::stable_sort(
      events.begin(), events.end(), [](const auto& a, const auto& b) {
        return std::pair(a.occurred_at().seconds(), a.occurred_at().nanos()) <
               std::pair(b.occurred_at().seconds(), b.occurred_at().nanos());
      });
  std::vector<std::string> expected;
  expected.reserve(events.size());
  for (const v1::TicketEvent& event : events) {
    expected.push_back(event.event_id());
  }
  EXPECT_EQ(expected, Drain(&sorter));
}

TEST(SorterEdgeTest, TheWholeRangeOfTimesSorts) {
  Sorter sorter(1);
  ASSERT_TRUE(sorter.Add(At(253'402'300'799, 999'999'999, 3)).ok());
  ASSERT_TRUE(sorter.Add(At(0, 1, 2)).ok());
  ASSERT_TRUE(sorter.Add(At(0, 0, 1)).ok());
  ASSERT_TRUE(sorter.Finish().ok());
  EXPECT_EQ((std::vector<std::string>{"1", "2", "3"}), Drain(&sorter));
}

TEST(SorterEdgeTest, AFolderThatIsNotThereIsNamed) {
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TMPDIR", "/nowhere", 1);
  Sorter sorter(1);
  const absl::Status status = sorter.Add(At(1, 0, 1));
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", kept.c_str(), 1);
  EXPECT_NE(std::string::npos, status.message().find("/nowhere")) << status;
}

}  // namespace
}  // namespace levee::cli
