// Calls over raw bytes: authorized and parsed by us, so that a malformed
// message is INVALID_ARGUMENT with a reason, and lives in an arena.
#ifndef LEVEE_SERVER_RPC_RAW_H_
#define LEVEE_SERVER_RPC_RAW_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/arena.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "levee/v1/configuration.pb.h"
#include "server/rpc/parts.h"
#include "server/rpc/status.h"
#include "server/rpc/validate.h"
#include "server/rpc/wire.h"

namespace levee::rpc {

// Checks the call's token. Errors: those of Tokens::Authorize.
absl::StatusOr<const Caller*> Authorize(
    const grpc::CallbackServerContext& context, const Tokens& tokens,
    levee::v1::Role needed);

// Parses the request's bytes. Errors: those of ParseMessage.
absl::Status Parse(const grpc::ByteBuffer& bytes,
                   google::protobuf::Message* message);

// The message in one slice.
grpc::ByteBuffer Serialize(const google::protobuf::Message& message);

// Adds "retry-after-ms" where the status asks for it.
void AddRetryAfter(const absl::Status& status,
                   grpc::CallbackServerContext* context);

// One unary call on its way. Threads: one at a time.
template <typename Request, typename Response>
class UnaryCall {
 public:
  // gRPC owns all three until the call has ended.
  UnaryCall(grpc::CallbackServerContext* context,
            grpc::ServerUnaryReactor* reactor, grpc::ByteBuffer* response_bytes)
      : context_(context),
        reactor_(reactor),
        response_bytes_(response_bytes),
        arena_(first_block_, sizeof(first_block_)),
        request_(google::protobuf::Arena::CreateMessage<Request>(&arena_)),
        response_(google::protobuf::Arena::CreateMessage<Response>(&arena_)) {}

  // A call that nobody answered is still ended, lest the client waits.
  ~UnaryCall() {
    if (reactor_ != nullptr) End(absl::InternalError("not answered"));
  }

  // Authorizes, parses and validates.
  absl::Status Open(const grpc::ByteBuffer& bytes, const Tokens& tokens,
                    levee::v1::Role needed) {
    absl::StatusOr<const Caller*> caller = Authorize(*context_, tokens, needed);
    if (!caller.ok()) return caller.status();
    caller_ = *caller;
    absl::Status status = Parse(bytes, request_);
    return status.ok() ? Validate(*request_) : status;
  }

  const Caller& caller() const { return *caller_; }
  const Request& request() const { return *request_; }
  Response* response() { return response_; }
  // For whatever else must live as long as the call.
  google::protobuf::Arena* arena() { return &arena_; }

  // Answers: with the response, or with the error.
  static void Finish(std::unique_ptr<UnaryCall> call,
                     const absl::Status& status) {
    call->End(status);
  }

 private:
  void End(const absl::Status& status) {
    if (status.ok()) {
      *response_bytes_ = Serialize(*response_);
    } else {
      AddRetryAfter(status, context_);
    }
    // From here on the call may be gone at any moment.
    std::exchange(reactor_, nullptr)->Finish(ToGrpc(status));
  }

  grpc::CallbackServerContext* const context_;
  grpc::ServerUnaryReactor* reactor_;
  grpc::ByteBuffer* const response_bytes_;
  const Caller* caller_ = nullptr;

  // Most calls need no more memory than this.
  alignas(8) char first_block_[2048];
  google::protobuf::Arena arena_;
  Request* const request_;
  Response* const response_;
};

// Runs a unary call: what is refused at the door is answered at once, else
// `handle` takes the call and finishes it, now or later, on any thread.
// gRPC's default reactor serves: its end needs no hop to another thread.
template <typename Request, typename Response, typename Handle>
grpc::ServerUnaryReactor* StartUnary(const Parts& parts, levee::v1::Role needed,
                                     grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response,
                                     Handle&& handle) {
  using Call = UnaryCall<Request, Response>;
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto call = std::make_unique<Call>(context, reactor, response);
  const absl::Status opened = call->Open(*request, *parts.tokens, needed);
  if (opened.ok()) {
    std::forward<Handle>(handle)(std::move(call));
  } else {
    Call::Finish(std::move(call), opened);
  }
  return reactor;
}

// The same for a call that may block: `work`, an absl::Status(Call*), fills
// the response on a worker.
template <typename Request, typename Response, typename Work>
grpc::ServerUnaryReactor* StartBlocking(const Parts& parts,
                                        levee::v1::Role needed,
                                        grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response, Work work) {
  using Call = UnaryCall<Request, Response>;
  return StartUnary<Request, Response>(
      parts, needed, context, request, response,
      [&parts, work = std::move(work)](std::unique_ptr<Call> call) mutable {
        parts.workers->Run([call = std::move(call), work = std::move(work)](
                               const absl::Status& accepted) mutable {
          const absl::Status status =
              accepted.ok() ? work(call.get()) : accepted;
          Call::Finish(std::move(call), status);
        });
      });
}

// A service all of whose calls may block and ask for one role. `Base`: the
// service's raw callback methods.
template <typename Base, levee::v1::Role kRole>
class BlockingService : public Base {
 protected:
  explicit BlockingService(const Parts& parts) : parts_(parts) {}

  // `work` as for StartBlocking.
  template <typename Request, typename Response, typename Work>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response, Work work) const {
    return StartBlocking<Request, Response>(parts_, kRole, context, request,
                                            response, std::move(work));
  }

  const Parts parts_;
};

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_RAW_H_
