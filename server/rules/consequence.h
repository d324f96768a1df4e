// What follows from a decision beyond its verdict: offences and restrictions.
#ifndef LEVEE_SERVER_RULES_CONSEQUENCE_H_
#define LEVEE_SERVER_RULES_CONSEQUENCE_H_

#include <cstdint>
#include <optional>

#include "levee/storage/v1/entry.pb.h"
#include "levee/storage/v1/state.pb.h"
#include "server/rules/rule_set.h"

namespace levee::rules {

// An offence lasts this long at least: what follows within it is part of it.
inline constexpr int64_t kOffenceLeastMs = 10LL * 60'000;

// An enforced or shadowed rule that matches, and what it asks for of this
// customer now.
struct Match {
  const CompiledRule* rule = nullptr;
  const CompiledAction* action = nullptr;
  // Which offence this is, from 1; 0: the rule does not escalate.
  int offence = 0;
  // The offence begins with this event.
  bool begins_offence = false;
  // An incident runs, and the rule looks at what many share.
  bool suspended = false;
};

// What the rule asks for, by the customer's earlier offences.
Match MatchOf(const CompiledRule& rule, const storage::v1::EventEntry& event);

// Whether a restriction that was measured is met by the event: it covers its
// kind, and no incident suspends it.
bool IsMet(const storage::v1::MetRestriction& met,
           const storage::v1::EventEntry& event);

// Adds the restriction and the offence that the match brings to `outcome`,
// whose `lapsed` is filled in. `ends_after_ms`: when the rule would no longer
// match.
void AddConsequences(const Match& match, uint64_t ends_after_ms,
                     const storage::v1::EventEntry& event,
                     storage::v1::DecisionOutcome* outcome);

// The offence that a person finds in an event on HOLD by confirming it; empty
// where the rule does not escalate, where only a restriction held the event, or
// where the event is part of an offence that is counted already. `standing`:
// the customer's now; null: none.
std::optional<storage::v1::Offence> ConfirmedOffence(
    const CompiledRule& rule, const storage::v1::EventEntry& event,
    const storage::v1::StandingRecord* standing);

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_CONSEQUENCE_H_
