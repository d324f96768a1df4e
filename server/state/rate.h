// Rates over a ring, exact, and over cells, as near as they are wide. For
// measure.cc alone.
#ifndef LEVEE_SERVER_STATE_RATE_H_
#define LEVEE_SERVER_STATE_RATE_H_

#include <array>
#include <cstdint>

#include "levee/storage/v1/entry.pb.h"
#include "server/state/cells.h"
#include "server/state/query.h"
#include "server/state/ring.h"

namespace levee::state {

// Entries of a window's samples that are looked through, at most, while the
// samples are complete, and once they only allow an estimate: a window that
// holds more is estimated by a share of its customers. Bounds the time of one
// measurement to some 20 microseconds.
inline constexpr int kUnionMax = 8192;
inline constexpr int kUnionEstimatedMax = 2048;

// The happening in question. It belongs to the count where it `counts`, and is
// not in the ring or the cells.
struct Asked {
  int64_t at_ms = 0;
  // A levee.v1.EventKind.
  int kind = 0;
  uint32_t flags = 0;
  bool counts = false;
  // What came before does not count.
  int64_t forgiven_ms = 0;
  // For a ring: its peer; for cells: its customer.
  uint64_t id = 0;
  uint64_t agent = 0;
};

// The happenings of a ring that count for queries which ask for events and are
// alike but for window and threshold: found once, counted for each.
class RingCount {
 public:
  // REQUIRES: query.distinct is unspecified. `ring` and `asked` must outlive
  // what is measured.
  void Find(const RateQuery& query, const Asked& asked, const Ring& ring);
  // Whether the query is like the one that was found for.
  bool IsFor(const RateQuery& query) const;
  // REQUIRES: IsFor(query), and it was found for the same happening.
  Measurement Measure(const RateQuery& query) const;

 private:
  int64_t FreeAfterMs(const RateQuery& query, int64_t after_ms) const;

  // What was found for; no kinds: nothing was.
  RateQuery query_;
  Asked asked_;
  const Ring* ring_ = nullptr;
  // Times up to the happening in question, ascending.
  int count_ = 0;
  std::array<int64_t, kRingMax * kStoredKinds> times_ms_;
  // What the attempt would push out, by its place there; -1: none of them.
  int pushed_out_ = -1;
  // The attempt would be one of those that count.
  bool attempt_counts_ = false;
};

// REQUIRES: query.distinct is not unspecified.
Measurement PeersOfRing(const RateQuery& query, const Asked& asked,
                        const Ring& ring);

Measurement RateOfCells(const RateQuery& query, const Asked& asked,
                        const CellSeries& series);

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_RATE_H_
