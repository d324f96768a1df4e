// A shard in memory, for tests: real records, chain and names, no disk.
#ifndef LEVEE_STORAGE_MEMORY_STORE_H_
#define LEVEE_STORAGE_MEMORY_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "storage/chain.h"
#include "storage/mutex.h"
#include "storage/record.h"
#include "storage/retention.h"
#include "storage/shard.h"
#include "storage/tail.h"

namespace levee::storage {

// Threads: as Shard; the hooks from any.
class MemoryStore : public Shard, public Retention, public RecordSource {
 public:
  explicit MemoryStore(uint32_t shard = 0);

  // Hooks.

  // The next Append fails with `status` and keeps nothing; those after it fail
  // as they would on disk.
  void FailNextAppend(absl::Status status);
  // Appends take no effect and do not return until released.
  void BlockAppends();
  void ReleaseAppends();
  // As after a restart: appends work again.
  void Restart();
  // Drops all entities, so that replay begins at the first entry.
  void ForgetEntities();

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

  // NameStore and TextStore.
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

  // Index.
  absl::Status FindEvents(
      absl::Span<const Id128> ids,
      absl::Span<std::optional<uint64_t>> sequences) const override;
  absl::StatusOr<std::vector<TimelinePlace>> FindTimeline(
      uint64_t tenant, uint64_t customer, TimelinePlace before,
      int limit) const override;

  // Shard.
  const std::string& hash_key() const override { return hash_key_; }

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
  absl::Status EraseCustomer(uint64_t tenant, uint64_t customer) override;

  // RecordSource.
  uint32_t shard() const override { return shard_; }
  ChainAnchor anchor() const override;
  absl::Status ScanRecords(uint64_t first, uint64_t last,
                           RecordVisitor visit) const override;

 private:
  using Entities = std::map<std::string, std::string, std::less<>>;
  // Shared, so that a scan needs no lock while it visits.
  using Bytes = std::shared_ptr<const std::string>;
  struct Text {
    uint64_t tenant = 0;
    uint64_t customer = 0;
    std::string text;
    std::string print;
  };

  // The record that holds the entry, and its key; null: there is none.
  std::pair<uint64_t, Bytes> FindRecord(uint64_t sequence) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void LoadFrom(const Entities& entities,
                       absl::Span<const std::string_view> keys,
                       absl::Span<std::optional<std::string>> records);
  void KeepSides(const Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void KeepTexts(const std::vector<PlainText>& texts, uint64_t first_sequence,
                 std::map<uint64_t, Text>* to)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const uint32_t shard_;
  std::string hash_key_;

  mutable Mutex mutex_;
  Condition released_;
  bool blocked_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status fail_next_ ABSL_GUARDED_BY(mutex_);
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;

  RecordWriter writer_ ABSL_GUARDED_BY(mutex_);
  // By first sequence.
  std::map<uint64_t, Bytes> records_ ABSL_GUARDED_BY(mutex_);
  Head head_ ABSL_GUARDED_BY(mutex_);
  ChainAnchor anchor_ ABSL_GUARDED_BY(mutex_);
  Tail tail_ ABSL_GUARDED_BY(mutex_);
  // By sequence.
  std::map<uint64_t, Text> texts_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, Text> notes_ ABSL_GUARDED_BY(mutex_);
  Entities entities_ ABSL_GUARDED_BY(mutex_);
  uint64_t replay_from_ ABSL_GUARDED_BY(mutex_) = 1;
  Entities base_ ABSL_GUARDED_BY(mutex_);
  uint64_t base_position_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_MEMORY_STORE_H_
