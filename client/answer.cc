#include "client/answer.h"

#include <utility>

namespace levee::client {

Answer FailOpen(const v1::TicketEvent& event, absl::Status why) {
  Answer answer;
  answer.decision.set_event_id(event.event_id());
  answer.decision.set_verdict(v1::VERDICT_ALLOW);
  answer.from_server = false;
  answer.why = std::move(why);
  return answer;
}

absl::Status CheckEventId(const v1::TicketEvent& event) {
  if (!event.event_id().empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "event.event_id: empty; give each event an id of your own, the same one "
      "whenever it is submitted again");
}

bool IsRefusal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kUnauthenticated:
      return true;
    default:
      return false;
  }
}

bool IsWorthRetrying(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         status.code() == absl::StatusCode::kResourceExhausted;
}

}  // namespace levee::client
