// A window that slides on: when does what is in it become less than a number?
#ifndef LEVEE_SERVER_STATE_WINDOW_H_
#define LEVEE_SERVER_STATE_WINDOW_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

namespace levee::state {

// Something on the time line that counts from `at_ms` on, until the window has
// passed it.
struct Mark {
  int64_t at_ms = 0;
  // Whom it is about, where distinct ones are counted.
  uint64_t id = 0;
  // How many it counts for, where events are counted.
  int64_t weight = 1;
};

using Marks = absl::InlinedVector<Mark, 32>;

// How many different ids there are among marks that come and go. Takes some
// nanoseconds each.
class IdCounts {
 public:
  // Room for so many ids.
  explicit IdCounts(size_t ids_max);

  // True where it is the first mark of this id.
  bool Enter(uint64_t id);
  // True where it was the last mark of this id.
  // REQUIRES: it had entered.
  bool Leave(uint64_t id);

 private:
  struct Slot {
    uint64_t id = 0;
    // Marks plus one; 0: the slot is free.
    uint64_t count = 0;
  };

  Slot& SlotOf(uint64_t id);

  // Open addressing, at most half full.
  absl::InlinedVector<Slot, 32> slots_;
};

// Milliseconds from `from_ms` until the marks in the window that ends then,
// (end - window_ms, end], count for less than `at_least` (their weights, or
// their different ids); marks after `from_ms` come in as the window reaches
// them. At least 1. Nothing comes to less than 0: an at_least of 0 or less
// takes window_ms.
// REQUIRES: marks ascend by time; window_ms >= 1.
int64_t FreeAfter(absl::Span<const Mark> marks, int64_t from_ms,
                  int64_t window_ms, int64_t at_least, bool distinct);

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_WINDOW_H_
