// What a restriction is to say, from words.
#ifndef LEVEE_CLIENT_CLI_RESTRICTION_TERMS_H_
#define LEVEE_CLIENT_CLI_RESTRICTION_TERMS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "levee/v1/restriction_service.pb.h"

namespace levee::cli {

// As a flag or a column of the same name gives it (`span` is "for"); empty
// where it is absent.
struct RestrictionTerms {
  std::string verdict;
  std::string scope;
  std::string span;
  std::string until;
  std::string reason;
};

// INVALID_ARGUMENT begins with the name of what is wrong, such as "verdict: ".
// For the subject see MakeSubject and CheckSubject.
absl::StatusOr<v1::AddRestrictionRequest> MakeRestriction(
    const v1::RestrictionSubject& subject, const RestrictionTerms& terms,
    absl::Time now, absl::TimeZone zone);

// What is wrong with a request that was made otherwise, named as above.
absl::Status CheckRestriction(const v1::AddRestrictionRequest& request,
                              absl::Time now);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_RESTRICTION_TERMS_H_
