// Opening: the head is that of the newest record, and the tail of the index is
// built again from what lies behind its position.
#include "storage/rocks_store.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "levee/storage/v1/entry.pb.h"
#include "storage/bytes.h"
#include "storage/hash.h"
#include "storage/index_files.h"
#include "storage/keys.h"
#include "storage/rocks_parts.h"

namespace levee::storage {
namespace {

// Newest records whose chain is checked at every start. What lies before was
// in files long before the last stop, under their own checksums; the whole
// chain is VerifyChain's work.
constexpr int kRecordsChecked = 16;

absl::Status Damaged(const std::string& what) {
  return absl::DataLossError(
      absl::StrCat("the store is damaged: ", what, ": restore a backup"));
}

// What the index holds of an entry; false: nothing.
bool ToTailEvent(const v1::Entry& entry, uint64_t sequence, TailEvent* event) {
  if (entry.has_act() && entry.act().customer() != 0) {
    *event = {.id = ActId(sequence),
              .sequence = sequence,
              .tenant = entry.tenant(),
              .customer = entry.act().customer(),
              .effective_ms = entry.decided_at_ms(),
              .decided_at_ms = entry.decided_at_ms()};
    return true;
  }
  const v1::EventEntry& what = entry.event();
  if (!entry.has_event() || what.event_id_hash().size() != event->id.size()) {
    return false;
  }
  std::memcpy(event->id.data(), what.event_id_hash().data(), event->id.size());
  event->sequence = sequence;
  event->tenant = entry.tenant();
  event->customer = what.happening().subjects().customer();
  event->effective_ms = what.happening().effective_ms();
  event->decided_at_ms = entry.decided_at_ms();
  return true;
}

absl::Status AddEvents(const Record& record, TailBatch* batch) {
  v1::Entry entry;
  for (uint32_t i = 0; i < record.header().count; ++i) {
    const std::string_view bytes = record.entry(i);
    const uint64_t sequence = record.header().first_sequence + i;
    if (!entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return Damaged(
          absl::StrCat("journal entry ", sequence, " does not parse"));
    }
    TailEvent event;
    if (ToTailEvent(entry, sequence, &event)) batch->events.push_back(event);
  }
  return absl::OkStatus();
}

absl::Status AddNames(rocksdb::Slice blob, TailBatch* batch) {
  v1::NewNames message;
  if (!message.ParseFromArray(blob.data(), static_cast<int>(blob.size()))) {
    return Damaged(absl::StrCat("the names of batch ", batch->first_sequence,
                                " do not parse"));
  }
  for (v1::NewName& name : *message.mutable_names()) {
    TailName added;
    added.name = {.tenant = name.tenant(),
                  .kind = name.kind(),
                  .handle = name.handle(),
                  .id = std::move(*name.mutable_id())};
    added.key = std::move(*name.mutable_key());
    batch->names.push_back(std::move(added));
  }
  return absl::OkStatus();
}

}  // namespace

RocksStore::Parts::Parts(std::unique_ptr<Engine> opened)
    : engine(std::move(opened)),
      keys(engine->options.customer_keys_max),
      writer(engine->options.shard),
      sealer(engine->options.shard) {}

RocksStore::RocksStore(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)) {}

RocksStore::~RocksStore() = default;

absl::StatusOr<std::unique_ptr<RocksStore>> RocksStore::Open(
    const RocksOptions& options) {
  absl::StatusOr<std::unique_ptr<Engine>> engine = OpenEngine(options);
  if (!engine.ok()) return engine.status();
  auto parts = std::make_unique<Parts>(*std::move(engine));
  RemoveIndexFiles(*parts->engine);
  absl::Status status = parts->FindHead();
  if (status.ok()) status = parts->CheckAcked();
  if (status.ok()) status = parts->Recover();
  if (!status.ok()) return status;
  Parts* const opened = parts.get();
  std::unique_ptr<RocksStore> store(new RocksStore(std::move(parts)));

  uint64_t checked_from = opened->first_sequence();
  int records = 0;
  const std::unique_ptr<rocksdb::Iterator> it(opened->engine->db->NewIterator(
      rocksdb::ReadOptions(), opened->engine->journal));
  for (it->SeekToLast(); it->Valid() && records < kRecordsChecked;
       it->Prev(), ++records) {
    const auto key = ParseBatchKey(ToView(it->key()), options.shard);
    if (!key) return Damaged("the journal holds a key of no record");
    checked_from = *key;
  }
  status = ToStatus(it->status(), "reading the newest records");
  if (status.ok()) {
    status = store->VerifyChain(checked_from, opened->last_sequence());
  }
  if (!status.ok()) return status;
  opened->builder->Start();
  return store;
}

absl::Status RocksStore::Parts::FindHead() {
  MutexLock lock(mutex);
  std::string cut;
  rocksdb::Status status = engine->db->Get(rocksdb::ReadOptions(), engine->meta,
                                           ToSlice(kMetaCut), &cut);
  if (status.ok()) {
    if (cut.size() != 48) return Damaged("its place of the cut does not parse");
    head.last_sequence = GetBig64(cut.data());
    head.decided_at_ms = static_cast<int64_t>(GetBig64(cut.data() + 8));
    std::memcpy(head.hash.data(), cut.data() + 16, head.hash.size());
    anchor = {.first_sequence = head.last_sequence + 1, .previous = head.hash};
  } else if (!status.IsNotFound()) {
    return ToStatus(status, "reading the place of the cut");
  }
  const std::unique_ptr<rocksdb::Iterator> it(
      engine->db->NewIterator(rocksdb::ReadOptions(), engine->journal));
  it->SeekToLast();
  if (!it->Valid()) return ToStatus(it->status(), "reading the newest record");
  const auto key = ParseBatchKey(ToView(it->key()), shard());
  if (!key) return Damaged("the journal holds a key of no record");
  absl::StatusOr<Record> record =
      Record::Parse(ToView(it->value()), shard(), *key);
  if (!record.ok()) return record.status();
  Sha256 sha;
  head = {.last_sequence = record->header().last_sequence(),
          .hash = record->Hash(sha),
          .decided_at_ms = record->header().decided_at_ms};
  return absl::OkStatus();
}

absl::Status RocksStore::Parts::CheckAcked() {
  const std::string& dir = engine->options.dir;
  if (!engine->options.sync) return AckedFile::Remove(engine->env, dir);
  absl::StatusOr<std::unique_ptr<AckedFile>> file =
      AckedFile::Open(engine->env, dir);
  if (!file.ok()) return file.status();
  acked = *std::move(file);
  if (acked->last_sequence() <= last_sequence()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "the store in ", dir, " is damaged: its journal ends at entry ",
      last_sequence(), ", but entry ", acked->last_sequence(),
      " was acknowledged: restore a backup, or delete the file ACKED there to "
      "go on without what is lost"));
}

// Positions ahead of the journal tell that its end was lost.
absl::Status RocksStore::Parts::Recover() {
  absl::StatusOr<std::optional<uint64_t>> indexed =
      engine->MetaNumber(kMetaIndexed);
  if (!indexed.ok()) return indexed.status();
  absl::StatusOr<std::optional<uint64_t>> base = engine->MetaNumber(kMetaBase);
  if (!base.ok()) return base.status();
  absl::StatusOr<std::optional<uint64_t>> replay =
      engine->MetaNumber(kMetaReplayFrom);
  if (!replay.ok()) return replay.status();
  {
    MutexLock lock(mutex);
    base_position = base->value_or(0);
    replay_from = replay->value_or(1);
    const uint64_t furthest =
        std::max({indexed->value_or(0), base_position, replay_from - 1});
    if (furthest > head.last_sequence) {
      return Damaged(absl::StrCat("its journal ends at entry ",
                                  head.last_sequence, ", but entry ", furthest,
                                  " was committed"));
    }
    MoveHorizon();
  }
  return RebuildTail(indexed->value_or(0));
}

absl::Status RocksStore::Parts::RebuildTail(uint64_t indexed) {
  builder = std::make_unique<IndexBuilder>(engine.get(), indexed);
  const rocksdb::ReadOptions options;
  const std::unique_ptr<rocksdb::Iterator> it(
      engine->db->NewIterator(options, engine->journal));
  const std::unique_ptr<rocksdb::Iterator> names(
      engine->db->NewIterator(options, engine->names));
  names->Seek(NamesBlobKey(shard(), 0));
  // The position is always the end of a record, though one that was cut.
  uint64_t next = std::max(indexed + 1, first_sequence());
  std::optional<Hash256> previous;
  Sha256 sha;
  for (it->Seek(BatchKey(shard(), indexed + 1)); it->Valid(); it->Next()) {
    const auto key = ParseBatchKey(ToView(it->key()), shard());
    if (!key) return Damaged("the journal holds a key of no record");
    absl::StatusOr<Record> record =
        Record::Parse(ToView(it->value()), shard(), *key);
    if (!record.ok()) return record.status();
    const RecordHeader& header = record->header();
    if (*key != next || (previous && header.previous != *previous)) {
      return Damaged(absl::StrCat("journal record ", *key,
                                  " does not follow the one before"));
    }
    next = header.last_sequence() + 1;
    previous = record->Hash(sha);
    TailBatch batch;
    batch.first_sequence = *key;
    batch.last_sequence = header.last_sequence();
    absl::Status status = AddEvents(*record, &batch);
    if (status.ok() && names->Valid() &&
        ToView(names->key()) == NamesBlobKey(shard(), *key)) {
      status = AddNames(names->value(), &batch);
      names->Next();
    }
    if (status.ok()) status = builder->Restore(std::move(batch));
    if (!status.ok()) return status;
  }
  if (names->Valid() && ParseNamesBlobKey(ToView(names->key()), shard())) {
    return Damaged("names lie in it that belong to no journal record");
  }
  absl::Status status = ToStatus(it->status(), "reading the journal");
  status.Update(ToStatus(names->status(), "reading names"));
  return status;
}

void RocksStore::Parts::MoveHorizon() {
  engine->horizon->decided_ms = head.decided_at_ms - kEventIdsKeptMs - 1;
  engine->horizon->first_sequence = anchor.first_sequence;
}

const std::string& RocksStore::hash_key() const {
  return parts_->engine->hash_key;
}

uint64_t RocksStore::disk_bytes() const {
  std::vector<rocksdb::Env::FileAttributes> files;
  const Engine& engine = *parts_->engine;
  uint64_t bytes = 0;
  if (engine.env->GetChildrenFileAttributes(engine.options.dir, &files).ok()) {
    for (const rocksdb::Env::FileAttributes& file : files) {
      bytes += file.size_bytes;
    }
  }
  return bytes;
}

}  // namespace levee::storage
