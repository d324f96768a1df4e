#include "server/rpc/raw.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace levee::rpc {

absl::StatusOr<const Caller*> Authorize(
    const grpc::CallbackServerContext& context, const Tokens& tokens,
    levee::v1::Role needed) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("authorization");
  return tokens.Authorize(
      found == metadata.end()
          ? absl::string_view()
          : absl::string_view(found->second.data(), found->second.size()),
      needed);
}

absl::Status Parse(const grpc::ByteBuffer& bytes,
                   google::protobuf::Message* message) {
  // Contiguous bytes: no copy where they came in one piece.
  grpc::Slice slice;
  if (!bytes.TrySingleSlice(&slice).ok() &&
      !bytes.DumpToSingleSlice(&slice).ok()) {
    return absl::InvalidArgumentError("the request has no bytes");
  }
  return ParseMessage(
      absl::string_view(reinterpret_cast<const char*>(slice.begin()),
                        slice.size()),
      message);
}

grpc::ByteBuffer Serialize(const google::protobuf::Message& message) {
  grpc::Slice slice(message.ByteSizeLong());
  // A new slice is nobody else's yet: gRPC's own serialization writes to it
  // the same way.
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

void AddRetryAfter(const absl::Status& status,
                   grpc::CallbackServerContext* context) {
  if (status.code() == absl::StatusCode::kResourceExhausted) {
    context->AddTrailingMetadata(kRetryAfterKey, absl::StrCat(kRetryAfterMs));
  }
}

}  // namespace levee::rpc
