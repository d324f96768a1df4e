// Deciding one item: from memory alone, except where an event regards another
// one, or an operator acts.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/rules/decide.h"
#include "server/sequencer/decider.h"
#include "server/state/happening.h"
#include "server/state/measure.h"
#include "server/state/standing.h"
#include "server/state/timestamp.h"

namespace levee::sequencer {
namespace {

using levee::v1::TicketEvent;

bool RegardsAnother(const TicketEvent& event) {
  return event.kind() == levee::v1::EVENT_KIND_ABUSE_REPORTED ||
         event.kind() == levee::v1::EVENT_KIND_WITHDRAWN;
}

absl::Status UnknownEvent() {
  return absl::FailedPreconditionError(
      "regards_event_id: no event of this customer's with that id is known; "
      "ids are known for 7 days");
}

uint64_t LastSequenceOf(const state::Entity* entity) {
  return entity == nullptr || entity->ring() == nullptr
             ? 0
             : entity->ring()->last_sequence();
}

}  // namespace

void Decider::DecideGroup(const absl::Status& read, EventGroup* group) {
  const bool imports = group->purpose == Purpose::kImport;
  const Importing* const importing =
      imports ? &imports_[next_import_++] : nullptr;
  absl::Status status = read;
  if (status.ok() && imports) status = CheckPosition(*importing);
  for (;
       next_pending_ < pending_count_ && pending_[next_pending_].group == group;
       ++next_pending_) {
    if (status.ok()) {
      // While this one is decided, what the next one needs is fetched.
      if (next_pending_ + 1 < pending_count_) {
        ExpectAlike(pending_[next_pending_ + 1]);
      }
      DecideItem(&pending_[next_pending_]);
    } else {
      pending_[next_pending_].item->status = status;
    }
  }
  if (!imports) return;
  if (status.ok()) {
    RecordPosition(*importing);
  } else {
    // Whatever else is wrong with them: none of them was passed over.
    for (Item& item : group->items) item.status = status;
  }
}

void Decider::DecideItem(Pending* pending) {
  Item* item = pending->item;
  // The same id may have come earlier in this batch.
  if (Records(*pending) && !pending->repeat_of) {
    pending->repeat_of = recent_.Find(item->id_hash);
  }
  if (pending->repeat_of) {
    counters_->repeats.fetch_add(1, std::memory_order_relaxed);
    unit_->answers->repeats.push_back({item, *pending->repeat_of});
    return;
  }
  if (pending->group->purpose == Purpose::kImport) {
    item->status = CheckOrder(*pending);
  }
  if (item->status.ok() && RegardsAnother(*item->event)) {
    item->status = Regard(pending);
  }
  if (item->status.ok()) item->status = FindAlike(pending);
  if (!item->status.ok()) return;
  Measure(pending);
  if (Records(*pending)) {
    item->status =
        AcquireConsequences(*pending->entry, next_sequence_, &pending->slots);
    if (item->status.ok()) Record(pending);
  } else {
    rules::ToDecision(*pending->entry, 0, item->event->event_id(),
                      item->decision);
  }
}

// Groups follow one another without a gap: one that was refused is sent again
// before any later one counts.
absl::Status Decider::CheckPosition(const Importing& importing) {
  const uint64_t position = importing.slot->entity().import()->position;
  if (importing.group->import_position == position) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat("this import goes on from position ",
                                         position, ", not from ",
                                         importing.group->import_position));
}

absl::Status Decider::CheckOrder(const Pending& pending) const {
  const state::Import& import =
      *imports_[pending.import].slot->entity().import();
  if (pending.entry->event().happening().effective_ms() <
      import.last_effective_ms) {
    return absl::InvalidArgumentError(
        "occurred_at: before the event ahead of it; an import must be sorted "
        "by time");
  }
  return absl::OkStatus();
}

void Decider::RecordPosition(const Importing& importing) {
  EventGroup* const group = importing.group;
  const uint64_t position = group->import_position + group->items.size();
  if (importing.slot->entity().import()->position == position) return;
  Give(importing.name);
  storage::v1::Entry entry;
  entry.set_tenant(group->tenant->handle);
  entry.set_decided_at_ms(now_ms_);
  entry.mutable_import()->set_import(importing.name.handle);
  entry.mutable_import()->set_position(position);
  const uint64_t sequence = next_sequence_++;
  Append(entry);
  cache_->Apply(entry, sequence, importing.slot);
  unit_->answers->recorded.push_back(&group->items.back());
}

absl::StatusOr<storage::v1::Entry> Decider::ReadEntry(uint64_t sequence) {
  storage::v1::Entry entry;
  if (sequence >= batch_first_) {
    const storage::Batch& batch = unit_->batch;
    const size_t place = sequence - batch_first_;
    const uint32_t begin = place == 0 ? 0 : batch.ends[place - 1];
    if (entry.ParseFromArray(batch.entries.data() + begin,
                             static_cast<int>(batch.ends[place] - begin))) {
      return entry;
    }
    return absl::InternalError("an entry of this batch does not parse");
  }
  // It may be in the batch that is being committed.
  committer_->Wait();
  if (absl::Status failure = committer_->failure(); !failure.ok()) {
    return failure;
  }
  absl::StatusOr<std::string> bytes = shard_->Read(sequence);
  if (!bytes.ok()) return bytes.status();
  if (!entry.ParseFromString(*bytes)) {
    return absl::DataLossError(
        absl::StrCat("journal entry ", sequence, " does not parse"));
  }
  return entry;
}

absl::Status Decider::Regard(Pending* pending) {
  const TicketEvent& event = *pending->item->event;
  storage::v1::EventEntry& recorded = *pending->entry->mutable_event();
  const storage::Id128 id =
      (*hash_)("event", pending->entry->tenant(), event.regards_event_id());
  std::optional<uint64_t> sequence = recent_.Find(id);
  if (!sequence) {
    if (absl::Status read =
            shard_->FindEvents({&id, 1}, absl::MakeSpan(&sequence, 1));
        !read.ok()) {
      return read;
    }
  }
  if (!sequence) return UnknownEvent();
  absl::StatusOr<storage::v1::Entry> regarded = ReadEntry(*sequence);
  // Found a moment ago, and cut meanwhile.
  if (absl::IsNotFound(regarded.status())) return UnknownEvent();
  if (!regarded.ok()) return regarded.status();
  const storage::v1::Happening& happening = regarded->event().happening();
  const uint64_t customer = recorded.happening().subjects().customer();
  if (happening.subjects().customer() != customer) return UnknownEvent();
  recorded.set_regards_sequence(*sequence);
  const state::Entity* const entity = Find(
      *pending,
      {storage::v1::ENTITY_KIND_CUSTOMER, pending->entry->tenant(), customer});
  if (event.kind() != levee::v1::EVENT_KIND_WITHDRAWN) {
    if (!event.not_abuse() || entity == nullptr) return absl::OkStatus();
    absl::Status read =
        AddReports(*sequence, recorded.happening().subjects().agent(), *entity,
                   recorded.mutable_refunds());
    return read.ok() ? AcquireConsequences(*pending->entry, 0, &pending->slots)
                     : read;
  }
  if (happening.kind() == levee::v1::EVENT_KIND_WITHDRAWN) {
    return absl::FailedPreconditionError(
        "regards_event_id: a withdrawal cannot be withdrawn; submit the event "
        "again under a new id");
  }
  if (entity == nullptr) return absl::OkStatus();
  absl::Status read =
      AddRefunds(*regarded, *sequence, *entity, recorded.mutable_refunds());
  return read.ok() ? AcquireConsequences(*pending->entry, 0, &pending->slots)
                   : read;
}

absl::Status Decider::AddReports(
    uint64_t sequence, uint64_t agent, const state::Entity& customer,
    google::protobuf::RepeatedPtrField<storage::v1::Refund>* refunds) {
  if (customer.ring() == nullptr) return absl::OkStatus();
  const absl::Span<const state::Happened> all = customer.ring()->happenings();
  for (auto happened = all.rbegin(); happened != all.rend(); ++happened) {
    if (happened->kind != levee::v1::EVENT_KIND_ABUSE_REPORTED ||
        (happened->flags & state::kNotAbuse) != 0 ||
        (agent != 0 && happened->agent != agent)) {
      continue;
    }
    absl::StatusOr<storage::v1::Entry> report = ReadEntry(happened->sequence);
    if (absl::IsNotFound(report.status())) continue;
    if (!report.ok()) return report.status();
    if (report->event().regards_sequence() != sequence) continue;
    *refunds->Add() = state::MakeRefund(*report, happened->sequence, &customer);
  }
  return absl::OkStatus();
}

absl::Status Decider::AddRefunds(
    const storage::v1::Entry& of, uint64_t sequence,
    const state::Entity& customer,
    google::protobuf::RepeatedPtrField<storage::v1::Refund>* refunds) {
  *refunds->Add() = state::MakeRefund(of, sequence, &customer);
  return AddReports(sequence, /*agent=*/0, customer, refunds);
}

const state::Entity* Decider::Find(const Pending& pending,
                                   const state::EntityKey& key) {
  for (const EntityCache::Slot* slot : pending.slots) {
    if (slot->key() == key) return &slot->entity();
  }
  return nullptr;
}

void Decider::Measure(Pending* pending) {
  Item* item = pending->item;
  const TicketEvent& event = *item->event;
  storage::v1::EventEntry& recorded = *pending->entry->mutable_event();
  storage::v1::Happening& happening = *recorded.mutable_happening();
  const uint64_t tenant = pending->entry->tenant();
  const state::Entity* customer =
      Find(*pending, {storage::v1::ENTITY_KIND_CUSTOMER, tenant,
                      happening.subjects().customer()});
  const state::Entity* ticket = Find(
      *pending,
      {storage::v1::ENTITY_KIND_TICKET, tenant, happening.subjects().ticket()});
  std::optional<int64_t> account_created_at_ms;
  if (recorded.has_account_created_at_ms()) {
    account_created_at_ms = recorded.account_created_at_ms();
  }
  happening.set_flags(state::MeasureFlags(
      happening, event.actor(), event.provides_solution(), event.not_abuse(),
      account_created_at_ms, recorded.has_text() ? &recorded.text() : nullptr,
      ticket));
  recorded.set_previous_of_customer(LastSequenceOf(customer));
  recorded.set_previous_of_ticket(LastSequenceOf(ticket));

  std::shared_ptr<const rules::RuleSet> rules = pending->group->tenant->rules();
  if (event.actor() == levee::v1::ACTOR_CUSTOMER) {
    MeasureStanding(*pending, rules.get(), &recorded);
  }
  if (rules != nullptr) {
    if (item->rules != rules) {
      item->observed = rules::Observe(*rules, event, item->source, item->text);
      item->rules = rules;
    }
    rules::MeasureLeaves(
        *rules, item->observed, tenant,
        [&](const state::EntityKey& key) {
          return founded_ && key.kind == storage::v1::ENTITY_KIND_CAMPAIGN
                     ? &*founded_
                     : Find(*pending, key);
        },
        &recorded);
  }
  rules::Decide(rules.get(), recorded, recorded.mutable_outcome());
}

void Decider::MeasureStanding(const Pending& pending,
                              const rules::RuleSet* rules,
                              storage::v1::EventEntry* recorded) {
  const TicketEvent& event = *pending.item->event;
  const Tenant& tenant = *pending.group->tenant;
  const bool opens = event.kind() == levee::v1::EVENT_KIND_OPENED;
  reference_hash_.clear();
  if (opens && !event.reference().empty()) {
    SetBytes((*hash_)("reference", tenant.handle, event.reference()),
             &reference_hash_);
  }
  const bool wants_solved = opens && rules != nullptr &&
                            rules->valve().has_value() &&
                            rules->valve()->solved_ticket;
  const uint64_t incident = directory_->IncidentOf(
      tenant.handle, event.department(), recorded->happening().effective_ms());
  const bool has_standing =
      std::any_of(pending.slots.begin(), pending.slots.end(),
                  [](const EntityCache::Slot* slot) {
                    return slot->entity().standing() != nullptr;
                  });
  if (has_standing || wants_solved || incident != 0) {
    storage::v1::StandingFacts& facts = *recorded->mutable_standing();
    state::MeasureStanding(
        recorded->happening(), tenant.handle, now_ms_, reference_hash_,
        wants_solved,
        [&](const state::EntityKey& key) { return Find(pending, key); },
        &facts);
    facts.set_incident(incident);
    if (facts.ByteSizeLong() == 0) recorded->clear_standing();
  }
  recorded->set_challenge_passed(event.challenge_passed());
}

void Decider::Append(const storage::v1::Entry& entry) {
  storage::Batch& batch = unit_->batch;
  batch.decided_at_ms = entry.decided_at_ms();
  const size_t begin = batch.entries.size();
  const size_t bytes = entry.ByteSizeLong();
  batch.entries.resize(begin + bytes);
  entry.SerializeWithCachedSizesToArray(
      reinterpret_cast<uint8_t*>(batch.entries.data()) + begin);
  batch.ends.push_back(static_cast<uint32_t>(begin + bytes));
}

void Decider::Count(const storage::v1::DecisionOutcome& outcome) {
  counters_->decided_by_verdict[outcome.verdict()].fetch_add(
      1, std::memory_order_relaxed);
  // Who passes whatever is asked for would have passed that too.
  if (outcome.exemption() == levee::v1::EXEMPTION_CUSTOMER ||
      outcome.exemption() == levee::v1::EXEMPTION_ENTITLEMENT ||
      outcome.exemption() == levee::v1::EXEMPTION_FIRST_REPLY) {
    return;
  }
  int would = 0;
  for (const storage::v1::EntryFinding& finding : outcome.findings()) {
    if (finding.mode() == levee::v1::MODE_SHADOW && !finding.suspended()) {
      would = std::max<int>(would, finding.verdict());
    }
  }
  if (would > outcome.verdict()) {
    counters_->would_by_verdict[would].fetch_add(1, std::memory_order_relaxed);
  }
}

bool Decider::ResolvesReview(const Pending& pending, uint64_t sequence) {
  const auto& refunds = pending.entry->event().refunds();
  if (refunds.empty() || !refunds[0].reviewed()) return false;
  const state::Entity* const review =
      Find(pending, {storage::v1::ENTITY_KIND_REVIEW, pending.entry->tenant(),
                     refunds[0].sequence()});
  return review != nullptr && review->review()->resolved_sequence() == sequence;
}

void Decider::Record(Pending* pending) {
  Item* item = pending->item;
  const storage::v1::Entry& entry = *pending->entry;
  const storage::v1::Happening& happening = entry.event().happening();
  const uint64_t sequence = next_sequence_++;
  const auto place = static_cast<uint32_t>(unit_->batch.ends.size());
  // Only now: what is refused leaves no name behind.
  GiveNames(*pending);
  Append(entry);
  unit_->batch.index.push_back({.place = place,
                                .event_id = item->id_hash,
                                .tenant = entry.tenant(),
                                .customer = happening.subjects().customer(),
                                .effective_ms = happening.effective_ms(),
                                .decided_at_ms = entry.decided_at_ms()});
  if (IsRemembered(*pending)) alike_->Remember(said_);
  if (keep_text_) KeepText(*pending, place);
  Apply(entry, sequence, pending->slots);
  recent_.Insert(item->id_hash, sequence, entry.decided_at_ms());
  unit_->answers->recorded.push_back(item);
  Count(entry.event().outcome());
  rules::ToDecision(entry, sequence, item->event->event_id(), item->decision);
  if (ResolvesReview(*pending, sequence)) {
    unit_->answers->resolved.push_back({entry.tenant(), sequence});
  }
  if (happening.kind() == levee::v1::EVENT_KIND_OPENED &&
      entry.event().import() == 0) {
    ProposeIncident(*pending);
  }
}

void Decider::DecideAct(RuleSetAct* act) {
  const std::shared_ptr<const rules::RuleSet> before = act->tenant->rules();
  const uint64_t revision = (before == nullptr ? 0 : before->revision()) + 1;
  if (act->rules->revision() != revision) {
    unit_->answers->revisions.push_back(absl::AbortedError(
        absl::StrCat("revision ", revision - 1, " is in force by now")));
    return;
  }
  storage::v1::Entry entry;
  entry.set_tenant(act->tenant->handle);
  entry.set_decided_at_ms(now_ms_);
  storage::v1::RuleSetEntry& recorded = *entry.mutable_rule_set();
  recorded.set_revision(revision);
  recorded.set_text(act->text);
  recorded.set_name(act->rules->name());
  recorded.set_author(act->author);
  recorded.set_comment(act->comment);
  recorded.set_rolled_back_to(act->rolled_back_to);
  recorded.set_shadow(act->shadow);
  keys_.clear();
  state::AppendKeysOf(entry, next_sequence_, &keys_);
  std::vector<EntityCache::Slot*> slots;
  for (const state::EntityKey& key : keys_) {
    slots.push_back(cache_->Acquire(key));
  }
  if (absl::Status read = cache_->Load(); !read.ok()) {
    unit_->answers->revisions.push_back(read);
    return;
  }
  const uint64_t sequence = next_sequence_++;
  Append(entry);
  Apply(entry, sequence, slots);
  act->tenant->set_rules(act->rules);

  levee::v1::RuleSetRevision answer;
  answer.set_revision(revision);
  state::SetTime(now_ms_, answer.mutable_applied_at());
  answer.set_author(act->author);
  answer.set_comment(act->comment);
  answer.set_name(act->rules->name());
  answer.set_rolled_back_to(act->rolled_back_to);
  answer.set_shadow(act->shadow);
  unit_->answers->revisions.push_back(std::move(answer));
}

void Decider::LookAt(Look* look) {
  EntityCache::Slot* slot = cache_->Acquire(look->key);
  look->seen = cache_->Load();
  if (!look->seen.ok()) return;
  const state::Entity& entity = slot->entity();
  look->seen = look->look(entity.applied() == 0 ? nullptr : &entity);
}

}  // namespace levee::sequencer
