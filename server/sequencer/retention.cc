#include "server/sequencer/retention.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "levee/storage/v1/entry.pb.h"
#include "server/state/entity.h"

namespace levee::sequencer {
namespace {

// Entries that are folded with one read and one write.
constexpr uint64_t kChunkEntries = 1024;

using Entities = std::map<state::EntityKey, state::Entity>;

absl::Status ReadEntries(const storage::Journal& journal, uint64_t first,
                         uint64_t last,
                         std::vector<storage::v1::Entry>* entries) {
  absl::Status parsed;
  absl::Status scanned =
      journal.Scan(first, last, [&](uint64_t sequence, std::string_view bytes) {
        if (entries->emplace_back().ParseFromArray(
                bytes.data(), static_cast<int>(bytes.size()))) {
          return true;
        }
        parsed = absl::DataLossError(
            absl::StrCat("journal entry ", sequence, " does not parse"));
        return false;
      });
  return scanned.ok() ? parsed : scanned;
}

// The base entities that the entries change.
absl::Status LoadEntities(const storage::Retention& retention,
                          const std::vector<storage::v1::Entry>& entries,
                          uint64_t first, Entities* entities) {
  std::vector<state::EntityKey> keys;
  std::vector<state::EntityKey> of_one;
  for (size_t i = 0; i < entries.size(); ++i) {
    of_one.clear();
    state::AppendKeysOf(entries[i], first + i, &of_one);
    keys.insert(keys.end(), of_one.begin(), of_one.end());
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::vector<std::string> encoded;
  encoded.reserve(keys.size());
  for (const state::EntityKey& key : keys) encoded.push_back(key.Encode());
  const std::vector<std::string_view> views(encoded.begin(), encoded.end());
  std::vector<std::optional<std::string>> records(keys.size());
  absl::Status read = retention.LoadBase(views, absl::MakeSpan(records));
  if (!read.ok()) return read;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!records[i]) {
      entities->emplace(keys[i], state::Entity(keys[i].kind));
      continue;
    }
    absl::StatusOr<state::Entity> entity =
        state::Entity::Decode(keys[i].kind, *records[i]);
    if (!entity.ok()) return entity.status();
    entities->emplace(keys[i], *std::move(entity));
  }
  return absl::OkStatus();
}

absl::Status FoldChunk(const storage::Shard& shard,
                       storage::Retention* retention, uint64_t first,
                       uint64_t last) {
  std::vector<storage::v1::Entry> entries;
  Entities entities;
  absl::Status status = ReadEntries(shard, first, last, &entries);
  if (status.ok()) status = LoadEntities(*retention, entries, first, &entities);
  if (!status.ok()) return status;
  std::vector<state::EntityKey> keys;
  for (size_t i = 0; i < entries.size(); ++i) {
    keys.clear();
    state::AppendKeysOf(entries[i], first + i, &keys);
    for (const state::EntityKey& key : keys) {
      entities.at(key).Apply(entries[i], first + i, key);
    }
  }
  std::vector<std::pair<std::string, std::string>> records;
  records.reserve(entities.size());
  for (const auto& [key, entity] : entities) {
    records.emplace_back(key.Encode(), entity.Encode());
  }
  return retention->WriteBase(records, last);
}

}  // namespace

absl::Status RetireJournal(const storage::Shard& shard,
                           storage::Retention* retention, int64_t decided_ms,
                           uint64_t entries_max) {
  absl::StatusOr<uint64_t> since = retention->FindDecidedSince(decided_ms);
  if (!since.ok()) return since.status();
  const uint64_t end = std::min(*since, shard.replay_from());
  uint64_t next = retention->base_position() + 1;
  uint64_t folded = 0;
  while (next < end && folded < entries_max) {
    const uint64_t last = std::min(next + kChunkEntries, end) - 1;
    absl::Status status = FoldChunk(shard, retention, next, last);
    if (!status.ok()) return status;
    folded += last + 1 - next;
    next = last + 1;
  }
  if (next <= shard.first_sequence()) return absl::OkStatus();
  return retention->CutJournal(next - 1).status();
}

}  // namespace levee::sequencer
