#include <string>

#include "gtest/gtest.h"
#include "server/observe/latency.h"
#include "server/observe/log.h"

namespace levee::observe {
namespace {

TEST(LogTest, ALineIsOneJsonObject) {
  EXPECT_EQ(ToJson(1'700'000'000'123, Level::kInfo, Event::kReady,
                   {Field::Listen("127.0.0.1:0"), Field::Port(7171),
                    Field::Hash(std::string("\x00\xFF", 2))}),
            R"({"time":"2023-11-14T22:13:20.123Z","level":"info",)"
            R"("event":"ready","listen":"127.0.0.1:0","port":7171,)"
            R"("hash":"00ff"})");
}

TEST(LogTest, WhateverAReasonHoldsTheLineStaysJson) {
  EXPECT_EQ(JsonEscape("a\"b\\c\nd\x7F"), "a\\\"b\\\\c\\u000ad\\u007f");
  EXPECT_EQ(JsonEscape("\xE4\xB8\xAD"), "\xE4\xB8\xAD");
  for (const char* bad : {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80",
                          "\xE4\xB8", "\x80"}) {
    EXPECT_EQ(JsonEscape(bad).find("\xEF\xBF\xBD"), 0u) << bad;
  }
  EXPECT_EQ(JsonEscape(std::string(5000, 'x')).size(), 1024u);
}

constexpr int64_t kStartMs = 1'000'000;

TEST(LatencyTest, NothingRecordedIsZero) {
  const Latency latency;
  EXPECT_EQ(latency.Summarize(kStartMs).count, 0u);
  EXPECT_EQ(latency.Summarize(kStartMs).p99_us, 0);
}

TEST(LatencyTest, QuantilesAreWithinAnEighth) {
  Latency latency;
  for (int us = 1; us <= 10'000; ++us) latency.Record(kStartMs, us);
  const Latency::Summary summary = latency.Summarize(kStartMs);
  EXPECT_EQ(summary.count, 10'000u);
  EXPECT_GE(summary.p50_us, 5'000);
  EXPECT_LE(summary.p50_us, 5'000 * 9 / 8);
  EXPECT_GE(summary.p99_us, 9'900);
  EXPECT_LE(summary.p99_us, 10'000);
  EXPECT_EQ(summary.max_us, 10'000);
}

TEST(LatencyTest, EveryValueFallsIntoABucketNotBelowIt) {
  for (int64_t us = 0; us < 8'000'000'000; us = us * 3 / 2 + 1) {
    Latency latency;
    latency.Record(kStartMs, us);
    const Latency::Summary summary = latency.Summarize(kStartMs);
    EXPECT_EQ(summary.max_us, us);
    if (us < 3'600'000'000) {
      EXPECT_EQ(summary.p50_us, us);
    }
  }
}

TEST(LatencyTest, AMinuteLaterItIsForgotten) {
  Latency latency;
  latency.Record(kStartMs, 500, 3);
  EXPECT_EQ(latency.Summarize(kStartMs + 49'000).count, 3u);
  EXPECT_EQ(latency.Summarize(kStartMs + 60'000).count, 0u);
  latency.Record(kStartMs + 60'000, 7);
  const Latency::Summary summary = latency.Summarize(kStartMs + 60'000);
  EXPECT_EQ(summary.count, 1u);
  EXPECT_EQ(summary.max_us, 7);
}

}  // namespace
}  // namespace levee::observe
