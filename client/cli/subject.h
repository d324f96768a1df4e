// Whom a restriction is on: a kind and a value.
#ifndef LEVEE_CLIENT_CLI_SUBJECT_H_
#define LEVEE_CLIENT_CLI_SUBJECT_H_

#include <map>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "levee/v1/restriction.pb.h"

namespace levee::cli {

// The kinds, as flags and files name them: customer, ticket, ip, ip_prefix,
// email, email_domain, device. A kind may be in any case, and be the field's
// name, such as customer_id. INVALID_ARGUMENT begins with "subject: " where
// there is no such kind, and with "value: " where it has no such value.
absl::StatusOr<v1::RestrictionSubject> MakeSubject(absl::string_view kind,
                                                   absl::string_view value);

// What is wrong with it, after "value: "; the server looks closer.
absl::Status CheckSubject(const v1::RestrictionSubject& subject);

// "customer c-17"; "-" where it was erased. Not made printable.
std::string ShowSubject(const v1::RestrictionSubject& subject);

// --customer, --ticket, ..., of which one may be given.
struct SubjectFlags {
  // By kind.
  std::map<std::string, std::string> values;

  void AddTo(CLI::App* command);
  // Without a value where no flag is given. INVALID_ARGUMENT names the flags.
  absl::StatusOr<v1::RestrictionSubject> Build() const;
};

// "--customer, --ticket, ... or --device".
std::string SubjectFlagNames();

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_SUBJECT_H_
