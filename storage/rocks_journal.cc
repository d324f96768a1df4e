// Reading the journal: an entry's record is the last one that begins at or
// before it.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/keys.h"
#include "storage/rocks_parts.h"

namespace levee::storage {
namespace {

constexpr std::string_view kReading = "reading the journal";

absl::Status Missing(uint64_t sequence) {
  return absl::DataLossError(
      absl::StrCat("the store is damaged: no journal record holds entry ",
                   sequence, ": restore a backup"));
}

absl::Status BadKey() {
  return absl::DataLossError(
      "the store is damaged: the journal holds a key of no record: restore a "
      "backup");
}

// A scan reads what will hardly be read again.
rocksdb::ReadOptions ScanOptions() {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  return options;
}

}  // namespace

Head RocksStore::head() const {
  MutexLock lock(parts_->mutex);
  return parts_->head;
}

uint64_t RocksStore::first_sequence() const { return parts_->first_sequence(); }

uint32_t RocksStore::shard() const { return parts_->shard(); }

ChainAnchor RocksStore::anchor() const {
  MutexLock lock(parts_->mutex);
  return parts_->anchor;
}

absl::Status RocksStore::Parts::Absent(uint64_t sequence) const {
  if (sequence >= first_sequence()) return Missing(sequence);
  return absl::NotFoundError(
      absl::StrCat("the journal no longer has entry ", sequence));
}

absl::StatusOr<std::unique_ptr<rocksdb::Iterator>>
RocksStore::Parts::SeekRecord(uint64_t sequence,
                              uint64_t* first_sequence) const {
  if (sequence < this->first_sequence() || sequence > last_sequence()) {
    return absl::NotFoundError(
        absl::StrCat("the journal has no entry ", sequence));
  }
  std::unique_ptr<rocksdb::Iterator> it(
      engine->db->NewIterator(rocksdb::ReadOptions(), engine->journal));
  it->SeekForPrev(BatchKey(shard(), sequence));
  if (!it->status().ok()) return ToStatus(it->status(), kReading);
  if (!it->Valid()) return Absent(sequence);
  const auto key = ParseBatchKey(ToView(it->key()), shard());
  if (!key) return BadKey();
  *first_sequence = *key;
  return it;
}

absl::StatusOr<std::string> RocksStore::Read(uint64_t sequence) const {
  uint64_t first = 0;
  auto it = parts_->SeekRecord(sequence, &first);
  if (!it.ok()) return it.status();
  absl::StatusOr<Record> record =
      Record::Parse(ToView((*it)->value()), shard(), first);
  if (!record.ok()) return record.status();
  if (!record->Holds(sequence)) return parts_->Absent(sequence);
  return std::string(record->entry(static_cast<uint32_t>(sequence - first)));
}

absl::Status RocksStore::ScanRecords(uint64_t first, uint64_t last,
                                     RecordVisitor visit) const {
  last = std::min(last, parts_->last_sequence());
  const Engine& engine = *parts_->engine;
  const std::unique_ptr<rocksdb::Iterator> it(
      engine.db->NewIterator(ScanOptions(), engine.journal));
  it->SeekForPrev(BatchKey(shard(), first));
  if (it->status().ok() && !it->Valid()) it->SeekToFirst();
  for (; it->Valid(); it->Next()) {
    const auto key = ParseBatchKey(ToView(it->key()), shard());
    if (!key) return BadKey();
    if (*key > last || !visit(*key, ToView(it->value()))) break;
  }
  return ToStatus(it->status(), kReading);
}

absl::Status RocksStore::Scan(uint64_t first, uint64_t last,
                              Visitor visit) const {
  first = std::max(first, first_sequence());
  last = std::min(last, parts_->last_sequence());
  if (first > last) return absl::OkStatus();
  absl::Status status;
  bool wanted = true;
  // The entry that must come next.
  uint64_t next = first;
  const auto visit_record = [&](uint64_t key, std::string_view bytes) {
    absl::StatusOr<Record> record = Record::Parse(bytes, shard(), key);
    status = record.status();
    // What came before may have been cut since.
    if (status.ok() && !record->Holds(next)) {
      next = std::max(next, first_sequence());
    }
    if (status.ok() && !record->Holds(next)) status = Missing(next);
    while (status.ok() && wanted && next <= last && record->Holds(next)) {
      wanted = visit(next, record->entry(static_cast<uint32_t>(next - key)));
      ++next;
    }
    return status.ok() && wanted && next <= last;
  };
  status.Update(ScanRecords(first, last, visit_record));
  if (status.ok() && wanted && std::max(next, first_sequence()) <= last) {
    return Missing(next);
  }
  return status;
}

absl::Status RocksStore::ScanBackward(uint64_t from, Visitor visit) const {
  const uint64_t first = first_sequence();
  uint64_t next = std::min(from, parts_->last_sequence());
  if (next < first) return absl::OkStatus();
  uint64_t key = 0;
  auto it = parts_->SeekRecord(next, &key);
  if (!it.ok()) return it.status();
  for (; (*it)->Valid(); (*it)->Prev()) {
    const auto parsed = ParseBatchKey(ToView((*it)->key()), shard());
    if (!parsed) return BadKey();
    key = *parsed;
    absl::StatusOr<Record> record =
        Record::Parse(ToView((*it)->value()), shard(), key);
    if (!record.ok()) return record.status();
    if (!record->Holds(next)) return Missing(next);
    for (; next >= key; --next) {
      if (!visit(next, record->entry(static_cast<uint32_t>(next - key)))) {
        return absl::OkStatus();
      }
    }
    if (next < first) return absl::OkStatus();
  }
  if (!(*it)->status().ok()) return ToStatus((*it)->status(), kReading);
  // What came before may have been cut meanwhile.
  return next < first_sequence() ? absl::OkStatus() : Missing(next);
}

absl::Status RocksStore::VerifyChain(uint64_t first, uint64_t last) const {
  first = std::max(first, first_sequence());
  const Head end = head();
  last = std::min(last, end.last_sequence);
  if (first > last) return absl::OkStatus();
  absl::StatusOr<ChainReport> report = storage::VerifyChain(*this, first, last);
  if (!report.ok()) return report.status();
  if (report->broken != 0) return absl::DataLossError(report->fault);
  if (last == end.last_sequence && report->end.hash != end.hash) {
    return absl::DataLossError(absl::StrCat(
        "the newest journal record is not the one that was appended"));
  }
  return absl::OkStatus();
}

}  // namespace levee::storage
