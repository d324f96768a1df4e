// The grammar of the keys; integers are big-endian, so that RocksDB's order of
// bytes is the order of numbers. A store holds one shard; keys that number
// batches carry it all the same, so that shards could be moved together.
//
//   journal, texts  shard u32, first_sequence u64    -> record, BatchTexts
//   names           'b' shard u32, first_sequence u64    -> NewNames
//                   'f' tenant u64, kind u8, id bytes    -> handle u64
//                   'r' tenant u64, kind u8, handle u64  -> id bytes
//   keys            tenant u64, customer u64             -> key [32]
//   index           'e' id [16]        -> sequence u64, decided_at_ms i64
//                   'c' tenant u64, customer u64, time u64, sequence u64 -> ""
//                   (time: effective_ms with its sign bit turned over)
//   state, base     shard u32, the entity's key          -> EntityRecord
//   meta            "format"       version u32
//                   "shard"        u32
//                   "hash_key"     [32]
//                   "signing_key"  [32], the seed of an Ed25519 key
//                   "replay_from", "indexed", "base"     sequence u64
//                   "cut"          sequence u64, decided_at_ms i64, hash [32]
#include "storage/keys.h"

#include <cstddef>

#include "storage/bytes.h"

namespace levee::storage {
namespace {

constexpr char kBlobPrefix = 'b';
constexpr char kForwardPrefix = 'f';
constexpr char kReversePrefix = 'r';
constexpr char kEventPrefix = 'e';
constexpr char kTimelinePrefix = 'c';
constexpr size_t kTimelineKeyBytes = 33;

uint64_t Ordered(int64_t value) {
  return static_cast<uint64_t>(value) ^ (uint64_t{1} << 63);
}

int64_t FromOrdered(uint64_t value) {
  return static_cast<int64_t>(value ^ (uint64_t{1} << 63));
}

}  // namespace

std::string BatchKey(uint32_t shard, uint64_t first_sequence) {
  std::string key;
  AppendBig32(shard, &key);
  AppendBig64(first_sequence, &key);
  return key;
}

std::optional<uint64_t> ParseBatchKey(std::string_view key, uint32_t shard) {
  if (key.size() != 12 || GetBig32(key.data()) != shard) return std::nullopt;
  return GetBig64(key.data() + 4);
}

std::string NamesBlobKey(uint32_t shard, uint64_t first_sequence) {
  return kBlobPrefix + BatchKey(shard, first_sequence);
}

std::optional<uint64_t> ParseNamesBlobKey(std::string_view key,
                                          uint32_t shard) {
  if (key.empty() || key[0] != kBlobPrefix) return std::nullopt;
  return ParseBatchKey(key.substr(1), shard);
}

std::string NameKey(uint64_t tenant, v1::NameKind kind, std::string_view id) {
  std::string key(1, kForwardPrefix);
  AppendBig64(tenant, &key);
  key.push_back(static_cast<char>(kind));
  key.append(id);
  return key;
}

std::string HandleKey(uint64_t tenant, v1::NameKind kind, uint64_t handle) {
  std::string key(1, kReversePrefix);
  AppendBig64(tenant, &key);
  key.push_back(static_cast<char>(kind));
  AppendBig64(handle, &key);
  return key;
}

std::string HandleValue(uint64_t handle) {
  std::string value;
  AppendBig64(handle, &value);
  return value;
}

std::optional<uint64_t> ParseHandleValue(std::string_view value) {
  if (value.size() != 8) return std::nullopt;
  return GetBig64(value.data());
}

std::string CustomerKey(uint64_t tenant, uint64_t customer) {
  std::string key;
  AppendBig64(tenant, &key);
  AppendBig64(customer, &key);
  return key;
}

std::string EventKey(const Id128& id) {
  std::string key(1, kEventPrefix);
  key.append(reinterpret_cast<const char*>(id.data()), id.size());
  return key;
}

std::string EventValue(const EventPlace& place) {
  std::string value;
  AppendBig64(place.sequence, &value);
  AppendBig64(static_cast<uint64_t>(place.decided_at_ms), &value);
  return value;
}

std::optional<EventPlace> ParseEventValue(std::string_view value) {
  if (value.size() != 16) return std::nullopt;
  return EventPlace{
      .sequence = GetBig64(value.data()),
      .decided_at_ms = static_cast<int64_t>(GetBig64(value.data() + 8))};
}

bool IsEventKey(std::string_view key) {
  return !key.empty() && key[0] == kEventPrefix;
}

std::string TimelinePrefix(uint64_t tenant, uint64_t customer) {
  std::string key(1, kTimelinePrefix);
  AppendBig64(tenant, &key);
  AppendBig64(customer, &key);
  return key;
}

std::string TimelineKey(uint64_t tenant, uint64_t customer,
                        const TimelinePlace& place) {
  std::string key = TimelinePrefix(tenant, customer);
  AppendBig64(Ordered(place.effective_ms), &key);
  AppendBig64(place.sequence, &key);
  return key;
}

std::optional<TimelinePlace> ParseTimelineKey(std::string_view key) {
  if (key.size() != kTimelineKeyBytes || key[0] != kTimelinePrefix) {
    return std::nullopt;
  }
  return TimelinePlace{.effective_ms = FromOrdered(GetBig64(key.data() + 17)),
                       .sequence = GetBig64(key.data() + 25)};
}

std::string ShardPrefix(uint32_t shard) {
  std::string key;
  AppendBig32(shard, &key);
  return key;
}

std::string EntityStoreKey(uint32_t shard, std::string_view entity_key) {
  std::string key = ShardPrefix(shard);
  key.append(entity_key);
  return key;
}

}  // namespace levee::storage
