// One connection at a time: the server tells its position, what it has is
// passed over, what was sent and not answered is sent again, and then requests
// flow with a few of them unanswered. When the connection breaks, all of this
// happens again. A watchdog thread cancels the call when it stalls or when the
// user interrupts, since reading and writing block.
#include "client/cli/import_sender.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace levee::cli {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(50);

bool MayHelpToTryAgain(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
      return true;
    default:
      return false;
  }
}

}  // namespace

class ImportSender::Watchdog {
 public:
  Watchdog(ImportCall* call, const std::atomic<bool>* interrupted,
           absl::Duration stall)
      : call_(call), interrupted_(interrupted), stall_(stall) {
    Progress();
    thread_ = std::thread([this] { Watch(); });
  }
  ~Watchdog() {
    done_.Notify();
    thread_.join();
  }

  void Progress() { last_ns_ = absl::GetCurrentTimeNanos(); }
  bool stalled() const { return stalled_; }

 private:
  void Watch() {
    while (!done_.WaitForNotificationWithTimeout(kLook)) {
      const absl::Duration idle =
          absl::Nanoseconds(absl::GetCurrentTimeNanos() - last_ns_);
      if (idle > stall_) stalled_ = true;
      if (!stalled_ && !*interrupted_) continue;
      call_->Cancel();
      return;
    }
  }

  ImportCall* const call_;
  const std::atomic<bool>* const interrupted_;
  const absl::Duration stall_;
  std::atomic<int64_t> last_ns_{0};
  std::atomic<bool> stalled_{false};
  absl::Notification done_;
  std::thread thread_;
};

ImportSender::ImportSender(ImportOptions options, OpenFn open, NextFn next,
                           ImportListener* listener,
                           const std::atomic<bool>* interrupted)
    : options_(std::move(options)),
      open_(std::move(open)),
      next_(std::move(next)),
      listener_(listener),
      interrupted_(interrupted) {}

absl::Status ImportSender::Run() {
  absl::Duration pause = options_.pause_min;
  int failures = 0;
  for (;;) {
    const uint64_t before = position_;
    bool again = false;
    absl::Status status = RunOnce(&again);
    if (status.ok()) return status;
    if (*interrupted_) return absl::CancelledError("interrupted");
    if (!again) return status;
    if (position_ > before) {
      failures = 0;
      pause = options_.pause_min;
    }
    if (++failures >= options_.attempts_max) return status;
    listener_->Interrupted(status, pause);
    if (!Pause(pause)) return absl::CancelledError("interrupted");
    pause = std::min(pause * 2, options_.pause_max);
  }
}

bool ImportSender::Pause(absl::Duration pause) const {
  const absl::Time end = absl::Now() + pause;
  while (!*interrupted_ && absl::Now() < end) absl::SleepFor(kLook);
  return !*interrupted_;
}

absl::Status ImportSender::RunOnce(bool* again) {
  const std::unique_ptr<ImportCall> call = open_();
  Watchdog watchdog(call.get(), interrupted_, options_.stall);
  bool broken = false;
  absl::Status status = Start(call.get(), &watchdog, &broken);
  if (status.ok()) status = SendAll(call.get(), &watchdog, &broken);
  // The reason is our own, and the call still open.
  if (!status.ok() && !broken) call->Cancel();
  const absl::Status end = call->Finish();
  if (!status.ok() && !broken) return status;
  if (watchdog.stalled()) {
    status = absl::DeadlineExceededError(
        absl::StrCat("no answer for ", absl::FormatDuration(options_.stall)));
  } else if (!end.ok()) {
    status = end;
  }
  *again = MayHelpToTryAgain(status);
  return status;
}

absl::Status ImportSender::Start(ImportCall* call, Watchdog* watchdog,
                                 bool* broken) {
  v1::ImportRequest start;
  start.mutable_start()->set_import_id(options_.import_id);
  v1::ImportResponse response;
  if (!call->Write(start) || !call->Read(&response)) return Broken(broken);
  watchdog->Progress();
  return GoOnFrom(response.position());
}

absl::Status ImportSender::Broken(bool* broken) {
  *broken = true;
  return absl::UnavailableError("the server ended the import early");
}

absl::Status ImportSender::GoOnFrom(uint64_t server_position) {
  if (server_position < position_) {
    return absl::FailedPreconditionError(
        absl::StrCat("the server has ", server_position, " events of import ",
                     options_.import_id, ", but it had ", position_,
                     ": was another store put in its place?"));
  }
  // What was sent and turns out to be recorded.
  while (!unanswered_.empty() && position_ < server_position) {
    v1::ImportEvents* events = unanswered_.front().mutable_events();
    const int known = static_cast<int>(
        std::min<uint64_t>(server_position - position_, events->events_size()));
    for (int i = 0; i < known; ++i) {
      absl::Status status = listener_->AnswerLost(events->events(i));
      if (!status.ok()) return status;
    }
    position_ += known;
    if (known == events->events_size()) {
      unanswered_.pop_front();
    } else {
      events->mutable_events()->DeleteSubrange(0, known);
      events->set_position(position_);
    }
  }
  return PassOver(server_position);
}

absl::Status ImportSender::PassOver(uint64_t server_position) {
  while (position_ < server_position) {
    if (*interrupted_) return absl::CancelledError("interrupted");
    v1::TicketEvent event;
    if (has_spare_) {
      event.Swap(&spare_);
      has_spare_ = false;
    } else {
      absl::StatusOr<bool> more = next_(&event);
      if (!more.ok()) return more.status();
      if (!*more) {
        return absl::FailedPreconditionError(absl::StrCat(
            "the server has ", server_position, " events of import ",
            options_.import_id, ", but the input has only ", position_,
            ": give other input another --import_id"));
      }
    }
    absl::Status status = listener_->RecordedBefore(event);
    if (!status.ok()) return status;
    ++position_;
  }
  return absl::OkStatus();
}

absl::Status ImportSender::SendAll(ImportCall* call, Watchdog* watchdog,
                                   bool* broken) {
  watchdog->Progress();
  size_t written = 0;
  for (;;) {
    while (written < options_.requests_in_flight) {
      if (written == unanswered_.size()) {
        absl::StatusOr<bool> filled = FillBatch();
        if (!filled.ok()) return filled.status();
        if (!*filled) break;
      }
      if (!call->Write(unanswered_[written])) return Broken(broken);
      ++written;
    }
    if (written == 0) break;
    v1::ImportResponse response;
    if (!call->Read(&response)) return Broken(broken);
    watchdog->Progress();
    if (absl::Status status = TakeAnswer(response); !status.ok()) {
      return status;
    }
    --written;
  }
  call->WritesDone();
  return absl::OkStatus();
}

absl::StatusOr<bool> ImportSender::FillBatch() {
  v1::ImportRequest request;
  v1::ImportEvents* batch = request.mutable_events();
  size_t bytes = 0;
  while (batch->events_size() < options_.batch_events_max) {
    if (!has_spare_ && !at_end_) {
      absl::StatusOr<bool> more = next_(&spare_);
      if (!more.ok()) return more;
      has_spare_ = *more;
      at_end_ = !*more;
    }
    if (!has_spare_) break;
    bytes += spare_.ByteSizeLong();
    if (bytes > options_.batch_bytes_max && batch->events_size() > 0) break;
    batch->add_events()->Swap(&spare_);
    has_spare_ = false;
  }
  if (batch->events_size() == 0) return false;
  uint64_t position = position_;
  for (const v1::ImportRequest& before : unanswered_) {
    position += before.events().events_size();
  }
  batch->set_position(position);
  unanswered_.push_back(std::move(request));
  return true;
}

absl::Status ImportSender::TakeAnswer(const v1::ImportResponse& response) {
  const v1::ImportEvents& events = unanswered_.front().events();
  if (response.results_size() != events.events_size()) {
    return absl::InternalError(
        absl::StrCat("the server answered ", response.results_size(),
                     " events, but was asked about ", events.events_size()));
  }
  for (int i = 0; i < events.events_size(); ++i) {
    absl::Status status =
        listener_->Answered(events.events(i), response.results(i));
    if (!status.ok()) return status;
  }
  position_ += events.events_size();
  unanswered_.pop_front();
  return absl::OkStatus();
}

}  // namespace levee::cli
