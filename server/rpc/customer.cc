// CustomerService: what Levee knows of customers.
#include <memory>
#include <utility>

#include "levee/v1/customer_service.grpc.pb.h"
#include "server/rpc/groups.h"
#include "server/rpc/raw.h"
#include "server/rpc/services.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;

void SetTime(int64_t ms, google::protobuf::Timestamp* time) {
  time->set_seconds(ms / 1000);
  time->set_nanos(static_cast<int32_t>(ms % 1000 * 1'000'000));
}

void Fill(const state::Ring& ring, v1::Customer* customer) {
  SetTime(ring.first_seen_ms(), customer->mutable_first_seen_at());
  SetTime(ring.last_seen_ms(), customer->mutable_last_seen_at());
  customer->set_opened(ring.total(v1::EVENT_KIND_OPENED));
  customer->set_replied(ring.total(v1::EVENT_KIND_CUSTOMER_REPLIED));
  customer->set_reopened(ring.total(v1::EVENT_KIND_REOPENED));
  customer->set_not_allowed(ring.not_allowed());
}

class CustomerService final
    : public v1::CustomerService::WithRawCallbackMethod_GetCustomer<
          v1::CustomerService::Service> {
 public:
  explicit CustomerService(const Parts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* GetCustomer(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return StartBlocking<v1::GetCustomerRequest, v1::GetCustomerResponse>(
        parts_, v1::ROLE_OPERATOR, context, request, response,
        [this](auto* call) {
          return Get(call->caller(), call->request(), call->response());
        });
  }

 private:
  absl::Status Get(const Caller& caller, const v1::GetCustomerRequest& given,
                   v1::GetCustomerResponse* response) const {
    absl::StatusOr<state::EntityKey> key =
        parts_.reader->CustomerKey(*caller.tenant, given.customer_id());
    if (!key.ok()) return key.status();
    v1::Customer* customer = response->mutable_customer();
    customer->set_customer_id(given.customer_id());
    absl::Status status =
        LookAt(parts_.sequencer, *key, [&](const state::Entity* entity) {
          if (entity == nullptr || entity->ring() == nullptr) {
            // Named, perhaps, but nothing ever happened to him.
            return absl::NotFoundError("customer_id: Levee has never seen it");
          }
          Fill(*entity->ring(), customer);
          return absl::OkStatus();
        });
    if (!status.ok()) return status;
    return parts_.reader->Timeline(*caller.tenant, given, response);
  }

  const Parts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCustomerService(const Parts& parts) {
  return std::make_unique<CustomerService>(parts);
}

}  // namespace levee::rpc
