// The watch of reviews, without a server.
#include "client/cli/review_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace levee::cli {
namespace {

using ::testing::ElementsAre;

// Tells of these sequences, then ends so.
struct Script {
  std::deque<uint64_t> sequences;
  absl::Status end;
};

class ScriptedCall final : public WatchReviewsCall {
 public:
  explicit ScriptedCall(Script script) : script_(std::move(script)) {}
  bool Read(v1::WatchReviewsResponse* response) override {
    if (script_.sequences.empty()) return false;
    response->mutable_review()->set_resolved_sequence(
        script_.sequences.front());
    script_.sequences.pop_front();
    return true;
  }
  absl::Status Finish() override { return script_.end; }

 private:
  Script script_;
};

// Runs the scripts one after the other.
class ReviewWatchTest : public ::testing::Test {
 protected:
  absl::Status Run(std::deque<Script> scripts,
                   std::optional<uint64_t> after = std::nullopt) {
    ReviewWatch watch(
        {.after = after,
         .pause_min = absl::Microseconds(1),
         .pause_max = absl::Microseconds(3)},
        [&](const v1::WatchReviewsRequest& request) {
          asked_.push_back(request.has_after() ? absl::StrCat(request.after())
                                               : "now");
          Script script = scripts.front();
          scripts.pop_front();
          return std::make_unique<ScriptedCall>(std::move(script));
        },
        [&](const v1::Review& review) {
          told_.push_back(review.resolved_sequence());
          return review.resolved_sequence() == 99 ? absl::DataLossError("full")
                                                  : absl::OkStatus();
        },
        [&](const absl::Status& why, absl::Duration pause) {
          pauses_.push_back(absl::ToInt64Microseconds(pause));
        });
    return watch.Run();
  }

  std::vector<std::string> asked_;
  std::vector<uint64_t> told_;
  std::vector<int64_t> pauses_;
};

TEST_F(ReviewWatchTest, GoesOnAfterTheLastOneTold) {
  const absl::Status end = Run({{{}, absl::UnavailableError("away")},
                                {{5, 7}, absl::OkStatus()},
                                {{}, absl::CancelledError("stopping")},
                                {{8}, absl::InternalError("reset")},
                                {{}, absl::PermissionDeniedError("no")}});
  EXPECT_EQ(absl::PermissionDeniedError("no"), end);
  EXPECT_THAT(asked_, ElementsAre("now", "now", "7", "7", "8"));
  EXPECT_THAT(told_, ElementsAre(5, 7, 8));
}

TEST_F(ReviewWatchTest, BeginsWhereItIsTold) {
  Run({{{}, absl::UnavailableError("away")},
       {{}, absl::UnauthenticatedError("no")}},
      0)
      .IgnoreError();
  EXPECT_THAT(asked_, ElementsAre("0", "0"));
}

TEST_F(ReviewWatchTest, PausesGrowUntilSomethingComes) {
  const absl::Status away = absl::UnavailableError("away");
  Run({{{}, away},
       {{}, away},
       {{}, away},
       {{1}, away},
       {{}, away},
       {{}, absl::UnimplementedError("old")}})
      .IgnoreError();
  EXPECT_THAT(pauses_, ElementsAre(1, 2, 3, 1, 2));
}

TEST_F(ReviewWatchTest, WhatCannotBeToldEndsIt) {
  EXPECT_EQ(absl::DataLossError("full"),
            Run({{{98, 99, 100}, absl::OkStatus()}}));
  EXPECT_THAT(told_, ElementsAre(98, 99));
}

}  // namespace
}  // namespace levee::cli
