// RocksDB with our families; knows nothing of what lies in them but `meta`.
#ifndef LEVEE_STORAGE_ROCKS_ENGINE_H_
#define LEVEE_STORAGE_ROCKS_ENGINE_H_

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/slice.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/rocks_store.h"

namespace levee::storage {

// What the index need not keep; its compactions drop it. Threads: any.
struct IndexHorizon {
  // Events decided at or before.
  std::atomic<int64_t> decided_ms{std::numeric_limits<int64_t>::min()};
  // Entries before this one were cut from the journal.
  std::atomic<uint64_t> first_sequence{0};
};

// An open database. Threads: any, as RocksDB's own.
struct Engine {
  Engine() = default;
  // Closes the database.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // A number of `meta`; empty: it is not there. DATA_LOSS: it is none.
  absl::StatusOr<std::optional<uint64_t>> MetaNumber(
      std::string_view name) const;

  // Constant once open.
  RocksOptions options;
  rocksdb::Env* env = nullptr;
  std::shared_ptr<IndexHorizon> horizon;
  // The database's own options, for files built beside it.
  rocksdb::Options index_options;
  rocksdb::Options names_options;
  rocksdb::Options keys_options;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::ColumnFamilyHandle* journal = nullptr;
  rocksdb::ColumnFamilyHandle* texts = nullptr;
  rocksdb::ColumnFamilyHandle* notes = nullptr;
  rocksdb::ColumnFamilyHandle* index = nullptr;
  rocksdb::ColumnFamilyHandle* state = nullptr;
  rocksdb::ColumnFamilyHandle* base = nullptr;
  rocksdb::ColumnFamilyHandle* names = nullptr;
  rocksdb::ColumnFamilyHandle* keys = nullptr;
  rocksdb::ColumnFamilyHandle* meta = nullptr;
  std::string hash_key;
  std::string signing_key;
};

// Opens or creates; errors as RocksStore::Open.
absl::StatusOr<std::unique_ptr<Engine>> OpenEngine(const RocksOptions& options);

// DATA_LOSS for corruption, NOT_FOUND, UNAVAILABLE for all else; `what` was
// being done.
absl::Status ToStatus(const rocksdb::Status& status, std::string_view what);

// Reads the keys with one call: values[i] is empty where there is none.
// REQUIRES: values.size() == keys.size().
absl::Status GetAll(const Engine& engine, rocksdb::ColumnFamilyHandle* family,
                    const std::vector<std::string>& keys, std::string_view what,
                    std::vector<std::optional<std::string>>* values);

inline rocksdb::Slice ToSlice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
inline std::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_ROCKS_ENGINE_H_
