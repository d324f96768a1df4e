// levee restrictions import: the verb and its work.
#ifndef LEVEE_CLIENT_CLI_RESTRICTION_IMPORT_H_
#define LEVEE_CLIENT_CLI_RESTRICTION_IMPORT_H_

#include "client/cli/command.h"

namespace levee::cli {

// Adds the verb below `restrictions`.
void AddRestrictionImport(CLI::App* restrictions, Action* chosen);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_RESTRICTION_IMPORT_H_
