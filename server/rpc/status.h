// The one table from our errors to gRPC's, at the door.
#ifndef LEVEE_SERVER_RPC_STATUS_H_
#define LEVEE_SERVER_RPC_STATUS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"
#include "levee/v1/guard_service.pb.h"

namespace levee::rpc {

// When to try again after RESOURCE_EXHAUSTED: a full queue is worked off
// within a second, so half of it has gone by then.
inline constexpr int64_t kRetryAfterMs = 500;
// The metadata that carries it.
inline constexpr char kRetryAfterKey[] = "retry-after-ms";

// Bytes that a message may take in the trailing metadata as it is encoded
// there (three for what is not printable ASCII): a client refuses more than
// 8 KiB of metadata, and would lose the whole answer.
inline constexpr size_t kMessageBytesMax = 6'000;

// The code and the message that a caller sees.
grpc::Status ToGrpc(const absl::Status& status);

// The same for one event of a batch.
void ToSubmitError(const absl::Status& status, levee::v1::SubmitError* error);

// `message`, cut between code points to kMessageBytesMax with a note if it is
// longer.
std::string Bounded(absl::string_view message);

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_STATUS_H_
