// What the services are built from; all outlive them.
#ifndef LEVEE_SERVER_RPC_PARTS_H_
#define LEVEE_SERVER_RPC_PARTS_H_

#include <chrono>
#include <cstdint>
#include <functional>

#include "levee/v1/admin_service.pb.h"
#include "server/observe/latency.h"
#include "server/rpc/auth.h"
#include "server/rpc/workers.h"
#include "server/sequencer/reader.h"
#include "server/sequencer/sequencer.h"

namespace levee::rpc {

class OpenStreams;

struct Parts {
  const Tokens* tokens = nullptr;
  sequencer::Sequencer* sequencer = nullptr;
  const sequencer::Reader* reader = nullptr;
  Workers* workers = nullptr;
  observe::Latency* latency = nullptr;
  // The listener's own.
  OpenStreams* streams = nullptr;
  // Fills what only the server knows of itself: its version, start and the
  // journal's figures. May block on the disk. Threads: any.
  std::function<void(levee::v1::StatusResponse*)> describe;
};

// For latencies; never runs back.
inline int64_t MonotonicUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_PARTS_H_
