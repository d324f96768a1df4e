// Two threads serve a stream: one forms batches and writes them, the other
// reads responses, hands out answers and, when the call is over, settles what
// is left. Whoever waits (Send, Finish) also watches for a stall, so that a
// server that neither answers nor ends holds nobody up for ever.
#include "client/stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace levee::client {
namespace {

constexpr int kBatchEventsMax = 256;

// A request stays well below what a server takes in one message; one event
// alone may be larger.
constexpr size_t kBatchBytesMax = 1 << 20;

// How often one who waits looks for a stall.
constexpr absl::Duration kLook = absl::Milliseconds(200);

StreamOptions Bounded(StreamOptions options) {
  options.batch_events_max =
      std::clamp(options.batch_events_max, 1, kBatchEventsMax);
  options.in_flight_events_max =
      std::max<size_t>(options.in_flight_events_max, 1);
  return options;
}

size_t BytesOf(const v1::SubmitStreamRequest& batch) {
  size_t bytes = 0;
  for (const v1::TicketEvent& event : batch.events()) {
    bytes += event.ByteSizeLong();
  }
  return bytes;
}

}  // namespace

Stream::Stream(StreamOptions options, std::unique_ptr<GuardStream> call,
               Backlog* backlog, OnAnswer on_answer)
    : options_(Bounded(options)),
      call_(std::move(call)),
      backlog_(backlog),
      on_answer_(std::move(on_answer)),
      last_progress_(absl::Now()) {
  writer_ = std::thread([this] { WriteAll(); });
  reader_ = std::thread([this] { ReadAll(); });
}

Stream::~Stream() {
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
    if (!ended_) {
      broken_ = absl::CancelledError("the stream was given up");
      call_->Cancel();
    }
  }
  if (writer_.joinable()) writer_.join();
  if (reader_.joinable()) reader_.join();
}

absl::Status Stream::Send(v1::TicketEvent event, absl::Duration wait) {
  if (absl::Status status = CheckEventId(event); !status.ok()) return status;
  if (absl::Status status = CheckSize(event); !status.ok()) return status;
  const size_t bytes = event.ByteSizeLong();
  absl::MutexLock lock(&mutex_);
  const auto settled = [this, bytes]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return ended_ || closing_ || HasRoom(bytes);
  };
  AwaitOrBreak(absl::Condition(&settled), absl::Now() + wait);
  if (closing_) {
    return absl::FailedPreconditionError("the stream takes no more events");
  }
  if (ended_) {
    return status_.ok() ? absl::UnavailableError("the server ended the stream")
                        : status_;
  }
  if (!HasRoom(bytes)) {
    return absl::ResourceExhaustedError(
        absl::StrCat(in_flight_events_, " events are without an answer"));
  }
  // What is due is due from now on.
  if (in_flight_events_ == 0) last_progress_ = absl::Now();
  ++in_flight_events_;
  in_flight_bytes_ += bytes;
  pending_.push_back(std::move(event));
  return absl::OkStatus();
}

bool Stream::HasRoom(size_t bytes) const {
  if (in_flight_events_ == 0) return true;
  return in_flight_events_ < options_.in_flight_events_max &&
         in_flight_bytes_ + bytes <= options_.in_flight_bytes_max;
}

bool Stream::AwaitOrBreak(const absl::Condition& condition,
                          absl::Time deadline) {
  for (;;) {
    const absl::Time now = absl::Now();
    if (mutex_.AwaitWithDeadline(condition, std::min(deadline, now + kLook))) {
      return true;
    }
    if (absl::Now() >= deadline) return false;
    if (!ended_ && broken_.ok() && in_flight_events_ > 0 &&
        absl::Now() - last_progress_ > options_.stall) {
      broken_ = absl::DeadlineExceededError(
          absl::StrCat("no answer for ", absl::FormatDuration(options_.stall)));
      call_->Cancel();
    }
  }
}

absl::Status Stream::Finish() {
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
    const auto drained = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return drained_;
    };
    AwaitOrBreak(absl::Condition(&drained), absl::InfiniteFuture());
  }
  if (writer_.joinable()) writer_.join();
  if (reader_.joinable()) reader_.join();
  absl::MutexLock lock(&mutex_);
  return status_;
}

void Stream::WriteAll() {
  bool open = true;
  while (Batch batch = open ? NextBatch() : nullptr) {
    // After a failed write the reader learns why.
    open = call_->Write(*batch);
  }
  if (open) call_->WritesDone();
  absl::MutexLock lock(&mutex_);
  written_ = true;
}

Stream::Batch Stream::NextBatch() {
  absl::MutexLock lock(&mutex_);
  const auto wanted = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return read_ || closing_ || !pending_.empty();
  };
  mutex_.Await(absl::Condition(&wanted));
  if (read_ || pending_.empty()) return nullptr;
  auto batch = std::make_shared<v1::SubmitStreamRequest>();
  size_t bytes = 0;
  while (!pending_.empty() &&
         batch->events_size() < options_.batch_events_max) {
    bytes += pending_.front().ByteSizeLong();
    if (bytes > kBatchBytesMax && batch->events_size() > 0) break;
    *batch->add_events() = std::move(pending_.front());
    pending_.pop_front();
  }
  sent_.push_back(batch);
  return batch;
}

void Stream::ReadAll() {
  v1::SubmitStreamResponse response;
  while (call_->Read(&response)) {
    if (AnswerBatch(std::move(response))) continue;
    absl::MutexLock lock(&mutex_);
    broken_ = absl::InternalError(
        "the server's response does not fit what it was asked");
    call_->Cancel();
    break;
  }
  // Finish wants everything read; after our own Cancel that is soon.
  while (call_->Read(&response)) {
  }
  {
    absl::MutexLock lock(&mutex_);
    read_ = true;
    mutex_.Await(absl::Condition(&written_));
  }
  End(call_->Finish());
}

bool Stream::AnswerBatch(v1::SubmitStreamResponse response) {
  Batch batch;
  {
    absl::MutexLock lock(&mutex_);
    if (sent_.empty() ||
        sent_.front()->events_size() != response.results_size()) {
      return false;
    }
    batch = std::move(sent_.front());
    sent_.pop_front();
  }
  for (int i = 0; i < batch->events_size(); ++i) {
    AnswerOne(batch->events(i), std::move(*response.mutable_results(i)));
  }
  Release(batch->events_size(), BytesOf(*batch));
  return true;
}

void Stream::AnswerOne(const v1::TicketEvent& event, v1::SubmitResult result) {
  if (result.has_decision()) {
    on_answer_(event, Answer{.decision = std::move(*result.mutable_decision()),
                             .from_server = true,
                             .why = absl::OkStatus()});
    return;
  }
  // Codes are gRPC's, which are Abseil's; none at all is the server's mistake.
  const absl::Status error =
      result.has_error() && result.error().code() != 0
          ? absl::Status(static_cast<absl::StatusCode>(result.error().code()),
                         result.error().message())
          : absl::InternalError("the server gave neither decision nor error");
  AnswerLost(event, error);
}

void Stream::AnswerLost(const v1::TicketEvent& event, const absl::Status& why) {
  if (backlog_ == nullptr || IsRefusal(why)) {
    on_answer_(event, why);
    return;
  }
  backlog_->Add(event, absl::Now());
  on_answer_(event, FailOpen(event, why));
}

void Stream::Release(size_t events, size_t bytes) {
  absl::MutexLock lock(&mutex_);
  in_flight_events_ -= events;
  in_flight_bytes_ -= bytes;
  last_progress_ = absl::Now();
}

void Stream::End(absl::Status status) {
  std::deque<Batch> sent;
  std::deque<v1::TicketEvent> pending;
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
    status_ = broken_.ok() ? std::move(status) : broken_;
    if (status_.ok() && in_flight_events_ > 0) {
      status_ = absl::UnavailableError("the server ended the stream");
    }
    sent.swap(sent_);
    pending.swap(pending_);
    status = status_;
  }
  for (const Batch& batch : sent) {
    for (const v1::TicketEvent& event : batch->events()) {
      AnswerLost(event, status);
    }
  }
  for (const v1::TicketEvent& event : pending) AnswerLost(event, status);
  absl::MutexLock lock(&mutex_);
  in_flight_events_ = 0;
  in_flight_bytes_ = 0;
  drained_ = true;
}

}  // namespace levee::client
