// The checks of single fields that validation is made of.
#ifndef LEVEE_SERVER_RPC_CHECK_H_
#define LEVEE_SERVER_RPC_CHECK_H_

#include <cstddef>
#include <initializer_list>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "levee/v1/event.pb.h"

namespace levee::rpc {

// INVALID_ARGUMENT "path: what".
absl::Status Wrong(absl::string_view path, absl::string_view what);
// INVALID_ARGUMENT "path: missing".
absl::Status Missing(absl::string_view path);

// The first that is not OK.
absl::Status FirstError(std::initializer_list<absl::Status> statuses);

// min to max bytes.
absl::Status CheckSize(absl::string_view path, const std::string& value,
                       size_t min, size_t max);

// One of the named values of the enum, but not 0.
absl::Status CheckEnum(absl::string_view path,
                       const google::protobuf::EnumDescriptor* type, int value);

// In the years 1970 to 9999.
bool IsTime(const google::protobuf::Timestamp& time);
// Absent, or in the years 1970 to 9999.
absl::Status CheckTime(absl::string_view path, bool present,
                       const google::protobuf::Timestamp& time);

// Empty, or shaped as a BCP 47 tag.
absl::Status CheckLanguage(absl::string_view path, const std::string& tag);

// Every field of it may be empty.
absl::Status CheckSource(absl::string_view path,
                         const levee::v1::Source& source);

// At most kOwnDomainsMax, each of 1 to 253 bytes.
absl::Status CheckOwnDomains(
    absl::string_view path,
    const google::protobuf::RepeatedPtrField<std::string>& domains);

// At most kMailHeadersMax, each with a name.
absl::Status CheckMailHeaders(
    absl::string_view path,
    const google::protobuf::RepeatedPtrField<levee::v1::MailHeader>& headers);

// `value` for an error message: quoted, escaped, at most 40 bytes of it.
std::string Quoted(absl::string_view value);

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_CHECK_H_
