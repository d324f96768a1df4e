// Sends events at a rate that does not depend on how fast they are answered.
#ifndef LEVEE_CLIENT_LOAD_GENERATOR_H_
#define LEVEE_CLIENT_LOAD_GENERATOR_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/load/histogram.h"
#include "client/load/target.h"
#include "client/load/traffic.h"
#include "levee/v1/decision.pb.h"

namespace levee::load {

struct LoadOptions {
  // Events a second.
  double rate = 1'000;
  absl::Duration duration = absl::Seconds(10);
};

// Filled while the load runs; read when it is over.
struct LoadReport {
  // From the moment an event was due to its answer: an event that was sent
  // late, because the server held up those before it, has waited that long
  // too. Without this a server that stalls looks fast (G. Tene's "coordinated
  // omission").
  Histogram latency;
  uint64_t sent = 0;
  // Events that never went out because `interrupted` was set.
  uint64_t unsent = 0;
  absl::Duration elapsed;
  std::map<v1::Verdict, uint64_t> verdicts;
  // By status code's name.
  std::map<std::string, uint64_t> errors;
  // The first error of each code.
  std::map<std::string, std::string> examples;
};

// Runs one load to its end or until `interrupted`, and waits for all answers.
// Blocks.
void RunLoad(const LoadOptions& options, const Traffic& traffic, Target* target,
             const std::atomic<bool>* interrupted, LoadReport* report);

// True: host:port, or whatever gRPC resolves, is this machine by its own name:
// localhost, 127.0.0.0/8, ::1 or a Unix socket.
bool IsLoopback(absl::string_view server);

}  // namespace levee::load

#endif  // LEVEE_CLIENT_LOAD_GENERATOR_H_
