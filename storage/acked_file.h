// The newest acknowledged entry, noted beside the database.
#ifndef LEVEE_STORAGE_ACKED_FILE_H_
#define LEVEE_STORAGE_ACKED_FILE_H_

#include <rocksdb/env.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace levee::storage {

// A note in the file ACKED, written without a sync after each synced append.
// It lags behind after a power cut and is never ahead, so a journal that ends
// before it has lost what was acknowledged: RocksDB replays its log up to the
// first damage and cannot tell a torn end from damage in the middle.
//
// Threads: one.
class AckedFile {
 public:
  // Makes the file where there is none. UNAVAILABLE: it cannot be opened.
  static absl::StatusOr<std::unique_ptr<AckedFile>> Open(
      rocksdb::Env* env, const std::string& dir);
  // For a store that acknowledges before it syncs.
  static absl::Status Remove(rocksdb::Env* env, const std::string& dir);

  // As found at opening; 0: nothing was noted, or the note was torn.
  uint64_t last_sequence() const { return last_sequence_; }

  void Note(uint64_t sequence);

 private:
  explicit AckedFile(std::unique_ptr<rocksdb::RandomRWFile> file)
      : file_(std::move(file)) {}

  std::unique_ptr<rocksdb::RandomRWFile> file_;
  uint64_t last_sequence_ = 0;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_ACKED_FILE_H_
