// The embedded store: one shard in one RocksDB, a family for each kind of data
// (keys.cc has their grammar).
#ifndef LEVEE_STORAGE_ROCKS_STORE_H_
#define LEVEE_STORAGE_ROCKS_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "levee/storage/v1/head.pb.h"
#include "storage/chain.h"
#include "storage/retention.h"
#include "storage/shard.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace levee::storage {

struct RocksOptions {
  // Created where it is missing; its parent must be there.
  std::string dir;
  uint32_t shard = 0;
  // False: an append returns before it is on the disk, and a power cut loses
  // the newest ones.
  bool sync = true;
  // How long texts are wanted; 0: they are never stored. Deleting those that
  // are older is CutTexts' work.
  int64_t retain_text_ms = int64_t{90} * 86'400'000;
  // Not owned, and outlives the store; null: the machine's own. For tests.
  rocksdb::Env* env = nullptr;

  // Blocks, indexes and filters read from the files. The filters of ten million
  // names take 25 MB; the system's own cache has the blocks as well.
  size_t block_cache_bytes = size_t{64} << 20;
  // What all families together hold before it is in a file.
  size_t write_buffer_bytes = size_t{64} << 20;
  // The log replayed at a start; a few seconds' reading.
  size_t wal_bytes_max = size_t{256} << 20;
  // Files held open at once; beside sockets, well under the usual 1,024.
  int open_files_max = 512;
  // Customers whose text keys are remembered, about 120 bytes each.
  size_t customer_keys_max = 65'536;
  // The index's tail in memory moves into files when it has so many items
  // (events and names), or its oldest is so old.
  size_t index_items = 262'144;
  int64_t index_age_ms = 30'000;
  // At so many, Append waits for the files. About 200 bytes each.
  size_t index_items_max = 524'288;
};

// Threads: as the interfaces say; all else from any.
// Owns: the directory, a thread that moves the index's tail into files, and
// RocksDB's own two.
class RocksStore final : public Shard, public Retention, public RecordSource {
 public:
  // FAILED_PRECONDITION: the directory is open in another process, holds
  // something else, another shard or a newer format. DATA_LOSS: it is damaged.
  // UNAVAILABLE: the system refuses. Each says what to do.
  static absl::StatusOr<std::unique_ptr<RocksStore>> Open(
      const RocksOptions& options);

  // Moves the tail into files and closes. REQUIRES: no call is running.
  ~RocksStore() override;

  // Journal.
  absl::StatusOr<Head> Append(const Batch& batch) override;
  Head head() const override;
  uint64_t first_sequence() const override;
  absl::StatusOr<std::string> Read(uint64_t sequence) const override;
  absl::Status Scan(uint64_t first, uint64_t last,
                    Visitor visit) const override;
  absl::Status ScanBackward(uint64_t from, Visitor visit) const override;

  // EntityStore.
  absl::Status Load(
      absl::Span<const std::string_view> keys,
      absl::Span<std::optional<std::string>> records) const override;
  absl::Status Flush(const EntityFlush& flush) override;
  uint64_t replay_from() const override;
  absl::Status ScanEntities(
      std::string_view prefix,
      absl::FunctionRef<bool(std::string_view key, std::string_view record)>
          visit) const override;

  // NameStore, TextStore, Index.
  absl::Status FindHandles(
      absl::Span<const NameRef> names,
      absl::Span<std::optional<uint64_t>> handles) const override;
  absl::Status FindNames(
      absl::Span<const HandleRef> handles,
      absl::Span<std::optional<std::string>> ids) const override;
  absl::StatusOr<v1::EventText> ReadText(uint64_t sequence) const override;
  absl::Status ScanPrintsBackward(size_t texts_max,
                                  PrintVisitor visit) const override;
  absl::StatusOr<std::string> ReadNote(uint64_t sequence) const override;
  absl::Status FindEvents(
      absl::Span<const Id128> ids,
      absl::Span<std::optional<uint64_t>> sequences) const override;
  absl::StatusOr<std::vector<TimelinePlace>> FindTimeline(
      uint64_t tenant, uint64_t customer, TimelinePlace before,
      int limit) const override;

  const std::string& hash_key() const override;

  // Retention.
  uint64_t base_position() const override;
  absl::Status LoadBase(
      absl::Span<const std::string_view> keys,
      absl::Span<std::optional<std::string>> records) const override;
  absl::Status WriteBase(
      absl::Span<const std::pair<std::string, std::string>> records,
      uint64_t position) override;
  absl::StatusOr<uint64_t> FindDecidedSince(int64_t decided_ms) const override;
  absl::StatusOr<uint64_t> CutJournal(uint64_t through) override;
  absl::Status CutTexts(int64_t decided_ms) override;
  // Flushes and rewrites what holds him, a second's work or so. Where his name
  // bounded a file, RocksDB's list of files names it until the next start.
  absl::Status EraseCustomer(uint64_t tenant, uint64_t customer) override;

  // RecordSource.
  uint32_t shard() const override;
  ChainAnchor anchor() const override;
  absl::Status ScanRecords(uint64_t first, uint64_t last,
                           RecordVisitor visit) const override;

  // storage::VerifyChain over what is there of the entries first to last.
  // DATA_LOSS: the first record that is wrong, and how.
  absl::Status VerifyChain(uint64_t first, uint64_t last) const;

  // The journal's end as it is now, signed with the store's own key.
  absl::StatusOr<v1::SignedHead> SignHead(int64_t now_ms) const;
  // What signed heads are checked with.
  absl::StatusOr<std::string> public_key() const;

  // What lies in the directory, in bytes; 0 where it cannot be read.
  uint64_t disk_bytes() const;

 private:
  struct Parts;
  class PrintChunk;

  explicit RocksStore(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_ROCKS_STORE_H_
