#include "client/client.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace levee::client {
namespace {

// What is left of a call's time, by a clock that never jumps.
class Budget {
 public:
  explicit Budget(absl::Duration all) : end_(Now() + all) {}
  absl::Duration Left() const { return end_ - Now(); }

 private:
  static absl::Duration Now() {
    return absl::FromChrono(
        std::chrono::steady_clock::now().time_since_epoch());
  }
  const absl::Duration end_;
};

// One attempt within `timeout`; `retry_after` as in Guard::Submit.
using Attempt = std::function<absl::Status(absl::Duration timeout,
                                           absl::Duration* retry_after)>;

// Less a random part of up to a half, so that many clients of a server that
// was away do not come back at the same moment.
absl::Duration Jittered(absl::Duration backoff) {
  thread_local absl::InsecureBitGen random;
  return backoff * absl::Uniform(random, 0.5, 1.0);
}

absl::Status TryWithin(const Options& options, const Attempt& attempt) {
  const Budget budget(options.deadline);
  absl::Duration backoff = options.backoff;
  for (int left = options.attempts_max;; --left) {
    absl::Duration timeout = budget.Left();
    if (left > 1) timeout /= 2;
    absl::Duration retry_after;
    absl::Status status = attempt(timeout, &retry_after);
    if (left <= 1 || !IsWorthRetrying(status)) return status;
    const absl::Duration pause = std::max(Jittered(backoff), retry_after);
    if (pause >= budget.Left()) return status;
    absl::SleepFor(pause);
    backoff *= 2;
  }
}

absl::Status Check(const Options& options) {
  if (options.deadline < absl::Milliseconds(1) ||
      options.deadline > absl::Hours(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("deadline: ", absl::FormatDuration(options.deadline),
                     ", but it is 1ms to 1h"));
  }
  if (options.attempts_max < 1 || options.attempts_max > 100) {
    return absl::InvalidArgumentError(absl::StrCat(
        "attempts_max: ", options.attempts_max, ", but it is 1 to 100"));
  }
  if (options.backoff < absl::ZeroDuration()) {
    return absl::InvalidArgumentError("backoff: negative");
  }
  if (options.backlog.events_max < 1) {
    return absl::InvalidArgumentError("backlog.events_max: 0, at least 1");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Create(Options options) {
  absl::StatusOr<std::unique_ptr<Guard>> guard =
      Guard::Create(options.target, options.token);
  if (!guard.ok()) return guard.status();
  return Create(std::move(options), *std::move(guard));
}

absl::StatusOr<std::unique_ptr<Client>> Client::Create(
    Options options, std::unique_ptr<Guard> guard) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  return std::unique_ptr<Client>(
      new Client(std::move(options), std::move(guard)));
}

Client::Client(Options options, std::unique_ptr<Guard> guard)
    : options_(std::move(options)),
      guard_(std::move(guard)),
      backlog_(
          !options_.fail_open
              ? nullptr
              : std::make_unique<Backlog>(
                    options_.backlog, [this](const v1::TicketEvent& event) {
                      v1::Decision decision;
                      absl::Duration retry_after;
                      return guard_->Submit(event, options_.backlog_deadline,
                                            &decision, &retry_after);
                    })) {}

Client::~Client() = default;

absl::StatusOr<Answer> Client::Submit(const v1::TicketEvent& event) {
  if (absl::Status status = CheckEventId(event); !status.ok()) return status;
  if (absl::Status status = CheckSize(event); !status.ok()) return status;
  const absl::Time called_at = absl::Now();
  Answer answer;
  absl::Status status = TryWithin(
      options_, [&](absl::Duration timeout, absl::Duration* retry_after) {
        return guard_->Submit(event, timeout, &answer.decision, retry_after);
      });
  if (status.ok()) return answer;
  if (IsRefusal(status) || IsTooLarge(status) || backlog_ == nullptr) {
    return status;
  }
  backlog_->Add(event, called_at);
  return FailOpen(event, std::move(status));
}

absl::StatusOr<Answer> Client::Preview(const v1::TicketEvent& event) {
  if (absl::Status status = CheckSize(event); !status.ok()) return status;
  v1::PreviewRequest request;
  *request.mutable_event() = event;
  v1::PreviewResponse response;
  absl::Status status =
      TryWithin(options_, [&](absl::Duration timeout, absl::Duration*) {
        return guard_->Preview(request, timeout, &response);
      });
  if (status.ok()) {
    return Answer{.decision = std::move(*response.mutable_decision()),
                  .from_server = true,
                  .why = absl::OkStatus()};
  }
  if (IsRefusal(status) || IsTooLarge(status) || !options_.fail_open) {
    return status;
  }
  return FailOpen(event, std::move(status));
}

absl::StatusOr<v1::GetStandingResponse> Client::GetStanding(
    const v1::GetStandingRequest& request) {
  v1::GetStandingResponse response;
  absl::Status status =
      TryWithin(options_, [&](absl::Duration timeout, absl::Duration*) {
        return guard_->GetStanding(request, timeout, &response);
      });
  if (!status.ok()) return status;
  return response;
}

std::unique_ptr<Stream> Client::OpenStream(StreamOptions options,
                                           Stream::OnAnswer on_answer) {
  return std::make_unique<Stream>(options, guard_->OpenStream(), backlog_.get(),
                                  std::move(on_answer));
}

absl::Status Client::Flush(absl::Duration timeout) {
  if (backlog_ == nullptr) return absl::OkStatus();
  return backlog_->Flush(timeout);
}

BacklogStatus Client::backlog() const {
  return backlog_ == nullptr ? BacklogStatus() : backlog_->status();
}

}  // namespace levee::client
