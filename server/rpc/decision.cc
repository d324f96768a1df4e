// DecisionService: what was decided, and why.
#include <memory>
#include <utility>

#include "levee/v1/decision_service.grpc.pb.h"
#include "server/rpc/raw.h"
#include "server/rpc/services.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;

class DecisionService final
    : public v1::DecisionService::WithRawCallbackMethod_GetDecision<
          v1::DecisionService::WithRawCallbackMethod_ListDecisions<
              v1::DecisionService::Service>> {
 public:
  explicit DecisionService(const Parts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* GetDecision(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return StartBlocking<v1::GetDecisionRequest, v1::GetDecisionResponse>(
        parts_, v1::ROLE_OPERATOR, context, request, response,
        [this](auto* call) {
          absl::StatusOr<v1::DecisionRecord> record =
              parts_.reader->Get(*call->caller().tenant, call->request());
          if (!record.ok()) return record.status();
          *call->response()->mutable_record() = *std::move(record);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListDecisions(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override {
    return StartBlocking<v1::ListDecisionsRequest, v1::ListDecisionsResponse>(
        parts_, v1::ROLE_OPERATOR, context, request, response,
        [this](auto* call) {
          absl::StatusOr<v1::ListDecisionsResponse> page =
              parts_.reader->List(*call->caller().tenant, call->request());
          if (!page.ok()) return page.status();
          *call->response() = *std::move(page);
          return absl::OkStatus();
        });
  }

 private:
  const Parts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDecisionService(const Parts& parts) {
  return std::make_unique<DecisionService>(parts);
}

}  // namespace levee::rpc
