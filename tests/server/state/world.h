// All entities of a life, and questions to them.
#ifndef LEVEE_TESTS_SERVER_STATE_WORLD_H_
#define LEVEE_TESTS_SERVER_STATE_WORLD_H_

#include <cstdint>
#include <initializer_list>
#include <map>
#include <vector>

#include "levee/storage/v1/entry.pb.h"
#include "server/state/entity.h"
#include "server/state/measure.h"
#include "server/state/query.h"
#include "tests/server/state/builder.h"

namespace levee::state {

// All entities, as a sequencer without limits would hold them.
class World {
 public:
  void Apply(const storage::v1::Entry& entry) {
    ++sequence_;
    std::vector<EntityKey> keys;
    AppendKeysOf(entry, sequence_, &keys);
    for (const EntityKey& key : keys) {
      entities_.try_emplace(key, key.kind)
          .first->second.Apply(entry, sequence_, key);
    }
  }
  const Entity* Find(const EntityKey& key) const {
    const auto found = entities_.find(key);
    return found == entities_.end() ? nullptr : &found->second;
  }
  const Entity* Ticket(uint64_t handle) const {
    return Find({storage::v1::ENTITY_KIND_TICKET, builder::kTenant, handle});
  }
  Measurement Rate(const RateQuery& query, const builder::Event& event) const {
    return MeasureRate(query, builder::kTenant, event.Happening(),
                       [&](const EntityKey& key) { return Find(key); });
  }
  uint64_t sequence() const { return sequence_; }

 private:
  uint64_t sequence_ = 0;
  std::map<EntityKey, Entity> entities_;
};

inline uint32_t Kinds(std::initializer_list<v1::EventKind> kinds) {
  uint32_t bits = 0;
  for (const v1::EventKind kind : kinds) bits |= 1u << kind;
  return bits;
}

inline RateQuery OpenedPer(v1::Subject per, int64_t window_ms,
                           int64_t at_least) {
  return {.per = per,
          .kinds = Kinds({v1::EVENT_KIND_OPENED}),
          .window_ms = window_ms,
          .at_least = at_least};
}

inline World WorldOf(const std::vector<builder::Event>& events) {
  World world;
  for (const builder::Event& event : events) world.Apply(event);
  return world;
}

}  // namespace levee::state

#endif  // LEVEE_TESTS_SERVER_STATE_WORLD_H_
