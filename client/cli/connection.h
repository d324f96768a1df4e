// The tool's door to the server; keeps gRPC out of every other file.
#ifndef LEVEE_CLIENT_CLI_CONNECTION_H_
#define LEVEE_CLIENT_CLI_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "levee/v1/admin_service.pb.h"
#include "levee/v1/campaign_service.pb.h"
#include "levee/v1/customer_service.pb.h"
#include "levee/v1/decision_service.pb.h"
#include "levee/v1/guard_service.pb.h"
#include "levee/v1/history_service.pb.h"
#include "levee/v1/incident_service.pb.h"
#include "levee/v1/restriction_service.pb.h"
#include "levee/v1/review_service.pb.h"
#include "levee/v1/rule_service.pb.h"
#include "levee/v1/text_service.pb.h"

namespace levee::cli {

// One call of HistoryService.Import.
//
// Threads: Cancel from any, everything else from one.
class ImportCall {
 public:
  virtual ~ImportCall() = default;
  // False: the call has ended.
  virtual bool Write(const v1::ImportRequest& request) = 0;
  virtual bool Read(v1::ImportResponse* response) = 0;
  virtual void WritesDone() = 0;
  virtual void Cancel() = 0;
  // Reads what is left and tells how the call ended. Once, at the end.
  virtual absl::Status Finish() = 0;
};

// One call of ReviewService.WatchReviews.
//
// Threads: one.
class WatchReviewsCall {
 public:
  // Ends the call.
  virtual ~WatchReviewsCall() = default;
  // Waits for the next one. False: the call has ended.
  virtual bool Read(v1::WatchReviewsResponse* response) = 0;
  // Tells how the call ended. Once, after Read returned false.
  virtual absl::Status Finish() = 0;
};

// Calls one server with one token, each call within one time limit. Errors are
// the server's; where it cannot be reached they name it.
//
// Threads: safe.
class Connection {
 public:
  // INVALID_ARGUMENT: the token cannot be used.
  static absl::StatusOr<std::unique_ptr<Connection>> Create(
      std::string server, std::string token, absl::Duration timeout);
  virtual ~Connection() = default;

  virtual absl::Status Call(const v1::SubmitRequest& request,
                            v1::SubmitResponse* response) = 0;
  virtual absl::Status Call(const v1::PreviewRequest& request,
                            v1::PreviewResponse* response) = 0;
  virtual absl::Status Call(const v1::GetStandingRequest& request,
                            v1::GetStandingResponse* response) = 0;
  virtual absl::Status Call(const v1::GetRuleSetRequest& request,
                            v1::GetRuleSetResponse* response) = 0;
  virtual absl::Status Call(const v1::CheckRuleSetRequest& request,
                            v1::CheckRuleSetResponse* response) = 0;
  virtual absl::Status Call(const v1::ApplyRuleSetRequest& request,
                            v1::ApplyRuleSetResponse* response) = 0;
  virtual absl::Status Call(const v1::ListRevisionsRequest& request,
                            v1::ListRevisionsResponse* response) = 0;
  virtual absl::Status Call(const v1::RollbackRequest& request,
                            v1::RollbackResponse* response) = 0;
  virtual absl::Status Call(const v1::SetShadowRequest& request,
                            v1::SetShadowResponse* response) = 0;
  virtual absl::Status Call(const v1::ListPrecisionRequest& request,
                            v1::ListPrecisionResponse* response) = 0;
  virtual absl::Status Call(const v1::GetDecisionRequest& request,
                            v1::GetDecisionResponse* response) = 0;
  virtual absl::Status Call(const v1::ListDecisionsRequest& request,
                            v1::ListDecisionsResponse* response) = 0;
  virtual absl::Status Call(const v1::GetCustomerRequest& request,
                            v1::GetCustomerResponse* response) = 0;
  virtual absl::Status Call(const v1::GrantEntitlementRequest& request,
                            v1::GrantEntitlementResponse* response) = 0;
  virtual absl::Status Call(const v1::SetOverrideRequest& request,
                            v1::SetOverrideResponse* response) = 0;
  virtual absl::Status Call(const v1::ListRestrictionsRequest& request,
                            v1::ListRestrictionsResponse* response) = 0;
  virtual absl::Status Call(const v1::GetRestrictionRequest& request,
                            v1::GetRestrictionResponse* response) = 0;
  virtual absl::Status Call(const v1::AddRestrictionRequest& request,
                            v1::AddRestrictionResponse* response) = 0;
  virtual absl::Status Call(const v1::LiftRestrictionRequest& request,
                            v1::LiftRestrictionResponse* response) = 0;
  virtual absl::Status Call(const v1::ListReviewsRequest& request,
                            v1::ListReviewsResponse* response) = 0;
  virtual absl::Status Call(const v1::GetReviewRequest& request,
                            v1::GetReviewResponse* response) = 0;
  virtual absl::Status Call(const v1::ResolveReviewRequest& request,
                            v1::ResolveReviewResponse* response) = 0;
  virtual absl::Status Call(const v1::BeginIncidentRequest& request,
                            v1::BeginIncidentResponse* response) = 0;
  virtual absl::Status Call(const v1::EndIncidentRequest& request,
                            v1::EndIncidentResponse* response) = 0;
  virtual absl::Status Call(const v1::ListIncidentsRequest& request,
                            v1::ListIncidentsResponse* response) = 0;
  virtual absl::Status Call(const v1::ListCampaignsRequest& request,
                            v1::ListCampaignsResponse* response) = 0;
  virtual absl::Status Call(const v1::GetCampaignRequest& request,
                            v1::GetCampaignResponse* response) = 0;
  virtual absl::Status Call(const v1::HoldCampaignRequest& request,
                            v1::HoldCampaignResponse* response) = 0;
  virtual absl::Status Call(const v1::UndoCampaignRequest& request,
                            v1::UndoCampaignResponse* response) = 0;
  virtual absl::Status Call(const v1::ExamineTextRequest& request,
                            v1::ExamineTextResponse* response) = 0;
  virtual absl::Status Call(const v1::StatusRequest& request,
                            v1::StatusResponse* response) = 0;
  // Without a time limit, both.
  virtual std::unique_ptr<ImportCall> Import() = 0;
  virtual std::unique_ptr<WatchReviewsCall> WatchReviews(
      const v1::WatchReviewsRequest& request) = 0;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_CONNECTION_H_
