// How every client of Levee's reaches the server. Includes gRPC, so only the
// few files that talk to it include this one.
#ifndef LEVEE_CLIENT_CHANNEL_H_
#define LEVEE_CLIENT_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"

namespace levee::client {

// OK: `token` may travel as metadata. INVALID_ARGUMENT: it is empty, longer
// than 512 bytes or has other than visible ASCII characters.
absl::Status CheckToken(absl::string_view token);

// A channel to `target` ("host:port", or any name gRPC resolves), not
// encrypted. Does not wait for the connection; a lost one is tried again after
// 50 ms at first and 2 s at most. Messages of up to 64 MiB are received.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target);

// Puts "authorization: Bearer <token>" into the call's metadata.
void Authorize(absl::string_view token, grpc::ClientContext* context);

// Ends the call after `timeout`, counted from now. REQUIRES: finite.
void SetTimeout(absl::Duration timeout, grpc::ClientContext* context);

// The same code and message.
absl::Status FromGrpc(const grpc::Status& status);

// What the server's metadata "retry-after-ms" says, 0 where it says nothing.
absl::Duration RetryAfter(const grpc::ClientContext& context);

}  // namespace levee::client

#endif  // LEVEE_CLIENT_CHANNEL_H_
