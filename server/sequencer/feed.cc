#include "server/sequencer/feed.h"

#include <utility>

namespace levee::sequencer {

using storage::MutexLock;

uint64_t Feed::Subscribe(Listener listener) {
  MutexLock lock(mutex_);
  listeners_.emplace(next_, std::move(listener));
  return next_++;
}

void Feed::Unsubscribe(uint64_t number) {
  MutexLock lock(mutex_);
  listeners_.erase(number);
}

void Feed::Publish(const std::vector<Resolved>& resolved) {
  MutexLock lock(mutex_);
  for (const Resolved& one : resolved) {
    for (const auto& [number, listener] : listeners_) listener(one);
  }
}

}  // namespace levee::sequencer
