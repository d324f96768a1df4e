// A bottom-k sample of customers: from it, the number of distinct customers of
// whom something is true can be told.
//
// Each customer has a fixed pseudo-random 32-bit hash; the sample keeps all
// happenings of the kSampleMax customers with the lowest. While there are no
// more customers than that, it is complete. Beyond, `bound` is the lowest hash
// left out: every customer below it is in the sample, so that m of them with
// some property stand for m * 2^32 / bound customers (Beyer et al., "On
// synopses for distinct-value estimation under multiset operations", 2007).
// The standard error is 1/sqrt(kSampleMax - 2) of the cell's customers; a
// property that few of them have is estimated less well. As the bound depends
// on the set of customers alone, samples may be filled and merged in any
// order.
#ifndef LEVEE_SERVER_STATE_SAMPLE_H_
#define LEVEE_SERVER_STATE_SAMPLE_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "levee/storage/v1/state.pb.h"
#include "server/state/query.h"
#include "server/state/wire.h"

namespace levee::state {

// The hash of a customer's handle. Stored: it never changes.
uint32_t SampleHash(uint64_t customer);

// How often a customer did something.
struct Sampled {
  uint32_t hash = 0;
  // WhatOf(kind, flags).
  uint32_t what = 0;
  uint32_t count = 0;

  friend bool operator==(const Sampled&, const Sampled&) = default;
};

// Threads: belongs to one thread.
class Sample {
 public:
  using Entries = absl::InlinedVector<Sampled, 1>;

  // DATA_LOSS: not what Encode could have written.
  absl::Status Decode(const storage::v1::Cell& record);
  // Writes the fields 5 to 8 of a storage.v1.Cell.
  void Encode(ReverseWriter* writer) const;

  void Add(uint32_t hash, uint32_t what);
  // Takes back one Add, if it is in the sample. Where the sample had
  // overflowed, those that were left out do not come back: it stays exact
  // below its bound.
  void Remove(uint32_t hash, uint32_t what);
  void Merge(const Sample& other);

  // Ascending by hash, then what.
  const Entries& entries() const { return entries_; }
  // Every hash below this is in the sample; 2^32: all are.
  uint64_t bound() const { return bound_ == 0 ? uint64_t{1} << 32 : bound_; }

  // Bytes of memory beyond the object itself.
  size_t heap_bytes() const {
    return entries_.capacity() > 1 ? entries_.capacity() * sizeof(Sampled) : 0;
  }

 private:
  Entries entries_;
  // As in the record: 0 for none.
  uint32_t bound_ = 0;
  // Different hashes among the entries.
  uint32_t distinct_ = 0;
};

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_SAMPLE_H_
