// Measures facts: what is known of a happening before it is applied. Pure.
#ifndef LEVEE_SERVER_STATE_MEASURE_H_
#define LEVEE_SERVER_STATE_MEASURE_H_

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "levee/storage/v1/entry.pb.h"
#include "server/state/entity.h"
#include "server/state/query.h"

namespace levee::state {

// Finds an entity in memory; null where there is none yet, which counts as an
// empty one.
using FindEntity = absl::FunctionRef<const Entity*(const EntityKey&)>;

// The flags of a happening whose kind, time and subjects are set.
uint32_t MeasureFlags(const storage::v1::Happening& happening,
                      levee::v1::Actor actor, bool provides_solution,
                      bool not_abuse,
                      std::optional<int64_t> account_created_at_ms,
                      const Entity* ticket);

// Counts what the query asks, this happening included where it qualifies.
// Unknown where the happening has no such subject (or no agent, for
// same_agent).
// REQUIRES: the happening's flags are set and it was not applied yet.
Measurement MeasureRate(const RateQuery& query, uint64_t tenant,
                        const storage::v1::Happening& happening,
                        FindEntity find);

Measurement MeasureTicket(TicketFact fact,
                          const storage::v1::Happening& happening,
                          const Entity* ticket);

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_MEASURE_H_
