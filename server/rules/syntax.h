// From text to message: syntax alone.
#ifndef LEVEE_SERVER_RULES_SYNTAX_H_
#define LEVEE_SERVER_RULES_SYNTAX_H_

#include <optional>
#include <string_view>

#include "google/protobuf/text_format.h"
#include "levee/v1/rule.pb.h"
#include "levee/v1/rule_service.pb.h"
#include "server/rules/place.h"

namespace levee::rules {

// Parses a levee.v1.RuleSet in protobuf text format and notes where each field
// stands. The first thing that is wrong, or none: size, UTF-8, syntax, unknown
// fields and enum values, messages nested too deep.
std::optional<levee::v1::RuleProblem> ParseText(
    std::string_view text, const Lines& lines, levee::v1::RuleSet* rule_set,
    google::protobuf::TextFormat::ParseInfoTree* tree);

// Adds a problem for each string with an escape that makes it no UTF-8.
void CheckStrings(const google::protobuf::Message& message, const Place& place,
                  Problems* problems);

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_SYNTAX_H_
