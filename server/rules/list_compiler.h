// The named lists of a rule set, compiled.
#ifndef LEVEE_SERVER_RULES_LIST_COMPILER_H_
#define LEVEE_SERVER_RULES_LIST_COMPILER_H_

#include "levee/v1/rule.pb.h"
#include "server/rules/leaf_compiler.h"
#include "server/rules/place.h"

namespace levee::rules {

// Adds all lists to `lists`, by name; null stands for one that is wrong, of
// which a problem tells. `place`: the rule set's.
void CompileLists(const levee::v1::RuleSet& text, const Place& place,
                  Problems* problems, Lists* lists);

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_LIST_COMPILER_H_
