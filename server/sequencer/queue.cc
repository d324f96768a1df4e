#include "server/sequencer/queue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace levee::sequencer {

using storage::MutexLock;

Weight WeightOf(const Job& job) {
  if (const auto* act = std::get_if<std::unique_ptr<RuleSetAct>>(&job)) {
    return {.events = 1, .bytes = (*act)->text.size(), .fact = true};
  }
  const auto* group = std::get_if<std::unique_ptr<EventGroup>>(&job);
  if (group == nullptr) return {.events = 1, .bytes = 0, .fact = true};
  Weight weight = {.events = std::max<size_t>(1, (*group)->items.size())};
  for (const Item& item : (*group)->items) {
    weight.bytes += item.event->subject().size() + item.event->body().size();
    weight.fact |= item.event->actor() != levee::v1::ACTOR_CUSTOMER;
  }
  weight.fact &= (*group)->purpose == Purpose::kSubmit;
  return weight;
}

absl::Status Queue::Push(Job& job) {
  const Weight weight = WeightOf(job);
  const size_t events_max = events_max_ + (weight.fact ? events_max_ / 4 : 0);
  const size_t bytes_max =
      kQueueBytesMax + (weight.fact ? kQueueBytesMax / 4 : 0);
  bool wake = false;
  {
    MutexLock lock(mutex_);
    if (closed_) return absl::UnavailableError("the server is stopping");
    // A job that is larger than the queue still gets in when nothing waits.
    if (events_ > 0 && (events_ + weight.events > events_max ||
                        bytes_ + weight.bytes > bytes_max)) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the queue is full (", events_, " events, ", bytes_,
                       " bytes of text wait): try again shortly"));
    }
    jobs_.push_back({std::move(job), weight});
    events_ += weight.events;
    bytes_ += weight.bytes;
    wake = awaited_ != 0 && events_ >= awaited_;
    if (wake) awaited_ = 0;
  }
  if (wake) changed_.NotifyOne();
  return absl::OkStatus();
}

bool Queue::Pop(const Want& want, std::vector<Job>* jobs, Weight* taken) {
  MutexLock lock(mutex_);
  if (events_ < want.events_min && !closed_ && !woken_ && want.timeout_us > 0) {
    awaited_ = want.events_min;
    changed_.WaitFor(mutex_, want.timeout_us);
    awaited_ = 0;
  }
  woken_ = false;
  size_t events = 0;
  size_t bytes = 0;
  while (!jobs_.empty()) {
    const Weight& weight = jobs_.front().weight;
    if (events > 0 && (events + weight.events > want.events_max ||
                       bytes + weight.bytes > kBatchBytesMax)) {
      break;
    }
    events += weight.events;
    bytes += weight.bytes;
    jobs->push_back(std::move(jobs_.front().job));
    jobs_.pop_front();
  }
  events_ -= events;
  bytes_ -= bytes;
  taken->events += events;
  taken->bytes += bytes;
  return events > 0 || !closed_;
}

void Queue::Wake() {
  {
    MutexLock lock(mutex_);
    woken_ = true;
    if (awaited_ == 0) return;
  }
  changed_.NotifyOne();
}

void Queue::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
}

size_t Queue::length() const {
  MutexLock lock(mutex_);
  return events_;
}

}  // namespace levee::sequencer
