// The entities in memory: loaded with one read a batch, flushed a little at a
// time, evicted when they are not needed.
#ifndef LEVEE_SERVER_SEQUENCER_ENTITY_CACHE_H_
#define LEVEE_SERVER_SEQUENCER_ENTITY_CACHE_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "server/state/entity.h"
#include "storage/entities.h"

namespace levee::sequencer {

// Entities that one flush of much writes.
inline constexpr size_t kFlushEntitiesMax = 4096;

// Of entities flushed before their time: so many entries ahead of it. A few
// large flushes cost less than many small ones.
inline constexpr uint64_t kFlushAheadEntries = 1024;

// Which changed entities to flush.
enum class FlushWhat {
  // Those whose time has come.
  kOverdue,
  // Whichever changed first.
  kAny,
};

// An entity is dirty from its first change until it stands in a flush that the
// store confirmed. Only clean entities are evicted, those unused for longest
// first; dirty ones may exceed the cache's size, and are then flushed before
// their time.
//
// Threads: one, except for Confirm and size.
class EntityCache {
 public:
  // A place in the cache; stays where it is until the next Evict.
  class Slot {
   public:
    const state::EntityKey& key() const { return key_; }
    const state::Entity& entity() const { return *entity_; }

   private:
    friend class EntityCache;
    state::EntityKey key_;
    std::optional<state::Entity> entity_;  // empty until loaded
    uint64_t first_change_ = 0;            // 0: nothing to flush
    uint64_t flush_ = 0;                   // the last flush it stands in
    Slot* newer_ = nullptr;
    Slot* older_ = nullptr;
  };

  // `store` must outlive this.
  EntityCache(const storage::EntityStore* store, size_t entities_max,
              uint64_t flush_lag_entries);

  // The entity's slot; its entity is there after Load.
  Slot* Acquire(const state::EntityKey& key);
  // Reads all acquired entities that are not in memory; what the store does
  // not have becomes a new entity. On an error the slots that could not be
  // read are forgotten, and every pointer to them.
  absl::Status Load();

  void Apply(const storage::v1::Entry& entry, uint64_t sequence, Slot* slot);

  // Moves what is to be flushed after entry `last_sequence`, at most
  // `records_max` entities, into `flush` (cleared before). True: there is
  // something. The state in it includes every entry applied so far.
  bool TakeFlush(uint64_t last_sequence, FlushWhat what, size_t records_max,
                 storage::EntityFlush* flush);
  bool dirty() const { return !dirty_.empty(); }

  // Flushes so far: the number of the one taken last.
  uint64_t flushes() const { return flushes_; }
  // The store has that flush and all before it. Threads: any.
  void Confirm(uint64_t flush) {
    confirmed_.store(flush, std::memory_order_release);
  }

  // Drops clean entities beyond the cache's size. Invalidates slots.
  void Evict();

  // Threads: any.
  size_t size() const { return size_.load(std::memory_order_relaxed); }
  size_t entities_max() const { return entities_max_; }

 private:
  void Unlink(Slot* slot);
  void LinkNewest(Slot* slot);
  uint64_t ReplayFrom(uint64_t last_sequence) const;

  const storage::EntityStore* const store_;
  const size_t entities_max_;
  const uint64_t flush_lag_entries_;
  absl::flat_hash_map<state::EntityKey, std::unique_ptr<Slot>> slots_;
  Slot* newest_ = nullptr;
  Slot* oldest_ = nullptr;
  std::vector<Slot*> missing_;
  // Dirty slots by first_change_.
  std::deque<Slot*> dirty_;
  uint64_t flushes_ = 0;
  std::atomic<uint64_t> confirmed_{0};
  std::atomic<size_t> size_{0};
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_ENTITY_CACHE_H_
