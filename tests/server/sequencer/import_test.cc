// An import of history: its position, its order, and what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/server/sequencer/sequencer_fixture.h"

namespace levee::tests {
namespace {

using sequencer::Purpose;
using ::testing::HasSubstr;

using ImportTest = SequencerTest;

TEST_F(ImportTest, ImportGoesOnWhereItStoppedAndCountsNothingTwice) {
  const int64_t start = desk_.clock.WallMs() - 100 * 24 * kHour;
  std::vector<v1::TicketEvent> events;
  events.reserve(6);
  for (int i = 0; i < 6; ++i) {
    events.push_back(Opened().Customer("old").AtMs(start + i * kMinute));
  }
  const std::vector<v1::TicketEvent> begin(events.begin(), events.begin() + 3);
  const std::vector<v1::TicketEvent> rest(events.begin() + 3, events.end());
  for (const auto& d : desk_.SubmitAll(begin, Purpose::kImport, "log", 0)) {
    ASSERT_TRUE(d.ok()) << d.status();
  }
  ASSERT_TRUE(desk_.Restart().ok());
  const auto answers = desk_.SubmitAll(rest, Purpose::kImport, "log", 3);
  ASSERT_TRUE(answers[2].ok()) << answers[2].status();
  EXPECT_EQ(answers[2]->findings(0).evidence(0).value(), 6);
  // Another event at a place that is taken already.
  const auto again = desk_.SubmitAll({Opened().AtMs(start + kHour)},
                                     Purpose::kImport, "log", 4);
  EXPECT_TRUE(absl::IsAborted(again[0].status())) << again[0].status();
}

TEST_F(ImportTest, ImportTakesNothingAfterAGap) {
  const int64_t start = desk_.clock.WallMs() - kHour;
  const auto event = [&](int minute) {
    return Opened().Customer("old").AtMs(start + minute * kMinute);
  };
  ASSERT_TRUE(desk_.SubmitAll({event(0), event(1)}, Purpose::kImport, "log", 0)
                  .back()
                  .ok());
  const uint64_t last = store_.head().last_sequence;
  // The group ahead of this one was refused.
  for (const auto& answer :
       desk_.SubmitAll({event(3), event(4)}, Purpose::kImport, "log", 3)) {
    EXPECT_TRUE(absl::IsAborted(answer.status())) << answer.status();
    EXPECT_THAT(std::string(answer.status().message()),
                HasSubstr("goes on from position 2"));
  }
  EXPECT_EQ(store_.head().last_sequence, last);
  EXPECT_TRUE(desk_.SubmitAll({event(2)}, Purpose::kImport, "log", 2)[0].ok());
}

TEST_F(ImportTest, ImportPositionCountsWhatRecordsNothing) {
  const int64_t start = desk_.clock.WallMs() - kHour;
  const v1::TicketEvent known = Opened().AtMs(start);
  ASSERT_TRUE(desk_.Submit(known).ok());
  const auto answers = desk_.SubmitAll(
      {known, Withdrawn("nowhere").AtMs(start)}, Purpose::kImport, "log", 0);
  EXPECT_TRUE(answers[0].ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(answers[1].status()));
  ASSERT_TRUE(desk_.Restart().ok());
  const auto first = desk_.SubmitAll({Opened().AtMs(start + kMinute)},
                                     Purpose::kImport, "log", 0);
  EXPECT_TRUE(absl::IsAborted(first[0].status())) << first[0].status();
  const auto next = desk_.SubmitAll({Opened().AtMs(start + kMinute)},
                                    Purpose::kImport, "log", 2);
  EXPECT_TRUE(next[0].ok()) << next[0].status();
}

TEST_F(ImportTest, ImportOutOfOrderIsRefusedByName) {
  const int64_t start = desk_.clock.WallMs() - 24 * kHour;
  const auto answers =
      desk_.SubmitAll({Opened().AtMs(start), Opened().AtMs(start - 1)},
                      Purpose::kImport, "log", 0);
  EXPECT_TRUE(answers[0].ok());
  EXPECT_THAT(std::string(answers[1].status().message()),
              HasSubstr("occurred_at"));
}

}  // namespace
}  // namespace levee::tests
