// The family `index`: ways into the journal. Built behind it in sorted bulk
// files; what is not yet in a file lives in memory, so that an answer is
// always complete for all that was committed.
#ifndef LEVEE_STORAGE_INDEX_H_
#define LEVEE_STORAGE_INDEX_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "storage/journal.h"

namespace levee::storage {

// A place in a customer's timeline.
struct TimelinePlace {
  int64_t effective_ms = 0;
  uint64_t sequence = 0;
  friend bool operator==(const TimelinePlace&, const TimelinePlace&) = default;
};

// How long an event id is known, by the journal's time: helpdesks retry for
// days, and ids kept for ever would outgrow the journal.
inline constexpr int64_t kEventIdsKeptMs = int64_t{7} * 24 * 3600 * 1000;

// Threads: any. Errors: UNAVAILABLE when the engine fails.
class Index {
 public:
  virtual ~Index() = default;

  // sequences[i] is empty where no event of that id was decided in the
  // kEventIdsKeptMs before the latest entry.
  // REQUIRES: sequences.size() == ids.size().
  virtual absl::Status FindEvents(
      absl::Span<const Id128> ids,
      absl::Span<std::optional<uint64_t>> sequences) const = 0;

  // At most `limit` places of the customer before `before` (by time, then
  // sequence), newest first.
  virtual absl::StatusOr<std::vector<TimelinePlace>> FindTimeline(
      uint64_t tenant, uint64_t customer, TimelinePlace before,
      int limit) const = 0;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_INDEX_H_
