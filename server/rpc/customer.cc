// CustomerService: what Levee knows of customers.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "levee/v1/customer_service.grpc.pb.h"
#include "server/rpc/acts.h"
#include "server/rpc/groups.h"
#include "server/rpc/raw.h"
#include "server/rpc/services.h"
#include "server/state/timestamp.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;

void Fill(const state::Ring& ring, v1::Customer* customer) {
  // An operator may speak of someone who has done nothing yet.
  if (ring.first_seen_ms() != 0) {
    state::SetTime(ring.first_seen_ms(), customer->mutable_first_seen_at());
    state::SetTime(ring.last_seen_ms(), customer->mutable_last_seen_at());
  }
  customer->set_opened(ring.total(v1::EVENT_KIND_OPENED));
  customer->set_replied(ring.total(v1::EVENT_KIND_CUSTOMER_REPLIED));
  customer->set_reopened(ring.total(v1::EVENT_KIND_REOPENED));
  customer->set_not_allowed(ring.not_allowed());
}

// What rules and operators made of him, but for the restrictions.
void Fill(const storage::v1::StandingRecord& standing,
          const rules::RuleSet* rules, int64_t now_ms, v1::Customer* customer) {
  if (standing.exempt_until_ms() > now_ms) {
    state::SetTime(standing.exempt_until_ms(),
                   customer->mutable_override()->mutable_exempt_until());
  }
  if (standing.limits_until_ms() > now_ms) {
    customer->mutable_override()->set_limits_times(
        static_cast<int32_t>(standing.limits_times()));
    state::SetTime(standing.limits_until_ms(),
                   customer->mutable_override()->mutable_limits_until());
  }
  customer->set_entitlements(static_cast<int32_t>(std::count_if(
      standing.entitlements().begin(), standing.entitlements().end(),
      [&](const auto& held) {
        return held.used_by() == 0 && held.granted().until_ms() > now_ms;
      })));
  if (standing.forgiven_ms() != 0) {
    state::SetTime(standing.forgiven_ms(), customer->mutable_forgiven_at());
  }
  for (const auto& held : standing.offences()) {
    v1::CustomerOffence* const told = customer->add_offences();
    state::SetTime(held.offence().at_ms(), told->mutable_at());
    if (rules == nullptr) continue;
    for (const rules::CompiledRule& rule : rules->rules()) {
      if (rule.hash == held.offence().rule()) told->set_rule_id(rule.id);
    }
  }
}

using Base = v1::CustomerService::WithRawCallbackMethod_GetCustomer<
    v1::CustomerService::WithRawCallbackMethod_GrantEntitlement<
        v1::CustomerService::WithRawCallbackMethod_SetOverride<
            v1::CustomerService::Service>>>;

class CustomerService final : public Base {
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

  grpc::ServerUnaryReactor* GrantEntitlement(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override {
    return StartBlocking<v1::GrantEntitlementRequest,
                         v1::GrantEntitlementResponse>(
        parts_, v1::ROLE_HELPDESK, context, request, response,
        [this](auto* call) {
          const v1::GrantEntitlementRequest& given = call->request();
          sequencer::Act act;
          act.entry.mutable_grant()->set_until_ms(state::ToMs(given.until()));
          act.about = storage::v1::NAME_KIND_CUSTOMER;
          act.id = given.customer_id();
          act.reference = given.reference();
          act.reason = given.reason();
          const auto id =
              Perform(parts_.sequencer, call->caller(), std::move(act));
          if (id.ok()) call->response()->set_id(*id);
          return id.status();
        });
  }

  grpc::ServerUnaryReactor* SetOverride(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override {
    return StartBlocking<v1::SetOverrideRequest, v1::SetOverrideResponse>(
        parts_, v1::ROLE_OPERATOR, context, request, response,
        [this](auto* call) {
          const v1::SetOverrideRequest& given = call->request();
          const v1::Override& override = given.override();
          sequencer::Act act;
          auto& overrule = *act.entry.mutable_overrule();
          if (override.has_exempt_until()) {
            overrule.set_exempt_until_ms(state::ToMs(override.exempt_until()));
          }
          if (override.limits_times() != 0) {
            overrule.set_limits_times(override.limits_times());
            overrule.set_limits_until_ms(state::ToMs(override.limits_until()));
          }
          act.about = storage::v1::NAME_KIND_CUSTOMER;
          act.id = given.customer_id();
          act.reason = given.reason();
          const auto sequence =
              Perform(parts_.sequencer, call->caller(), std::move(act));
          if (sequence.ok()) call->response()->set_sequence(*sequence);
          return sequence.status();
        });
  }

 private:
  // The restrictions in force on him now, which is told as well.
  absl::Status TellRestrictions(const Caller& caller, uint64_t handle,
                                v1::Customer* customer, int64_t* now_ms) const {
    std::vector<std::pair<uint64_t, storage::v1::RestrictionRecord>> found;
    absl::Status status = SurveyLists(
        parts_.sequencer, caller,
        [&](const sequencer::Directory::Lists& lists, int64_t at_ms) {
          *now_ms = at_ms;
          for (const auto& [id, record] : lists.restrictions) {
            const storage::v1::Restricted& made = record.restricted();
            if (made.on().subject() == v1::SUBJECT_CUSTOMER &&
                made.on().handle() == handle && made.until_ms() > at_ms) {
              found.emplace_back(id, record);
            }
          }
        });
    if (!status.ok()) return status;
    return parts_.reader->Tell(*caller.tenant, found,
                               customer->mutable_restrictions());
  }

  absl::Status Get(const Caller& caller, const v1::GetCustomerRequest& given,
                   v1::GetCustomerResponse* response) const {
    absl::StatusOr<state::EntityKey> key =
        parts_.reader->CustomerKey(*caller.tenant, given.customer_id());
    if (!key.ok()) return key.status();
    v1::Customer* customer = response->mutable_customer();
    customer->set_customer_id(given.customer_id());
    const auto rules = parts_.sequencer->RulesOf(*caller.tenant);
    int64_t now_ms = 0;
    absl::Status status =
        TellRestrictions(caller, key->handle, customer, &now_ms);
    if (!status.ok()) return status;
    status = LookAt(parts_.sequencer, *key, [&](const state::Entity* entity) {
      if (entity == nullptr || entity->ring() == nullptr) {
        // Named, perhaps, but nothing ever happened to him.
        return absl::NotFoundError("customer_id: Levee has never seen it");
      }
      Fill(*entity->ring(), customer);
      if (entity->standing() != nullptr) {
        Fill(*entity->standing(), rules.get(), now_ms, customer);
      }
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
