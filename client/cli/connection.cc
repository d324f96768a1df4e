#include "client/cli/connection.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/channel.h"
#include "levee/v1/admin_service.grpc.pb.h"
#include "levee/v1/campaign_service.grpc.pb.h"
#include "levee/v1/customer_service.grpc.pb.h"
#include "levee/v1/decision_service.grpc.pb.h"
#include "levee/v1/guard_service.grpc.pb.h"
#include "levee/v1/history_service.grpc.pb.h"
#include "levee/v1/incident_service.grpc.pb.h"
#include "levee/v1/restriction_service.grpc.pb.h"
#include "levee/v1/review_service.grpc.pb.h"
#include "levee/v1/rule_service.grpc.pb.h"
#include "levee/v1/text_service.grpc.pb.h"

namespace levee::cli {
namespace {

class GrpcImportCall final : public ImportCall {
 public:
  GrpcImportCall(v1::HistoryService::Stub* stub, const std::string& token) {
    client::Authorize(token, &context_);
    call_ = stub->Import(&context_);
  }

  bool Write(const v1::ImportRequest& request) override {
    return call_->Write(request);
  }
  bool Read(v1::ImportResponse* response) override {
    return call_->Read(response);
  }
  void WritesDone() override { call_->WritesDone(); }
  void Cancel() override { context_.TryCancel(); }
  absl::Status Finish() override {
    v1::ImportResponse response;
    while (call_->Read(&response)) {
    }
    return client::FromGrpc(call_->Finish());
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::ImportRequest, v1::ImportResponse>>
      call_;
};

class GrpcWatchReviewsCall final : public WatchReviewsCall {
 public:
  GrpcWatchReviewsCall(v1::ReviewService::Stub* stub, const std::string& token,
                       const v1::WatchReviewsRequest& request) {
    client::Authorize(token, &context_);
    call_ = stub->WatchReviews(&context_, request);
  }
  ~GrpcWatchReviewsCall() override { context_.TryCancel(); }

  bool Read(v1::WatchReviewsResponse* response) override {
    return call_->Read(response);
  }
  absl::Status Finish() override { return client::FromGrpc(call_->Finish()); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchReviewsResponse>> call_;
};

class GrpcConnection final : public Connection {
 public:
  GrpcConnection(std::string server, std::string token, absl::Duration timeout)
      : server_(std::move(server)),
        token_(std::move(token)),
        timeout_(timeout),
        channel_(client::MakeChannel(server_)),
        guard_(v1::GuardService::NewStub(channel_)),
        rules_(v1::RuleService::NewStub(channel_)),
        decisions_(v1::DecisionService::NewStub(channel_)),
        customers_(v1::CustomerService::NewStub(channel_)),
        admin_(v1::AdminService::NewStub(channel_)),
        history_(v1::HistoryService::NewStub(channel_)),
        restrictions_(v1::RestrictionService::NewStub(channel_)),
        reviews_(v1::ReviewService::NewStub(channel_)),
        incidents_(v1::IncidentService::NewStub(channel_)),
        campaigns_(v1::CampaignService::NewStub(channel_)),
        texts_(v1::TextService::NewStub(channel_)) {}

  absl::Status Call(const v1::SubmitRequest& request,
                    v1::SubmitResponse* response) override {
    return Run(*guard_, &v1::GuardService::Stub::Submit, request, response);
  }
  absl::Status Call(const v1::PreviewRequest& request,
                    v1::PreviewResponse* response) override {
    return Run(*guard_, &v1::GuardService::Stub::Preview, request, response);
  }
  absl::Status Call(const v1::GetStandingRequest& request,
                    v1::GetStandingResponse* response) override {
    return Run(*guard_, &v1::GuardService::Stub::GetStanding, request,
               response);
  }
  absl::Status Call(const v1::GetRuleSetRequest& request,
                    v1::GetRuleSetResponse* response) override {
    return Run(*rules_, &v1::RuleService::Stub::GetRuleSet, request, response);
  }
  absl::Status Call(const v1::CheckRuleSetRequest& request,
                    v1::CheckRuleSetResponse* response) override {
    return Run(*rules_, &v1::RuleService::Stub::CheckRuleSet, request,
               response);
  }
  absl::Status Call(const v1::ApplyRuleSetRequest& request,
                    v1::ApplyRuleSetResponse* response) override {
    return Run(*rules_, &v1::RuleService::Stub::ApplyRuleSet, request,
               response);
  }
  absl::Status Call(const v1::ListRevisionsRequest& request,
                    v1::ListRevisionsResponse* response) override {
    return Run(*rules_, &v1::RuleService::Stub::ListRevisions, request,
               response);
  }
  absl::Status Call(const v1::RollbackRequest& request,
                    v1::RollbackResponse* response) override {
    return Run(*rules_, &v1::RuleService::Stub::Rollback, request, response);
  }
  absl::Status Call(const v1::SetShadowRequest& request,
                    v1::SetShadowResponse* response) override {
    return Run(*rules_, &v1::RuleService::Stub::SetShadow, request, response);
  }
  absl::Status Call(const v1::ListPrecisionRequest& request,
                    v1::ListPrecisionResponse* response) override {
    return Run(*rules_, &v1::RuleService::Stub::ListPrecision, request,
               response);
  }
  absl::Status Call(const v1::GetDecisionRequest& request,
                    v1::GetDecisionResponse* response) override {
    return Run(*decisions_, &v1::DecisionService::Stub::GetDecision, request,
               response);
  }
  absl::Status Call(const v1::ListDecisionsRequest& request,
                    v1::ListDecisionsResponse* response) override {
    return Run(*decisions_, &v1::DecisionService::Stub::ListDecisions, request,
               response);
  }
  absl::Status Call(const v1::GetCustomerRequest& request,
                    v1::GetCustomerResponse* response) override {
    return Run(*customers_, &v1::CustomerService::Stub::GetCustomer, request,
               response);
  }
  absl::Status Call(const v1::GrantEntitlementRequest& request,
                    v1::GrantEntitlementResponse* response) override {
    return Run(*customers_, &v1::CustomerService::Stub::GrantEntitlement,
               request, response);
  }
  absl::Status Call(const v1::SetOverrideRequest& request,
                    v1::SetOverrideResponse* response) override {
    return Run(*customers_, &v1::CustomerService::Stub::SetOverride, request,
               response);
  }
  absl::Status Call(const v1::ListRestrictionsRequest& request,
                    v1::ListRestrictionsResponse* response) override {
    return Run(*restrictions_, &v1::RestrictionService::Stub::ListRestrictions,
               request, response);
  }
  absl::Status Call(const v1::GetRestrictionRequest& request,
                    v1::GetRestrictionResponse* response) override {
    return Run(*restrictions_, &v1::RestrictionService::Stub::GetRestriction,
               request, response);
  }
  absl::Status Call(const v1::AddRestrictionRequest& request,
                    v1::AddRestrictionResponse* response) override {
    return Run(*restrictions_, &v1::RestrictionService::Stub::AddRestriction,
               request, response);
  }
  absl::Status Call(const v1::LiftRestrictionRequest& request,
                    v1::LiftRestrictionResponse* response) override {
    return Run(*restrictions_, &v1::RestrictionService::Stub::LiftRestriction,
               request, response);
  }
  absl::Status Call(const v1::ListReviewsRequest& request,
                    v1::ListReviewsResponse* response) override {
    return Run(*reviews_, &v1::ReviewService::Stub::ListReviews, request,
               response);
  }
  absl::Status Call(const v1::GetReviewRequest& request,
                    v1::GetReviewResponse* response) override {
    return Run(*reviews_, &v1::ReviewService::Stub::GetReview, request,
               response);
  }
  absl::Status Call(const v1::ResolveReviewRequest& request,
                    v1::ResolveReviewResponse* response) override {
    return Run(*reviews_, &v1::ReviewService::Stub::ResolveReview, request,
               response);
  }
  absl::Status Call(const v1::BeginIncidentRequest& request,
                    v1::BeginIncidentResponse* response) override {
    return Run(*incidents_, &v1::IncidentService::Stub::BeginIncident, request,
               response);
  }
  absl::Status Call(const v1::EndIncidentRequest& request,
                    v1::EndIncidentResponse* response) override {
    return Run(*incidents_, &v1::IncidentService::Stub::EndIncident, request,
               response);
  }
  absl::Status Call(const v1::ListIncidentsRequest& request,
                    v1::ListIncidentsResponse* response) override {
    return Run(*incidents_, &v1::IncidentService::Stub::ListIncidents, request,
               response);
  }
  absl::Status Call(const v1::ListCampaignsRequest& request,
                    v1::ListCampaignsResponse* response) override {
    return Run(*campaigns_, &v1::CampaignService::Stub::ListCampaigns, request,
               response);
  }
  absl::Status Call(const v1::GetCampaignRequest& request,
                    v1::GetCampaignResponse* response) override {
    return Run(*campaigns_, &v1::CampaignService::Stub::GetCampaign, request,
               response);
  }
  absl::Status Call(const v1::HoldCampaignRequest& request,
                    v1::HoldCampaignResponse* response) override {
    return Run(*campaigns_, &v1::CampaignService::Stub::HoldCampaign, request,
               response);
  }
  absl::Status Call(const v1::UndoCampaignRequest& request,
                    v1::UndoCampaignResponse* response) override {
    return Run(*campaigns_, &v1::CampaignService::Stub::UndoCampaign, request,
               response);
  }
  absl::Status Call(const v1::ExamineTextRequest& request,
                    v1::ExamineTextResponse* response) override {
    return Run(*texts_, &v1::TextService::Stub::ExamineText, request, response);
  }
  absl::Status Call(const v1::StatusRequest& request,
                    v1::StatusResponse* response) override {
    return Run(*admin_, &v1::AdminService::Stub::Status, request, response);
  }
  std::unique_ptr<ImportCall> Import() override {
    return std::make_unique<GrpcImportCall>(history_.get(), token_);
  }
  std::unique_ptr<WatchReviewsCall> WatchReviews(
      const v1::WatchReviewsRequest& request) override {
    return std::make_unique<GrpcWatchReviewsCall>(reviews_.get(), token_,
                                                  request);
  }

 private:
  template <typename Stub, typename Request, typename Response>
  absl::Status Run(Stub& stub,
                   grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                const Request&, Response*),
                   const Request& request, Response* response) {
    grpc::ClientContext context;
    client::Authorize(token_, &context);
    client::SetTimeout(timeout_, &context);
    return Explained(
        client::FromGrpc((stub.*method)(&context, request, response)));
  }

  absl::Status Explained(const absl::Status& status) const {
    if (absl::IsDeadlineExceeded(status)) {
      return absl::DeadlineExceededError(
          absl::StrCat("no answer from ", server_, " within ",
                       absl::FormatDuration(timeout_), " (see --timeout)"));
    }
    if (absl::IsUnavailable(status)) {
      return absl::UnavailableError(
          absl::StrCat(server_, ": ", status.message()));
    }
    return status;
  }

  const std::string server_;
  const std::string token_;
  const absl::Duration timeout_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::GuardService::Stub> guard_;
  const std::unique_ptr<v1::RuleService::Stub> rules_;
  const std::unique_ptr<v1::DecisionService::Stub> decisions_;
  const std::unique_ptr<v1::CustomerService::Stub> customers_;
  const std::unique_ptr<v1::AdminService::Stub> admin_;
  const std::unique_ptr<v1::HistoryService::Stub> history_;
  const std::unique_ptr<v1::RestrictionService::Stub> restrictions_;
  const std::unique_ptr<v1::ReviewService::Stub> reviews_;
  const std::unique_ptr<v1::IncidentService::Stub> incidents_;
  const std::unique_ptr<v1::CampaignService::Stub> campaigns_;
  const std::unique_ptr<v1::TextService::Stub> texts_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Create(
    std::string server, std::string token, absl::Duration timeout) {
  if (absl::Status status = client::CheckToken(token); !status.ok()) {
    return status;
  }
  return std::make_unique<GrpcConnection>(std::move(server), std::move(token),
                                          timeout);
}

}  // namespace levee::cli
