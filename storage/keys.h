// The bytes of the keys of every family; the grammar stands in keys.cc.
#ifndef LEVEE_STORAGE_KEYS_H_
#define LEVEE_STORAGE_KEYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "levee/storage/v1/name.pb.h"
#include "storage/index.h"
#include "storage/journal.h"

namespace levee::storage {

// Families `journal` and `texts`: by the sequence of a batch's first entry.
std::string BatchKey(uint32_t shard, uint64_t first_sequence);
// Empty: not such a key.
std::optional<uint64_t> ParseBatchKey(std::string_view key, uint32_t shard);

// Family `names`, not yet spread: the names of one batch.
std::string NamesBlobKey(uint32_t shard, uint64_t first_sequence);
std::optional<uint64_t> ParseNamesBlobKey(std::string_view key, uint32_t shard);
// Family `names`: id to handle, and back.
std::string NameKey(uint64_t tenant, v1::NameKind kind, std::string_view id);
std::string HandleKey(uint64_t tenant, v1::NameKind kind, uint64_t handle);
// What a NameKey leads to.
std::string HandleValue(uint64_t handle);
std::optional<uint64_t> ParseHandleValue(std::string_view value);

// Family `keys`.
std::string CustomerKey(uint64_t tenant, uint64_t customer);

// Family `index`: event id to what EventValue holds.
std::string EventKey(const Id128& id);
struct EventPlace {
  uint64_t sequence = 0;
  int64_t decided_at_ms = 0;
};
std::string EventValue(const EventPlace& place);
std::optional<EventPlace> ParseEventValue(std::string_view value);
bool IsEventKey(std::string_view key);

// Family `index`: a customer's places, ordered by time, then sequence. The
// value is empty.
std::string TimelinePrefix(uint64_t tenant, uint64_t customer);
std::string TimelineKey(uint64_t tenant, uint64_t customer,
                        const TimelinePlace& place);
// The place of any timeline's key; empty: not such a key.
std::optional<TimelinePlace> ParseTimelineKey(std::string_view key);

// Families `state` and `base`: the shard before the entity's own key.
std::string ShardPrefix(uint32_t shard);
std::string EntityStoreKey(uint32_t shard, std::string_view entity_key);

// Family `meta`.
inline constexpr std::string_view kMetaFormat = "format";
inline constexpr std::string_view kMetaShard = "shard";
inline constexpr std::string_view kMetaHashKey = "hash_key";
inline constexpr std::string_view kMetaSigningKey = "signing_key";
inline constexpr std::string_view kMetaReplayFrom = "replay_from";
inline constexpr std::string_view kMetaIndexed = "indexed";
inline constexpr std::string_view kMetaBase = "base";
inline constexpr std::string_view kMetaCut = "cut";

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_KEYS_H_
