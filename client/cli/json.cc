#include "client/cli/json.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace levee::cli {

std::string ToJson(const google::protobuf::Message& message) {
  std::string json;
  // Only a message with Any fields or bad UTF-8 fails, and ours came through a
  // parser that saw to that; what was written until then is no use.
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) {
    return "{}";
  }
  return json;
}

absl::Status FromJson(absl::string_view json,
                      google::protobuf::Message* message) {
  message->Clear();
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), message);
  if (status.ok()) return absl::OkStatus();
  const google::protobuf::StringPiece said = status.message();
  return absl::InvalidArgumentError(
      absl::StrCat("not a ", message->GetDescriptor()->name(),
                   " in JSON: ", absl::string_view(said.data(), said.size())));
}

}  // namespace levee::cli
