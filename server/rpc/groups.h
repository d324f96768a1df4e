// From events at the door to the sequencer and back.
#ifndef LEVEE_SERVER_RPC_GROUPS_H_
#define LEVEE_SERVER_RPC_GROUPS_H_

#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "server/rpc/parts.h"
#include "server/sequencer/job.h"
#include "server/sequencer/sequencer.h"

namespace levee::rpc {

// Sends the group on its way. Its completion runs exactly once: after the
// commit, or at once on this thread if the group is refused (RESOURCE_EXHAUSTED
// or UNAVAILABLE, in the status of every item that was right until then) or if
// a submission or preview has no item that is right.
void Send(sequencer::Sequencer* sequencer,
          std::unique_ptr<sequencer::EventGroup> group);

// Looks at one entity and waits for it; `look` runs on the sequencer's thread.
// Blocks: only for workers. Errors: those of Enqueue, of the store and of
// `look`.
absl::Status LookAt(sequencer::Sequencer* sequencer,
                    const state::EntityKey& key,
                    absl::FunctionRef<absl::Status(const state::Entity*)> look);

// Counts the group's time from its arrival to now.
void RecordLatency(const Parts& parts, int64_t arrived_us, size_t events);

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_GROUPS_H_
