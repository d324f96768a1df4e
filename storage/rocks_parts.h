// What a RocksStore consists of; for its own .cc files.
#ifndef LEVEE_STORAGE_ROCKS_PARTS_H_
#define LEVEE_STORAGE_ROCKS_PARTS_H_

#include <rocksdb/db.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "levee/storage/v1/side.pb.h"
#include "storage/acked_file.h"
#include "storage/customer_keys.h"
#include "storage/index_builder.h"
#include "storage/mutex.h"
#include "storage/record.h"
#include "storage/rocks_engine.h"
#include "storage/rocks_store.h"
#include "storage/seal.h"

namespace levee::storage {

struct RocksStore::Parts {
  explicit Parts(std::unique_ptr<Engine> engine);

  // Opening (rocks_store.cc).
  absl::Status Recover();
  absl::Status FindHead();
  absl::Status RebuildTail(uint64_t indexed);
  absl::Status CheckAcked();

  // Appending (rocks_append.cc).
  // The names with the keys that were made for the customers among them.
  absl::StatusOr<std::vector<TailName>> MakeNames(
      const std::vector<NewName>& names);
  absl::StatusOr<v1::BatchTexts> SealTexts(const std::vector<PlainText>& plain,
                                           uint64_t first_sequence);
  // The text of one entry. NOT_FOUND: none is there, or its key is gone.
  absl::StatusOr<std::string> OpenText(rocksdb::ColumnFamilyHandle* family,
                                       uint64_t sequence) const;
  absl::Status Commit(const Batch& batch, const std::vector<TailName>& names);
  // Remembers that nothing may be written any more, and returns `status`.
  absl::Status Fail(absl::Status status);
  absl::Status CheckWritable() const;

  // Reading.
  // What an entry is that was in the journal and is not found there: cut
  // meanwhile (NOT_FOUND), or lost (DATA_LOSS).
  absl::Status Absent(uint64_t sequence) const;
  // The journal's iterator at the record that holds the entry. NOT_FOUND,
  // DATA_LOSS.
  absl::StatusOr<std::unique_ptr<rocksdb::Iterator>> SeekRecord(
      uint64_t sequence, uint64_t* first_sequence) const;
  // Keys of customers that are committed and not erased; empty: there is none.
  absl::Status FindKeys(
      const std::vector<std::pair<uint64_t, uint64_t>>& customers,
      std::vector<std::optional<std::string>>* found) const;
  absl::Status LoadFrom(rocksdb::ColumnFamilyHandle* family,
                        absl::Span<const std::string_view> keys,
                        absl::Span<std::optional<std::string>> records) const;
  // Puts the records and the position under `name` of `meta` into the batch.
  absl::Status PutEntities(
      rocksdb::ColumnFamilyHandle* family,
      absl::Span<const std::pair<std::string, std::string>> records,
      std::string_view name, uint64_t position, bool sync);
  // Deletes the records up to this one; returns the first entry kept.
  absl::StatusOr<uint64_t> Cut(const Record& last);
  // Rewrites the files and drops the logs that hold the deleted keys.
  absl::Status Scrub(const std::string& name_key, const std::string& handle_key,
                     const std::string& customer_key);
  // Tells the index's compactions what they may drop.
  void MoveHorizon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  uint32_t shard() const { return engine->options.shard; }
  uint64_t last_sequence() const {
    MutexLock lock(mutex);
    return head.last_sequence;
  }
  uint64_t first_sequence() const {
    MutexLock lock(mutex);
    return anchor.first_sequence;
  }

  const std::unique_ptr<Engine> engine;
  CustomerKeys keys;
  // Ends before the engine does.
  std::unique_ptr<IndexBuilder> builder;

  mutable Mutex mutex;
  Head head ABSL_GUARDED_BY(mutex);
  ChainAnchor anchor ABSL_GUARDED_BY(mutex);
  uint64_t replay_from ABSL_GUARDED_BY(mutex) = 1;
  uint64_t base_position ABSL_GUARDED_BY(mutex) = 0;
  // Entities were written since the log was last synced.
  bool entities_unsynced ABSL_GUARDED_BY(mutex) = false;
  // Why nothing is written any more.
  absl::Status failure ABSL_GUARDED_BY(mutex);

  // Owned by the thread that appends.
  RecordWriter writer;
  Sealer sealer;
  // Null where appends are not synced.
  std::unique_ptr<AckedFile> acked;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_ROCKS_PARTS_H_
