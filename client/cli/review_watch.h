// Follows ReviewService.WatchReviews across restarts of the server.
#ifndef LEVEE_CLIENT_CLI_REVIEW_WATCH_H_
#define LEVEE_CLIENT_CLI_REVIEW_WATCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/cli/connection.h"

namespace levee::cli {

struct ReviewWatchOptions {
  // Tells first what was resolved after this resolved_sequence.
  std::optional<uint64_t> after;
  // Between connections that bring nothing.
  absl::Duration pause_min = absl::Milliseconds(200);
  absl::Duration pause_max = absl::Seconds(5);
};

// Threads: one.
class ReviewWatch {
 public:
  using OpenFn = std::function<std::unique_ptr<WatchReviewsCall>(
      const v1::WatchReviewsRequest& request)>;
  // Told of every review once, in order. An error ends the watch.
  using TellFn = std::function<absl::Status(const v1::Review& review)>;
  // The connection broke and is tried again after `pause`.
  using BrokenFn =
      std::function<void(const absl::Status& why, absl::Duration pause)>;

  ReviewWatch(const ReviewWatchOptions& options, OpenFn open, TellFn tell,
              BrokenFn broken);

  // Returns why it ended: what `tell` returned, or an error of the server's
  // that trying again would not change.
  absl::Status Run();

  // Where the next connection goes on; nullopt: nothing was told yet, and what
  // is resolved before it stands is not told.
  std::optional<uint64_t> after() const { return after_; }

 private:
  // One connection. `*final`: the error is no break of it.
  absl::Status RunOnce(bool* final);

  const OpenFn open_;
  const TellFn tell_;
  const BrokenFn broken_;
  const absl::Duration pause_min_;
  const absl::Duration pause_max_;
  absl::Duration pause_;
  std::optional<uint64_t> after_;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_REVIEW_WATCH_H_
