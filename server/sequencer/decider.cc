// Deciding a batch goes in two halves. First everything that the batch will
// read is collected and read at once: sequences of repeated ids, handles of
// names, entities. Then each item is measured, decided and applied in order,
// from memory alone (deciding.cc).
#include "server/sequencer/decider.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/rules/decide.h"
#include "server/state/measure.h"
#include "server/state/timestamp.h"

namespace levee::sequencer {
namespace {

using levee::v1::TicketEvent;

// Ids that are answered without the store's index; 24 bytes each, twice.
constexpr size_t kRecentIdsMax = 1 << 17;

// A live event counts at most so long ago.
constexpr int64_t kLateMaxMs = 24LL * 3'600'000;

int64_t EffectiveMs(const TicketEvent& event, Purpose purpose, int64_t now_ms) {
  if (!event.has_occurred_at()) return now_ms;
  const int64_t occurred_ms = state::ToMs(event.occurred_at());
  if (purpose == Purpose::kImport) return std::min(occurred_ms, now_ms);
  return std::clamp(occurred_ms, now_ms - kLateMaxMs, now_ms);
}

// Memory for the entries of a usual batch, once for all.
constexpr size_t kFirstBlockBytes = 512 << 10;

google::protobuf::ArenaOptions ArenaOver(char* first_block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = first_block;
  options.initial_block_size = kFirstBlockBytes;
  return options;
}

}  // namespace

std::optional<uint64_t> RecentIds::Find(const storage::Id128& id) const {
  auto it = sequence_of_.find(id);
  if (it == sequence_of_.end()) return std::nullopt;
  return it->second;
}

void RecentIds::Insert(const storage::Id128& id, uint64_t sequence,
                       int64_t decided_at_ms) {
  sequence_of_[id] = sequence;
  order_.push_back({id, decided_at_ms});
  if (order_.size() > ids_max_) ForgetOldest();
}

void RecentIds::ForgetBefore(int64_t decided_at_ms) {
  while (!order_.empty() && order_.front().decided_at_ms < decided_at_ms) {
    ForgetOldest();
  }
}

void RecentIds::ForgetOldest() {
  sequence_of_.erase(order_.front().id);
  order_.pop_front();
}

Decider::Decider(storage::Shard* shard, const KeyedHash* hash,
                 EntityCache* cache, Directory* directory, Alike* alike,
                 Naming* naming, Committer* committer, Counters* counters,
                 bool keep_text, std::vector<storage::NewName> given_names)
    : shard_(shard),
      hash_(hash),
      cache_(cache),
      directory_(directory),
      alike_(alike),
      naming_(naming),
      committer_(committer),
      counters_(counters),
      keep_text_(keep_text),
      recent_(kRecentIdsMax),
      first_block_(std::make_unique<char[]>(kFirstBlockBytes)),
      arena_(ArenaOver(first_block_.get())),
      unstored_names_(std::move(given_names)) {}

void Decider::Begin(uint64_t first_sequence, Unit* unit) {
  next_sequence_ = batch_first_ = first_sequence;
  unit_ = unit;
  unit->batch.first_sequence = first_sequence;
  unit->batch.names = std::move(unstored_names_);
  unstored_names_.clear();
}

uint64_t Decider::End() {
  // Names that no entry carries to the store wait for the next unit.
  if (unit_->batch.ends.empty()) unstored_names_.swap(unit_->batch.names);
  unit_ = nullptr;
  return next_sequence_ - 1;
}

void Decider::Decide(int64_t now_ms, std::vector<Job>* jobs) {
  now_ms_ = now_ms;
  recent_.ForgetBefore(now_ms - storage::kEventIdsKeptMs);
  Collect(jobs);
  absl::Status read = FindRepeats();
  if (read.ok()) read = Name();
  if (read.ok() && pending_count_ > 0) ExpectAlike(pending_[0]);
  if (read.ok()) read = cache_->Load();

  for (Job& job : *jobs) {
    if (auto* group = std::get_if<std::unique_ptr<EventGroup>>(&job)) {
      DecideGroup(read, group->get());
    } else if (auto* act = std::get_if<std::unique_ptr<RuleSetAct>>(&job)) {
      DecideAct(act->get());
    } else if (auto* act = std::get_if<std::unique_ptr<Act>>(&job)) {
      DecideAct(act->get());
    } else if (auto* look = std::get_if<std::unique_ptr<Look>>(&job)) {
      LookAt(look->get());
    } else {
      std::get<std::unique_ptr<Survey>>(job)->look(*directory_, now_ms);
    }
    unit_->answers->jobs.push_back(std::move(job));
  }
  jobs->clear();
  naming_->ForgetProposals();
}

void Decider::Collect(std::vector<Job>* jobs) {
  pending_count_ = next_pending_ = 0;
  imports_.clear();
  next_import_ = 0;
  arena_.Reset();
  for (Job& job : *jobs) {
    auto* group = std::get_if<std::unique_ptr<EventGroup>>(&job);
    if (group == nullptr) continue;
    if ((*group)->purpose == Purpose::kImport) {
      imports_.push_back({.group = group->get(),
                          .name = {.name = {(*group)->tenant->handle,
                                            storage::v1::NAME_KIND_IMPORT,
                                            (*group)->import_id}}});
    }
    for (size_t i = 0; i < (*group)->items.size(); ++i) {
      Item* item = &(*group)->items[i];
      if (!item->status.ok()) continue;
      if (pending_count_ == pending_.size()) pending_.emplace_back();
      Pending& pending = pending_[pending_count_];
      pending.item = item;
      pending.group = group->get();
      pending.place = i;
      pending.entry =
          google::protobuf::Arena::CreateMessage<storage::v1::Entry>(&arena_);
      pending.names.clear();
      pending.slots.clear();
      pending.repeat_of.reset();
      pending.import = imports_.empty() ? 0 : imports_.size() - 1;
      ++pending_count_;
    }
  }
}

absl::Status Decider::FindRepeats() {
  std::vector<storage::Id128> ids;
  std::vector<Pending*> asked;
  for (size_t i = 0; i < pending_count_; ++i) {
    Pending& pending = pending_[i];
    if (!Records(pending)) continue;
    pending.repeat_of = recent_.Find(pending.item->id_hash);
    if (pending.repeat_of) continue;
    ids.push_back(pending.item->id_hash);
    asked.push_back(&pending);
  }
  if (ids.empty()) return absl::OkStatus();
  std::vector<std::optional<uint64_t>> sequences(ids.size());
  absl::Status read = shard_->FindEvents(ids, absl::MakeSpan(sequences));
  for (size_t i = 0; read.ok() && i < asked.size(); ++i) {
    asked[i]->repeat_of = sequences[i];
  }
  return read;
}

void Decider::WantNames(Pending* pending) {
  using storage::v1::Subjects;
  const uint64_t tenant = pending->group->tenant->handle;
  const auto want = [&](storage::v1::NameKind kind, std::string_view id,
                        void (Subjects::*set)(uint64_t)) {
    if (id.empty()) return;
    const storage::NameRef name = {tenant, kind, id};
    pending->names.push_back(
        {.name = name, .set = set, .handle = naming_->Want(name).value_or(0)});
  };
  const TicketEvent& event = *pending->item->event;
  const rules::CanonicalSource& source = pending->item->source;
  want(storage::v1::NAME_KIND_CUSTOMER, event.customer_id(),
       &Subjects::set_customer);
  want(storage::v1::NAME_KIND_TICKET, event.ticket_id(), &Subjects::set_ticket);
  want(storage::v1::NAME_KIND_AGENT, event.agent_id(), &Subjects::set_agent);
  want(storage::v1::NAME_KIND_IP, source.ip, &Subjects::set_ip);
  want(storage::v1::NAME_KIND_IP_PREFIX, source.ip_prefix,
       &Subjects::set_ip_prefix);
  want(storage::v1::NAME_KIND_EMAIL, source.email, &Subjects::set_email);
  want(storage::v1::NAME_KIND_EMAIL_DOMAIN, source.email_domain,
       &Subjects::set_email_domain);
  want(storage::v1::NAME_KIND_DEVICE, source.device, &Subjects::set_device);
  want(storage::v1::NAME_KIND_DEPARTMENT, event.department(),
       &Subjects::set_department);
}

absl::Status Decider::Name() {
  for (Importing& importing : imports_) {
    importing.name.handle = naming_->Want(importing.name.name).value_or(0);
  }
  for (size_t i = 0; i < pending_count_; ++i) {
    if (!pending_[i].repeat_of) WantNames(&pending_[i]);
  }
  if (absl::Status read = naming_->Load(); !read.ok()) return read;
  for (Importing& importing : imports_) {
    importing.slot = cache_->Acquire({storage::v1::ENTITY_KIND_IMPORT,
                                      importing.group->tenant->handle,
                                      HandleOf(&importing.name)});
  }
  for (size_t i = 0; i < pending_count_; ++i) {
    if (pending_[i].repeat_of) continue;
    FillEntry(&pending_[i]);
    AcquireSlots(&pending_[i]);
  }
  return absl::OkStatus();
}

uint64_t Decider::HandleOf(Named* named) {
  if (named->handle == 0) {
    named->handle = naming_->FindOrPropose(named->name, &named->proposed);
  }
  return named->handle;
}

void Decider::GiveNames(const Pending& pending) {
  for (const Named& named : pending.names) Give(named);
  if (pending.group->purpose == Purpose::kImport) {
    Give(imports_[pending.import].name);
  }
}

void Decider::Give(const Named& named) {
  if (named.proposed) naming_->Give(named.name, &unit_->batch.names);
}

void Decider::FillEntry(Pending* pending) {
  Item& item = *pending->item;
  const TicketEvent& event = *item.event;
  storage::v1::Entry& entry = *pending->entry;
  entry.set_tenant(pending->group->tenant->handle);
  entry.set_decided_at_ms(now_ms_);
  storage::v1::EventEntry& recorded = *entry.mutable_event();
  SetBytes(item.id_hash, recorded.mutable_event_id_hash());
  SetBytes(item.content_hash, recorded.mutable_content_hash());
  recorded.set_actor(event.actor());
  recorded.set_language(event.language());
  if (event.has_occurred_at()) {
    recorded.set_occurred_at_ms(state::ToMs(event.occurred_at()));
  }
  if (event.has_account_created_at()) {
    recorded.set_account_created_at_ms(state::ToMs(event.account_created_at()));
  }
  if (item.has_text) *recorded.mutable_text() = item.text;
  storage::v1::Happening& happening = *recorded.mutable_happening();
  happening.set_kind(event.kind());
  happening.set_effective_ms(
      EffectiveMs(event, pending->group->purpose, now_ms_));
  storage::v1::Subjects& subjects = *happening.mutable_subjects();
  for (Named& named : pending->names) {
    (subjects.*named.set)(HandleOf(&named));
    if (named.name.kind == storage::v1::NAME_KIND_CUSTOMER) {
      item.customer_known = !named.proposed;
    }
  }
  if (pending->group->purpose == Purpose::kImport) {
    recorded.set_import(imports_[pending->import].name.handle);
    recorded.set_import_position(pending->group->import_position +
                                 pending->place + 1);
  }
}

void Decider::AcquireSlots(Pending* pending) {
  keys_.clear();
  state::AppendSubjectKeysOf(*pending->entry, &keys_);
  pending->slots.clear();
  for (const state::EntityKey& key : keys_) {
    pending->slots.push_back(cache_->Acquire(key));
  }
}

absl::Status Decider::AcquireConsequences(const storage::v1::Entry& entry,
                                          uint64_t sequence, Slots* slots) {
  keys_.clear();
  state::AppendConsequenceKeysOf(entry, sequence, &keys_);
  if (keys_.empty()) return absl::OkStatus();
  for (const state::EntityKey& key : keys_) {
    EntityCache::Slot* const slot = cache_->Acquire(key);
    if (std::find(slots->begin(), slots->end(), slot) == slots->end()) {
      slots->push_back(slot);
    }
  }
  return cache_->Load();
}

void Decider::Apply(const storage::v1::Entry& entry, uint64_t sequence,
                    absl::Span<EntityCache::Slot* const> slots) {
  for (EntityCache::Slot* const slot : slots) {
    cache_->Apply(entry, sequence, slot);
    if (Directory::IsListed(slot->key().kind)) {
      directory_->Update(slot->key(), slot->entity());
    }
  }
}

}  // namespace levee::sequencer
