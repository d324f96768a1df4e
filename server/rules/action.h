// What a rule asks for, compiled.
#ifndef LEVEE_SERVER_RULES_ACTION_H_
#define LEVEE_SERVER_RULES_ACTION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "levee/v1/decision.pb.h"
#include "levee/v1/restriction.pb.h"
#include "levee/v1/rule.pb.h"
#include "server/rules/place.h"

namespace levee::rules {

struct CompiledRestrict {
  levee::v1::Subject subject = levee::v1::SUBJECT_UNSPECIFIED;
  levee::v1::Verdict verdict = levee::v1::VERDICT_UNSPECIFIED;
  levee::v1::RestrictionScope scope = levee::v1::RESTRICTION_SCOPE_ALL_MESSAGES;
  int64_t duration_ms = 0;
  int jitter_percent = 0;
  bool attempts_extend = false;
};

struct CompiledAction {
  levee::v1::Verdict verdict = levee::v1::VERDICT_UNSPECIFIED;
  std::optional<CompiledRestrict> restrict;
};

// From so many offences on.
struct CompiledStep {
  int64_t offences = 0;
  CompiledAction then;
};

struct CompiledEscalation {
  // 0: the rule does not escalate.
  int64_t memory_ms = 0;
  // Ascending by offences.
  std::vector<CompiledStep> steps;
};

struct CompiledValve {
  // Empty: age says nothing.
  std::optional<int64_t> account_older_than_ms;
  bool solved_ticket = false;
  int64_t every_ms = 0;
  levee::v1::Verdict verdict = levee::v1::VERDICT_HOLD;
};

// Where something is wrong, at least one problem is added and what comes back
// is not to be used.
CompiledAction CompileAction(const levee::v1::Action& action,
                             const Place& place, Problems* problems);
CompiledEscalation CompileEscalation(const levee::v1::Escalation& escalation,
                                     const Place& place, Problems* problems);
CompiledValve CompileValve(const levee::v1::SafetyValve& valve,
                           const Place& place, Problems* problems);

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_ACTION_H_
