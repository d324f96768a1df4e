// How what is stored comes to an end: old journal entries are folded into
// base entities and cut away, texts go after their time, a customer is erased.
//
// To cut a journal: fold its oldest entries, some at a time, into the base
// (LoadBase, apply, WriteBase with the last entry's sequence), then CutJournal
// up to what was folded. What applying means is the caller's business.
#ifndef LEVEE_STORAGE_RETENTION_H_
#define LEVEE_STORAGE_RETENTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace levee::storage {

// Threads: any, but WriteBase, CutJournal and EraseCustomer from one at a
// time. All of them are durable when they return.
// Errors: UNAVAILABLE when the engine fails, DATA_LOSS for damage.
class Retention {
 public:
  virtual ~Retention() = default;

  // The last entry that is folded into the base; 0: none is.
  virtual uint64_t base_position() const = 0;

  // As EntityStore::Load, of the base.
  virtual absl::Status LoadBase(
      absl::Span<const std::string_view> keys,
      absl::Span<std::optional<std::string>> records) const = 0;

  // Stores the records (key, record) and the position as one.
  // FAILED_PRECONDITION: the position would move back or past the journal's
  // end.
  virtual absl::Status WriteBase(
      absl::Span<const std::pair<std::string, std::string>> records,
      uint64_t position) = 0;

  // The first entry decided at `decided_ms` or later, to within its record:
  // that of the first record whose last entry was; one past the journal's end
  // when there is none.
  virtual absl::StatusOr<uint64_t> FindDecidedSince(
      int64_t decided_ms) const = 0;

  // Drops the records that end at `through` or before, with their texts and
  // index entries, and returns the first sequence kept. FAILED_PRECONDITION:
  // `through` lies past the base position, or replay needs what would go.
  virtual absl::StatusOr<uint64_t> CutJournal(uint64_t through) = 0;

  // Drops the texts of records whose last entry was decided before
  // `decided_ms`.
  virtual absl::Status CutTexts(int64_t decided_ms) = 0;

  // Forgets a customer's name and key, so that none of his texts can be read
  // any more, and nothing tells who he was.
  virtual absl::Status EraseCustomer(uint64_t tenant, uint64_t customer) = 0;
};

// What WriteBase and CutJournal refuse, in every store.
absl::Status CheckBasePosition(uint64_t position, uint64_t base_position,
                               uint64_t last_sequence);
absl::Status CheckCut(uint64_t through, uint64_t base_position,
                      uint64_t replay_from);

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_RETENTION_H_
