// A stream of reviews as they are resolved.
#ifndef LEVEE_SERVER_RPC_REVIEW_WATCH_H_
#define LEVEE_SERVER_RPC_REVIEW_WATCH_H_

#include <cstdint>

#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "levee/v1/review_service.pb.h"
#include "server/rpc/parts.h"

namespace levee::rpc {

// Resolutions that wait for a client to read them, at most. Beyond, the call
// ends with RESOURCE_EXHAUSTED, and the client goes on with `after`.
inline constexpr size_t kWatchWaitingMax = 4'096;

// The review as it is. Blocks: only for workers. NOT_FOUND: there is none.
absl::Status ReadReview(const Parts& parts, const sequencer::Tenant& tenant,
                        uint64_t id, levee::v1::Review* review);

// Begins the stream; it deletes itself when gRPC is done with it.
grpc::ServerWriteReactor<grpc::ByteBuffer>* StartReviewWatch(
    const Parts& parts, grpc::CallbackServerContext* context,
    const grpc::ByteBuffer& request);

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_REVIEW_WATCH_H_
