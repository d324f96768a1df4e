#include "server/state/entity.h"

#include <algorithm>
#include <utility>

#include "server/state/happening.h"
#include "server/state/records.h"
#include "server/state/standing.h"

namespace levee::state {
namespace {

namespace sv1 = storage::v1;

bool IsRing(sv1::EntityKind kind) {
  return kind == sv1::ENTITY_KIND_CUSTOMER || kind == sv1::ENTITY_KIND_TICKET;
}

bool HasSurge(sv1::EntityKind kind) {
  return kind == sv1::ENTITY_KIND_TENANT || kind == sv1::ENTITY_KIND_DEPARTMENT;
}

bool IsSource(sv1::EntityKind kind) {
  return kind >= sv1::ENTITY_KIND_IP && kind <= sv1::ENTITY_KIND_DEVICE;
}

// True where `happening` counts for the entity: it is one of its subjects, and
// for a source the customer acted.
bool Touches(const sv1::Happening& happening, const EntityKey& key) {
  if (!IsStoredKind(happening.kind())) return false;
  if (key.kind == sv1::ENTITY_KIND_TENANT) return true;
  if (IsSource(key.kind) && (happening.flags() & kByCustomer) == 0) {
    return false;
  }
  const uint64_t handle = HandleOf(key.kind, happening.subjects());
  return handle != 0 && handle == key.handle;
}

// An opening that an entitlement let through counts for nothing.
bool CountsForNothing(const sv1::EventEntry& event) {
  return event.outcome().exemption() == levee::v1::EXEMPTION_ENTITLEMENT;
}

bool LetThrough(const sv1::EventEntry& event) {
  return event.outcome().verdict() == levee::v1::VERDICT_ALLOW;
}

void ApplyToRing(const sv1::EventEntry& event, uint64_t sequence,
                 const EntityKey& key, Ring* ring) {
  const sv1::Happening& happening = event.happening();
  const sv1::Subjects& subjects = happening.subjects();
  if (Touches(happening, key) && !CountsForNothing(event)) {
    const bool is_customer = key.kind == sv1::ENTITY_KIND_CUSTOMER;
    ring->Add({.effective_ms = ClampTime(happening.effective_ms()),
               .sequence = sequence,
               .peer = is_customer ? subjects.ticket() : subjects.customer(),
               .agent = subjects.agent(),
               .flags = happening.flags() & kFlagsAll,
               .kind = static_cast<uint8_t>(happening.kind()),
               .let_through = LetThrough(event)});
  }
  if (HandleOf(key.kind, subjects) == key.handle) ring->Note(sequence);
}

void ApplyToShared(const sv1::EventEntry& event, const EntityKey& key,
                   Shared* shared) {
  const sv1::Happening& happening = event.happening();
  if (Touches(happening, key) && !CountsForNothing(event)) {
    const int64_t at_ms = ClampTime(happening.effective_ms());
    const uint32_t what = WhatOf(happening.kind(), happening.flags());
    const uint64_t customer = happening.subjects().customer();
    shared->facts.Add(at_ms, what, customer);
    if (LetThrough(event)) shared->let_through.Add(at_ms, what, customer);
  }
}

// What a campaign's first message tells of those before it.
void ApplyFounders(const sv1::EventEntry& event, Shared* shared,
                   Campaign* campaign) {
  for (const sv1::Founder& founder : event.text().founders()) {
    const sv1::Happening& happening = founder.happening();
    if (!IsStoredKind(happening.kind())) continue;
    const int64_t at_ms = ClampTime(happening.effective_ms());
    const uint32_t what = WhatOf(happening.kind(), happening.flags());
    const uint64_t customer = happening.subjects().customer();
    shared->facts.Add(at_ms, what, customer);
    if (founder.let_through()) shared->let_through.Add(at_ms, what, customer);
    campaign->Add(founder.sequence(), happening, founder.let_through());
  }
}

void ApplyToCampaign(const sv1::EventEntry& event, uint64_t sequence,
                     const EntityKey& key, Shared* shared, Campaign* campaign) {
  if (!Touches(event.happening(), key)) return;
  if (key.handle == sequence) ApplyFounders(event, shared, campaign);
  if (!CountsForNothing(event)) {
    campaign->Add(sequence, event.happening(), LetThrough(event));
  }
}

void TakeBackFromShared(const sv1::Refund& refund, Shared* shared) {
  const sv1::Happening& happening = refund.happening();
  const int64_t at_ms = ClampTime(happening.effective_ms());
  const uint32_t what = WhatOf(happening.kind(), happening.flags());
  const uint64_t customer = happening.subjects().customer();
  shared->facts.Remove(at_ms, what, customer);
  if (refund.let_through()) shared->let_through.Remove(at_ms, what, customer);
}

bool IsOpening(const sv1::Happening& happening) {
  return happening.kind() == levee::v1::EVENT_KIND_OPENED &&
         (happening.flags() & kByCustomer) != 0 &&
         happening.subjects().ip_prefix() != 0;
}

// Before the facts take it in.
void ApplyToSurge(const sv1::EventEntry& event, const CellSeries& facts,
                  Surge* surge) {
  const sv1::Happening& happening = event.happening();
  if (!IsStoredKind(happening.kind()) || CountsForNothing(event)) return;
  const int64_t at_ms = ClampTime(happening.effective_ms());
  surge->Advance(at_ms, facts);
  if (IsOpening(happening)) {
    surge->prefixes.Add(at_ms, WhatOf(happening.kind(), happening.flags()),
                        happening.subjects().ip_prefix());
  }
}

void ApplyToImport(const sv1::EventEntry& event, Import* import) {
  import->position = std::max(import->position, event.import_position());
  import->last_effective_ms = std::max(
      import->last_effective_ms, ClampTime(event.happening().effective_ms()));
}

void ApplyToRuleSetList(const sv1::RuleSetEntry& entry, int64_t decided_at_ms,
                        RuleSetList* list) {
  if (!list->revisions.empty() &&
      entry.revision() <= list->revisions.back().revision()) {
    return;
  }
  sv1::RuleSetHead head;
  head.set_revision(entry.revision());
  head.set_applied_at_ms(decided_at_ms);
  head.set_author(entry.author());
  head.set_comment(entry.comment());
  head.set_name(entry.name());
  head.set_rolled_back_to(entry.rolled_back_to());
  head.set_shadow(entry.shadow());
  list->revisions.push_back(std::move(head));
  if (list->revisions.size() > kRevisionsMax) {
    list->revisions.erase(list->revisions.begin());
  }
}

}  // namespace

Entity::Entity(sv1::EntityKind kind) {
  if (IsRing(kind)) {
    what_.emplace<Ring>();
  } else if (kind == sv1::ENTITY_KIND_IMPORT) {
    what_.emplace<Import>();
  } else if (kind == sv1::ENTITY_KIND_RULE_SET) {
    what_.emplace<RuleSetList>();
  } else if (kind == sv1::ENTITY_KIND_RESTRICTION) {
    what_.emplace<sv1::RestrictionRecord>();
  } else if (kind == sv1::ENTITY_KIND_REVIEW) {
    what_.emplace<sv1::ReviewRecord>();
  } else if (kind == sv1::ENTITY_KIND_INCIDENTS) {
    what_.emplace<sv1::IncidentsRecord>();
  } else if (kind == sv1::ENTITY_KIND_RULE) {
    what_.emplace<sv1::RuleRecord>();
  } else {
    what_.emplace<Shared>();
  }
  if (HasSurge(kind)) surge_ = std::make_unique<Surge>();
  if (kind == sv1::ENTITY_KIND_CAMPAIGN) {
    campaign_ = std::make_unique<Campaign>();
  }
}

Entity::Entity(const Entity& other)
    : applied_(other.applied_),
      what_(other.what_),
      standing_(other.standing_ == nullptr
                    ? nullptr
                    : std::make_unique<sv1::StandingRecord>(*other.standing_)),
      surge_(other.surge_ == nullptr ? nullptr
                                     : std::make_unique<Surge>(*other.surge_)),
      campaign_(other.campaign_ == nullptr
                    ? nullptr
                    : std::make_unique<Campaign>(*other.campaign_)) {}

Entity FoundedCampaign(const sv1::Entry& entry) {
  Entity entity(sv1::ENTITY_KIND_CAMPAIGN);
  ApplyFounders(entry.event(), std::get_if<Shared>(&entity.what_),
                entity.campaign_.get());
  return entity;
}

void Entity::Apply(const sv1::Entry& entry, uint64_t sequence,
                   const EntityKey& key) {
  if (sequence <= applied_) return;
  applied_ = sequence;
  if (HasStanding(key.kind)) ApplyStanding(entry, sequence, key);
  for (const sv1::Refund& refund : RefundsOf(entry)) {
    if (!refund.uncounted() && Touches(refund.happening(), key)) {
      TakeBack(refund);
    }
  }
  if (campaign_ != nullptr && entry.act().has_campaign()) {
    campaign_->set_cleared(entry.act().campaign().cleared());
  }
  if (auto* const restriction = std::get_if<sv1::RestrictionRecord>(&what_)) {
    ApplyToRestriction(entry, sequence, key.handle, restriction);
  } else if (auto* const review = std::get_if<sv1::ReviewRecord>(&what_)) {
    ApplyToReview(entry, sequence, key.handle, review);
  } else if (auto* const list = std::get_if<sv1::IncidentsRecord>(&what_)) {
    ApplyToIncidents(entry, sequence, list);
  } else if (auto* const rule = std::get_if<sv1::RuleRecord>(&what_)) {
    ApplyToRule(entry, rule);
  } else if (entry.has_rule_set()) {
    ApplyRuleSet(entry, key);
  } else if (entry.has_event()) {
    const sv1::EventEntry& event = entry.event();
    if (Ring* ring = std::get_if<Ring>(&what_)) {
      ApplyToRing(event, sequence, key, ring);
    } else if (Shared* shared = std::get_if<Shared>(&what_)) {
      if (surge_ != nullptr) ApplyToSurge(event, shared->facts, surge_.get());
      if (campaign_ != nullptr) {
        ApplyToCampaign(event, sequence, key, shared, campaign_.get());
      }
      ApplyToShared(event, key, shared);
    } else if (Import* import = std::get_if<Import>(&what_)) {
      ApplyToImport(event, import);
    }
  } else if (entry.has_import()) {
    if (Import* import = std::get_if<Import>(&what_)) {
      import->position = std::max(import->position, entry.import().position());
    }
  }
}

void Entity::TakeBack(const sv1::Refund& refund) {
  if (Ring* const ring = std::get_if<Ring>(&what_)) {
    ring->Remove(refund.sequence());
  } else if (Shared* const shared = std::get_if<Shared>(&what_)) {
    TakeBackFromShared(refund, shared);
    const sv1::Happening& happening = refund.happening();
    if (surge_ != nullptr && IsOpening(happening)) {
      surge_->prefixes.Remove(ClampTime(happening.effective_ms()),
                              WhatOf(happening.kind(), happening.flags()),
                              happening.subjects().ip_prefix());
    }
    if (campaign_ != nullptr) campaign_->Remove(refund.sequence(), happening);
  }
}

void Entity::ApplyRuleSet(const sv1::Entry& entry, const EntityKey& key) {
  const sv1::RuleSetEntry& rule_set = entry.rule_set();
  if (key.handle == 0) {
    RuleSetList* const list = std::get_if<RuleSetList>(&what_);
    if (list != nullptr) {
      ApplyToRuleSetList(rule_set, entry.decided_at_ms(), list);
    }
  } else if (key.handle == rule_set.revision()) {
    what_ = RuleSetText{rule_set.text()};
  } else {
    what_ = RuleSetText{};  // It left the list.
  }
}

void Entity::ApplyStanding(const sv1::Entry& entry, uint64_t sequence,
                           const EntityKey& key) {
  const bool is_new = standing_ == nullptr;
  // Nearly every entry leaves every standing as it was.
  if (is_new && !entry.has_act() && RefundsOf(entry).empty() &&
      entry.event().outcome().restricted().empty() &&
      entry.event().outcome().offences().empty() &&
      entry.event().outcome().review_within_ms() == 0 &&
      entry.event().outcome().exemption() !=
          levee::v1::EXEMPTION_SAFETY_VALVE) {
    return;
  }
  if (is_new) standing_ = std::make_unique<sv1::StandingRecord>();
  ApplyToStanding(entry, sequence, key, standing_.get());
  if (standing_->ByteSizeLong() == 0) standing_.reset();
}

size_t Entity::memory_bytes() const {
  size_t bytes = sizeof(Entity);
  if (standing_ != nullptr) bytes += standing_->SpaceUsedLong();
  if (const Ring* of = ring()) {
    bytes += of->heap_bytes();
  } else if (const Shared* of = shared()) {
    bytes += of->facts.heap_bytes() + of->let_through.heap_bytes();
    if (surge_ != nullptr) {
      bytes += sizeof(Surge) + surge_->prefixes.heap_bytes();
    }
    if (campaign_ != nullptr) {
      bytes += sizeof(Campaign) + campaign_->heap_bytes();
    }
  } else if (const RuleSetList* of = rule_sets()) {
    for (const sv1::RuleSetHead& head : of->revisions) {
      bytes += head.SpaceUsedLong();
    }
  } else if (const RuleSetText* of = rule_set_text()) {
    bytes += of->text.capacity();
  }
  return bytes;
}

}  // namespace levee::state
