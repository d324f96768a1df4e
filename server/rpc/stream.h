// A stream whose requests are each answered by one response, in order.
#ifndef LEVEE_SERVER_RPC_STREAM_H_
#define LEVEE_SERVER_RPC_STREAM_H_

#include <array>
#include <cstdint>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "storage/mutex.h"

namespace levee::rpc {

// A stream that ends only when it is told to.
class OpenStream {
 public:
  // Takes no more and ends soon. Must not remove the stream at once.
  virtual void Close() = 0;

 protected:
  ~OpenStream() = default;
};

// The streams of one listener. Threads: any.
class OpenStreams {
 public:
  // False: Close was called.
  bool Add(OpenStream* stream);
  void Remove(OpenStream* stream);
  // Ends every stream once what it took is answered.
  void Close();

 private:
  storage::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<OpenStream*> streams_ ABSL_GUARDED_BY(mutex_);
};

// Reads ahead while few requests are unanswered, and no further: a client that
// sends faster than it is answered waits. Ends the call once the client has no
// more requests and all are answered; after an error, once those before it are.
//
// Deletes itself when gRPC is done with it, which is after every request that
// was taken has been answered.
class OrderedStream
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
      public OpenStream {
 public:
  // Requests of one stream that are unanswered, at most: enough to keep the
  // sequencer busy while a disk of some milliseconds syncs and answers travel.
  static constexpr uint64_t kRequestsInFlight = 32;

  // At most `in_flight_max` requests are unanswered, until Widen. `streams`
  // outlives this.
  OrderedStream(OpenStreams* streams, grpc::CallbackServerContext* context,
                uint64_t in_flight_max = kRequestsInFlight)
      : streams_(streams), context_(context), in_flight_max_(in_flight_max) {}

  // Begins to read, or ends the call at once if `opened` is not OK.
  void Open(absl::Status opened);
  // Reads no more; ends with UNAVAILABLE once what was taken is answered.
  void Close() override;

  void OnReadDone(bool ok) final;
  void OnWriteDone(bool ok) final;
  void OnDone() final;

 protected:
  ~OrderedStream() override = default;

  // Takes one request. On OK, Answer or Fail is called exactly once for the
  // ticket, now or later, from any thread; an error ends the stream and the
  // ticket is forgotten. Called by one thread at a time, in order.
  virtual absl::Status Take(const grpc::ByteBuffer& request,
                            uint64_t ticket) = 0;

  void Answer(uint64_t ticket, const grpc::ByteBuffer& response);
  // Ends the stream instead of answering, after what came before.
  void Fail(uint64_t ticket, const absl::Status& error);

  // From now on kRequestsInFlight requests may be unanswered.
  void Widen();

 private:
  struct Slot {
    bool done = false;
    absl::Status error;
    grpc::ByteBuffer response;
  };

  void Settle(uint64_t ticket, absl::Status error,
              const grpc::ByteBuffer& response);
  // Starts whatever can be started: a read, a write or the end. gRPC runs none
  // of our reactions within these calls, so the lock may be held.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AdvanceWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  OpenStreams* const streams_;
  grpc::CallbackServerContext* const context_;

  // Owned by gRPC between a Start and its reaction.
  grpc::ByteBuffer read_buffer_;
  grpc::ByteBuffer write_buffer_;

  storage::Mutex mutex_;
  std::array<Slot, kRequestsInFlight> slots_ ABSL_GUARDED_BY(mutex_);
  uint64_t in_flight_max_ ABSL_GUARDED_BY(mutex_);
  // Tickets [first_, next_) are unanswered.
  uint64_t first_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // No more requests are read.
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  // No more responses are written: the client is gone, or an error comes next.
  bool muted_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // What the call ends with.
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_STREAM_H_
