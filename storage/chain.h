// The hash chain over a journal's records: each carries the hash of the one
// before, so that nothing in the middle can be changed, dropped or slipped in
// without all that follows changing too.
#ifndef LEVEE_STORAGE_CHAIN_H_
#define LEVEE_STORAGE_CHAIN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/journal.h"

namespace levee::storage {

// Where a journal begins.
struct ChainAnchor {
  // 1 unless the journal was cut.
  uint64_t first_sequence = 1;
  // Hash of the last record that was cut away; zeroes: none was.
  Hash256 previous = {};
};

// A journal's records as they are stored.
//
// Threads: any.
class RecordSource {
 public:
  // Sees the key and the bytes of one record; false ends the scan.
  using RecordVisitor =
      absl::FunctionRef<bool(uint64_t first_sequence, std::string_view bytes)>;

  virtual ~RecordSource() = default;

  virtual uint32_t shard() const = 0;
  virtual ChainAnchor anchor() const = 0;

  // Visits the records from the one under the greatest key not above `first`
  // to the last one whose key is not above `last`, unchecked.
  virtual absl::Status ScanRecords(uint64_t first, uint64_t last,
                                   RecordVisitor visit) const = 0;
};

struct ChainReport {
  // Records and entries found good.
  uint64_t records = 0;
  uint64_t entries = 0;
  // The last entry found good and the hash of its record.
  Head end;
  // Sequence of the first entry of the first broken record; 0: none is.
  uint64_t broken = 0;
  // What is wrong with it, as a sentence.
  std::string fault;
};

// Computes the roots and hashes of the records that hold the entries first to
// last anew from their stored bytes, and compares. The record before them is
// taken at its word, where there is one. Stops at the first broken record.
// REQUIRES: the entries were committed and not cut.
absl::StatusOr<ChainReport> VerifyChain(const RecordSource& source,
                                        uint64_t first, uint64_t last);

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_CHAIN_H_
