// The families `state` and `base`: entities by key, each with the sequence of
// the last entry applied to it. What they mean is the state room's business.
#ifndef LEVEE_STORAGE_ENTITIES_H_
#define LEVEE_STORAGE_ENTITIES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"

namespace levee::storage {

// Some entities as they were after a committed entry.
struct EntityFlush {
  // Key (state::EntityKey::Encode) and record (storage.v1.EntityRecord).
  std::vector<std::pair<std::string, std::string>> records;
  // Every entry before this one is in the stored records once this flush is:
  // replay begins here.
  uint64_t replay_from = 1;
};

// Threads: Flush from one thread at a time; all else from any thread.
// Errors: UNAVAILABLE when the engine fails, DATA_LOSS for damage.
class EntityStore {
 public:
  virtual ~EntityStore() = default;

  // Reads all keys with one call; records[i] is empty where there is none.
  // REQUIRES: records.size() == keys.size().
  virtual absl::Status Load(
      absl::Span<const std::string_view> keys,
      absl::Span<std::optional<std::string>> records) const = 0;

  // Stores the records and replay_from as one, without waiting for the disk:
  // they become durable no later than the next Append.
  // REQUIRES: the records contain nothing of an uncommitted entry.
  virtual absl::Status Flush(const EntityFlush& flush) = 0;

  // The first entry that the stored records may lack; 1 for a new store.
  virtual uint64_t replay_from() const = 0;

  // Visits the records whose keys begin so, in the order of their keys; false
  // ends the scan.
  virtual absl::Status ScanEntities(
      std::string_view prefix,
      absl::FunctionRef<bool(std::string_view key, std::string_view record)>
          visit) const = 0;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_ENTITIES_H_
