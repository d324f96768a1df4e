// RuleService: the rule set of the caller's tenant.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "levee/v1/rule_service.grpc.pb.h"
#include "server/rpc/acts.h"
#include "server/rpc/check.h"
#include "server/rpc/raw.h"
#include "server/rpc/rule_sets.h"
#include "server/rpc/services.h"
#include "server/rules/rule_set.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;
using Base = BlockingService<
    v1::RuleService::WithRawCallbackMethod_GetRuleSet<
        v1::RuleService::WithRawCallbackMethod_CheckRuleSet<
            v1::RuleService::WithRawCallbackMethod_ApplyRuleSet<
                v1::RuleService::WithRawCallbackMethod_ListRevisions<
                    v1::RuleService::WithRawCallbackMethod_Rollback<
                        v1::RuleService::WithRawCallbackMethod_SetShadow<
                            v1::RuleService::
                                WithRawCallbackMethod_ListPrecision<
                                    v1::RuleService::Service>>>>>>>,
    v1::ROLE_OPERATOR>;

class RuleService final : public Base {
 public:
  explicit RuleService(const Parts& parts) : Base(parts) {}

  grpc::ServerUnaryReactor* GetRuleSet(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override {
    return Start<v1::GetRuleSetRequest, v1::GetRuleSetResponse>(
        context, request, response, [this](auto* call) {
          return Store(FindRevision(parts_.sequencer, *call->caller().tenant,
                                    call->request().revision()),
                       call->response()->mutable_revision());
        });
  }

  grpc::ServerUnaryReactor* CheckRuleSet(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override {
    return Start<v1::CheckRuleSetRequest, v1::CheckRuleSetResponse>(
        context, request, response, [](auto* call) {
          const rules::Compiled compiled =
              rules::Compile(call->request().text(), 0);
          for (const v1::RuleProblem& problem : compiled.problems) {
            *call->response()->add_problems() = problem;
          }
          if (compiled.rule_set != nullptr) {
            const auto size = [](const auto& span) {
              return static_cast<int32_t>(span.size());
            };
            call->response()->set_rules(size(compiled.rule_set->rules()));
            call->response()->set_leaves(size(compiled.rule_set->leaves()));
          }
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ApplyRuleSet(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override {
    return Start<v1::ApplyRuleSetRequest, v1::ApplyRuleSetResponse>(
        context, request, response, [this](auto* call) {
          const v1::ApplyRuleSetRequest& request = call->request();
          Application application = {.text = request.text(),
                                     .author = call->caller().name,
                                     .comment = request.comment()};
          if (request.has_expected_revision()) {
            application.expected_revision = request.expected_revision();
          }
          return Apply(call->caller(), application,
                       call->response()->mutable_revision());
        });
  }

  grpc::ServerUnaryReactor* ListRevisions(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override {
    return Start<v1::ListRevisionsRequest, v1::ListRevisionsResponse>(
        context, request, response, [this](auto* call) {
          return List(call->caller(), call->request(), call->response());
        });
  }

  grpc::ServerUnaryReactor* Rollback(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override {
    return Start<v1::RollbackRequest, v1::RollbackResponse>(
        context, request, response, [this](auto* call) {
          return RollBack(call->caller(), call->request(),
                          call->response()->mutable_revision());
        });
  }

  grpc::ServerUnaryReactor* SetShadow(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override {
    return Start<v1::SetShadowRequest, v1::SetShadowResponse>(
        context, request, response, [this](auto* call) {
          const v1::SetShadowRequest& given = call->request();
          absl::StatusOr<v1::RuleSetRevision> in_force = FindRevision(
              parts_.sequencer, *call->caller().tenant, /*revision=*/0);
          if (!in_force.ok()) return in_force.status();
          Application application = {.text = in_force->text(),
                                     .author = call->caller().name,
                                     .comment = given.comment()};
          application.expected_revision = in_force->revision();
          application.shadow = given.shadow();
          return Apply(call->caller(), application,
                       call->response()->mutable_revision());
        });
  }

  grpc::ServerUnaryReactor* ListPrecision(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override {
    return Start<v1::ListPrecisionRequest, v1::ListPrecisionResponse>(
        context, request, response, [this](auto* call) {
          const auto rules = parts_.sequencer->RulesOf(*call->caller().tenant);
          if (rules == nullptr) return absl::OkStatus();
          return SurveyLists(
              parts_.sequencer, call->caller(),
              [&](const sequencer::Directory::Lists& lists, int64_t) {
                for (const rules::CompiledRule& rule : rules->rules()) {
                  const auto found = lists.rules.find(rule.hash);
                  if (found == lists.rules.end()) continue;
                  v1::RulePrecision* const told = call->response()->add_rules();
                  told->set_rule_id(rule.id);
                  told->set_confirmed(found->second.confirmed());
                  told->set_released(found->second.released());
                  told->set_unattended(found->second.unattended());
                }
              });
        });
  }

 private:
  static absl::Status Store(absl::StatusOr<v1::RuleSetRevision> from,
                            v1::RuleSetRevision* to) {
    if (!from.ok()) return from.status();
    *to = *std::move(from);
    return absl::OkStatus();
  }

  absl::Status Apply(const Caller& caller, const Application& application,
                     v1::RuleSetRevision* revision) const {
    return Store(rpc::ApplyRuleSet(parts_.sequencer, *caller.tenant,
                                   caller.tenant_name, application),
                 revision);
  }

  absl::Status List(const Caller& caller, const v1::ListRevisionsRequest& given,
                    v1::ListRevisionsResponse* response) const;
  absl::Status RollBack(const Caller& caller, const v1::RollbackRequest& given,
                        v1::RuleSetRevision* revision) const;
};

// A page token is the revision before which the page begins, as ListRevisions
// wrote it: at least 2, for there was one more.
absl::StatusOr<uint64_t> ParsePageToken(const std::string& token) {
  uint64_t before = UINT64_MAX;
  if (token.empty()) return before;
  if (absl::SimpleAtoi(token, &before) && before >= 2 &&
      absl::StrCat(before) == token) {
    return before;
  }
  return Wrong("page_token",
               absl::StrCat(Quoted(token),
                            " is not a next_page_token of ListRevisions"));
}

absl::Status RuleService::List(const Caller& caller,
                               const v1::ListRevisionsRequest& given,
                               v1::ListRevisionsResponse* response) const {
  const absl::StatusOr<uint64_t> before = ParsePageToken(given.page_token());
  if (!before.ok()) return before.status();
  auto revisions = rpc::ListRevisions(parts_.sequencer, *caller.tenant);
  if (!revisions.ok()) return revisions.status();
  const int page_size =
      given.page_size() == 0 ? kRevisionsPageMax : given.page_size();
  std::reverse(revisions->begin(), revisions->end());
  for (v1::RuleSetRevision& revision : *revisions) {
    if (revision.revision() >= *before) continue;
    if (response->revisions_size() == page_size) {
      response->set_next_page_token(
          absl::StrCat(response->revisions().rbegin()->revision()));
      break;
    }
    *response->add_revisions() = std::move(revision);
  }
  return absl::OkStatus();
}

absl::Status RuleService::RollBack(const Caller& caller,
                                   const v1::RollbackRequest& given,
                                   v1::RuleSetRevision* revision) const {
  absl::StatusOr<v1::RuleSetRevision> old =
      FindRevision(parts_.sequencer, *caller.tenant, given.revision());
  if (!old.ok()) return old.status();
  absl::Status status = Apply(caller,
                              {.text = old->text(),
                               .author = caller.name,
                               .comment = given.comment(),
                               .expected_revision = std::nullopt,
                               .rolled_back_to = given.revision()},
                              revision);
  if (!absl::IsInvalidArgument(status)) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("revision ", given.revision(),
                   " is not right under this release:\n", status.message()));
}

}  // namespace

std::unique_ptr<grpc::Service> MakeRuleService(const Parts& parts) {
  return std::make_unique<RuleService>(parts);
}

}  // namespace levee::rpc
