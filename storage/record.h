// The bytes of one journal record, which holds one batch.
#ifndef LEVEE_STORAGE_RECORD_H_
#define LEVEE_STORAGE_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/hash.h"
#include "storage/journal.h"

namespace levee::storage {

inline constexpr size_t kRecordHeaderBytes = 100;

struct RecordHeader {
  uint32_t shard = 0;
  uint64_t first_sequence = 0;
  // 1 to kBatchEntriesMax.
  uint32_t count = 0;
  // Entry.decided_at_ms of the last entry.
  int64_t decided_at_ms = 0;
  // Hash of the header of the record before; zeroes for the first.
  Hash256 previous = {};
  // Merkle root of the entries.
  Hash256 root = {};

  uint64_t last_sequence() const { return first_sequence + count - 1; }
};

// Encodes batches, one after the other, into the same memory.
//
// Threads: one at a time.
class RecordWriter {
 public:
  explicit RecordWriter(uint32_t shard) : shard_(shard) {}

  // Makes bytes() and hash() those of the batch's record.
  // REQUIRES: CheckBatch (batch.h) finds nothing wrong with it.
  void Encode(const Batch& batch, const Hash256& previous);

  // Valid until the next Encode.
  std::string_view bytes() const { return bytes_; }
  // The hash of the header, which the next record carries.
  const Hash256& hash() const { return hash_; }

 private:
  const uint32_t shard_;
  Sha256 sha_;
  std::string bytes_;
  std::vector<Hash256> leaves_;
  Hash256 hash_ = {};
};

// A view of a record whose bytes were found undamaged.
//
// Owns nothing: the bytes must outlive it.
class Record {
 public:
  // Checks the bytes against their checksum and each other, and that they are
  // the record of `shard` that begins at `first_sequence`. DATA_LOSS, naming
  // the record, when they are not; FAILED_PRECONDITION when a newer release
  // wrote them.
  static absl::StatusOr<Record> Parse(std::string_view bytes, uint32_t shard,
                                      uint64_t first_sequence);

  const RecordHeader& header() const { return header_; }
  bool Holds(uint64_t sequence) const {
    return sequence >= header_.first_sequence &&
           sequence <= header_.last_sequence();
  }

  // REQUIRES: i < header().count.
  std::string_view entry(uint32_t i) const;

  // The hash of the header, which the next record carries.
  Hash256 Hash(Sha256& sha) const;

  // The Merkle root of the entries as they are, which should be header().root.
  Hash256 ComputeRoot(Sha256& sha) const;

 private:
  explicit Record(std::string_view bytes) : bytes_(bytes) {}
  uint32_t end(uint32_t i) const;
  // What is wrong with the bytes; empty: nothing.
  std::string FindFault(uint32_t shard, uint64_t first_sequence) const;
  void ReadHeader();

  std::string_view bytes_;
  RecordHeader header_;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_RECORD_H_
