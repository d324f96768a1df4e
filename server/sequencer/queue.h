// The bounded queue between the RPCs' threads and the sequencer.
#ifndef LEVEE_SERVER_SEQUENCER_QUEUE_H_
#define LEVEE_SERVER_SEQUENCER_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/status/status.h"
#include "server/sequencer/job.h"
#include "storage/mutex.h"

namespace levee::sequencer {

// What a job brings.
struct Weight {
  // An operator's act counts as one.
  size_t events = 0;
  // Of subjects and bodies, or of rules.
  size_t bytes = 0;
  // With something that was not a customer's own act: such jobs are facts and
  // are not shed for the sake of customers' events.
  bool fact = false;
};
Weight WeightOf(const Job& job);

// Bytes of text that wait at most: 64 full-sized messages; facts may use a
// quarter more.
inline constexpr size_t kQueueBytesMax = 64 << 20;
// A batch with so many is full.
inline constexpr size_t kBatchBytesMax = 8 << 20;

// Threads: Pop from one thread; all else from any.
class Queue {
 public:
  // Customers' events fill at most `events_max`; facts may use a quarter more.
  explicit Queue(size_t events_max) : events_max_(events_max) {}

  // Takes the job, or leaves it untouched: RESOURCE_EXHAUSTED when it does not
  // fit, UNAVAILABLE once closed.
  absl::Status Push(Job& job);

  // What Pop waits for and takes.
  struct Want {
    // Waits until so many events are there...
    size_t events_min = 1;
    // ...at most so long, and not past a Wake.
    int64_t timeout_us = 0;
    // Takes jobs of so many events and kBatchBytesMax in all, but one job at
    // least.
    size_t events_max = 1;
  };
  // Appends what there is to `jobs` and adds its weight to `taken`. False:
  // closed and empty.
  bool Pop(const Want& want, std::vector<Job>* jobs, Weight* taken);

  // Ends the Pop that waits, or else the wait of the next one.
  void Wake();

  // Takes no more; what is inside can still be popped.
  void Close();

  size_t length() const;
  size_t capacity() const { return events_max_; }

 private:
  const size_t events_max_;
  mutable storage::Mutex mutex_;
  storage::Condition changed_;
  struct Waiting {
    Job job;
    Weight weight;
  };
  std::deque<Waiting> jobs_ ABSL_GUARDED_BY(mutex_);
  size_t events_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  // Pop waits for so many events; 0: it does not.
  size_t awaited_ ABSL_GUARDED_BY(mutex_) = 0;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_QUEUE_H_
