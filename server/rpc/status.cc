#include "server/rpc/status.h"

#include "absl/strings/str_cat.h"

namespace levee::rpc {
namespace {

grpc::StatusCode CodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return grpc::StatusCode::OK;
    case absl::StatusCode::kCancelled:
      return grpc::StatusCode::CANCELLED;
    case absl::StatusCode::kInvalidArgument:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case absl::StatusCode::kDeadlineExceeded:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case absl::StatusCode::kNotFound:
      return grpc::StatusCode::NOT_FOUND;
    case absl::StatusCode::kAlreadyExists:
      return grpc::StatusCode::ALREADY_EXISTS;
    case absl::StatusCode::kPermissionDenied:
      return grpc::StatusCode::PERMISSION_DENIED;
    case absl::StatusCode::kResourceExhausted:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case absl::StatusCode::kFailedPrecondition:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case absl::StatusCode::kAborted:
      return grpc::StatusCode::ABORTED;
    case absl::StatusCode::kOutOfRange:
      return grpc::StatusCode::OUT_OF_RANGE;
    case absl::StatusCode::kUnimplemented:
      return grpc::StatusCode::UNIMPLEMENTED;
    case absl::StatusCode::kUnavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case absl::StatusCode::kDataLoss:
      return grpc::StatusCode::DATA_LOSS;
    case absl::StatusCode::kUnauthenticated:
      return grpc::StatusCode::UNAUTHENTICATED;
    default:
      return grpc::StatusCode::INTERNAL;
  }
}

}  // namespace

std::string Bounded(absl::string_view message) {
  size_t encoded = 0;
  size_t cut = 0;  // the last boundary between code points within bounds
  for (size_t i = 0; i < message.size(); ++i) {
    const auto byte = static_cast<uint8_t>(message[i]);
    if ((byte & 0xC0) != 0x80 && encoded <= kMessageBytesMax) cut = i;
    encoded += byte >= 0x20 && byte < 0x7F && byte != '%' ? 1 : 3;
  }
  if (encoded <= kMessageBytesMax) return std::string(message);
  return absl::StrCat(message.substr(0, cut), " ... (", message.size() - cut,
                      " bytes more)");
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(CodeOf(status), Bounded(status.message()));
}

void ToSubmitError(const absl::Status& status, levee::v1::SubmitError* error) {
  error->set_code(CodeOf(status));
  error->set_message(Bounded(status.message()));
  if (status.code() == absl::StatusCode::kResourceExhausted) {
    error->set_retry_after_ms(kRetryAfterMs);
  }
}

}  // namespace levee::rpc
