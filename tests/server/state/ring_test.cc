#include "server/state/ring.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/state/builder.h"

namespace levee::state {
namespace {

using namespace levee::builder;  // NOLINT: its words are this file's language.

Happened H(uint64_t sequence, int64_t at_ms,
           v1::EventKind kind = v1::EVENT_KIND_OPENED) {
  return {.effective_ms = kStart + at_ms,
          .sequence = sequence,
          .peer = 100 + sequence,
          .agent = sequence % 3,
          .flags = kByCustomer,
          .kind = static_cast<uint8_t>(kind),
          .let_through = sequence % 2 == 0};
}

Ring RingOf(const std::vector<Happened>& all) {
  Ring ring;
  for (const Happened& happened : all) ring.Add(happened);
  return ring;
}

std::vector<uint64_t> Sequences(absl::Span<const Happened> happenings) {
  std::vector<uint64_t> sequences;
  for (const Happened& happened : happenings) {
    sequences.push_back(happened.sequence);
  }
  return sequences;
}

std::string Bytes(const Ring& ring) {
  ReverseWriter writer;
  ring.Encode(&writer);
  return writer.ToString();
}

TEST(RingTest, KeepsTimeOrderThenSequence) {
  const Ring ring = RingOf({H(1, 20), H(2, 10), H(4, 20), H(3, 20)});
  EXPECT_THAT(Sequences(ring.happenings()), ::testing::ElementsAre(2, 1, 3, 4));
  EXPECT_EQ(ring.first_seen_ms(), kStart + 10);
  EXPECT_EQ(ring.last_seen_ms(), kStart + 20);
}

TEST(RingTest, BetweenIsOpenBelowAndClosedAbove) {
  const Ring ring = RingOf({H(1, 10), H(2, 20), H(3, 30)});
  EXPECT_THAT(Sequences(ring.Between(kStart + 10, kStart + 20)),
              ::testing::ElementsAre(2));
  EXPECT_THAT(Sequences(ring.Between(0, kTimeMaxMs)),
              ::testing::ElementsAre(1, 2, 3));
  EXPECT_TRUE(ring.Between(kStart + 30, kTimeMaxMs).empty());
}

TEST(RingTest, KeepsTheLatestOfEachKind) {
  Ring ring;
  ring.Add(H(1, 0, v1::EVENT_KIND_SOLVED));
  for (int i = 2; i <= 2 * kRingMax; ++i) ring.Add(H(i, i));
  EXPECT_EQ(ring.happenings().size(), kRingMax + 1);
  EXPECT_EQ(ring.happenings()[0].sequence, 1);
  EXPECT_EQ(ring.happenings()[1].sequence, kRingMax + 1);
  ring.Add(H(1000, 1));  // Older than all of its full kind.
  EXPECT_EQ(ring.Find(1000), nullptr);
  EXPECT_EQ(ring.total(v1::EVENT_KIND_OPENED), 2 * kRingMax);
}

TEST(RingTest, ForgetsWhatIsOlderThanTheLongestWindow) {
  Ring ring = RingOf({H(1, 0), H(2, 1), H(3, kWindowMaxMs)});
  EXPECT_THAT(Sequences(ring.happenings()), ::testing::ElementsAre(1, 2, 3));
  ring.Add(H(4, kWindowMaxMs + 1));
  EXPECT_THAT(Sequences(ring.happenings()), ::testing::ElementsAre(2, 3, 4));
  ring.Add(H(5, 0));
  EXPECT_EQ(ring.Find(5), nullptr);
  EXPECT_EQ(ring.total(v1::EVENT_KIND_OPENED), 5);
  EXPECT_EQ(ring.first_seen_ms(), kStart);
}

TEST(RingTest, TotalsAreOfTheCustomersOwnActs) {
  Ring ring = RingOf({H(1, 0), H(2, 0), H(3, 0, v1::EVENT_KIND_REOPENED)});
  Happened by_agent = H(5, 0);
  by_agent.flags = 0;
  ring.Add(by_agent);
  EXPECT_EQ(ring.total(v1::EVENT_KIND_OPENED), 2);
  EXPECT_EQ(ring.total(v1::EVENT_KIND_REOPENED), 1);
  EXPECT_EQ(ring.total(v1::EVENT_KIND_WITHDRAWN), 0);
  EXPECT_EQ(ring.not_allowed(), 2);
}

TEST(RingTest, OrderOfAddingChangesNothing) {
  for (const uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<Happened> all;
    for (int i = 1; i <= 400; ++i) {
      all.push_back(H(i, random() % (seed % 2 == 0 ? 100 : 60 * kDay),
                      static_cast<v1::EventKind>(1 + random() % 7 % seed)));
    }
    const std::string bytes = Bytes(RingOf(all));
    for (int round = 0; round < 5; ++round) {
      std::shuffle(all.begin(), all.end(), random);
      ASSERT_EQ(Bytes(RingOf(all)), bytes);
    }
  }
}

TEST(RingTest, RemovedIsAsIfItHadNeverBeen) {
  for (const uint64_t seed : {1, 2, 3, 4}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<Happened> all;
    for (int i = 1; i <= 100; ++i) {
      all.push_back(
          H(i, random() % kDay, static_cast<v1::EventKind>(1 + random() % 7)));
    }
    Ring ring = RingOf(all);
    while (!all.empty()) {
      const size_t which = random() % all.size();
      ring.Remove(all[which].sequence);
      ring.Remove(all[which].sequence);  // A second time changes nothing.
      all.erase(all.begin() + which);
      ASSERT_EQ(Bytes(ring), Bytes(RingOf(all))) << all.size() << " left";
    }
  }
}

TEST(RingTest, RemovingWhatIsNotThereChangesNothing) {
  Ring ring = RingOf({H(1, 0), H(2, 1)});
  const std::string before = Bytes(ring);
  ring.Remove(3);
  EXPECT_EQ(Bytes(ring), before);
}

TEST(RingTest, BytesAreThoseOfProtobufAndComeBack) {
  for (const int size : {0, 1, 2, 63, 64, 65, 300}) {
    std::mt19937_64 random(size);
    Ring ring;
    for (int i = 1; i <= size; ++i) {
      ring.Add(H(random() % (1ull << 40), random() % (30 * kDay),
                 static_cast<v1::EventKind>(1 + i % 7)));
    }
    ring.Note(77);
    const std::string bytes = Bytes(ring);
    storage::v1::RingRecord record;
    ASSERT_TRUE(record.ParseFromString(bytes));
    EXPECT_EQ(record.SerializeAsString(), bytes);
    const absl::StatusOr<Ring> back = Ring::Decode(record);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(Bytes(*back), bytes);
    EXPECT_EQ(back->last_sequence(), 77);
    EXPECT_TRUE(std::equal(back->happenings().begin(), back->happenings().end(),
                           ring.happenings().begin(), ring.happenings().end()));
    EXPECT_EQ(back->heap_bytes() > 0, size > 1);
  }
}

TEST(RingTest, DecodeRefusesWhatCannotBe) {
  using Record = storage::v1::RingRecord;
  const struct {
    const char* why;
    void (*damage)(Record& record);
  } cases[] = {
      {"differ in length", [](Record& r) { r.mutable_facts()->add_kind(1); }},
      {"differ in length", [](Record& r) { r.mutable_facts()->clear_peer(); }},
      {"differ in length",
       [](Record& r) { r.mutable_consequences()->add_let_through(0); }},
      {"more bits",
       [](Record& r) { r.mutable_consequences()->set_let_through(0, 8); }},
      {"unknown kind", [](Record& r) { r.mutable_facts()->set_kind(0, 8); }},
      {"unknown kind", [](Record& r) { r.mutable_facts()->set_kind(0, 0); }},
      {"flags",
       [](Record& r) { r.mutable_facts()->set_flags(0, kFlagsAll + 1); }},
      {"out of range",
       [](Record& r) { r.mutable_facts()->set_effective_ms(1, -1); }},
      {"out of range",
       [](Record& r) { r.mutable_facts()->set_effective_ms(1, INT64_MAX); }},
      {"not in order",
       [](Record& r) {
         r.mutable_facts()->set_effective_ms(1, 0);
         r.mutable_facts()->set_sequence(1, 1);
       }},
      {"by kind", [](Record& r) { r.mutable_facts()->add_totals(0); }},
      {"total of kind", [](Record& r) { r.mutable_facts()->set_totals(1, 2); }},
      {"not_allowed",
       [](Record& r) { r.mutable_consequences()->clear_not_allowed(); }},
      {"first and last",
       [](Record& r) { r.mutable_facts()->set_first_seen_ms(kTimeMaxMs); }},
      {"first and last",
       [](Record& r) { r.mutable_facts()->set_last_seen_ms(INT64_MAX); }},
      {"older or newer",
       [](Record& r) { r.mutable_facts()->set_last_seen_ms(kStart + 1); }},
  };
  Record good;
  ASSERT_TRUE(good.ParseFromString(Bytes(RingOf({H(1, 0), H(2, 1), H(3, 2)}))));
  ASSERT_TRUE(Ring::Decode(good).ok());
  for (const auto& c : cases) {
    Record record = good;
    c.damage(record);
    const absl::Status status = Ring::Decode(record).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << c.why;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(c.why));
  }
}

}  // namespace
}  // namespace levee::state
