// What is kept of a restriction, a review, a tenant's incidents and a rule, so
// that they can be listed: one entity each, changed like any other.
#ifndef LEVEE_SERVER_STATE_RECORDS_H_
#define LEVEE_SERVER_STATE_RECORDS_H_

#include <cstdint>

#include "levee/storage/v1/entry.pb.h"
#include "levee/storage/v1/state.pb.h"

namespace levee::state {

// REQUIRES: `entry`, which has the sequence, is about this one (AppendKeysOf).
void ApplyToRestriction(const storage::v1::Entry& entry, uint64_t sequence,
                        uint64_t id, storage::v1::RestrictionRecord* record);
void ApplyToReview(const storage::v1::Entry& entry, uint64_t sequence,
                   uint64_t review, storage::v1::ReviewRecord* record);
void ApplyToIncidents(const storage::v1::Entry& entry, uint64_t sequence,
                      storage::v1::IncidentsRecord* record);
void ApplyToRule(const storage::v1::Entry& entry,
                 storage::v1::RuleRecord* record);

// Whether the incident runs at that time.
bool Runs(const storage::v1::IncidentRecord& incident, int64_t at_ms);

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_RECORDS_H_
