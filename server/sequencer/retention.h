// Keeps the journal to its time: old entries are folded into base entities,
// then cut away.
#ifndef LEVEE_SERVER_SEQUENCER_RETENTION_H_
#define LEVEE_SERVER_SEQUENCER_RETENTION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "storage/retention.h"
#include "storage/shard.h"

namespace levee::sequencer {

// Folds all entries decided before `decided_ms` into the base, a chunk at a
// time, and cuts what was folded. Entries that a restart would replay stay.
// Ends early, with OK, after about `entries_max` entries, to go on at the next
// call. Errors: those of the store; DATA_LOSS: an entry or a record does not
// parse. Threads: one at a time, beside the sequencer's.
absl::Status RetireJournal(const storage::Shard& shard,
                           storage::Retention* retention, int64_t decided_ms,
                           uint64_t entries_max);

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_RETENTION_H_
