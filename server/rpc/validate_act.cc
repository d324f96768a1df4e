// Checks of what operators and the helpdesk ask for beside events. Times are
// held against now by the sequencer, which has the clock.
#include "absl/strings/str_cat.h"
#include "server/rpc/check.h"
#include "server/rpc/validate.h"

namespace levee::rpc {
namespace {

namespace v1 = levee::v1;

absl::Status CheckId(absl::string_view path, uint64_t id) {
  return id != 0 ? absl::OkStatus() : Missing(path);
}

absl::Status CheckUntil(absl::string_view path, bool present,
                        const google::protobuf::Timestamp& until) {
  return present ? CheckTime(path, present, until) : Missing(path);
}

absl::Status CheckPageOf(int32_t page_size, const std::string& token) {
  if (page_size < 0 || page_size > kPageSizeMax) {
    return Wrong("page_size",
                 absl::StrCat(page_size, ", but 1 to ", kPageSizeMax,
                              ", or 0 for the default"));
  }
  return CheckSize("page_token", token, 0, kPageTokenBytesMax);
}

absl::Status CheckReason(const std::string& reason, size_t min = 1) {
  return CheckSize("reason", reason, min, kCommentBytesMax);
}

absl::Status CheckDepartments(const v1::BeginIncidentRequest& request) {
  if (request.departments_size() > kDepartmentsMax) {
    return Wrong("departments", absl::StrCat(request.departments_size(),
                                             ", at most ", kDepartmentsMax));
  }
  for (int i = 0; i < request.departments_size(); ++i) {
    absl::Status status = CheckSize(absl::StrCat("departments[", i, "]"),
                                    request.departments(i), 1, kIdBytesMax);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const v1::SetShadowRequest& request) {
  return CheckSize("comment", request.comment(), 0, kCommentBytesMax);
}

absl::Status Validate(const v1::ListPrecisionRequest&) {
  return absl::OkStatus();
}

absl::Status Validate(const v1::GrantEntitlementRequest& request) {
  return FirstError({
      CheckSize("customer_id", request.customer_id(), 1, kIdBytesMax),
      CheckSize("reference", request.reference(), 1, kIdBytesMax),
      CheckUntil("until", request.has_until(), request.until()),
      CheckReason(request.reason(), 0),
  });
}

absl::Status Validate(const v1::SetOverrideRequest& request) {
  const v1::Override& given = request.override();
  if (absl::Status status = FirstError({
          CheckSize("customer_id", request.customer_id(), 1, kIdBytesMax),
          CheckTime("override.exempt_until", given.has_exempt_until(),
                    given.exempt_until()),
          CheckTime("override.limits_until", given.has_limits_until(),
                    given.limits_until()),
          CheckReason(request.reason()),
      });
      !status.ok()) {
    return status;
  }
  if (given.limits_times() != 0 &&
      (given.limits_times() < 2 || given.limits_times() > kLimitsTimesMax)) {
    return Wrong("override.limits_times",
                 absl::StrCat(given.limits_times(), ", but 2 to ",
                              kLimitsTimesMax, ", or 0 for none"));
  }
  if (given.limits_times() != 0 && !given.has_limits_until()) {
    return Missing("override.limits_until");
  }
  if (given.limits_times() == 0 && given.has_limits_until()) {
    return Missing("override.limits_times");
  }
  return absl::OkStatus();
}

absl::Status Validate(const v1::ListRestrictionsRequest& request) {
  return FirstError({
      CheckPageOf(request.page_size(), request.page_token()),
      CheckSize("rule_id", request.rule_id(), 0, kRuleIdBytesMax),
  });
}

absl::Status Validate(const v1::GetRestrictionRequest& request) {
  return CheckId("id", request.id());
}

absl::Status Validate(const v1::AddRestrictionRequest& request) {
  if (!request.has_subject()) return Missing("subject");
  if (request.scope() != v1::RESTRICTION_SCOPE_UNSPECIFIED) {
    absl::Status status =
        CheckEnum("scope", v1::RestrictionScope_descriptor(), request.scope());
    if (!status.ok()) return status;
  }
  if (request.verdict() == v1::VERDICT_ALLOW) {
    return Wrong("verdict",
                 "VERDICT_ALLOW restricts nobody: give CHALLENGE, THROTTLE, "
                 "HOLD or REJECT");
  }
  return FirstError({
      CheckEnum("verdict", v1::Verdict_descriptor(), request.verdict()),
      CheckUntil("until", request.has_until(), request.until()),
      CheckReason(request.reason()),
  });
}

absl::Status Validate(const v1::LiftRestrictionRequest& request) {
  return FirstError({
      CheckId("id", request.id()),
      CheckReason(request.reason()),
  });
}

absl::Status Validate(const v1::ListReviewsRequest& request) {
  if (request.category() != v1::CATEGORY_UNSPECIFIED) {
    absl::Status status =
        CheckEnum("category", v1::Category_descriptor(), request.category());
    if (!status.ok()) return status;
  }
  return FirstError({
      CheckPageOf(request.page_size(), request.page_token()),
      CheckSize("customer_id", request.customer_id(), 0, kIdBytesMax),
      CheckSize("rule_id", request.rule_id(), 0, kRuleIdBytesMax),
  });
}

absl::Status Validate(const v1::GetReviewRequest& request) {
  return CheckId("id", request.id());
}

absl::Status Validate(const v1::ResolveReviewRequest& request) {
  if (request.state() != v1::REVIEW_STATE_RELEASED &&
      request.state() != v1::REVIEW_STATE_CONFIRMED) {
    return Wrong("state",
                 "it must be REVIEW_STATE_RELEASED or REVIEW_STATE_CONFIRMED");
  }
  return FirstError({
      CheckId("id", request.id()),
      CheckReason(request.reason(), 0),
  });
}

absl::Status Validate(const v1::BeginIncidentRequest& request) {
  return FirstError({
      CheckTime("from", request.has_from(), request.from()),
      CheckTime("until", request.has_until(), request.until()),
      CheckDepartments(request),
      CheckReason(request.reason()),
  });
}

absl::Status Validate(const v1::EndIncidentRequest& request) {
  return FirstError({
      CheckId("id", request.id()),
      CheckReason(request.reason(), 0),
  });
}

absl::Status Validate(const v1::ListIncidentsRequest&) {
  return absl::OkStatus();
}

absl::Status Validate(const v1::ListCampaignsRequest& request) {
  return FirstError({
      CheckTime("since", request.has_since(), request.since()),
      CheckPageOf(request.page_size(), request.page_token()),
  });
}

absl::Status Validate(const v1::GetCampaignRequest& request) {
  return CheckId("id", request.id());
}

absl::Status Validate(const v1::HoldCampaignRequest& request) {
  return FirstError({
      CheckId("id", request.id()),
      CheckUntil("until", request.has_until(), request.until()),
      CheckReason(request.reason()),
  });
}

absl::Status Validate(const v1::UndoCampaignRequest& request) {
  return FirstError({
      CheckId("id", request.id()),
      CheckReason(request.reason()),
  });
}

}  // namespace levee::rpc
