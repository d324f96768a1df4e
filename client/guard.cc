#include "client/guard.h"

#include <utility>

#include "client/channel.h"
#include "levee/v1/guard_service.grpc.pb.h"

namespace levee::client {
namespace {

class GrpcStream final : public GuardStream {
 public:
  GrpcStream(v1::GuardService::Stub* stub, const std::string& token) {
    Authorize(token, &context_);
    call_ = stub->SubmitStream(&context_);
  }

  bool Write(const v1::SubmitStreamRequest& request) override {
    return call_->Write(request);
  }
  void WritesDone() override { call_->WritesDone(); }
  bool Read(v1::SubmitStreamResponse* response) override {
    return call_->Read(response);
  }
  void Cancel() override { context_.TryCancel(); }
  absl::Status Finish() override { return FromGrpc(call_->Finish()); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SubmitStreamRequest,
                                           v1::SubmitStreamResponse>>
      call_;
};

class GrpcGuard final : public Guard {
 public:
  GrpcGuard(const std::string& target, std::string token)
      : token_(std::move(token)),
        stub_(v1::GuardService::NewStub(MakeChannel(target))) {}

  absl::Status Submit(const v1::TicketEvent& event, absl::Duration timeout,
                      v1::Decision* decision,
                      absl::Duration* retry_after) override {
    grpc::ClientContext context;
    Prepare(timeout, &context);
    v1::SubmitRequest request;
    *request.mutable_event() = event;
    v1::SubmitResponse response;
    const grpc::Status status = stub_->Submit(&context, request, &response);
    *retry_after = RetryAfter(context);
    if (status.ok()) decision->Swap(response.mutable_decision());
    return FromGrpc(status);
  }

  absl::Status Preview(const v1::PreviewRequest& request,
                       absl::Duration timeout,
                       v1::PreviewResponse* response) override {
    grpc::ClientContext context;
    Prepare(timeout, &context);
    return FromGrpc(stub_->Preview(&context, request, response));
  }

  absl::Status GetStanding(const v1::GetStandingRequest& request,
                           absl::Duration timeout,
                           v1::GetStandingResponse* response) override {
    grpc::ClientContext context;
    Prepare(timeout, &context);
    return FromGrpc(stub_->GetStanding(&context, request, response));
  }

  std::unique_ptr<GuardStream> OpenStream() override {
    return std::make_unique<GrpcStream>(stub_.get(), token_);
  }

 private:
  void Prepare(absl::Duration timeout, grpc::ClientContext* context) const {
    Authorize(token_, context);
    SetTimeout(timeout, context);
  }

  const std::string token_;
  const std::unique_ptr<v1::GuardService::Stub> stub_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Guard>> Guard::Create(const std::string& target,
                                                     std::string token) {
  if (target.empty()) {
    return absl::InvalidArgumentError(
        "target: empty; give the server's host:port, such as 127.0.0.1:7171");
  }
  if (absl::Status status = CheckToken(token); !status.ok()) return status;
  return std::make_unique<GrpcGuard>(target, std::move(token));
}

}  // namespace levee::client
