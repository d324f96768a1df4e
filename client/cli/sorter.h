// Sorts more events than fit in memory.
#ifndef LEVEE_CLIENT_CLI_SORTER_H_
#define LEVEE_CLIENT_CLI_SORTER_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "levee/v1/event.pb.h"

namespace levee::cli {

// Takes events in any order and gives them back by occurred_at; of equal times
// the one that was added first comes first. What is beyond `memory_bytes_max`
// lies in files without a name below TMPDIR (or /tmp), which the system removes
// with the process.
//
// Threads: one.
class Sorter {
 public:
  explicit Sorter(size_t memory_bytes_max);
  ~Sorter();
  Sorter(const Sorter&) = delete;
  Sorter& operator=(const Sorter&) = delete;

  // Errors: the system's, where a file cannot be written.
  absl::Status Add(const v1::TicketEvent& event);
  // Once, after the last Add and before the first Next.
  absl::Status Finish();
  // The next event; false at the end.
  absl::StatusOr<bool> Next(v1::TicketEvent* event);

  uint64_t size() const { return size_; }

 private:
  struct Record {
    // Nanoseconds since 1970.
    __int128 at_ns = 0;
    std::string bytes;
  };
  class Run;

  absl::Status Spill();
  absl::Status MergeAll();

  const size_t memory_bytes_max_;
  std::vector<Record> records_;
  size_t bytes_ = 0;
  uint64_t size_ = 0;
  // Sorted each; all of one run were added before all of the next.
  std::vector<std::unique_ptr<Run>> runs_;
  // Of records_, when there are no runs.
  size_t next_ = 0;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_SORTER_H_
