// Tells who wants to know of it that reviews were resolved.
#ifndef LEVEE_SERVER_SEQUENCER_FEED_H_
#define LEVEE_SERVER_SEQUENCER_FEED_H_

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "storage/mutex.h"

namespace levee::sequencer {

// A review was resolved, by that entry.
struct Resolved {
  uint64_t tenant = 0;
  uint64_t sequence = 0;
};

// Threads: any.
class Feed {
 public:
  // Runs on the answerer's thread, after the commit; must not block, nor call
  // the feed.
  using Listener = std::function<void(const Resolved&)>;

  // The number to unsubscribe by.
  uint64_t Subscribe(Listener listener);
  // When it returns, the listener does not run any more.
  void Unsubscribe(uint64_t number);
  void Publish(const std::vector<Resolved>& resolved);

 private:
  storage::Mutex mutex_;
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, Listener> listeners_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_FEED_H_
