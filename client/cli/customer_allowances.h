// levee customers entitle, exempt, limits and clear: what a customer may do
// beyond the rules.
#ifndef LEVEE_CLIENT_CLI_CUSTOMER_ALLOWANCES_H_
#define LEVEE_CLIENT_CLI_CUSTOMER_ALLOWANCES_H_

#include <string>

#include "client/cli/command.h"
#include "levee/v1/customer_service.pb.h"

namespace levee::cli {

// "everything passes until ..., limits times 5 until ...", or "nothing".
std::string ShowOverride(const v1::Override& allowed);

// Adds the verbs below `customers`.
void AddAllowances(CLI::App* customers, Action* chosen);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_CUSTOMER_ALLOWANCES_H_
