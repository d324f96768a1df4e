// The protobuf JSON mapping, lowerCamelCase, one object a line.
#ifndef LEVEE_CLIENT_CLI_JSON_H_
#define LEVEE_CLIENT_CLI_JSON_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace levee::cli {

// Without a line feed. Fields at their default are left out.
std::string ToJson(const google::protobuf::Message& message);

// Replaces what `message` holds. INVALID_ARGUMENT: not JSON, an unknown field
// or a wrong value, and where.
absl::Status FromJson(absl::string_view json,
                      google::protobuf::Message* message);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_JSON_H_
