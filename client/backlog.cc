#include "client/backlog.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/answer.h"

namespace levee::client {
namespace {

// Failures at the front after which others are tried first.
constexpr int kFailuresAtFrontMax = 5;

}  // namespace

Backlog::Backlog(BacklogOptions options, SubmitFn submit)
    : options_(options),
      submit_(std::move(submit)),
      wait_(options.retry_min),
      thread_([this] { Run(); }) {}

Backlog::~Backlog() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void Backlog::Add(v1::TicketEvent event, absl::Time occurred_at) {
  Waiting waiting;
  waiting.dated_here = !event.has_occurred_at();
  if (waiting.dated_here) {
    const int64_t ns = absl::ToUnixNanos(occurred_at);
    event.mutable_occurred_at()->set_seconds(ns / 1'000'000'000);
    event.mutable_occurred_at()->set_nanos(
        static_cast<int32_t>(ns % 1'000'000'000));
  }
  waiting.bytes = event.ByteSizeLong();
  waiting.event = std::move(event);
  const absl::Status size = CheckSize(waiting.event);
  absl::MutexLock lock(&mutex_);
  if (!size.ok()) {
    Refuse(waiting, size);
    return;
  }
  queue_bytes_ += waiting.bytes;
  queue_.push_back(std::move(waiting));
  MakeRoom();
}

void Backlog::MakeRoom() {
  while (queue_.size() > options_.events_max ||
         queue_bytes_ > options_.bytes_max) {
    queue_bytes_ -= queue_.front().bytes;
    queue_.pop_front();
    ++counts_.dropped;
  }
}

absl::Status Backlog::Flush(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  hurried_ = true;
  const auto empty = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return WaitingCount() == 0;
  };
  const bool flushed =
      mutex_.AwaitWithTimeout(absl::Condition(&empty), timeout);
  if (flushed) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat(
      WaitingCount(), " events are still to be told to Levee after ",
      absl::FormatDuration(timeout)));
}

BacklogStatus Backlog::status() const {
  absl::MutexLock lock(&mutex_);
  BacklogStatus status = counts_;
  status.waiting = WaitingCount();
  return status;
}

size_t Backlog::WaitingCount() const {
  return queue_.size() + (under_way_ ? 1 : 0);
}

void Backlog::Run() {
  Waiting waiting;
  while (Next(&waiting)) {
    const absl::Status status = submit_(waiting.event);
    Settle(std::move(waiting), status);
  }
}

bool Backlog::Next(Waiting* waiting) {
  absl::MutexLock lock(&mutex_);
  const auto wanted = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty();
  };
  const auto hurried = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || hurried_;
  };
  // The second wait may see all that was there dropped.
  do {
    mutex_.Await(absl::Condition(&wanted));
    mutex_.AwaitWithDeadline(absl::Condition(&hurried), not_before_);
    hurried_ = false;
    if (stopping_) return false;
  } while (queue_.empty());
  *waiting = std::move(queue_.front());
  queue_.pop_front();
  queue_bytes_ -= waiting->bytes;
  under_way_ = true;
  return true;
}

void Backlog::Settle(Waiting waiting, const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  under_way_ = false;
  if (!status.ok() && !IsRefusal(status) && !IsTooLarge(status)) {
    // A server that is away says nothing of the event.
    if (!absl::IsUnavailable(status)) ++waiting.failures;
    not_before_ = absl::Now() + wait_;
    wait_ = std::min(wait_ * 2, options_.retry_max);
    PutBack(std::move(waiting));
    return;
  }
  not_before_ = absl::InfinitePast();
  wait_ = options_.retry_min;
  // An attempt without our date may have been recorded, its answer lost: then
  // the server knows the event with "other" content.
  if (status.ok() || (absl::IsAlreadyExists(status) && waiting.dated_here)) {
    ++counts_.delivered;
    return;
  }
  Refuse(waiting, status);
}

void Backlog::Refuse(const Waiting& waiting, const absl::Status& status) {
  ++counts_.refused;
  counts_.last_refusal =
      absl::StrCat(waiting.event.event_id(), ": ", status.message());
}

void Backlog::PutBack(Waiting waiting) {
  queue_bytes_ += waiting.bytes;
  if (waiting.failures < kFailuresAtFrontMax) {
    queue_.push_front(std::move(waiting));
  } else {
    waiting.failures = 0;
    queue_.push_back(std::move(waiting));
  }
  MakeRoom();
}

}  // namespace levee::client
