#include "client/cli/review_watch.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace levee::cli {
namespace {

// Of a call that should never end, OK is a break too: a server that stops may
// end its calls in peace.
bool IsBreak(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
    // As a connection that broke within a message is told.
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace

ReviewWatch::ReviewWatch(const ReviewWatchOptions& options, OpenFn open,
                         TellFn tell, BrokenFn broken)
    : open_(std::move(open)),
      tell_(std::move(tell)),
      broken_(std::move(broken)),
      pause_min_(options.pause_min),
      pause_max_(options.pause_max),
      pause_(options.pause_min),
      after_(options.after) {}

absl::Status ReviewWatch::Run() {
  for (;;) {
    bool final = false;
    absl::Status status = RunOnce(&final);
    if (final) return status;
    if (status.ok()) status = absl::UnavailableError("the server ended it");
    broken_(status, pause_);
    absl::SleepFor(pause_);
    pause_ = std::min(pause_ * 2, pause_max_);
  }
}

absl::Status ReviewWatch::RunOnce(bool* final) {
  v1::WatchReviewsRequest request;
  if (after_.has_value()) request.set_after(*after_);
  const std::unique_ptr<WatchReviewsCall> call = open_(request);
  v1::WatchReviewsResponse response;
  while (call->Read(&response)) {
    pause_ = pause_min_;
    // A newer server's way to say that it is there.
    if (!response.has_review()) continue;
    if (absl::Status status = tell_(response.review()); !status.ok()) {
      *final = true;
      return status;
    }
    after_ = response.review().resolved_sequence();
  }
  absl::Status status = call->Finish();
  *final = !IsBreak(status);
  return status;
}

}  // namespace levee::cli
