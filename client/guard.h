// GuardService as the client library sees it; keeps gRPC out of its headers.
#ifndef LEVEE_CLIENT_GUARD_H_
#define LEVEE_CLIENT_GUARD_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "levee/v1/guard_service.pb.h"

namespace levee::client {

// One call of SubmitStream.
//
// Threads: one may Write while another Reads; Cancel from any.
class GuardStream {
 public:
  virtual ~GuardStream() = default;

  // False: the call has ended.
  virtual bool Write(const v1::SubmitStreamRequest& request) = 0;
  virtual void WritesDone() = 0;
  // False: no more responses come; Finish tells why.
  virtual bool Read(v1::SubmitStreamResponse* response) = 0;
  virtual void Cancel() = 0;
  // Once, after Read was false.
  virtual absl::Status Finish() = 0;
};

// Single attempts, each with its own time limit. Errors are the server's, or
// gRPC's where it could not be reached.
//
// Threads: safe.
class Guard {
 public:
  // Does not connect. INVALID_ARGUMENT: the target or the token cannot be used.
  static absl::StatusOr<std::unique_ptr<Guard>> Create(
      const std::string& target, std::string token);
  virtual ~Guard() = default;

  // `retry_after`: how long the server asks to wait after an error; 0 where it
  // asks for nothing.
  virtual absl::Status Submit(const v1::TicketEvent& event,
                              absl::Duration timeout, v1::Decision* decision,
                              absl::Duration* retry_after) = 0;
  virtual absl::Status Preview(const v1::PreviewRequest& request,
                               absl::Duration timeout,
                               v1::PreviewResponse* response) = 0;
  virtual absl::Status GetStanding(const v1::GetStandingRequest& request,
                                   absl::Duration timeout,
                                   v1::GetStandingResponse* response) = 0;
  virtual std::unique_ptr<GuardStream> OpenStream() = 0;
};

}  // namespace levee::client

#endif  // LEVEE_CLIENT_GUARD_H_
