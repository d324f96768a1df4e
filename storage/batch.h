// What a store checks of a batch before it writes anything of it.
#ifndef LEVEE_STORAGE_BATCH_H_
#define LEVEE_STORAGE_BATCH_H_

#include <cstddef>

#include "absl/status/status.h"
#include "storage/journal.h"

namespace levee::storage {

// Entries of one batch, at most: bounds what reading one entry costs.
inline constexpr size_t kBatchEntriesMax = 4'096;
// Bytes of one batch's entries and of its texts, at most: what a record and
// its side records take in memory while they are written and read.
inline constexpr size_t kBatchBytesMax = size_t{256} << 20;

// Whether the batch is as journal.h says and follows `head`: ABORTED when it
// does not follow, INVALID_ARGUMENT when it is malformed.
absl::Status CheckBatch(const Batch& batch, const Head& head);

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_BATCH_H_
