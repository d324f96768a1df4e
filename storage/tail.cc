#include "storage/tail.h"

#include <algorithm>
#include <cstring>

namespace levee::storage {

size_t Tail::IdHash::operator()(const Id128& id) const {
  size_t hash;
  std::memcpy(&hash, id.data(), sizeof(hash));
  return hash;
}

void Tail::Add(const TailEvent& event) {
  const auto place = static_cast<uint32_t>(events_.size());
  events_.push_back(event);
  by_id_[event.id] = place;
  auto [it, inserted] = by_customer_.try_emplace(
      std::make_pair(event.tenant, event.customer), place);
  older_.push_back(inserted ? kNone : it->second);
  it->second = place;
}

void Tail::Add(TailName name) {
  TailName& kept = names_.emplace_back(std::move(name));
  // Erased first: a key that is there already would go on pointing into the
  // older name.
  by_name_.erase({kept.name.tenant, kept.name.kind, kept.name.id});
  by_name_[{kept.name.tenant, kept.name.kind, kept.name.id}] = &kept;
  by_handle_[{kept.name.tenant, kept.name.kind, kept.name.handle}] = &kept;
}

const TailEvent* Tail::FindEvent(const Id128& id) const {
  auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : &events_[it->second];
}

void Tail::AppendTimeline(uint64_t tenant, uint64_t customer,
                          TimelinePlace before,
                          std::vector<TimelinePlace>* places) const {
  auto it = by_customer_.find({tenant, customer});
  if (it == by_customer_.end()) return;
  for (uint32_t i = it->second; i != kNone; i = older_[i]) {
    const TimelinePlace place = {events_[i].effective_ms, events_[i].sequence};
    if (Before(place, before)) places->push_back(place);
  }
}

const TailName* Tail::Find(const NameRef& name) const {
  auto it = by_name_.find({name.tenant, name.kind, name.id});
  return it == by_name_.end() ? nullptr : it->second;
}

const TailName* Tail::Find(const HandleRef& handle) const {
  auto it = by_handle_.find({handle.tenant, handle.kind, handle.handle});
  return it == by_handle_.end() ? nullptr : it->second;
}

void Tail::Erase(const HandleRef& handle) {
  auto it = by_handle_.find({handle.tenant, handle.kind, handle.handle});
  if (it == by_handle_.end()) return;
  TailName* const name = it->second;
  by_handle_.erase(it);
  auto named =
      by_name_.find({name->name.tenant, name->name.kind, name->name.id});
  if (named != by_name_.end() && named->second == name) by_name_.erase(named);
  name->name.id.clear();
  name->key.clear();
}

void SortTimeline(int limit, std::vector<TimelinePlace>* places) {
  std::sort(places->begin(), places->end(),
            [](const TimelinePlace& a, const TimelinePlace& b) {
              return Before(b, a);
            });
  places->erase(std::unique(places->begin(), places->end()), places->end());
  if (places->size() > static_cast<size_t>(limit)) places->resize(limit);
}

}  // namespace levee::storage
