#include "client/answer.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"

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

absl::Status CheckSize(const v1::TicketEvent& event) {
  // Every request that carries events gives each a tag of one byte, its size
  // and its bytes.
  const size_t event_bytes = event.ByteSizeLong();
  const size_t bytes =
      1 + google::protobuf::io::CodedOutputStream::VarintSize64(event_bytes) +
      event_bytes;
  if (bytes <= kRequestBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("event: its request is ", bytes, " bytes, at most ",
                   kRequestBytesMax, "; shorten its texts"));
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

bool IsTooLarge(const absl::Status& status) {
  // gRPC's words in C++, Go and others: "received message larger than max".
  return absl::IsResourceExhausted(status) &&
         absl::StrContains(status.message(), "larger than max");
}

bool IsWorthRetrying(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         (absl::IsResourceExhausted(status) && !IsTooLarge(status));
}

}  // namespace levee::client
