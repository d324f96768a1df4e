// Many events over one connection.
#ifndef LEVEE_CLIENT_STREAM_H_
#define LEVEE_CLIENT_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/answer.h"
#include "client/backlog.h"
#include "client/guard.h"
#include "levee/v1/event.pb.h"
#include "levee/v1/guard_service.pb.h"

namespace levee::client {

struct StreamOptions {
  // Events of one request, at most; 1 to 256. Whatever waits goes out at once,
  // so that a batch is small while little comes and large while much does.
  int batch_events_max = 64;
  // Events sent or waiting without an answer, at most, and their bytes.
  size_t in_flight_events_max = 4'096;
  size_t in_flight_bytes_max = 64 << 20;
  // Without any answer for so long, while some are due, the stream breaks.
  absl::Duration stall = absl::Seconds(30);
};

// Submits events in the order they are given and tells the answers in that
// order.
//
// Every event that Send took gets exactly one answer. When the stream breaks
// (the server ends, stalls or refuses the call), those not answered yet are
// let through and submitted later, if the client fails open, or else answered
// with the error; Send fails from then on, and the caller opens another one.
//
// Threads: Send from any; Finish from one.
class Stream {
 public:
  // Runs on the stream's own thread, one call at a time: hold it up and Send
  // is held up. Must neither call Finish nor destroy the stream, and may call
  // Send only without waiting.
  //
  // The status is an error where the server refuses the event, as for
  // Client::Submit.
  using OnAnswer = std::function<void(const v1::TicketEvent&,
                                      const absl::StatusOr<Answer>&)>;

  // Made by Client::OpenStream. `backlog` is null where nothing fails open.
  Stream(StreamOptions options, std::unique_ptr<GuardStream> call,
         Backlog* backlog, OnAnswer on_answer);
  // Breaks the stream unless it is finished.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Takes one event; waits up to `wait` while too many are in flight.
  //
  // INVALID_ARGUMENT: no event_id, or larger than kRequestBytesMax; the stream
  // goes on. RESOURCE_EXHAUSTED: still too many.
  // FAILED_PRECONDITION: finished. Otherwise the stream broke, and the error
  // says why. After an error the event was not taken.
  absl::Status Send(v1::TicketEvent event,
                    absl::Duration wait = absl::InfiniteDuration());

  // Takes no more events, and waits until all are answered. OK, or why the
  // stream broke.
  absl::Status Finish();

 private:
  // What one request carries; shared by the threads that write and read.
  using Batch = std::shared_ptr<v1::SubmitStreamRequest>;

  bool HasRoom(size_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Waits until `condition` or the deadline, and breaks a stalled stream.
  bool AwaitOrBreak(const absl::Condition& condition, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteAll();
  // Null: nothing more to write.
  Batch NextBatch();
  void ReadAll();
  // False: the response does not fit what was asked.
  bool AnswerBatch(v1::SubmitStreamResponse response);
  void AnswerOne(const v1::TicketEvent& event, v1::SubmitResult result);
  void AnswerLost(const v1::TicketEvent& event, const absl::Status& why);
  void Release(size_t events, size_t bytes);
  void End(absl::Status status);

  const StreamOptions options_;
  const std::unique_ptr<GuardStream> call_;
  Backlog* const backlog_;
  const OnAnswer on_answer_;

  absl::Mutex mutex_;
  // Taken, not yet in a batch.
  std::deque<v1::TicketEvent> pending_ ABSL_GUARDED_BY(mutex_);
  // Written or being written, not yet answered.
  std::deque<Batch> sent_ ABSL_GUARDED_BY(mutex_);
  size_t in_flight_events_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t in_flight_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_progress_ ABSL_GUARDED_BY(mutex_);
  // No more Send.
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  // No more responses come; the writer stops.
  bool read_ ABSL_GUARDED_BY(mutex_) = false;
  // No more requests go.
  bool written_ ABSL_GUARDED_BY(mutex_) = false;
  // The call is over and status_ says how.
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  // All events are answered and the threads are about to end.
  bool drained_ ABSL_GUARDED_BY(mutex_) = false;
  // Why we broke it ourselves; OK: we did not.
  absl::Status broken_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);

  std::thread writer_;
  std::thread reader_;
};

}  // namespace levee::client

#endif  // LEVEE_CLIENT_STREAM_H_
