#include "client/channel.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace levee::client {
namespace {

constexpr size_t kTokenBytesMax = 512;

// A page of 500 decisions with texts stays far below it.
constexpr int kReceiveBytesMax = 64 << 20;

// A helpdesk's request waits for the connection: a server that came back must
// be noticed within its next few requests.
constexpr int kReconnectMsMin = 50;
constexpr int kReconnectMsMax = 2'000;

// A server whose machine is gone says nothing, and a stream that waits for it
// would wait for ever. gRPC's servers take a question every five minutes.
constexpr int kKeepaliveMs = 360'000;
constexpr int kKeepaliveTimeoutMs = 20'000;

// No server asks for more; a wrong one must not put us to sleep.
constexpr int64_t kRetryAfterMsMax = 60'000;

}  // namespace

absl::Status CheckToken(absl::string_view token) {
  if (token.empty()) {
    return absl::InvalidArgumentError(
        "token: empty, but every caller of Levee needs one");
  }
  if (token.size() > kTokenBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "token: ", token.size(), " bytes, at most ", kTokenBytesMax));
  }
  for (const char c : token) {
    if (c <= ' ' || c >= 0x7F) {
      return absl::InvalidArgumentError(
          "token: has a space, a control character or one that is not ASCII");
    }
  }
  return absl::OkStatus();
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMsMin);
  // GRPC_ARG_MIN_RECONNECT_BACKOFF_MS stays as it is: it is also the time a
  // connection attempt is given.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMsMax);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Levee's server is near; a proxy meant for the web is in the way.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kReceiveBytesMax);
  // Channels of one process to one server each have a connection of their own.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(),
                                   arguments);
}

void Authorize(absl::string_view token, grpc::ClientContext* context) {
  context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
}

void SetTimeout(absl::Duration timeout, grpc::ClientContext* context) {
  context->set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  // The two enums have the same numbers.
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

absl::Duration RetryAfter(const grpc::ClientContext& context) {
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto found = metadata.find("retry-after-ms");
  if (found == metadata.end()) return absl::ZeroDuration();
  int64_t ms = 0;
  const absl::string_view text(found->second.data(), found->second.size());
  if (!absl::SimpleAtoi(text, &ms) || ms < 0) return absl::ZeroDuration();
  return absl::Milliseconds(std::min(ms, kRetryAfterMsMax));
}

}  // namespace levee::client
