// Checks what callers send against the limits that levee.v1 documents, before
// any of it goes further.
//
// All functions: pure. INVALID_ARGUMENT names the field by its path, what was
// given and what would be right, such as "event.customer_id: 200 bytes, at
// most 128". Strings are UTF-8 already: the parser saw to that.
#ifndef LEVEE_SERVER_RPC_VALIDATE_H_
#define LEVEE_SERVER_RPC_VALIDATE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "levee/v1/admin_service.pb.h"
#include "levee/v1/campaign_service.pb.h"
#include "levee/v1/customer_service.pb.h"
#include "levee/v1/decision_service.pb.h"
#include "levee/v1/event.pb.h"
#include "levee/v1/guard_service.pb.h"
#include "levee/v1/history_service.pb.h"
#include "levee/v1/incident_service.pb.h"
#include "levee/v1/restriction_service.pb.h"
#include "levee/v1/review_service.pb.h"
#include "levee/v1/rule_service.pb.h"
#include "levee/v1/text_service.pb.h"
#include "server/sequencer/job.h"
#include "server/text/auto_reply.h"

namespace levee::rpc {

// The limits, in bytes unless said otherwise. Ids of helpdesks are far
// shorter; with 128 bytes a million of them still fit in memory.
inline constexpr size_t kIdBytesMax = 128;
inline constexpr size_t kSubjectBytesMax = 4 << 10;
inline constexpr size_t kBodyBytesMax = 1 << 20;
// RFC 3696, erratum 1690: 64 for the local part, 255 for the domain.
inline constexpr size_t kEmailBytesMax = 320;
// RFC 5646 §4.4.1 asks implementations for at least 35.
inline constexpr size_t kLanguageBytesMax = 35;
inline constexpr int kAttributesMax = 32;
inline constexpr size_t kAttributeKeyBytesMax = 64;
inline constexpr size_t kAttributeTextBytesMax = 256;
inline constexpr int kOwnDomainsMax = 64;
// RFC 1035 §2.3.4.
inline constexpr size_t kDomainBytesMax = 253;
inline constexpr int kMailHeadersMax = static_cast<int>(text::kMailHeadersMax);
inline constexpr size_t kHeaderNameBytesMax = 64;
inline constexpr size_t kHeaderValueBytesMax = 1 << 10;
// The longest text of an address with a zone is shorter.
inline constexpr size_t kIpBytesMax = 64;
// Events in one request of a stream.
inline constexpr int kBatchEventsMax = sequencer::kGroupEventsMax;
inline constexpr int kPageSizeMax = 500;
inline constexpr int kRevisionsPageMax = 100;
inline constexpr size_t kPageTokenBytesMax = 256;
// As many values as the enums have, with room for repetition.
inline constexpr int kFilterValuesMax = 32;
inline constexpr size_t kRuleIdBytesMax = 64;
inline constexpr size_t kCommentBytesMax = 1 << 10;
inline constexpr int kDepartmentsMax = 32;
inline constexpr int kLimitsTimesMax = 100;

// What an event is meant for.
enum class EventUse {
  // All of TicketEvent's rules.
  kSubmit,
  // event_id may be empty.
  kPreview,
  // occurred_at is required.
  kImport,
};

// `path` is that of the event, such as "event"; of a repeated field the
// element `place`, from 0.
absl::Status ValidateEvent(const levee::v1::TicketEvent& event, EventUse use,
                           absl::string_view path, int place = -1);

absl::Status Validate(const levee::v1::SubmitRequest& request);
// Only the number of events: each has its own answer.
absl::Status Validate(const levee::v1::SubmitStreamRequest& request);
absl::Status Validate(const levee::v1::PreviewRequest& request);
absl::Status Validate(const levee::v1::GetStandingRequest& request);
absl::Status Validate(const levee::v1::ImportStart& start);
// Only the number of events.
absl::Status Validate(const levee::v1::ImportEvents& events);
absl::Status Validate(const levee::v1::GetDecisionRequest& request);
absl::Status Validate(const levee::v1::ListDecisionsRequest& request);
absl::Status Validate(const levee::v1::GetCustomerRequest& request);
absl::Status Validate(const levee::v1::GetRuleSetRequest& request);
absl::Status Validate(const levee::v1::CheckRuleSetRequest& request);
absl::Status Validate(const levee::v1::ApplyRuleSetRequest& request);
absl::Status Validate(const levee::v1::ListRevisionsRequest& request);
absl::Status Validate(const levee::v1::RollbackRequest& request);
absl::Status Validate(const levee::v1::StatusRequest& request);
absl::Status Validate(const levee::v1::SetShadowRequest& request);
absl::Status Validate(const levee::v1::ListPrecisionRequest& request);
absl::Status Validate(const levee::v1::GrantEntitlementRequest& request);
absl::Status Validate(const levee::v1::SetOverrideRequest& request);
absl::Status Validate(const levee::v1::ListRestrictionsRequest& request);
absl::Status Validate(const levee::v1::GetRestrictionRequest& request);
absl::Status Validate(const levee::v1::AddRestrictionRequest& request);
absl::Status Validate(const levee::v1::LiftRestrictionRequest& request);
absl::Status Validate(const levee::v1::ListReviewsRequest& request);
absl::Status Validate(const levee::v1::GetReviewRequest& request);
absl::Status Validate(const levee::v1::ResolveReviewRequest& request);
absl::Status Validate(const levee::v1::BeginIncidentRequest& request);
absl::Status Validate(const levee::v1::EndIncidentRequest& request);
absl::Status Validate(const levee::v1::ListIncidentsRequest& request);
absl::Status Validate(const levee::v1::ExamineTextRequest& request);
absl::Status Validate(const levee::v1::ListCampaignsRequest& request);
absl::Status Validate(const levee::v1::GetCampaignRequest& request);
absl::Status Validate(const levee::v1::HoldCampaignRequest& request);
absl::Status Validate(const levee::v1::UndoCampaignRequest& request);

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_VALIDATE_H_
