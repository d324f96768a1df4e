#include "server/sequencer/entity_cache.h"

#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace levee::sequencer {

EntityCache::EntityCache(const storage::EntityStore* store, size_t entities_max,
                         uint64_t flush_lag_entries)
    : store_(store),
      entities_max_(entities_max),
      flush_lag_entries_(flush_lag_entries) {}

void EntityCache::Unlink(Slot* slot) {
  (slot->newer_ ? slot->newer_->older_ : newest_) = slot->older_;
  (slot->older_ ? slot->older_->newer_ : oldest_) = slot->newer_;
}

void EntityCache::LinkNewest(Slot* slot) {
  slot->newer_ = nullptr;
  slot->older_ = newest_;
  if (newest_ != nullptr) newest_->newer_ = slot;
  newest_ = slot;
  if (oldest_ == nullptr) oldest_ = slot;
}

EntityCache::Slot* EntityCache::Acquire(const state::EntityKey& key) {
  auto [it, inserted] = slots_.try_emplace(key);
  if (inserted) {
    it->second = std::make_unique<Slot>();
    it->second->key_ = key;
    missing_.push_back(it->second.get());
  } else if (it->second.get() != newest_) {
    Unlink(it->second.get());
  } else {
    return newest_;
  }
  LinkNewest(it->second.get());
  return it->second.get();
}

absl::Status EntityCache::Load() {
  if (missing_.empty()) return absl::OkStatus();
  std::vector<std::string> keys;
  keys.reserve(missing_.size());
  for (const Slot* slot : missing_) keys.push_back(slot->key_.Encode());
  std::vector<std::string_view> views(keys.begin(), keys.end());
  std::vector<std::optional<std::string>> records(keys.size());
  absl::Status status = store_->Load(views, absl::MakeSpan(records));
  for (size_t i = 0; i < missing_.size(); ++i) {
    Slot* slot = missing_[i];
    if (status.ok() && !records[i]) slot->entity_.emplace(slot->key_.kind);
    if (status.ok() && records[i]) {
      absl::StatusOr<state::Entity> entity =
          state::Entity::Decode(slot->key_.kind, *records[i]);
      status.Update(entity.status());
      if (entity.ok()) slot->entity_ = *std::move(entity);
    }
  }
  if (!status.ok()) {
    for (Slot* slot : missing_) {
      Unlink(slot);
      slots_.erase(state::EntityKey(slot->key_));
    }
  }
  missing_.clear();
  size_.store(slots_.size(), std::memory_order_relaxed);
  return status;
}

void EntityCache::Apply(const storage::v1::Entry& entry, uint64_t sequence,
                        Slot* slot) {
  if (slot->entity_->applied() >= sequence) return;
  slot->entity_->Apply(entry, sequence, slot->key_);
  if (slot->first_change_ != 0) return;
  slot->first_change_ = sequence;
  dirty_.push_back(slot);
}

uint64_t EntityCache::ReplayFrom(uint64_t last_sequence) const {
  return dirty_.empty() ? last_sequence + 1 : dirty_.front()->first_change_;
}

bool EntityCache::TakeFlush(uint64_t last_sequence, FlushWhat what,
                            size_t records_max, storage::EntityFlush* flush) {
  flush->records.clear();
  // Where one's time has come, those whose time comes soon go with it.
  bool begun = false;
  while (!dirty_.empty() && flush->records.size() < records_max) {
    Slot* slot = dirty_.front();
    const bool overdue = slot->first_change_ + flush_lag_entries_ <=
                         last_sequence + (begun ? kFlushAheadEntries : 0);
    const size_t room = entities_max_ / 2;
    const bool crowded = dirty_.size() > room - (begun ? room / 16 : 0);
    if (what == FlushWhat::kOverdue && !overdue && !crowded) break;
    begun = true;
    flush->records.emplace_back(slot->key_.Encode(), slot->entity_->Encode());
    slot->first_change_ = 0;
    slot->flush_ = flushes_ + 1;
    dirty_.pop_front();
  }
  flush->replay_from = ReplayFrom(last_sequence);
  if (flush->records.empty()) return false;
  ++flushes_;
  return true;
}

void EntityCache::Evict() {
  const uint64_t confirmed = confirmed_.load(std::memory_order_acquire);
  Slot* slot = oldest_;
  // What cannot go yet is passed over, but not searched through for ever.
  size_t passes = kFlushEntitiesMax;
  while (slot != nullptr && slots_.size() > entities_max_ && passes-- > 0) {
    Slot* newer = slot->newer_;
    if (slot->first_change_ == 0 && slot->flush_ <= confirmed) {
      Unlink(slot);
      slots_.erase(state::EntityKey(slot->key_));
    } else {
      Unlink(slot);
      LinkNewest(slot);
    }
    slot = newer;
  }
  size_.store(slots_.size(), std::memory_order_relaxed);
}

}  // namespace levee::sequencer
