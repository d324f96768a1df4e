// What was committed and is not in an index file yet, in memory.
#ifndef LEVEE_STORAGE_TAIL_H_
#define LEVEE_STORAGE_TAIL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/index.h"
#include "storage/journal.h"
#include "storage/names.h"

namespace levee::storage {

// One event of the tail.
struct TailEvent {
  Id128 id = {};
  uint64_t sequence = 0;
  uint64_t tenant = 0;
  uint64_t customer = 0;
  int64_t effective_ms = 0;
  int64_t decided_at_ms = 0;
};

// One name of the tail.
struct TailName {
  NewName name;
  // A customer's key, 32 bytes; empty for all else.
  std::string key;
};

// Threads: one at a time, or several that only read.
class Tail {
 public:
  Tail() = default;
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;

  void Add(const TailEvent& event);
  void Add(TailName name);

  // The latest event of that id; null: none. Valid until the next Add.
  const TailEvent* FindEvent(const Id128& id) const;
  // Appends all of the customer's places before `before`, in no order.
  void AppendTimeline(uint64_t tenant, uint64_t customer, TimelinePlace before,
                      std::vector<TimelinePlace>* places) const;
  // Null: none. Valid while this is.
  const TailName* Find(const NameRef& name) const;
  const TailName* Find(const HandleRef& handle) const;

  // Forgets a name; its place in names() stays, with no id and no key.
  void Erase(const HandleRef& handle);

  bool empty() const { return events_.empty() && names_.empty(); }
  size_t size() const { return events_.size() + names_.size(); }
  // In the order of their sequences.
  const std::vector<TailEvent>& events() const { return events_; }
  const std::deque<TailName>& names() const { return names_; }

 private:
  // Ids are hashes already.
  struct IdHash {
    size_t operator()(const Id128& id) const;
  };
  struct NameKey {
    uint64_t tenant;
    v1::NameKind kind;
    std::string_view id;
    friend bool operator==(const NameKey&, const NameKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const NameKey& key) {
      return H::combine(std::move(h), key.tenant, static_cast<int>(key.kind),
                        key.id);
    }
  };
  struct HandleKey {
    uint64_t tenant;
    v1::NameKind kind;
    uint64_t handle;
    friend bool operator==(const HandleKey&, const HandleKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const HandleKey& key) {
      return H::combine(std::move(h), key.tenant, static_cast<int>(key.kind),
                        key.handle);
    }
  };

  static constexpr uint32_t kNone = 0xffffffff;

  std::vector<TailEvent> events_;
  // For each event the customer's one before it.
  std::vector<uint32_t> older_;
  absl::flat_hash_map<Id128, uint32_t, IdHash> by_id_;
  // (tenant, customer) -> his latest event.
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, uint32_t> by_customer_;

  // Names stay where they are, since the maps' keys point into them.
  std::deque<TailName> names_;
  absl::flat_hash_map<NameKey, TailName*> by_name_;
  absl::flat_hash_map<HandleKey, TailName*> by_handle_;
};

// Sorts newest first, drops repeats and all beyond `limit`.
void SortTimeline(int limit, std::vector<TimelinePlace>* places);

inline bool Before(const TimelinePlace& a, const TimelinePlace& b) {
  return a.effective_ms != b.effective_ms ? a.effective_ms < b.effective_ms
                                          : a.sequence < b.sequence;
}

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_TAIL_H_
