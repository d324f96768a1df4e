// What an event must have before it is worth sending.
#ifndef LEVEE_CLIENT_CLI_EVENT_CHECK_H_
#define LEVEE_CLIENT_CLI_EVENT_CHECK_H_

#include "absl/status/status.h"
#include "levee/v1/event.pb.h"

namespace levee::cli {

// INVALID_ARGUMENT names the first field that an import may not have so: a
// required one that is missing, one beyond its limit, or one that does not go
// with the kind. The server checks the same and more; this finds mistakes
// before anything is sent, with the line they stand in.
absl::Status CheckForImport(const v1::TicketEvent& event);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_EVENT_CHECK_H_
