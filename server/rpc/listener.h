// The gRPC server: where calls come in.
#ifndef LEVEE_SERVER_RPC_LISTENER_H_
#define LEVEE_SERVER_RPC_LISTENER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/rpc/parts.h"

namespace levee::rpc {

struct ListenerOptions {
  // host:port; port 0 takes a free one.
  std::string address;
  // Bytes that are read of a request, at most. gRPC answers RESOURCE_EXHAUSTED
  // beyond.
  size_t message_bytes_max = 16 << 20;
  // Calls of one connection at the same time, at most.
  int calls_max = 1024;
  // Bytes that gRPC may hold for all connections together.
  size_t memory_bytes_max = 512 << 20;
};

// Serves all of levee.v1, health and reflection from Start to Stop.
//
// Threads: SetServing from any; Stop from one.
class Listener {
 public:
  // All that `parts` points at must outlive the listener, which sets its
  // streams itself. UNAVAILABLE: the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<Listener>> Start(
      const ListenerOptions& options, Parts parts);

  // Stops at once.
  ~Listener();

  // The port that was taken.
  int port() const { return port_; }

  // What the health service answers; serving from Start on.
  void SetServing(bool serving);

  // Takes no more calls, ends the streams, waits for what is under way and
  // cancels what is left after `drain_ms`. Returns when every call has ended.
  void Stop(int64_t drain_ms);

 private:
  struct Grpc;
  Listener();

  std::unique_ptr<Grpc> grpc_;
  int port_ = 0;
};

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_LISTENER_H_
