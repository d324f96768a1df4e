// Where a load goes.
#ifndef LEVEE_CLIENT_LOAD_TARGET_H_
#define LEVEE_CLIENT_LOAD_TARGET_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "levee/v1/decision.pb.h"
#include "levee/v1/event.pb.h"

namespace levee::load {

// What became of one event; from any thread.
using OnAnswer = std::function<void(const absl::StatusOr<v1::Decision>&)>;

// A server that takes events. Does not retry.
//
// Threads: Send and Finish from one.
class Target {
 public:
  virtual ~Target() = default;

  // Calls `on_answer` once, later or at once. May block while too many events
  // are without an answer.
  virtual void Send(v1::TicketEvent event, OnAnswer on_answer) = 0;

  // Waits until all are answered.
  virtual void Finish() = 0;
};

struct TargetOptions {
  std::string server;
  std::string token;
  // Of one call; of a stream without any answer.
  absl::Duration timeout = absl::Seconds(10);
  // Events without an answer, at most.
  size_t in_flight_max = 10'000;
  // 0: a call of Submit for each event. Otherwise SubmitStream, with up to so
  // many events in a request.
  int batch_events_max = 0;
};

// INVALID_ARGUMENT: the token cannot be used.
absl::StatusOr<std::unique_ptr<Target>> OpenTarget(
    const TargetOptions& options);

}  // namespace levee::load

#endif  // LEVEE_CLIENT_LOAD_TARGET_H_
