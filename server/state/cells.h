// What happened on a shared subject, counted by time: the older, the coarser.
#ifndef LEVEE_SERVER_STATE_CELLS_H_
#define LEVEE_SERVER_STATE_CELLS_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "levee/storage/v1/state.pb.h"
#include "server/state/sample.h"
#include "server/state/wire.h"

namespace levee::state {

// Widths of cells, and the ages that tell them apart: a cell of level L + 1
// covers a time that has wholly passed kLevelAgeMs[L] of age. Below that age,
// then, all cells are of level L or finer.
inline constexpr int kLevels = 4;
inline constexpr int64_t kLevelWidthMs[kLevels] = {10'000, 120'000, 1'800'000,
                                                   43'200'000};
inline constexpr int64_t kLevelAgeMs[kLevels] = {900'000, 10'800'000,
                                                 172'800'000, kWindowMaxMs};

// The start of the cell of a level that covers `at_ms`.
// REQUIRES: at_ms >= 0.
inline int64_t CellStart(int64_t at_ms, int level) {
  return at_ms - at_ms % kLevelWidthMs[level];
}
// The level of the cell that covers `at_ms` when the newest time is
// `newest_ms`; kLevels: it is forgotten. Depends on the aligned start alone:
// at_ms may be any time in the cell.
int CellLevel(int64_t at_ms, int64_t newest_ms);

// How often something happened.
struct Counted {
  // WhatOf(kind, flags).
  uint32_t what = 0;
  uint32_t count = 0;

  friend bool operator==(const Counted&, const Counted&) = default;
};

// What happened in one stretch of time.
struct Cell {
  int64_t start_ms = 0;
  // Ascending by what. Never empty; at most one for each kind and each set of
  // flags that can occur together with it: some 1,500 in all, less than ten in
  // practice.
  absl::InlinedVector<Counted, 2> counts;
  Sample sample;
  uint8_t level = 0;

  void Add(uint32_t what, uint32_t hash);
  // False where `what` did not happen in this cell.
  bool Remove(uint32_t what, uint32_t hash);
  void Merge(const Cell& other);
};

// A series of cells that ends with the newest. A pure function of the set of
// what was added: the order changes nothing.
//
// Threads: belongs to one thread.
class CellSeries {
 public:
  // DATA_LOSS: not a series that Encode could have written.
  static absl::StatusOr<CellSeries> Decode(
      const storage::v1::CellSeries& record);
  // Writes the fields of a storage.v1.CellSeries.
  void Encode(ReverseWriter* writer) const;

  // REQUIRES: IsWhat(what), at_ms is clamped (ClampTime).
  void Add(int64_t at_ms, uint32_t what, uint64_t customer);

  // Takes back one Add, if something like it is there; all counts are then as
  // if it had never been. newest_ms() stays, and with it how coarse the cells
  // are; a sample that had overflowed stays exact below its bound.
  void Remove(int64_t at_ms, uint32_t what, uint64_t customer);

  // The latest time added; 0: none.
  int64_t newest_ms() const { return newest_ms_; }
  // Ordered by start.
  absl::Span<const Cell> cells() const { return cells_; }
  // Those that begin later than `after_ms`.
  absl::Span<const Cell> After(int64_t after_ms) const;

  // Bytes of memory beyond the object itself.
  size_t heap_bytes() const;

 private:
  using Cells = absl::InlinedVector<Cell, 1>;

  void Advance(int64_t newest_ms);
  Cells::iterator FirstNotBefore(int64_t start_ms);

  int64_t newest_ms_ = 0;
  Cells cells_;
};

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_CELLS_H_
