// Cutting the journal, and forgetting texts and customers. Ranges are deleted
// with one mark each; files that lie wholly in a range go at once.
#include <rocksdb/convenience.h>

#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/bytes.h"
#include "storage/hash.h"
#include "storage/heads.h"
#include "storage/keys.h"
#include "storage/rocks_parts.h"

namespace levee::storage {
namespace {

absl::Status Written(const rocksdb::Status& status, const char* what) {
  if (status.ok()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(what, ": ", status.ToString()));
}

rocksdb::WriteOptions Durable() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

// Frees the files of batches before `end` without waiting for compaction.
absl::Status DropFiles(const Engine& engine,
                       rocksdb::ColumnFamilyHandle* family,
                       const std::string& begin, const std::string& end) {
  const rocksdb::Slice from(begin);
  const rocksdb::Slice to(end);
  return Written(rocksdb::DeleteFilesInRange(engine.db.get(), family, &from,
                                             &to, /*include_end=*/false),
                 "deleting files");
}

std::string CutValue(uint64_t sequence, int64_t decided_at_ms,
                     const Hash256& hash) {
  std::string value;
  AppendBig64(sequence, &value);
  AppendBig64(static_cast<uint64_t>(decided_at_ms), &value);
  value.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  return value;
}

}  // namespace

uint64_t RocksStore::base_position() const {
  MutexLock lock(parts_->mutex);
  return parts_->base_position;
}

absl::Status RocksStore::LoadBase(
    absl::Span<const std::string_view> keys,
    absl::Span<std::optional<std::string>> records) const {
  return parts_->LoadFrom(parts_->engine->base, keys, records);
}

absl::Status RocksStore::WriteBase(
    absl::Span<const std::pair<std::string, std::string>> records,
    uint64_t position) {
  absl::Status status =
      CheckBasePosition(position, base_position(), parts_->last_sequence());
  if (!status.ok()) return status;
  status = parts_->PutEntities(parts_->engine->base, records, kMetaBase,
                               position, true);
  if (!status.ok()) return status;
  MutexLock lock(parts_->mutex);
  parts_->base_position = position;
  return absl::OkStatus();
}

// Records follow each other in time as in sequence, so halving finds the
// first one, reading about 30 records of a billion entries.
absl::StatusOr<uint64_t> RocksStore::FindDecidedSince(
    int64_t decided_ms) const {
  uint64_t low = first_sequence();
  uint64_t high = parts_->last_sequence() + 1;
  // Entries before `low` are older; the one at `high` is not.
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    uint64_t first = 0;
    auto it = parts_->SeekRecord(middle, &first);
    if (!it.ok()) return it.status();
    absl::StatusOr<Record> record =
        Record::Parse(ToView((*it)->value()), shard(), first);
    if (!record.ok()) return record.status();
    if (record->header().decided_at_ms < decided_ms) {
      low = record->header().last_sequence() + 1;
    } else {
      high = first;
    }
  }
  return low;
}

absl::StatusOr<uint64_t> RocksStore::CutJournal(uint64_t through) {
  absl::Status status = CheckCut(through, base_position(), replay_from());
  if (!status.ok()) return status;
  if (through < first_sequence()) return first_sequence();
  // The record that holds `through` stays unless it ends there.
  uint64_t first = 0;
  auto it = parts_->SeekRecord(through, &first);
  if (!it.ok()) return it.status();
  absl::StatusOr<Record> last =
      Record::Parse(ToView((*it)->value()), shard(), first);
  if (!last.ok()) return last.status();
  if (last->header().last_sequence() > through) {
    (*it)->Prev();
    if (!(*it)->Valid()) {
      return it.value()->status().ok()
                 ? absl::StatusOr<uint64_t>(first_sequence())
                 : ToStatus((*it)->status(), "reading the journal");
    }
    const auto before = ParseBatchKey(ToView((*it)->key()), shard());
    last = Record::Parse(ToView((*it)->value()), shard(), before.value_or(0));
    if (!last.ok()) return last.status();
  }
  // A restart builds the index's tail from records, which must be there.
  status = parts_->builder->CatchUp();
  if (!status.ok()) return status;
  return parts_->Cut(*last);
}

absl::StatusOr<uint64_t> RocksStore::Parts::Cut(const Record& last) {
  const RecordHeader& header = last.header();
  Sha256 sha;
  const ChainAnchor cut = {.first_sequence = header.last_sequence() + 1,
                           .previous = last.Hash(sha)};
  const std::string begin = BatchKey(shard(), 0);
  const std::string end = BatchKey(shard(), cut.first_sequence);
  rocksdb::WriteBatch batch;
  batch.DeleteRange(engine->journal, begin, end);
  batch.DeleteRange(engine->texts, begin, end);
  batch.DeleteRange(engine->notes, begin, end);
  batch.Put(
      engine->meta, ToSlice(kMetaCut),
      CutValue(header.last_sequence(), header.decided_at_ms, cut.previous));
  {
    // Readers turn away from what goes before it is gone.
    MutexLock lock(mutex);
    anchor = cut;
    MoveHorizon();
  }
  absl::Status status =
      Written(engine->db->Write(Durable(), &batch), "cutting the journal");
  if (!status.ok()) return Fail(status);
  status = DropFiles(*engine, engine->journal, begin, end);
  if (status.ok()) status = DropFiles(*engine, engine->texts, begin, end);
  if (status.ok()) status = DropFiles(*engine, engine->notes, begin, end);
  if (!status.ok()) return status;
  return cut.first_sequence;
}

absl::Status RocksStore::CutTexts(int64_t decided_ms) {
  absl::StatusOr<uint64_t> kept = FindDecidedSince(decided_ms);
  if (!kept.ok()) return kept.status();
  const Engine& engine = *parts_->engine;
  const std::string begin = BatchKey(shard(), 0);
  const std::string end = BatchKey(shard(), *kept);
  absl::Status status =
      Written(engine.db->DeleteRange(Durable(), engine.texts, begin, end),
              "deleting texts");
  if (!status.ok()) return status;
  return DropFiles(engine, engine.texts, begin, end);
}

absl::Status RocksStore::EraseCustomer(uint64_t tenant, uint64_t customer) {
  const Engine& engine = *parts_->engine;
  // What was committed until now lies in the families from here on.
  absl::Status status = parts_->builder->CatchUp();
  if (!status.ok()) return status;
  const std::string handle_key =
      HandleKey(tenant, v1::NAME_KIND_CUSTOMER, customer);
  std::string id;
  const rocksdb::Status found =
      engine.db->Get(rocksdb::ReadOptions(), engine.names, handle_key, &id);
  if (!found.ok() && !found.IsNotFound()) {
    return ToStatus(found, "looking up a customer");
  }
  const std::string key = CustomerKey(tenant, customer);
  const std::string name_key = NameKey(tenant, v1::NAME_KIND_CUSTOMER, id);
  rocksdb::WriteBatch batch;
  if (found.ok()) batch.Delete(engine.names, name_key);
  batch.Delete(engine.names, handle_key);
  batch.Delete(engine.keys, key);
  status = Written(engine.db->Write(Durable(), &batch), "erasing a customer");
  if (!status.ok()) return status;
  parts_->keys.Erase(tenant, customer);
  return parts_->Scrub(name_key, handle_key, key);
}

// A mark of deletion leaves the bytes where they were: in the log, until all
// families are flushed, and in files, until those are rewritten.
absl::Status RocksStore::Parts::Scrub(const std::string& name_key,
                                      const std::string& handle_key,
                                      const std::string& customer_key) {
  absl::Status status =
      Written(engine->db->Flush(rocksdb::FlushOptions(), engine->handles),
              "flushing what was erased");
  const std::string blobs_begin = NamesBlobKey(shard(), 0);
  const std::string blobs_end =
      NamesBlobKey(shard(), std::numeric_limits<uint64_t>::max());
  struct {
    rocksdb::ColumnFamilyHandle* family;
    rocksdb::Slice begin;
    rocksdb::Slice end;
  } const ranges[] = {{engine->names, blobs_begin, blobs_end},
                      {engine->names, name_key, name_key},
                      {engine->names, handle_key, handle_key},
                      {engine->keys, customer_key, customer_key}};
  rocksdb::CompactRangeOptions rewrite;
  rewrite.bottommost_level_compaction =
      rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (const auto& range : ranges) {
    if (!status.ok()) return status;
    status = Written(engine->db->CompactRange(rewrite, range.family,
                                              &range.begin, &range.end),
                     "rewriting what was erased");
  }
  return status;
}

absl::StatusOr<v1::SignedHead> RocksStore::SignHead(int64_t now_ms) const {
  return storage::SignHead(parts_->engine->signing_key, head(), shard(),
                           now_ms);
}

absl::StatusOr<std::string> RocksStore::public_key() const {
  return PublicKeyOf(parts_->engine->signing_key);
}

}  // namespace levee::storage
