#include "client/cli/restriction_terms.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/printable.h"
#include "client/cli/subject.h"
#include "client/cli/times.h"
#include "client/cli/until.h"
#include "client/cli/words.h"

namespace levee::cli {
namespace {

constexpr size_t kReasonBytesMax = 1 << 10;

absl::Status Wrong(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
}

}  // namespace

absl::StatusOr<v1::AddRestrictionRequest> MakeRestriction(
    const v1::RestrictionSubject& subject, const RestrictionTerms& terms,
    absl::Time now, absl::TimeZone zone) {
  v1::AddRestrictionRequest request;
  *request.mutable_subject() = subject;
  absl::StatusOr<v1::Verdict> verdict = ParseVerdict(terms.verdict);
  if (!verdict.ok()) return Wrong("verdict", verdict.status().message());
  request.set_verdict(*verdict);
  if (!terms.scope.empty()) {
    absl::StatusOr<v1::RestrictionScope> scope = ParseScope(terms.scope);
    if (!scope.ok()) return Wrong("scope", scope.status().message());
    request.set_scope(*scope);
  }
  absl::StatusOr<google::protobuf::Timestamp> until =
      ParseUntil(terms.span, terms.until, now, zone);
  if (!until.ok()) return until.status();
  *request.mutable_until() = *std::move(until);
  if (!IsUtf8(terms.reason)) return Wrong("reason", "not UTF-8");
  request.set_reason(terms.reason);
  if (absl::Status status = CheckRestriction(request, now); !status.ok()) {
    return status;
  }
  return request;
}

absl::Status CheckRestriction(const v1::AddRestrictionRequest& request,
                              absl::Time now) {
  if (absl::Status status = CheckSubject(request.subject()); !status.ok()) {
    return status;
  }
  if (request.verdict() == v1::VERDICT_UNSPECIFIED ||
      request.verdict() == v1::VERDICT_ALLOW) {
    return Wrong("verdict",
                 "a restriction's is challenge, throttle, hold or "
                 "reject");
  }
  if (ToTime(request.until()) <= now) return Wrong("until", "not after now");
  if (request.reason().empty()) return Wrong("reason", "empty; say why");
  if (request.reason().size() > kReasonBytesMax) {
    return Wrong("reason", absl::StrCat(request.reason().size(),
                                        " bytes, at most ", kReasonBytesMax));
  }
  return absl::OkStatus();
}

}  // namespace levee::cli
