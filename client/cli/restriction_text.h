// Restrictions for people.
#ifndef LEVEE_CLIENT_CLI_RESTRICTION_TEXT_H_
#define LEVEE_CLIENT_CLI_RESTRICTION_TEXT_H_

#include <string>

#include "client/cli/table.h"
#include "levee/v1/restriction.pb.h"

namespace levee::cli {

// Who made it: "rule many-openings (bombing)" or "operator kim".
std::string MadeBy(const v1::Restriction& restriction);

// All of it, a line each.
std::string Describe(const v1::Restriction& restriction);

// Columns of a list of restrictions.
Table RestrictionTable();
void AddRow(const v1::Restriction& restriction, Table* table);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_RESTRICTION_TEXT_H_
