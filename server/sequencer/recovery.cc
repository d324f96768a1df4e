// What happens before the first event: the tenants get their handles, entries
// that the stored entities lack are applied again, and the rule sets in force
// are compiled.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "levee/storage/v1/entry.pb.h"
#include "server/rules/rule_set.h"
#include "server/sequencer/core.h"

namespace levee::sequencer {
namespace {

// Entries whose entities are loaded with one read.
constexpr size_t kChunkEntries = 512;

state::EntityKey RuleSetKey(const Tenant& tenant, uint64_t revision) {
  return {storage::v1::ENTITY_KIND_RULE_SET, tenant.handle, revision};
}

}  // namespace

absl::Status Sequencer::Core::Recover() {
  if (absl::Status status = NameTenants(); !status.ok()) return status;
  if (absl::Status status = directory.Load(*shard); !status.ok()) {
    return status;
  }
  if (absl::Status status = Replay(); !status.ok()) return status;
  if (absl::Status status = alike.Load(*shard); !status.ok()) return status;
  for (const auto& tenant : tenants) {
    if (absl::Status status = LoadRules(*tenant); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Sequencer::Core::NameTenants() {
  for (const std::string& name : options.tenants) {
    naming_.Want({0, storage::v1::NAME_KIND_TENANT, name});
  }
  if (absl::Status status = naming_.Load(); !status.ok()) return status;
  for (const std::string& name : options.tenants) {
    auto tenant = std::make_unique<Tenant>();
    tenant->name = name;
    tenant->handle =
        naming_.Give({0, storage::v1::NAME_KIND_TENANT, name}, &tenant_names_);
    tenants.push_back(std::move(tenant));
  }
  naming_.ForgetProposals();
  return absl::OkStatus();
}

absl::Status Sequencer::Core::Replay() {
  const uint64_t from = shard->replay_from();
  const uint64_t last = shard->head().last_sequence;
  if (from < shard->first_sequence()) {
    return absl::DataLossError(
        absl::StrCat("the stored state needs the journal from entry ", from,
                     " on, but the journal begins at ", shard->first_sequence(),
                     ": restore a backup"));
  }
  std::vector<storage::v1::Entry> entries;
  uint64_t first = from;
  absl::Status applied;
  auto visit = [&](uint64_t sequence, std::string_view bytes) {
    if (entries.empty()) first = sequence;
    entries.emplace_back();
    if (!entries.back().ParseFromArray(bytes.data(),
                                       static_cast<int>(bytes.size()))) {
      applied = absl::DataLossError(absl::StrCat(
          "journal entry ", sequence, " does not parse: restore a backup"));
      return false;
    }
    if (entries.size() < kChunkEntries) return true;
    applied = ReplayChunk(entries, first);
    entries.clear();
    return applied.ok();
  };
  absl::Status scanned = shard->Scan(from, last, visit);
  if (!scanned.ok()) return scanned;
  if (!applied.ok()) return applied;
  return ReplayChunk(entries, first);
}

absl::Status Sequencer::Core::ReplayChunk(
    const std::vector<storage::v1::Entry>& entries, uint64_t first_sequence) {
  std::vector<std::pair<size_t, EntityCache::Slot*>> changes;
  std::vector<state::EntityKey> keys;
  for (size_t i = 0; i < entries.size(); ++i) {
    keys.clear();
    state::AppendKeysOf(entries[i], first_sequence + i, &keys);
    for (const state::EntityKey& key : keys) {
      changes.emplace_back(i, cache.Acquire(key));
    }
  }
  if (absl::Status status = cache.Load(); !status.ok()) return status;
  for (const auto& [i, slot] : changes) {
    cache.Apply(entries[i], first_sequence + i, slot);
    if (Directory::IsListed(slot->key().kind)) {
      directory.Update(slot->key(), slot->entity());
    }
  }
  const uint64_t last = first_sequence + entries.size() - 1;
  storage::EntityFlush flush;
  if (cache.TakeFlush(last, FlushWhat::kOverdue, kFlushEntitiesMax, &flush)) {
    if (absl::Status status = shard->Flush(flush); !status.ok()) return status;
    cache.Confirm(cache.flushes());
  }
  cache.Evict();
  return absl::OkStatus();
}

absl::Status Sequencer::Core::LoadRules(const Tenant& tenant) {
  EntityCache::Slot* list = cache.Acquire(RuleSetKey(tenant, 0));
  if (absl::Status status = cache.Load(); !status.ok()) return status;
  if (list->entity().rule_sets() == nullptr ||
      list->entity().rule_sets()->revisions.empty()) {
    return absl::OkStatus();
  }
  const storage::v1::RuleSetHead head =
      list->entity().rule_sets()->revisions.back();
  const uint64_t revision = head.revision();
  EntityCache::Slot* text = cache.Acquire(RuleSetKey(tenant, revision));
  if (absl::Status status = cache.Load(); !status.ok()) return status;
  rules::Compiled compiled = rules::Compile(
      text->entity().rule_set_text()->text, revision, head.shadow());
  if (compiled.rule_set == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "rule set ", revision, " of tenant ", tenant.name,
        " no longer compiles; start the release that accepted it and apply "
        "one that both know:\n",
        rules::ToString(compiled.problems)));
  }
  tenant.set_rules(std::move(compiled.rule_set));
  return absl::OkStatus();
}

}  // namespace levee::sequencer
