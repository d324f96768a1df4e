// What operators and the helpdesk do beside events: each act is checked
// against state, becomes an entry of the journal, and is applied like any
// other.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/rules/consequence.h"
#include "server/sequencer/decider.h"
#include "server/state/measure.h"
#include "server/state/records.h"
#include "server/state/standing.h"

namespace levee::sequencer {
namespace {

using storage::v1::ActEntry;

// An incident begins at most so long ago: what was decided before stands.
constexpr int64_t kIncidentBackMaxMs = 24LL * 3'600'000;
// No act reaches further: what is longer is a mistake.
constexpr int64_t kDayMs = 24LL * 3'600'000;
constexpr int64_t kActMaxMs = 3653 * kDayMs;
constexpr int64_t kGrantMaxMs = 366 * kDayMs;
constexpr int64_t kIncidentMaxMs = 31 * kDayMs;
// How often a desk's openings are looked at, and an outage proposed.
constexpr int64_t kLookEveryMs = 10'000;
constexpr int64_t kProposeEveryMs = 3'600'000;
// Reviews that one batch lets through because nobody looked.
constexpr int kDueAtOnce = 64;

absl::Status Unknown(const char* what, uint64_t id) {
  return absl::NotFoundError(absl::StrCat("id: there is no ", what, " ", id));
}

absl::Status IsOver(const char* what, uint64_t id) {
  return absl::FailedPreconditionError(
      absl::StrCat("id: the ", what, " ", id, " is over already"));
}

absl::Status CheckUntil(const char* field, int64_t until_ms, int64_t now_ms,
                        int64_t most_ms) {
  if (until_ms <= now_ms) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": it has passed already"));
  }
  if (until_ms > now_ms + most_ms) {
    return absl::InvalidArgumentError(absl::StrCat(
        field, ": more than ", most_ms / kDayMs, " days from now"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<const state::Entity*> Decider::LoadOne(
    const state::EntityKey& key) {
  const EntityCache::Slot* const slot = cache_->Acquire(key);
  if (absl::Status read = cache_->Load(); !read.ok()) return read;
  return &slot->entity();
}

absl::StatusOr<uint64_t> Decider::CustomerOf(
    uint64_t tenant, const storage::v1::SubjectRef& subject) {
  if (subject.subject() == levee::v1::SUBJECT_CUSTOMER) {
    return subject.handle();
  }
  if (subject.subject() != levee::v1::SUBJECT_TICKET) return uint64_t{0};
  absl::StatusOr<const state::Entity*> ticket =
      LoadOne({storage::v1::ENTITY_KIND_TICKET, tenant, subject.handle()});
  if (!ticket.ok()) return ticket.status();
  const state::Ring* const ring = (*ticket)->ring();
  return ring == nullptr || ring->happenings().empty()
             ? 0
             : ring->happenings().back().peer;
}

absl::Status Decider::FillRestrict(uint64_t tenant, uint64_t handle,
                                   ActEntry* act) {
  storage::v1::Restricted& restricted =
      *act->mutable_restrict()->mutable_restricted();
  if (handle != 0) restricted.mutable_on()->set_handle(handle);
  restricted.set_from_ms(now_ms_);
  if (absl::Status status =
          CheckUntil("until", restricted.until_ms(), now_ms_, kActMaxMs);
      !status.ok()) {
    return status;
  }
  absl::StatusOr<const state::Entity*> subject =
      LoadOne(*state::KeyOf(restricted.on(), tenant));
  if (!subject.ok()) return subject.status();
  if (restricted.on().subject() == levee::v1::SUBJECT_CAMPAIGN &&
      (*subject)->applied() == 0) {
    return Unknown("campaign", restricted.on().handle());
  }
  if ((*subject)->standing() != nullptr) {
    const auto& held = (*subject)->standing()->restrictions();
    const auto in_force =
        std::count_if(held.begin(), held.end(), [&](const auto& other) {
          return other.restricted().rule_id().empty() &&
                 other.restricted().until_ms() > now_ms_;
        });
    if (in_force >= state::kOperatorRestrictionsMax) {
      return absl::FailedPreconditionError(absl::StrCat(
          "subject: ", in_force,
          " restrictions of operators are in force for it already: "
          "lift one first"));
    }
  }
  absl::StatusOr<uint64_t> customer = CustomerOf(tenant, restricted.on());
  if (customer.ok()) act->set_customer(*customer);
  return customer.status();
}

absl::Status Decider::FillLift(uint64_t tenant, ActEntry* act) {
  storage::v1::LiftAct& lift = *act->mutable_lift();
  absl::StatusOr<const state::Entity*> found =
      LoadOne({storage::v1::ENTITY_KIND_RESTRICTION, tenant, lift.id()});
  if (!found.ok()) return found.status();
  if ((*found)->applied() == 0) return Unknown("restriction", lift.id());
  const storage::v1::RestrictionRecord& record = *(*found)->restriction();
  if (record.lifted_ms() != 0 || record.restricted().until_ms() <= now_ms_) {
    return IsOver("restriction", lift.id());
  }
  *lift.mutable_on() = record.restricted().on();
  lift.set_forgiven_ms(now_ms_);
  absl::StatusOr<const state::Entity*> subject =
      LoadOne(*state::KeyOf(lift.on(), tenant));
  if (!subject.ok()) return subject.status();
  const std::string& rule = record.restricted().rule_id();
  if (!rule.empty() && (*subject)->standing() != nullptr) {
    for (const auto& held : (*subject)->standing()->restrictions()) {
      if (held.id() != lift.id() && held.restricted().rule_id() == rule &&
          held.restricted().until_ms() > now_ms_) {
        lift.add_also(held.id());
      }
    }
  }
  if (!rule.empty()) {
    absl::StatusOr<storage::v1::Entry> made =
        ReadEntry(state::SequenceOfRestriction(lift.id()));
    if (made.ok()) {
      lift.set_customer(made->event().happening().subjects().customer());
    } else if (!absl::IsNotFound(made.status())) {
      return made.status();
    }
  }
  absl::StatusOr<uint64_t> customer = CustomerOf(tenant, lift.on());
  if (customer.ok()) act->set_customer(*customer);
  return customer.status();
}

absl::Status Decider::FillOverrule(uint64_t handle, ActEntry* act) const {
  storage::v1::OverrideAct& overrule = *act->mutable_overrule();
  overrule.set_customer(handle);
  act->set_customer(handle);
  absl::Status status;
  if (overrule.exempt_until_ms() != 0) {
    status = CheckUntil("override.exempt_until", overrule.exempt_until_ms(),
                        now_ms_, kActMaxMs);
  }
  if (overrule.limits_times() != 0) {
    status.Update(CheckUntil("override.limits_until",
                             overrule.limits_until_ms(), now_ms_, kActMaxMs));
  }
  return status;
}

absl::StatusOr<uint64_t> Decider::FillGrant(const Act& given, uint64_t handle,
                                            ActEntry* act) {
  const uint64_t tenant = given.tenant->handle;
  storage::v1::GrantAct& grant = *act->mutable_grant();
  grant.set_customer(handle);
  act->set_customer(handle);
  SetBytes((*hash_)("reference", tenant, given.reference),
           grant.mutable_reference_hash());
  if (absl::Status status =
          CheckUntil("until", grant.until_ms(), now_ms_, kGrantMaxMs);
      !status.ok()) {
    return status;
  }
  absl::StatusOr<const state::Entity*> customer =
      LoadOne({storage::v1::ENTITY_KIND_CUSTOMER, tenant, handle});
  if (!customer.ok()) return customer.status();
  if ((*customer)->standing() == nullptr) return uint64_t{0};
  // Sent again, perhaps, as its answer was lost.
  int unused = 0;
  for (const auto& held : (*customer)->standing()->entitlements()) {
    if (held.granted().reference_hash() == grant.reference_hash() &&
        held.granted().until_ms() == grant.until_ms()) {
      if (held.used_by() == 0) return held.id();
      return absl::FailedPreconditionError(
          "reference: granted until then already, and a ticket has used it; "
          "with another end it is granted anew");
    }
    unused += held.used_by() == 0 && held.granted().until_ms() > now_ms_;
  }
  if (unused < state::kEntitlementsMax) return uint64_t{0};
  return absl::FailedPreconditionError(
      absl::StrCat("customer_id: ", unused,
                   " entitlements of his are unused: no more can be granted"));
}

absl::Status Decider::FillIncident(uint64_t tenant, ActEntry* act) {
  absl::StatusOr<const state::Entity*> found =
      LoadOne({storage::v1::ENTITY_KIND_INCIDENTS, tenant, 0});
  if (!found.ok()) return found.status();
  const storage::v1::IncidentsRecord& record = *(*found)->incidents();
  if (act->has_end_incident()) {
    storage::v1::EndIncidentAct& end = *act->mutable_end_incident();
    end.set_at_ms(now_ms_);
    for (const auto& incident : record.incidents()) {
      if (incident.id() != end.id()) continue;
      return state::Runs(incident, now_ms_) ? absl::OkStatus()
                                            : IsOver("incident", end.id());
    }
    return Unknown("incident", end.id());
  }
  storage::v1::BeginIncidentAct& begin = *act->mutable_begin_incident();
  if (begin.from_ms() == 0) begin.set_from_ms(now_ms_);
  if (begin.from_ms() > now_ms_ ||
      begin.from_ms() < now_ms_ - kIncidentBackMaxMs) {
    return absl::InvalidArgumentError(
        "from: it must lie in the last 24 hours: what was decided before them "
        "stands");
  }
  if (begin.until_ms() != 0) {
    absl::Status status =
        CheckUntil("until", begin.until_ms(), now_ms_, kIncidentMaxMs);
    if (!status.ok()) return status;
  }
  const auto running = std::count_if(
      record.incidents().begin(), record.incidents().end(),
      [&](const auto& incident) { return state::Runs(incident, now_ms_); });
  if (running >= state::kIncidentsMax) {
    return absl::FailedPreconditionError(
        absl::StrCat(running, " incidents run already: end one first"));
  }
  if (begin.proposal() == 0) return absl::OkStatus();
  for (const auto& incident : record.incidents()) {
    if (incident.begun().proposal() != begin.proposal() ||
        !state::Runs(incident, now_ms_)) {
      continue;
    }
    return absl::FailedPreconditionError(
        absl::StrCat("proposal_id: the incident ", incident.id(),
                     ", which followed it, runs already"));
  }
  for (const auto& proposal : record.proposals()) {
    if (proposal.id() != begin.proposal()) continue;
    if (begin.departments().empty() &&
        !proposal.proposed().department().empty()) {
      begin.add_departments(proposal.proposed().department());
    }
    return absl::OkStatus();
  }
  return absl::NotFoundError(
      absl::StrCat("proposal_id: there is no proposal ", begin.proposal()));
}

absl::Status Decider::CheckCampaign(uint64_t tenant, const ActEntry& act) {
  const uint64_t id = act.campaign().id();
  absl::StatusOr<const state::Entity*> found =
      LoadOne({storage::v1::ENTITY_KIND_CAMPAIGN, tenant, id});
  if (!found.ok()) return found.status();
  return (*found)->applied() == 0 ? Unknown("campaign", id) : absl::OkStatus();
}

absl::Status Decider::FillReview(const Tenant& tenant, ActEntry* act) {
  storage::v1::ResolveReviewAct& resolve = *act->mutable_resolve_review();
  const uint64_t id = resolve.review();
  absl::StatusOr<const state::Entity*> found =
      LoadOne({storage::v1::ENTITY_KIND_REVIEW, tenant.handle, id});
  if (!found.ok()) return found.status();
  if ((*found)->applied() == 0) return Unknown("review", id);
  const storage::v1::ReviewRecord& record = *(*found)->review();
  if (record.outcome() != storage::v1::REVIEW_OUTCOME_OPEN) {
    return absl::FailedPreconditionError(
        absl::StrCat("id: the review ", id, " is resolved already"));
  }
  const uint64_t customer = record.subjects().customer();
  resolve.set_rule_id(record.rule_id());
  resolve.set_customer(customer);
  act->set_customer(customer);
  // Where nobody looked, nobody said that it was legitimate: it is let through,
  // and counts.
  if (act->author().empty()) return absl::OkStatus();
  absl::StatusOr<storage::v1::Entry> held = ReadEntry(id);
  // Cut by retention: nothing it had brought counts any more.
  if (absl::IsNotFound(held.status())) return absl::OkStatus();
  if (!held.ok()) return held.status();
  absl::StatusOr<const state::Entity*> of =
      LoadOne({storage::v1::ENTITY_KIND_CUSTOMER, tenant.handle, customer});
  if (!of.ok()) return of.status();
  if (resolve.released()) {
    return AddRefunds(*held, id, **of, resolve.mutable_refunds());
  }
  if (const auto rules = tenant.rules(); rules != nullptr) {
    const rules::CompiledRule* const rule = rules->Find(resolve.rule_id());
    std::optional<storage::v1::Offence> offence =
        rule == nullptr
            ? std::nullopt
            : rules::ConfirmedOffence(*rule, held->event(), (*of)->standing());
    if (offence.has_value()) *resolve.mutable_offence() = *std::move(offence);
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Decider::Fill(const Act& given, uint64_t handle,
                                       ActEntry* act) {
  const uint64_t tenant = given.tenant->handle;
  absl::Status status;
  switch (act->what_case()) {
    case ActEntry::kRestrict:
      status = FillRestrict(tenant, handle, act);
      break;
    case ActEntry::kLift:
      status = FillLift(tenant, act);
      break;
    case ActEntry::kOverrule:
      status = FillOverrule(handle, act);
      break;
    case ActEntry::kGrant:
      return FillGrant(given, handle, act);
    case ActEntry::kBeginIncident:
    case ActEntry::kEndIncident:
      status = FillIncident(tenant, act);
      break;
    case ActEntry::kResolveReview:
      status = FillReview(*given.tenant, act);
      break;
    case ActEntry::kProposeIncident:
      break;
    case ActEntry::kCampaign:
      status = CheckCampaign(tenant, *act);
      break;
    default:
      status = absl::InvalidArgumentError("an act of no kind");
  }
  if (!status.ok()) return status;
  return uint64_t{0};
}

absl::StatusOr<uint64_t> Decider::Perform(const Act& given) {
  storage::v1::Entry entry;
  entry.set_tenant(given.tenant->handle);
  entry.set_decided_at_ms(now_ms_);
  ActEntry& act = *entry.mutable_act();
  act = given.entry;
  Named about = {.name = {given.tenant->handle, given.about, given.id}};
  if (!given.id.empty()) {
    about.handle = naming_->Want(about.name).value_or(0);
    if (absl::Status read = naming_->Load(); !read.ok()) return read;
    HandleOf(&about);
  }
  absl::StatusOr<uint64_t> existing = Fill(given, about.handle, &act);
  if (!existing.ok() || *existing != 0) return existing;
  const uint64_t sequence = next_sequence_;
  keys_.clear();
  state::AppendKeysOf(entry, sequence, &keys_);
  std::vector<EntityCache::Slot*> slots;
  for (const state::EntityKey& key : keys_) {
    slots.push_back(cache_->Acquire(key));
  }
  if (absl::Status read = cache_->Load(); !read.ok()) return read;
  if (!given.id.empty()) Give(about);
  RecordAct(given.reason, slots, &entry);
  return sequence;
}

void Decider::RecordAct(const std::string& reason,
                        const std::vector<EntityCache::Slot*>& slots,
                        storage::v1::Entry* entry) {
  const uint64_t sequence = next_sequence_++;
  const auto place = static_cast<uint32_t>(unit_->batch.ends.size());
  const uint64_t customer = entry->act().customer();
  if (customer == 0) {
    entry->mutable_act()->set_reason(reason);
  } else {
    if (!reason.empty()) {
      unit_->batch.notes.push_back({.place = place,
                                    .tenant = entry->tenant(),
                                    .customer = customer,
                                    .text = reason});
    }
    unit_->batch.index.push_back({.place = place,
                                  .event_id = storage::ActId(sequence),
                                  .tenant = entry->tenant(),
                                  .customer = customer,
                                  .effective_ms = entry->decided_at_ms(),
                                  .decided_at_ms = entry->decided_at_ms()});
  }
  Append(*entry);
  Apply(*entry, sequence, slots);
  if (entry->act().has_resolve_review()) {
    unit_->answers->resolved.push_back({entry->tenant(), sequence});
  }
}

bool Decider::IsTold(uint64_t tenant, const std::string& department) const {
  const storage::v1::IncidentsRecord& record = directory_->Of(tenant).incidents;
  return directory_->IncidentOf(tenant, department, now_ms_) != 0 ||
         std::any_of(record.proposals().begin(), record.proposals().end(),
                     [&](const auto& proposal) {
                       return proposal.proposed().department() == department &&
                              proposal.at_ms() > now_ms_ - kProposeEveryMs;
                     });
}

void Decider::ProposeIncident(const Pending& pending) {
  const uint64_t tenant = pending.entry->tenant();
  int64_t& looked_ms = surge_looked_ms_[tenant];
  if (now_ms_ < looked_ms + kLookEveryMs) return;
  looked_ms = now_ms_;
  const storage::v1::Happening& happening = pending.entry->event().happening();
  const struct {
    state::EntityKey key;
    std::string department;
  } desks[] = {{{storage::v1::ENTITY_KIND_TENANT, tenant, 0}, ""},
               {{storage::v1::ENTITY_KIND_DEPARTMENT, tenant,
                 happening.subjects().department()},
                pending.item->event->department()}};
  for (const auto& [key, department] : desks) {
    const state::Entity* const entity = Find(pending, key);
    Act act;
    act.tenant = pending.group->tenant;
    auto& proposal = *act.entry.mutable_propose_incident();
    if (entity == nullptr || IsTold(tenant, department) ||
        !state::LooksLikeOutage(*entity, happening.effective_ms(), &proposal)) {
      continue;
    }
    proposal.set_department(department);
    // An error in reading comes again with the next event, and is told there.
    (void)Perform(act).status();
    return;
  }
}

void Decider::DecideAct(Act* act) {
  unit_->answers->acts.push_back(Perform(*act));
}

void Decider::ReleaseDue(int64_t now_ms,
                         const std::vector<std::unique_ptr<Tenant>>& tenants) {
  now_ms_ = now_ms;
  directory_->ForgetBefore(now_ms);
  int released = 0;
  for (const std::unique_ptr<Tenant>& tenant : tenants) {
    while (const uint64_t due = directory_->NextDue(tenant->handle, now_ms)) {
      if (++released > kDueAtOnce) return;
      Act act;
      act.tenant = tenant.get();
      act.entry.mutable_resolve_review()->set_review(due);
      act.entry.mutable_resolve_review()->set_released(true);
      // Read errors come again with the next event, and are told there.
      if (!Perform(act).ok()) return;
    }
  }
}

}  // namespace levee::sequencer
