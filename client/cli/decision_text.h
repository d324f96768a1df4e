// Decisions for people.
#ifndef LEVEE_CLIENT_CLI_DECISION_TEXT_H_
#define LEVEE_CLIENT_CLI_DECISION_TEXT_H_

#include <string>

#include "client/cli/table.h"
#include "levee/v1/decision.pb.h"

namespace levee::cli {

// Why, in a few words: the rules and restrictions behind the verdict, "shadow:
// ..." for rules that only watched, "suspended: ..." for what an incident kept
// from mattering, or the exemption; "" where nothing matched.
std::string Summary(const v1::Decision& decision);

// The verdict, what to do about it and every finding with its evidence, a line
// each.
std::string Describe(const v1::Decision& decision);

// The same, below what it was about.
std::string Describe(const v1::DecisionRecord& record);

// Columns of a list of decisions, and of acts among them.
Table DecisionTable();
void AddRow(const v1::DecisionRecord& record, Table* table);
void AddRow(const v1::ActRecord& act, Table* table);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_DECISION_TEXT_H_
