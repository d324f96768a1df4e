#include "server/rpc/validate.h"

#include "absl/strings/str_cat.h"
#include "server/rpc/check.h"
#include "server/rules/rule_set.h"
#include "server/state/timestamp.h"

namespace levee::rpc {
namespace {

absl::Status CheckPage(int32_t page_size, int page_max,
                       const std::string& page_token) {
  if (page_size < 0 || page_size > page_max) {
    return Wrong("page_size", absl::StrCat(page_size, ", but 1 to ", page_max,
                                           ", or 0 for the default"));
  }
  return CheckSize("page_token", page_token, 0, kPageTokenBytesMax);
}

absl::Status CheckBatch(absl::string_view field, int events) {
  if (events >= 1 && events <= kBatchEventsMax) return absl::OkStatus();
  return Wrong(field, absl::StrCat(events, " events, but 1 to ",
                                   kBatchEventsMax, " in a request"));
}

absl::Status CheckRulesText(const std::string& text) {
  return CheckSize("text", text, 0, rules::kTextBytesMax);
}

// Any of the values of an enum but the unspecified one.
template <typename Values>
absl::Status CheckFilter(absl::string_view field,
                         const google::protobuf::EnumDescriptor* type,
                         const Values& values) {
  if (values.size() > kFilterValuesMax) {
    return Wrong(field, absl::StrCat(values.size(), " values, at most ",
                                     kFilterValuesMax));
  }
  for (int i = 0; i < values.size(); ++i) {
    if (absl::Status status =
            CheckEnum(absl::StrCat(field, "[", i, "]"), type, values[i]);
        !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const levee::v1::SubmitRequest& request) {
  if (!request.has_event()) return Missing("event");
  return ValidateEvent(request.event(), EventUse::kSubmit, "event");
}

absl::Status Validate(const levee::v1::SubmitStreamRequest& request) {
  return CheckBatch("events", request.events_size());
}

absl::Status Validate(const levee::v1::PreviewRequest& request) {
  if (!request.has_event()) return Missing("event");
  return ValidateEvent(request.event(), EventUse::kPreview, "event");
}

absl::Status Validate(const levee::v1::GetStandingRequest& request) {
  return FirstError({
      CheckSize("customer_id", request.customer_id(), 1, kIdBytesMax),
      CheckLanguage("language", request.language()),
      CheckSource("source", request.source()),
      CheckTime("account_created_at", request.has_account_created_at(),
                request.account_created_at()),
      CheckSize("department", request.department(), 0, kIdBytesMax),
      CheckSize("reference", request.reference(), 0, kIdBytesMax),
  });
}

absl::Status Validate(const levee::v1::ImportStart& start) {
  return CheckSize("start.import_id", start.import_id(), 1, kIdBytesMax);
}

absl::Status Validate(const levee::v1::ImportEvents& events) {
  return CheckBatch("events.events", events.events_size());
}

absl::Status Validate(const levee::v1::GetDecisionRequest& request) {
  switch (request.key_case()) {
    case levee::v1::GetDecisionRequest::kSequence:
      if (request.sequence() > 0) return absl::OkStatus();
      return Wrong("sequence", "0, but sequences begin at 1");
    case levee::v1::GetDecisionRequest::kEventId:
      return CheckSize("event_id", request.event_id(), 1, kIdBytesMax);
    default:
      return Wrong("key", "missing: give sequence or event_id");
  }
}

absl::Status Validate(const levee::v1::ListDecisionsRequest& request) {
  if (absl::Status status = FirstError({
          CheckPage(request.page_size(), kPageSizeMax, request.page_token()),
          CheckSize("customer_id", request.customer_id(), 0, kIdBytesMax),
          CheckSize("ticket_id", request.ticket_id(), 0, kIdBytesMax),
          CheckFilter("verdicts", levee::v1::Verdict_descriptor(),
                      request.verdicts()),
          CheckSize("rule_id", request.rule_id(), 0, kRuleIdBytesMax),
          CheckFilter("kinds", levee::v1::EventKind_descriptor(),
                      request.kinds()),
          CheckTime("since", request.has_since(), request.since()),
          CheckTime("until", request.has_until(), request.until()),
      });
      !status.ok()) {
    return status;
  }
  if (request.category() != levee::v1::CATEGORY_UNSPECIFIED) {
    if (absl::Status status = CheckEnum(
            "category", levee::v1::Category_descriptor(), request.category());
        !status.ok()) {
      return status;
    }
  }
  if (request.has_since() && request.has_until() &&
      state::ToMs(request.since()) >= state::ToMs(request.until())) {
    return Wrong("until", "not after since");
  }
  return absl::OkStatus();
}

absl::Status Validate(const levee::v1::GetCustomerRequest& request) {
  return FirstError({
      CheckSize("customer_id", request.customer_id(), 1, kIdBytesMax),
      CheckPage(request.page_size(), kPageSizeMax, request.page_token()),
  });
}

absl::Status Validate(const levee::v1::GetRuleSetRequest&) {
  return absl::OkStatus();
}

absl::Status Validate(const levee::v1::CheckRuleSetRequest& request) {
  return CheckRulesText(request.text());
}

absl::Status Validate(const levee::v1::ApplyRuleSetRequest& request) {
  return FirstError({
      CheckRulesText(request.text()),
      CheckSize("comment", request.comment(), 0, kCommentBytesMax),
  });
}

absl::Status Validate(const levee::v1::ListRevisionsRequest& request) {
  return CheckPage(request.page_size(), kRevisionsPageMax,
                   request.page_token());
}

absl::Status Validate(const levee::v1::RollbackRequest& request) {
  if (request.revision() == 0) {
    return Wrong("revision", "missing: the revision to go back to, from 1");
  }
  return CheckSize("comment", request.comment(), 0, kCommentBytesMax);
}

absl::Status Validate(const levee::v1::StatusRequest&) {
  return absl::OkStatus();
}

absl::Status Validate(const levee::v1::ExamineTextRequest& request) {
  if (request.kind() != levee::v1::EVENT_KIND_UNSPECIFIED &&
      request.kind() != levee::v1::EVENT_KIND_OPENED &&
      request.kind() != levee::v1::EVENT_KIND_CUSTOMER_REPLIED) {
    return Wrong("kind",
                 "it must be EVENT_KIND_OPENED or EVENT_KIND_CUSTOMER_REPLIED");
  }
  return FirstError({
      CheckSize("subject", request.subject(), 0, kSubjectBytesMax),
      CheckSize("body", request.body(), 0, kBodyBytesMax),
      CheckSize("email", request.email(), 0, kEmailBytesMax),
      CheckOwnDomains("own_domains", request.own_domains()),
      CheckMailHeaders("mail_headers", request.mail_headers()),
  });
}

}  // namespace levee::rpc
