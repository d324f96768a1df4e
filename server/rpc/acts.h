// From an operator's request to an act of the sequencer's, and to what can be
// listed.
#ifndef LEVEE_SERVER_RPC_ACTS_H_
#define LEVEE_SERVER_RPC_ACTS_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/rpc/auth.h"
#include "server/sequencer/directory.h"
#include "server/sequencer/job.h"
#include "server/sequencer/sequencer.h"

namespace levee::rpc {

// Does what the act says for the caller, whose name is its author, and waits;
// the sequence of its entry. Blocks: only for workers. Errors: those of the
// act and of Enqueue.
absl::StatusOr<uint64_t> Perform(sequencer::Sequencer* sequencer,
                                 const Caller& caller, sequencer::Act act);

// Shows what can be listed of the caller's tenant; `look` runs on the
// sequencer's thread and must be quick. Blocks: only for workers.
absl::Status SurveyLists(
    sequencer::Sequencer* sequencer, const Caller& caller,
    absl::FunctionRef<void(const sequencer::Directory::Lists& lists,
                           int64_t now_ms)>
        look);

// A page token is the id after which, or before which, the page begins.
// INVALID_ARGUMENT: the token is none; `none` where it is empty.
absl::StatusOr<uint64_t> ParseIdToken(const std::string& token, uint64_t none);

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_ACTS_H_
