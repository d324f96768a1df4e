#include "server/rpc/stream.h"

#include <utility>

#include "server/rpc/raw.h"
#include "server/rpc/status.h"

namespace levee::rpc {

using storage::MutexLock;

namespace {

absl::Status Stopping() {
  return absl::UnavailableError("the server is stopping");
}

}  // namespace

bool OpenStreams::Add(OpenStream* stream) {
  MutexLock lock(mutex_);
  if (!closed_) streams_.insert(stream);
  return !closed_;
}

void OpenStreams::Remove(OpenStream* stream) {
  MutexLock lock(mutex_);
  streams_.erase(stream);
}

void OpenStreams::Close() {
  MutexLock lock(mutex_);
  closed_ = true;
  // None is deleted meanwhile: it would have to be removed first.
  for (OpenStream* stream : streams_) stream->Close();
}

void OrderedStream::Open(absl::Status opened) {
  if (opened.ok() && !streams_->Add(this)) opened = Stopping();
  MutexLock lock(mutex_);
  if (!opened.ok()) {
    closed_ = true;
    end_ = opened;
  }
  Advance();
}

void OrderedStream::Close() {
  MutexLock lock(mutex_);
  closed_ = true;
  if (end_.ok()) end_ = Stopping();
  Advance();
}

void OrderedStream::OnReadDone(bool ok) {
  uint64_t ticket = 0;
  {
    MutexLock lock(mutex_);
    if (!ok || closed_) {
      // The client has no more requests, or is gone.
      reading_ = false;
      closed_ = true;
      return Advance();
    }
    ticket = next_++;
    slots_[ticket % kRequestsInFlight] = Slot();
  }
  // reading_ still holds, so nobody else reads or ends the call meanwhile.
  const absl::Status taken = Take(read_buffer_, ticket);
  MutexLock lock(mutex_);
  read_buffer_.Clear();
  reading_ = false;
  if (!taken.ok()) {
    Slot& slot = slots_[ticket % kRequestsInFlight];
    slot.done = true;
    slot.error = taken;
    closed_ = true;
  }
  Advance();
}

void OrderedStream::OnWriteDone(bool ok) {
  MutexLock lock(mutex_);
  write_buffer_.Clear();
  writing_ = false;
  ++first_;
  if (!ok) {
    closed_ = true;
    muted_ = true;
    if (end_.ok()) end_ = absl::CancelledError("the client is gone");
  }
  Advance();
}

void OrderedStream::OnDone() {
  // Whoever finished the call may still hold the lock.
  { MutexLock lock(mutex_); }
  streams_->Remove(this);
  delete this;
}

void OrderedStream::Answer(uint64_t ticket, const grpc::ByteBuffer& response) {
  Settle(ticket, absl::OkStatus(), response);
}

void OrderedStream::Fail(uint64_t ticket, const absl::Status& error) {
  Settle(ticket, error, grpc::ByteBuffer());
}

void OrderedStream::Widen() {
  MutexLock lock(mutex_);
  in_flight_max_ = kRequestsInFlight;
}

void OrderedStream::Settle(uint64_t ticket, absl::Status error,
                           const grpc::ByteBuffer& response) {
  MutexLock lock(mutex_);
  Slot& slot = slots_[ticket % kRequestsInFlight];
  slot.done = true;
  slot.error = std::move(error);
  slot.response = response;
  Advance();
}

void OrderedStream::AdvanceWrite() {
  while (!writing_ && first_ < next_) {
    Slot& slot = slots_[first_ % kRequestsInFlight];
    if (!slot.done) return;
    if (!slot.error.ok() && end_.ok()) {
      end_ = slot.error;
      closed_ = true;
      muted_ = true;
    }
    if (muted_) {
      ++first_;
      continue;
    }
    write_buffer_.Swap(&slot.response);
    writing_ = true;
    StartWrite(&write_buffer_);
  }
}

void OrderedStream::Advance() {
  AdvanceWrite();
  if (!reading_ && !closed_ && next_ - first_ < in_flight_max_) {
    reading_ = true;
    StartRead(&read_buffer_);
  }
  if (closed_ && !writing_ && first_ == next_ && !finished_) {
    // A read that is still outstanding ends with the call.
    finished_ = true;
    AddRetryAfter(end_, context_);
    Finish(ToGrpc(end_));
  }
}

}  // namespace levee::rpc
