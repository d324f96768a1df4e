// The load generator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/event_check.h"
#include "client/load/generator.h"
#include "client/load/histogram.h"
#include "client/load/traffic.h"

namespace levee::load {
namespace {

TEST(HistogramTest, QuantilesAreWithinTheStatedError) {
  const unsigned seed = 99;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  Histogram histogram;
  std::vector<int64_t> values;
  for (int i = 0; i < 50'000; ++i) {
    // From a microsecond to minutes.
    values.push_back(random() % (int64_t{1} << (1 + random() % 28)));
    histogram.Add(absl::Microseconds(values.back()));
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values.size(), histogram.count());
  EXPECT_EQ(absl::Microseconds(values.back()), histogram.Max());
  for (const double share : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto place = static_cast<size_t>(
        std::ceil(share * static_cast<double>(values.size())));
    const auto exact = static_cast<double>(values[place - 1]);
    const double told = absl::ToDoubleMicroseconds(histogram.Quantile(share));
    EXPECT_GE(told, exact) << share;
    EXPECT_LE(told, exact * 65 / 64 + 1) << share;
  }
}

TEST(HistogramTest, ExtremesFit) {
  Histogram histogram;
  EXPECT_EQ(absl::ZeroDuration(), histogram.Quantile(0.5));
  histogram.Add(-absl::Seconds(1));
  EXPECT_EQ(absl::ZeroDuration(), histogram.Max());
  histogram.Add(absl::InfiniteDuration());
  EXPECT_EQ(absl::Microseconds((int64_t{1} << 36) - 1), histogram.Max());
  EXPECT_EQ(histogram.Max(), histogram.Quantile(1));
}

TEST(TrafficTest, TheSameSeedMakesTheSameEventsAndAllAreRight) {
  const Traffic traffic("run", 7, 100);
  const Traffic again("run", 7, 100);
  const Traffic other("run", 8, 100);
  std::set<std::string> ids;
  std::set<int> kinds;
  int different = 0;
  for (uint64_t i = 0; i < 1'000; ++i) {
    v1::TicketEvent event = traffic.Make(i);
    EXPECT_EQ(event.SerializeAsString(), again.Make(i).SerializeAsString());
    different += event.SerializeAsString() != other.Make(i).SerializeAsString();
    ids.insert(event.event_id());
    kinds.insert(event.kind());
    event.mutable_occurred_at()->set_seconds(1);
    EXPECT_TRUE(cli::CheckForImport(event).ok()) << event.DebugString();
  }
  EXPECT_EQ(1'000u, ids.size());
  EXPECT_EQ(4u, kinds.size());
  EXPECT_GT(different, 900);
}

// Answers at once, but takes its time for one of the events.
class SlowTarget final : public Target {
 public:
  void Send(v1::TicketEvent, OnAnswer on_answer) override {
    if (++sent_ == 20) absl::SleepFor(absl::Milliseconds(200));
    if (sent_ % 10 == 0) {
      on_answer(absl::UnavailableError("busy"));
      return;
    }
    v1::Decision decision;
    decision.set_verdict(sent_ % 10 == 1 ? v1::VERDICT_HOLD
                                         : v1::VERDICT_ALLOW);
    on_answer(decision);
  }
  void Finish() override {}

 private:
  int sent_ = 0;
};

TEST(GeneratorTest, WaitingForAStalledServerCountsIntoLatency) {
  SlowTarget target;
  std::atomic<bool> interrupted{false};
  LoadReport report;
  RunLoad({.rate = 1'000, .duration = absl::Milliseconds(300)},
          Traffic("run", 1, 10), &target, &interrupted, &report);
  EXPECT_EQ(300u, report.sent);
  EXPECT_EQ(0u, report.unsent);
  EXPECT_EQ(300u, report.latency.count());
  EXPECT_EQ(30u, report.verdicts[v1::VERDICT_HOLD]);
  EXPECT_EQ(240u, report.verdicts[v1::VERDICT_ALLOW]);
  EXPECT_EQ(30u, report.errors["UNAVAILABLE"]);
  EXPECT_EQ("busy", report.examples["UNAVAILABLE"]);
  // Only one event was slow, but some hundred were due meanwhile.
  EXPECT_GE(report.latency.Quantile(0.8), absl::Milliseconds(50));
  EXPECT_GE(report.latency.Max(), absl::Milliseconds(200));
  EXPECT_GE(report.elapsed, absl::Milliseconds(299));
}

TEST(GeneratorTest, AnInterruptionStopsIt) {
  SlowTarget target;
  std::atomic<bool> interrupted{true};
  LoadReport report;
  RunLoad({.rate = 1, .duration = absl::Hours(1)}, Traffic("run", 1, 10),
          &target, &interrupted, &report);
  EXPECT_EQ(3'600u, report.sent + report.unsent);
  EXPECT_LE(report.sent, 1u);
}

TEST(GeneratorTest, OnlyThisMachineIsLoopback) {
  for (const char* server :
       {"localhost:7171", "127.0.0.1:7171", "127.255.0.3:1", "[::1]:7171",
        "unix:/run/levee", "dns:///localhost:1", "ipv4:127.0.0.1:1"}) {
    EXPECT_TRUE(IsLoopback(server)) << server;
  }
  for (const char* server :
       {"example.com:7171", "127.evil.example:1", "127.0.0.1.example:1",
        "10.0.0.1:7171", "[2001:db8::1]:1", "localhost.example:1", "",
        "dns://evil.example/127.0.0.1:1"}) {
    EXPECT_FALSE(IsLoopback(server)) << server;
  }
}

}  // namespace
}  // namespace levee::load
