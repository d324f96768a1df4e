// Names, texts and the index: first what is in memory still, then the files
// with one read. In that order, since what moves from the one to the other is
// in both for a while, and never in neither.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/keys.h"
#include "storage/rocks_parts.h"

namespace levee::storage {
namespace {

// Of `count` lookups those that memory did not answer.
class Rest {
 public:
  void Add(size_t place, std::string key) {
    places_.push_back(place);
    keys_.push_back(std::move(key));
  }

  // Calls found(place, value) for each key that is in the family.
  template <typename Found>
  absl::Status Find(const Engine& engine, rocksdb::ColumnFamilyHandle* family,
                    std::string_view what, Found found) const {
    std::vector<std::optional<std::string>> values;
    absl::Status status = GetAll(engine, family, keys_, what, &values);
    if (!status.ok()) return status;
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i]) found(places_[i], *std::move(values[i]));
    }
    return absl::OkStatus();
  }

 private:
  std::vector<size_t> places_;
  std::vector<std::string> keys_;
};

}  // namespace

absl::Status RocksStore::FindHandles(
    absl::Span<const NameRef> names,
    absl::Span<std::optional<uint64_t>> handles) const {
  std::fill(handles.begin(), handles.end(), std::nullopt);
  parts_->builder->Visit([&](const Tail& tail) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (handles[i]) continue;
      const TailName* name = tail.Find(names[i]);
      if (name != nullptr) handles[i] = name->name.handle;
    }
  });
  Rest rest;
  for (size_t i = 0; i < names.size(); ++i) {
    if (handles[i]) continue;
    rest.Add(i, NameKey(names[i].tenant, names[i].kind, names[i].id));
  }
  return rest.Find(*parts_->engine, parts_->engine->names, "looking up names",
                   [&](size_t i, const std::string& value) {
                     handles[i] = ParseHandleValue(value);
                   });
}

absl::Status RocksStore::FindNames(
    absl::Span<const HandleRef> handles,
    absl::Span<std::optional<std::string>> ids) const {
  std::fill(ids.begin(), ids.end(), std::nullopt);
  parts_->builder->Visit([&](const Tail& tail) {
    for (size_t i = 0; i < handles.size(); ++i) {
      if (ids[i]) continue;
      const TailName* name = tail.Find(handles[i]);
      if (name != nullptr) ids[i] = name->name.id;
    }
  });
  Rest rest;
  for (size_t i = 0; i < handles.size(); ++i) {
    if (ids[i]) continue;
    const HandleRef& handle = handles[i];
    rest.Add(i, HandleKey(handle.tenant, handle.kind, handle.handle));
  }
  return rest.Find(
      *parts_->engine, parts_->engine->names, "looking up handles",
      [&](size_t i, std::string value) { ids[i] = std::move(value); });
}

absl::Status RocksStore::Parts::FindKeys(
    const std::vector<std::pair<uint64_t, uint64_t>>& customers,
    std::vector<std::optional<std::string>>* found) const {
  found->assign(customers.size(), std::nullopt);
  if (customers.empty()) return absl::OkStatus();
  builder->Visit([&](const Tail& tail) {
    for (size_t i = 0; i < customers.size(); ++i) {
      const auto& [tenant, customer] = customers[i];
      const TailName* name = tail.Find(HandleRef{.tenant = tenant,
                                                 .kind = v1::NAME_KIND_CUSTOMER,
                                                 .handle = customer});
      if (name != nullptr && !(*found)[i]) (*found)[i] = name->key;
    }
  });
  Rest rest;
  for (size_t i = 0; i < customers.size(); ++i) {
    if ((*found)[i]) continue;
    rest.Add(i, CustomerKey(customers[i].first, customers[i].second));
  }
  absl::Status status = rest.Find(
      *engine, engine->keys, "looking up text keys",
      [&](size_t i, std::string value) { (*found)[i] = std::move(value); });
  if (!status.ok()) return status;
  for (const std::optional<std::string>& key : *found) {
    if (key && key->size() != kCustomerKeyBytes) {
      return absl::DataLossError(
          "the store is damaged: a customer's text key has not 32 bytes: "
          "restore a backup");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> RocksStore::Parts::OpenText(
    rocksdb::ColumnFamilyHandle* family, uint64_t sequence) const {
  const absl::Status none =
      absl::NotFoundError(absl::StrCat("no text is kept of entry ", sequence));
  const std::unique_ptr<rocksdb::Iterator> it(
      engine->db->NewIterator(rocksdb::ReadOptions(), family));
  it->SeekForPrev(BatchKey(shard(), sequence));
  if (!it->status().ok()) return ToStatus(it->status(), "reading a text");
  if (!it->Valid()) return none;
  const auto first = ParseBatchKey(ToView(it->key()), shard());
  v1::BatchTexts texts;
  if (!first || !texts.ParseFromArray(it->value().data(),
                                      static_cast<int>(it->value().size()))) {
    return absl::DataLossError(
        absl::StrCat("the store is damaged: the texts before entry ", sequence,
                     " do not parse: restore a backup"));
  }
  // Where the entry's own batch has no texts these are of one before, which
  // has no entry at that place.
  for (const v1::SealedText& text : texts.texts()) {
    if (*first + text.place() != sequence) continue;
    std::vector<std::optional<std::string>> keys;
    absl::Status status = FindKeys({{text.tenant(), text.customer()}}, &keys);
    if (!status.ok()) return status;
    if (!keys[0]) return none;
    return Sealer(shard()).Open(*keys[0], sequence, Sealer::Part::kText,
                                text.sealed());
  }
  return none;
}

absl::StatusOr<v1::EventText> RocksStore::ReadText(uint64_t sequence) const {
  if (sequence < first_sequence() || sequence > parts_->last_sequence()) {
    return absl::NotFoundError(
        absl::StrCat("no text is kept of entry ", sequence));
  }
  const absl::StatusOr<std::string> opened =
      parts_->OpenText(parts_->engine->texts, sequence);
  if (!opened.ok()) return opened.status();
  v1::EventText result;
  if (result.ParseFromString(*opened)) return result;
  return absl::DataLossError(
      absl::StrCat("the text of entry ", sequence, " does not parse"));
}

absl::StatusOr<std::string> RocksStore::ReadNote(uint64_t sequence) const {
  if (sequence < first_sequence() || sequence > parts_->last_sequence()) {
    return absl::NotFoundError(
        absl::StrCat("no note is kept of entry ", sequence));
  }
  return parts_->OpenText(parts_->engine->notes, sequence);
}

absl::Status RocksStore::FindEvents(
    absl::Span<const Id128> ids,
    absl::Span<std::optional<uint64_t>> sequences) const {
  std::vector<std::optional<EventPlace>> places(ids.size());
  parts_->builder->Visit([&](const Tail& tail) {
    for (size_t i = 0; i < ids.size(); ++i) {
      const TailEvent* event = tail.FindEvent(ids[i]);
      if (places[i] || event == nullptr) continue;
      places[i] = {.sequence = event->sequence,
                   .decided_at_ms = event->decided_at_ms};
    }
  });
  Rest rest;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!places[i]) rest.Add(i, EventKey(ids[i]));
  }
  absl::Status status =
      rest.Find(*parts_->engine, parts_->engine->index, "looking up events",
                [&](size_t i, const std::string& value) {
                  places[i] = ParseEventValue(value);
                });
  if (!status.ok()) return status;
  const int64_t oldest_ms = head().decided_at_ms - kEventIdsKeptMs;
  const uint64_t first = first_sequence();
  for (size_t i = 0; i < ids.size(); ++i) {
    const bool known = places[i] && places[i]->decided_at_ms >= oldest_ms &&
                       places[i]->sequence >= first;
    sequences[i] =
        known ? std::make_optional(places[i]->sequence) : std::nullopt;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TimelinePlace>> RocksStore::FindTimeline(
    uint64_t tenant, uint64_t customer, TimelinePlace before, int limit) const {
  std::vector<TimelinePlace> places;
  const uint64_t first = first_sequence();
  parts_->builder->Visit([&](const Tail& tail) {
    tail.AppendTimeline(tenant, customer, before, &places);
  });
  places.erase(std::remove_if(places.begin(), places.end(),
                              [&](const TimelinePlace& place) {
                                return place.sequence < first;
                              }),
               places.end());
  const Engine& engine = *parts_->engine;
  const std::string prefix = TimelinePrefix(tenant, customer);
  const std::unique_ptr<rocksdb::Iterator> it(
      engine.db->NewIterator(rocksdb::ReadOptions(), engine.index));
  const std::string end = TimelineKey(tenant, customer, before);
  it->SeekForPrev(end);
  int found = 0;
  for (; it->Valid() && found < limit; it->Prev()) {
    if (!it->key().starts_with(prefix)) break;
    const auto place = ParseTimelineKey(ToView(it->key()));
    if (!place || place->sequence < first || !Before(*place, before)) continue;
    places.push_back(*place);
    ++found;
  }
  if (!it->status().ok()) return ToStatus(it->status(), "reading a timeline");
  SortTimeline(std::max(limit, 0), &places);
  return places;
}

}  // namespace levee::storage
