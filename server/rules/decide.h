// Facts to decision. Pure: the same recorded facts give the same decision.
#ifndef LEVEE_SERVER_RULES_DECIDE_H_
#define LEVEE_SERVER_RULES_DECIDE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "levee/storage/v1/entry.pb.h"
#include "levee/v1/decision.pb.h"
#include "levee/v1/event.pb.h"
#include "server/rules/rule_set.h"
#include "server/state/measure.h"
#include "server/state/query.h"

namespace levee::rules {

// An event's source in canonical form; empty: unknown.
struct CanonicalSource {
  std::string ip;         // RFC 5952; IPv4-mapped addresses as IPv4
  std::string ip_prefix;  // such as "203.0.113.0/24"
  std::string email;      // ASCII letters in lower case
  std::string email_domain;
  std::string device;
};

// The canonical form of a validated source; what does not parse is left empty.
CanonicalSource Canonical(const levee::v1::Source& source);

// What the leaves need that ask only about the event itself (patterns,
// lengths, lists, ranges, attributes), measured where the text is at hand.
// One per leaf of RuleSet::LeavesOf(kind); unknown for the leaves of state.
using Observed = std::vector<state::Measurement>;

// REQUIRES: the event was validated.
Observed Observe(const RuleSet& rules, const levee::v1::TicketEvent& event,
                 const CanonicalSource& source,
                 const storage::v1::TextFacts& text);

// Fills leaf_values, leaf_unknown, leaf_free_after_ms and rule_set_revision of
// `event` from what was observed and from state.
// REQUIRES: happening (with flags), account_created_at_ms are set;
// `observed` came from the same rule set.
void MeasureLeaves(const RuleSet& rules, const Observed& observed,
                   uint64_t tenant, state::FindEntity find,
                   storage::v1::EventEntry* event);

// What a THROTTLE says where no counter or age of its rule runs free by
// itself, such as one that asks for a pattern alone, and no restriction lasts.
inline constexpr uint64_t kRetryAfterDefaultMs = 3'600'000;

// Fills `outcome` from the recorded facts of `event` and nothing else.
// `rules` may be null: no rule set, everything is allowed.
void Decide(const RuleSet* rules, const storage::v1::EventEntry& event,
            storage::v1::DecisionOutcome* outcome);

// The decision as it is answered. `event_id` is the caller's.
void ToDecision(const storage::v1::Entry& entry, uint64_t sequence,
                std::string_view event_id, levee::v1::Decision* decision);

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_DECIDE_H_
