// Events that Levee could not be told in time, to be told later.
#ifndef LEVEE_CLIENT_BACKLOG_H_
#define LEVEE_CLIENT_BACKLOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "levee/v1/event.pb.h"

namespace levee::client {

// What became of the events that were not answered in time.
struct BacklogStatus {
  // Still to be submitted.
  size_t waiting = 0;
  // Taken by the server, now or at an attempt whose answer was lost.
  uint64_t delivered = 0;
  // Refused as they are, by the server or for their size; they are gone.
  uint64_t refused = 0;
  // Pushed out by newer ones while the backlog was full; they are gone.
  uint64_t dropped = 0;
  // Why the latest of `refused` was.
  std::string last_refusal;
};

struct BacklogOptions {
  // At most so many events, of so many bytes in all.
  size_t events_max = 10'000;
  size_t bytes_max = 64 << 20;
  // Between attempts while the server is away: doubles from the first to the
  // second.
  absl::Duration retry_min = absl::Milliseconds(100);
  absl::Duration retry_max = absl::Seconds(5);
};

// A bounded queue, and the thread that empties it in order with one event
// under way at a time. An event that fails again and again while the server
// answers goes to the end, so that it does not hold up the others. Lives in
// memory: what waits when the process ends is lost.
//
// Threads: safe.
class Backlog {
 public:
  // Submits one event, in one attempt of bounded time.
  using SubmitFn = std::function<absl::Status(const v1::TicketEvent&)>;

  Backlog(BacklogOptions options, SubmitFn submit);
  // Waits for the attempt under way, if any; the rest is lost.
  ~Backlog();
  Backlog(const Backlog&) = delete;
  Backlog& operator=(const Backlog&) = delete;

  // Drops the oldest events where there is no room, and refuses one that is
  // larger than kRequestBytesMax with its date. Where `event` does not say
  // when it occurred, `occurred_at` does from here on, so that an event counts
  // when it happened and not when it is delivered.
  void Add(v1::TicketEvent event, absl::Time occurred_at);

  // Tries at once, and waits until nothing is left. DEADLINE_EXCEEDED: after
  // `timeout` some were.
  absl::Status Flush(absl::Duration timeout);

  BacklogStatus status() const;

 private:
  struct Waiting {
    v1::TicketEvent event;
    size_t bytes = 0;
    // occurred_at is ours: at an earlier attempt it was not there.
    bool dated_here = false;
    // Since it came to the front, not counting those that say nothing of it.
    int failures = 0;
  };

  void Run();
  // Waits for work. False: the end.
  bool Next(Waiting* waiting);
  void Settle(Waiting waiting, const absl::Status& status);
  void Refuse(const Waiting& waiting, const absl::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // To the front, or to the end where it has failed too often.
  void PutBack(Waiting waiting) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t WaitingCount() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const BacklogOptions options_;
  const SubmitFn submit_;

  mutable absl::Mutex mutex_;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queue_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // The thread has one event in hand.
  bool under_way_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // No attempt before this, unless hurried.
  absl::Time not_before_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Duration wait_ ABSL_GUARDED_BY(mutex_);
  // Flush asks not to wait.
  bool hurried_ ABSL_GUARDED_BY(mutex_) = false;
  BacklogStatus counts_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace levee::client

#endif  // LEVEE_CLIENT_BACKLOG_H_
