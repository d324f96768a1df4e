// What a submission came to.
#ifndef LEVEE_CLIENT_ANSWER_H_
#define LEVEE_CLIENT_ANSWER_H_

#include <cstddef>

#include "absl/status/status.h"
#include "levee/v1/decision.pb.h"
#include "levee/v1/event.pb.h"

namespace levee::client {

// The decision to act on.
struct Answer {
  // From the server, or where it could not be asked in time an ALLOW that
  // names the event and has neither a sequence nor a time.
  v1::Decision decision;
  bool from_server = true;
  // Where not from the server: why. OK otherwise.
  absl::Status why;
};

// The answer that lets `event` pass because of `why`.
Answer FailOpen(const v1::TicketEvent& event, absl::Status why);

// INVALID_ARGUMENT: the event has no event_id, without which it cannot be
// submitted twice and count once.
absl::Status CheckEventId(const v1::TicketEvent& event);

// The server takes no larger message.
inline constexpr size_t kRequestBytesMax = 4 << 20;

// INVALID_ARGUMENT: a request with this event alone is larger than that.
absl::Status CheckSize(const v1::TicketEvent& event);

// True: the server refuses the call as it is, so that the same call will not
// fare better later (INVALID_ARGUMENT, ALREADY_EXISTS, UNAUTHENTICATED,
// PERMISSION_DENIED and the like). False: Levee is away, late or busy.
bool IsRefusal(const absl::Status& status);

// True: gRPC itself refuses the message for its size, which it tells with
// RESOURCE_EXHAUSTED, as if the server were busy.
bool IsTooLarge(const absl::Status& status);

// True: the same call may succeed within moments (UNAVAILABLE,
// DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED unless IsTooLarge).
bool IsWorthRetrying(const absl::Status& status);

}  // namespace levee::client

#endif  // LEVEE_CLIENT_ANSWER_H_
