#include "server/maintenance.h"

#include <atomic>
#include <ctime>
#include <thread>

#include "gtest/gtest.h"

namespace levee {
namespace {

void WaitFor(const std::atomic<int>& count, int wanted) {
  while (count.load() < wanted) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST(MaintenanceTest, TasksRunAtTheirIntervalsAndTheThreadRestsBetween) {
  std::atomic<int> often{0};
  std::atomic<int> seldom{0};
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t begin_cpu = std::clock();
  Maintenance maintenance({{100,
                            [&] {
                              ++often;
                              return absl::OkStatus();
                            }},
                           {3'600'000, [&] {
                              ++seldom;
                              return absl::OkStatus();
                            }}});
  WaitFor(often, 5);
  const double cpu_s =
      static_cast<double>(std::clock() - begin_cpu) / CLOCKS_PER_SEC;
  // Intervals are counted in whole milliseconds of a clock: each may be short
  // by one.
  EXPECT_GE(std::chrono::steady_clock::now() - begin,
            std::chrono::milliseconds(495));
  EXPECT_LT(cpu_s, 0.1);
  EXPECT_EQ(seldom.load(), 0);
}

TEST(MaintenanceTest, ATaskThatFailsIsTriedAgainAndHoldsUpNoOther) {
  std::atomic<int> failing{0};
  std::atomic<int> other{0};
  Maintenance maintenance({{1,
                            [&] {
                              ++failing;
                              return absl::UnavailableError("not now");
                            }},
                           {1, [&] {
                              ++other;
                              return absl::OkStatus();
                            }}});
  WaitFor(failing, 3);
  WaitFor(other, 3);
}

TEST(MaintenanceTest, StopDoesNotWaitForTheNextInterval) {
  const auto begin = std::chrono::steady_clock::now();
  Maintenance maintenance({{3'600'000, [] { return absl::OkStatus(); }}});
  maintenance.Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(1));
}

TEST(MaintenanceTest, AWallClockThatIsAwayIsNoFailure) {
  int64_t ahead_ms = 0;
  const auto check = WallClockCheck([&] { return ahead_ms; });
  for (const int64_t away : {0, 59'999, 60'000, -60'000, 0}) {
    ahead_ms = away;
    EXPECT_TRUE(check().ok());
  }
}

}  // namespace
}  // namespace levee
