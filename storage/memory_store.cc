#include "storage/memory_store.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "storage/batch.h"

namespace levee::storage {
namespace {

absl::Status NoEntry(uint64_t sequence) {
  return absl::NotFoundError(
      absl::StrCat("the journal has no entry ", sequence));
}

}  // namespace

MemoryStore::MemoryStore(uint32_t shard)
    : shard_(shard), hash_key_(32, '\0'), writer_(shard) {
  // Any fixed key will do for a store that nobody attacks, and the same one
  // makes two runs comparable.
  for (size_t i = 0; i < hash_key_.size(); ++i) {
    hash_key_[i] = static_cast<char>(i + shard);
  }
}

void MemoryStore::FailNextAppend(absl::Status status) {
  MutexLock lock(mutex_);
  fail_next_ = std::move(status);
}

void MemoryStore::BlockAppends() {
  MutexLock lock(mutex_);
  blocked_ = true;
}

void MemoryStore::ReleaseAppends() {
  MutexLock lock(mutex_);
  blocked_ = false;
  released_.NotifyAll();
}

void MemoryStore::Restart() {
  MutexLock lock(mutex_);
  failed_ = false;
}

void MemoryStore::ForgetEntities() {
  MutexLock lock(mutex_);
  entities_.clear();
  replay_from_ = 1;
}

absl::StatusOr<Head> MemoryStore::Append(const Batch& batch) {
  MutexLock lock(mutex_);
  while (blocked_) released_.Wait(mutex_);
  if (failed_) {
    return absl::UnavailableError("an append failed before: restart");
  }
  absl::Status status = std::exchange(fail_next_, absl::OkStatus());
  status.Update(CheckBatch(batch, head_));
  if (!status.ok()) {
    failed_ = true;
    return status;
  }
  writer_.Encode(batch, head_.hash);
  records_[batch.first_sequence] =
      std::make_shared<const std::string>(writer_.bytes());
  head_ = {batch.first_sequence + batch.ends.size() - 1, writer_.hash(),
           batch.decided_at_ms};
  KeepSides(batch);
  return head_;
}

void MemoryStore::KeepTexts(const std::vector<PlainText>& texts,
                            uint64_t first_sequence,
                            std::map<uint64_t, Text>* to) {
  for (const PlainText& text : texts) {
    // As if sealed: without the customer's key there is no text.
    if (tail_.Find(HandleRef{text.tenant, v1::NAME_KIND_CUSTOMER,
                             text.customer}) == nullptr) {
      continue;
    }
    (*to)[first_sequence + text.place] = {text.tenant, text.customer, text.text,
                                          text.print};
  }
}

void MemoryStore::KeepSides(const Batch& batch) {
  for (const NewName& name : batch.names) tail_.Add({.name = name, .key = ""});
  KeepTexts(batch.texts, batch.first_sequence, &texts_);
  KeepTexts(batch.notes, batch.first_sequence, &notes_);
  for (const IndexEntry& entry : batch.index) {
    tail_.Add({entry.event_id, batch.first_sequence + entry.place, entry.tenant,
               entry.customer, entry.effective_ms, entry.decided_at_ms});
  }
}

Head MemoryStore::head() const {
  MutexLock lock(mutex_);
  return head_;
}

uint64_t MemoryStore::first_sequence() const {
  MutexLock lock(mutex_);
  return anchor_.first_sequence;
}

std::pair<uint64_t, MemoryStore::Bytes> MemoryStore::FindRecord(
    uint64_t sequence) const {
  auto it = records_.upper_bound(sequence);
  if (it == records_.begin() || sequence > head_.last_sequence) return {};
  return *--it;
}

absl::StatusOr<std::string> MemoryStore::Read(uint64_t sequence) const {
  std::pair<uint64_t, Bytes> found;
  {
    MutexLock lock(mutex_);
    found = FindRecord(sequence);
  }
  const auto& [first, bytes] = found;
  if (bytes == nullptr) return NoEntry(sequence);
  absl::StatusOr<Record> record = Record::Parse(*bytes, shard_, first);
  if (!record.ok()) return record.status();
  return std::string(record->entry(static_cast<uint32_t>(sequence - first)));
}

absl::Status MemoryStore::Scan(uint64_t first, uint64_t last,
                               Visitor visit) const {
  first = std::max(first, first_sequence());
  last = std::min(last, head().last_sequence);
  absl::Status status;
  auto visit_record = [&](uint64_t key, std::string_view bytes) {
    absl::StatusOr<Record> record = Record::Parse(bytes, shard_, key);
    status = record.status();
    for (uint32_t i = 0; status.ok() && i < record->header().count; ++i) {
      if (key + i < first || key + i > last) continue;
      if (!visit(key + i, record->entry(i))) return false;
    }
    return status.ok();
  };
  if (first > last) return absl::OkStatus();
  status.Update(ScanRecords(first, last, visit_record));
  return status;
}

absl::Status MemoryStore::ScanBackward(uint64_t from, Visitor visit) const {
  uint64_t sequence = std::min(from, head().last_sequence);
  while (sequence >= first_sequence()) {
    std::pair<uint64_t, Bytes> found;
    {
      MutexLock lock(mutex_);
      found = FindRecord(sequence);
    }
    const auto& [key, bytes] = found;
    if (bytes == nullptr) return absl::OkStatus();
    absl::StatusOr<Record> record = Record::Parse(*bytes, shard_, key);
    if (!record.ok()) return record.status();
    for (; sequence >= key; --sequence) {
      const auto place = static_cast<uint32_t>(sequence - key);
      if (!visit(sequence, record->entry(place))) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::Status MemoryStore::ScanRecords(uint64_t first, uint64_t last,
                                      RecordVisitor visit) const {
  std::vector<std::pair<uint64_t, Bytes>> found;
  {
    MutexLock lock(mutex_);
    auto it = records_.upper_bound(first);
    if (it != records_.begin()) --it;
    for (; it != records_.end() && it->first <= last; ++it) {
      found.push_back(*it);
    }
  }
  for (const auto& [key, bytes] : found) {
    if (!visit(key, *bytes)) break;
  }
  return absl::OkStatus();
}

ChainAnchor MemoryStore::anchor() const {
  MutexLock lock(mutex_);
  return anchor_;
}

void MemoryStore::LoadFrom(const Entities& entities,
                           absl::Span<const std::string_view> keys,
                           absl::Span<std::optional<std::string>> records) {
  for (size_t i = 0; i < keys.size(); ++i) {
    auto it = entities.find(keys[i]);
    records[i] =
        it == entities.end() ? std::nullopt : std::make_optional(it->second);
  }
}

absl::Status MemoryStore::Load(
    absl::Span<const std::string_view> keys,
    absl::Span<std::optional<std::string>> records) const {
  MutexLock lock(mutex_);
  LoadFrom(entities_, keys, records);
  return absl::OkStatus();
}

absl::Status MemoryStore::Flush(const EntityFlush& flush) {
  MutexLock lock(mutex_);
  for (const auto& [key, record] : flush.records) entities_[key] = record;
  replay_from_ = flush.replay_from;
  return absl::OkStatus();
}

uint64_t MemoryStore::replay_from() const {
  MutexLock lock(mutex_);
  return replay_from_;
}

absl::Status MemoryStore::ScanEntities(
    std::string_view prefix,
    absl::FunctionRef<bool(std::string_view key, std::string_view record)>
        visit) const {
  Entities entities;
  {
    MutexLock lock(mutex_);
    entities = entities_;
  }
  for (auto it = entities.lower_bound(prefix); it != entities.end(); ++it) {
    if (std::string_view(it->first).substr(0, prefix.size()) != prefix) break;
    if (!visit(it->first, it->second)) break;
  }
  return absl::OkStatus();
}

absl::Status MemoryStore::FindHandles(
    absl::Span<const NameRef> names,
    absl::Span<std::optional<uint64_t>> handles) const {
  MutexLock lock(mutex_);
  for (size_t i = 0; i < names.size(); ++i) {
    const TailName* const found = tail_.Find(names[i]);
    handles[i] = found == nullptr ? std::nullopt
                                  : std::make_optional(found->name.handle);
  }
  return absl::OkStatus();
}

absl::Status MemoryStore::FindNames(
    absl::Span<const HandleRef> handles,
    absl::Span<std::optional<std::string>> ids) const {
  MutexLock lock(mutex_);
  for (size_t i = 0; i < handles.size(); ++i) {
    const TailName* const found = tail_.Find(handles[i]);
    ids[i] =
        found == nullptr ? std::nullopt : std::make_optional(found->name.id);
  }
  return absl::OkStatus();
}

absl::Status MemoryStore::ScanPrintsBackward(size_t texts_max,
                                             PrintVisitor visit) const {
  std::map<uint64_t, Text> texts;
  {
    MutexLock lock(mutex_);
    texts = texts_;
  }
  for (auto text = texts.rbegin(); text != texts.rend(); ++text) {
    const auto& [sequence, kept] = *text;
    if (texts_max-- == 0) break;
    if (kept.print.empty()) continue;
    if (!visit({sequence, kept.tenant, kept.customer, kept.print})) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> MemoryStore::ReadNote(uint64_t sequence) const {
  MutexLock lock(mutex_);
  auto it = notes_.find(sequence);
  if (it != notes_.end()) return it->second.text;
  return absl::NotFoundError(
      absl::StrCat("no note is kept of entry ", sequence));
}

absl::StatusOr<v1::EventText> MemoryStore::ReadText(uint64_t sequence) const {
  MutexLock lock(mutex_);
  auto it = texts_.find(sequence);
  if (it == texts_.end()) {
    return absl::NotFoundError(
        absl::StrCat("no text is kept of entry ", sequence));
  }
  v1::EventText text;
  if (!text.ParseFromString(it->second.text)) {
    return absl::DataLossError(
        absl::StrCat("the text of entry ", sequence, " does not parse"));
  }
  return text;
}

absl::Status MemoryStore::FindEvents(
    absl::Span<const Id128> ids,
    absl::Span<std::optional<uint64_t>> sequences) const {
  MutexLock lock(mutex_);
  const int64_t oldest_ms = head_.decided_at_ms - kEventIdsKeptMs;
  for (size_t i = 0; i < ids.size(); ++i) {
    const TailEvent* const event = tail_.FindEvent(ids[i]);
    const bool known = event != nullptr && event->decided_at_ms >= oldest_ms &&
                       event->sequence >= anchor_.first_sequence;
    sequences[i] = known ? std::make_optional(event->sequence) : std::nullopt;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TimelinePlace>> MemoryStore::FindTimeline(
    uint64_t tenant, uint64_t customer, TimelinePlace before, int limit) const {
  MutexLock lock(mutex_);
  std::vector<TimelinePlace> places;
  tail_.AppendTimeline(tenant, customer, before, &places);
  places.erase(std::remove_if(places.begin(), places.end(),
                              [&](const TimelinePlace& place) {
                                return place.sequence < anchor_.first_sequence;
                              }),
               places.end());
  SortTimeline(limit, &places);
  return places;
}

uint64_t MemoryStore::base_position() const {
  MutexLock lock(mutex_);
  return base_position_;
}

absl::Status MemoryStore::LoadBase(
    absl::Span<const std::string_view> keys,
    absl::Span<std::optional<std::string>> records) const {
  MutexLock lock(mutex_);
  LoadFrom(base_, keys, records);
  return absl::OkStatus();
}

absl::Status MemoryStore::WriteBase(
    absl::Span<const std::pair<std::string, std::string>> records,
    uint64_t position) {
  MutexLock lock(mutex_);
  absl::Status status =
      CheckBasePosition(position, base_position_, head_.last_sequence);
  if (!status.ok()) return status;
  for (const auto& [key, record] : records) base_[key] = record;
  base_position_ = position;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> MemoryStore::FindDecidedSince(
    int64_t decided_ms) const {
  MutexLock lock(mutex_);
  for (const auto& [key, bytes] : records_) {
    absl::StatusOr<Record> record = Record::Parse(*bytes, shard_, key);
    if (!record.ok()) return record.status();
    if (record->header().decided_at_ms >= decided_ms) return key;
  }
  return head_.last_sequence + 1;
}

absl::StatusOr<uint64_t> MemoryStore::CutJournal(uint64_t through) {
  MutexLock lock(mutex_);
  absl::Status status = CheckCut(through, base_position_, replay_from_);
  if (!status.ok()) return status;
  Sha256 sha;
  while (!records_.empty()) {
    const auto& [key, bytes] = *records_.begin();
    absl::StatusOr<Record> record = Record::Parse(*bytes, shard_, key);
    if (!record.ok()) return record.status();
    if (record->header().last_sequence() > through) break;
    anchor_ = {record->header().last_sequence() + 1, record->Hash(sha)};
    records_.erase(records_.begin());
  }
  texts_.erase(texts_.begin(), texts_.lower_bound(anchor_.first_sequence));
  notes_.erase(notes_.begin(), notes_.lower_bound(anchor_.first_sequence));
  return anchor_.first_sequence;
}

absl::Status MemoryStore::CutTexts(int64_t decided_ms) {
  absl::StatusOr<uint64_t> kept = FindDecidedSince(decided_ms);
  if (!kept.ok()) return kept.status();
  MutexLock lock(mutex_);
  texts_.erase(texts_.begin(), texts_.lower_bound(*kept));
  return absl::OkStatus();
}

absl::Status MemoryStore::EraseCustomer(uint64_t tenant, uint64_t customer) {
  MutexLock lock(mutex_);
  tail_.Erase({tenant, v1::NAME_KIND_CUSTOMER, customer});
  for (std::map<uint64_t, Text>* kept : {&texts_, &notes_}) {
    for (auto it = kept->begin(); it != kept->end();) {
      const bool his =
          it->second.tenant == tenant && it->second.customer == customer;
      it = his ? kept->erase(it) : std::next(it);
    }
  }
  return absl::OkStatus();
}

}  // namespace levee::storage
