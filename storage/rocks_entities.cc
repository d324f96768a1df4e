// The families `state` and `base`.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/bytes.h"
#include "storage/keys.h"
#include "storage/rocks_parts.h"

namespace levee::storage {

absl::Status RocksStore::Parts::LoadFrom(
    rocksdb::ColumnFamilyHandle* family,
    absl::Span<const std::string_view> keys,
    absl::Span<std::optional<std::string>> records) const {
  std::vector<std::string> stored;
  stored.reserve(keys.size());
  for (const std::string_view key : keys) {
    stored.push_back(EntityStoreKey(shard(), key));
  }
  std::vector<std::optional<std::string>> found;
  absl::Status status =
      GetAll(*engine, family, stored, "reading entities", &found);
  if (!status.ok()) return status;
  for (size_t i = 0; i < found.size(); ++i) records[i] = std::move(found[i]);
  return absl::OkStatus();
}

absl::Status RocksStore::Parts::PutEntities(
    rocksdb::ColumnFamilyHandle* family,
    absl::Span<const std::pair<std::string, std::string>> records,
    std::string_view name, uint64_t position, bool sync) {
  absl::Status status = CheckWritable();
  if (!status.ok()) return status;
  rocksdb::WriteBatch batch;
  for (const auto& [key, record] : records) {
    batch.Put(family, EntityStoreKey(shard(), key), record);
  }
  std::string value;
  AppendBig64(position, &value);
  batch.Put(engine->meta, ToSlice(name), value);
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status written = engine->db->Write(options, &batch);
  if (written.ok()) return absl::OkStatus();
  return Fail(absl::UnavailableError(
      absl::StrCat("writing entities: ", written.ToString())));
}

absl::Status RocksStore::Load(
    absl::Span<const std::string_view> keys,
    absl::Span<std::optional<std::string>> records) const {
  return parts_->LoadFrom(parts_->engine->state, keys, records);
}

absl::Status RocksStore::Flush(const EntityFlush& flush) {
  // A power cut may lose pages in the middle of what was not synced. Of two
  // flushes there the second must not survive the first, whose entities it
  // says are stored.
  bool sync;
  {
    MutexLock lock(parts_->mutex);
    sync = parts_->entities_unsynced && parts_->engine->options.sync;
  }
  absl::Status status =
      parts_->PutEntities(parts_->engine->state, flush.records, kMetaReplayFrom,
                          flush.replay_from, sync);
  if (!status.ok()) return status;
  MutexLock lock(parts_->mutex);
  parts_->entities_unsynced = !sync;
  parts_->replay_from = flush.replay_from;
  return absl::OkStatus();
}

uint64_t RocksStore::replay_from() const {
  MutexLock lock(parts_->mutex);
  return parts_->replay_from;
}

absl::Status RocksStore::ScanEntities(
    std::string_view of,
    absl::FunctionRef<bool(std::string_view key, std::string_view record)>
        visit) const {
  const Engine& engine = *parts_->engine;
  const std::string shard_prefix = ShardPrefix(shard());
  const std::string prefix = absl::StrCat(shard_prefix, std::string(of));
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(
      engine.db->NewIterator(options, engine.state));
  for (it->Seek(prefix); it->Valid(); it->Next()) {
    if (!it->key().starts_with(prefix)) break;
    const std::string_view key = ToView(it->key()).substr(shard_prefix.size());
    if (!visit(key, ToView(it->value()))) break;
  }
  return ToStatus(it->status(), "scanning entities");
}

}  // namespace levee::storage
