// From untrusted bytes to a message, or to the name of the field that is
// wrong.
//
// Protobuf's own parser only says that it failed. Where it does, the bytes are
// walked again along the message's descriptor, and the first fault is named
// with its path.
#ifndef LEVEE_SERVER_RPC_WIRE_H_
#define LEVEE_SERVER_RPC_WIRE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace levee::rpc {

// A request's bytes, at most: four full-sized events.
inline constexpr size_t kRequestBytesMax = 4 << 20;
// Messages inside messages, at most. Ours need 4; the rest is for fields of
// later releases.
inline constexpr int kMessageDepthMax = 16;
// Fields in one request, those inside messages and those unknown included. A
// full batch of 256 events needs 30,000. A field of two bytes can cost 200
// bytes of memory: without this bound a request of 4 MiB could take 400 MiB.
inline constexpr int kMessageFieldsMax = 65'536;
// Below so many bytes the fields need not be counted before parsing: they
// could not take more than a few MiB.
inline constexpr size_t kUncountedBytesMax = 65'536;

// Parses `bytes` into the empty `message`. Fields that are not known are kept
// aside. INVALID_ARGUMENT: such as "not a levee.v1.SubmitRequest:
// event.subject: not valid UTF-8 at byte 12".
absl::Status ParseMessage(absl::string_view bytes,
                          google::protobuf::Message* message);

// The first fault of `bytes` as a message of `type`: truncated, too deep, a
// field of the wrong wire type, a string that is not UTF-8, a tag that none
// can have. INVALID_ARGUMENT names it as above, without the type; OK: none.
absl::Status FindFault(const google::protobuf::Descriptor& type,
                       absl::string_view bytes);

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_WIRE_H_
