// What rules and operators made of a customer, a ticket or a source:
// restrictions, offences, what an operator allowed. Consequences, all of them:
// a backtest keeps its own.
#ifndef LEVEE_SERVER_STATE_STANDING_H_
#define LEVEE_SERVER_STATE_STANDING_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "levee/storage/v1/entry.pb.h"
#include "levee/storage/v1/state.pb.h"
#include "levee/v1/event.pb.h"
#include "levee/v1/restriction.pb.h"
#include "server/state/entity.h"
#include "server/state/measure.h"

namespace levee::state {

// Bounds of one subject's standing. What is too much pushes out what ends
// first (restrictions, but no operator's for a rule's; entitlements, used ones
// first) or is oldest (the rest).
inline constexpr int kRestrictionsMax = 16;
// Of them, those of operators; more are refused.
inline constexpr int kOperatorRestrictionsMax = 8;
inline constexpr int kOffencesMax = 32;
inline constexpr int kValveMax = 8;
// A reseller's blocked addresses, once each; more are refused.
inline constexpr int kEntitlementsMax = 128;
inline constexpr int kHeldReviewsMax = 64;
// Open reviews of one customer beyond which nothing more is put on HOLD, but
// for what the safety valve lets through: a person who has seen five tickets of
// a bomb has seen it.
inline constexpr int kOpenReviewsOfCustomer = 5;
// Restrictions that one entry makes.
inline constexpr int kRestrictedMax = 16;

// The id of a restriction that an entry makes.
inline uint64_t RestrictionId(uint64_t sequence, int place) {
  return sequence * kRestrictedMax + place;
}
inline uint64_t SequenceOfRestriction(uint64_t id) {
  return id / kRestrictedMax;
}

// FNV-1a, 64 bits: stored, so it never changes.
uint64_t RuleHash(std::string_view rule_id);

// Whether an entity of that kind has a standing: customers, tickets, sources.
bool HasStanding(storage::v1::EntityKind kind);

// The key of a subject; empty for none that has a standing.
std::optional<EntityKey> KeyOf(const storage::v1::SubjectRef& subject,
                               uint64_t tenant);

// Whether a restriction of that scope looks at events of that kind.
bool Covers(levee::v1::RestrictionScope scope, levee::v1::EventKind kind);

// What taking back event entry `sequence` undoes. Consequences may be undone
// twice; counters are left alone where the happening is not among the
// customer's latest of its kind: then it was taken back before, or is too old
// to tell. `customer`: null where nothing is known of him.
storage::v1::Refund MakeRefund(const storage::v1::Entry& entry,
                               uint64_t sequence, const Entity* customer);

// What the entry takes back.
const google::protobuf::RepeatedPtrField<storage::v1::Refund>& RefundsOf(
    const storage::v1::Entry& entry);

// Changes a subject's standing by entry `sequence`.
// REQUIRES: HasStanding(key.kind).
void ApplyToStanding(const storage::v1::Entry& entry, uint64_t sequence,
                     const EntityKey& key,
                     storage::v1::StandingRecord* standing);

// DATA_LOSS: not one that ApplyToStanding could have made.
absl::Status CheckStanding(const storage::v1::StandingRecord& standing);

// What a happening meets: fills all of `facts` but for the incident, and
// leaves what there is not unset. `decided_ms`: the server's time.
// `reference_hash`: the keyed hash of the reference that an opening carries;
// empty: none. `wants_solved`: the rule set asks whether staff has solved a
// ticket of the customer's in the last 31 days.
// REQUIRES: the happening's flags are set and it was not applied yet.
void MeasureStanding(const storage::v1::Happening& happening, uint64_t tenant,
                     int64_t decided_ms, std::string_view reference_hash,
                     bool wants_solved, FindEntity find,
                     storage::v1::StandingFacts* facts);

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_STANDING_H_
