// Enum values as people write them: THROTTLE, opened, bombing.
#ifndef LEVEE_CLIENT_CLI_WORDS_H_
#define LEVEE_CLIENT_CLI_WORDS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "levee/v1/decision.pb.h"
#include "levee/v1/event.pb.h"
#include "levee/v1/restriction.pb.h"
#include "levee/v1/review_service.pb.h"
#include "levee/v1/rule.pb.h"

namespace levee::cli {

// The name without the enum's prefix, such as "THROTTLE"; the number for a
// value this version does not know; "-" for UNSPECIFIED.
std::string Word(v1::Verdict verdict);
std::string Word(v1::EventKind kind);
std::string Word(v1::Actor actor);
std::string Word(v1::Category category);
std::string Word(v1::Mode mode);
std::string Word(v1::Exemption exemption);
std::string Word(v1::RestrictionScope scope);
std::string Word(v1::ReviewState state);

// The value of that name in any case, with or without the prefix.
// INVALID_ARGUMENT tells all names. UNSPECIFIED has none.
absl::StatusOr<v1::Verdict> ParseVerdict(absl::string_view word);
absl::StatusOr<v1::EventKind> ParseKind(absl::string_view word);
absl::StatusOr<v1::Actor> ParseActor(absl::string_view word);
absl::StatusOr<v1::Category> ParseCategory(absl::string_view word);
absl::StatusOr<v1::RestrictionScope> ParseScope(absl::string_view word);

// Who does such a thing if nobody says: the customer for OPENED,
// CUSTOMER_REPLIED and REOPENED; for every other kind an agent if one is
// named, or else automation.
v1::Actor UsualActor(v1::EventKind kind, bool names_agent);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_WORDS_H_
