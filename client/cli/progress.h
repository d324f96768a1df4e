// How far a long piece of work is.
#ifndef LEVEE_CLIENT_CLI_PROGRESS_H_
#define LEVEE_CLIENT_CLI_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace levee::cli {

// What a line of progress says. `done` of `total`, of which `before` were done
// when the clock started.
struct ProgressState {
  std::string what;
  std::string unit;
  uint64_t done = 0;
  uint64_t total = 0;
  uint64_t before = 0;
  absl::Duration elapsed;
};

// "importing  43 %  61,234 of 141,712 events  12,345/s  7s left".
std::string ProgressLine(const ProgressState& state);

// The same with a bar of 20 characters.
std::string ProgressBar(const ProgressState& state);

// 1234567 as "1,234,567".
std::string WithCommas(uint64_t number);

// Writes progress to standard error: on a terminal a bar that is drawn over
// again, elsewhere a line every five seconds.
//
// Threads: one.
class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();

  // Begins a new piece of work.
  void Begin(std::string what, std::string unit, uint64_t total);
  void Update(uint64_t done);
  // `done` so far was not this run's work.
  void SetBefore(uint64_t done);
  // Takes the bar away, so that something else can be written.
  void Clear();

 private:
  const bool quiet_;
  const bool terminal_;
  ProgressState state_;
  absl::Time begun_;
  absl::Time shown_;
  bool drawn_ = false;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_PROGRESS_H_
