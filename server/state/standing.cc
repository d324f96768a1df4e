#include "server/state/standing.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "server/state/entity.h"
#include "server/state/happening.h"

namespace levee::state {
namespace {

namespace sv1 = storage::v1;
using levee::v1::EventKind;
using levee::v1::Subject;
using sv1::StandingRecord;

// A live event counts up to a day ago: what ended before that meets nothing.
constexpr int64_t kLateMaxMs = 24LL * 3'600'000;
// No memory of offences reaches further back.
constexpr int64_t kOffenceMemoryMaxMs = 366LL * 86'400'000;

struct KindOfSubject {
  Subject subject;
  sv1::EntityKind kind;
};
constexpr KindOfSubject kSubjects[] = {
    {levee::v1::SUBJECT_CUSTOMER, sv1::ENTITY_KIND_CUSTOMER},
    {levee::v1::SUBJECT_TICKET, sv1::ENTITY_KIND_TICKET},
    {levee::v1::SUBJECT_IP, sv1::ENTITY_KIND_IP},
    {levee::v1::SUBJECT_IP_PREFIX, sv1::ENTITY_KIND_IP_PREFIX},
    {levee::v1::SUBJECT_EMAIL, sv1::ENTITY_KIND_EMAIL},
    {levee::v1::SUBJECT_EMAIL_DOMAIN, sv1::ENTITY_KIND_EMAIL_DOMAIN},
    {levee::v1::SUBJECT_DEVICE, sv1::ENTITY_KIND_DEVICE},
    {levee::v1::SUBJECT_CAMPAIGN, sv1::ENTITY_KIND_CAMPAIGN},
};

bool IsKey(const sv1::SubjectRef& subject, const EntityKey& key) {
  const std::optional<EntityKey> of = KeyOf(subject, key.tenant);
  return of.has_value() && *of == key;
}

template <typename List, typename Drop>
void EraseIf(List* list, Drop drop) {
  list->erase(std::remove_if(list->begin(), list->end(), drop), list->end());
}

// Makes room for one more by dropping what comes first by `order`.
template <typename List, typename Order>
void MakeRoom(List* list, int most, Order order) {
  if (list->size() < most) return;
  list->erase(std::min_element(
      list->begin(), list->end(),
      [&](const auto& a, const auto& b) { return order(a) < order(b); }));
}

// Keeps `list` ascending by `order` after an element was added at its end, and
// at most `most` long.
template <typename List, typename Order>
void SettleLast(List* list, int most, Order order) {
  for (int i = list->size() - 1;
       i > 0 && order(list->Get(i)) < order(list->Get(i - 1)); --i) {
    list->SwapElements(i, i - 1);
  }
  if (list->size() > most) list->erase(list->begin());
}

void AddRestriction(uint64_t id, const sv1::Restricted& restricted,
                    int64_t now_ms, StandingRecord* standing) {
  auto* const list = standing->mutable_restrictions();
  EraseIf(list, [&](const sv1::HeldRestriction& held) {
    return held.restricted().until_ms() <= now_ms - kLateMaxMs;
  });
  MakeRoom(list, kRestrictionsMax, [](const sv1::HeldRestriction& held) {
    return std::make_tuple(held.restricted().rule_id().empty(),
                           held.restricted().until_ms());
  });
  sv1::HeldRestriction* const held = list->Add();
  held->set_id(id);
  *held->mutable_restricted() = restricted;
}

void AddOffence(uint64_t sequence, const sv1::Offence& offence,
                StandingRecord* standing) {
  auto* const list = standing->mutable_offences();
  EraseIf(list, [&](const sv1::HeldOffence& held) {
    return held.offence().at_ms() < offence.at_ms() - kOffenceMemoryMaxMs;
  });
  sv1::HeldOffence* const held = list->Add();
  held->set_sequence(sequence);
  *held->mutable_offence() = offence;
  SettleLast(list, kOffencesMax, [](const sv1::HeldOffence& held) {
    return std::make_tuple(held.offence().at_ms(), held.sequence());
  });
}

void AddValve(uint64_t sequence, int64_t at_ms, StandingRecord* standing) {
  sv1::HeldValve* const held = standing->add_valve();
  held->set_sequence(sequence);
  held->set_at_ms(at_ms);
  SettleLast(standing->mutable_valve(), kValveMax,
             [](const sv1::HeldValve& held) {
               return std::make_tuple(held.at_ms(), held.sequence());
             });
}

void AddEntitlement(uint64_t id, const sv1::GrantAct& granted, int64_t now_ms,
                    StandingRecord* standing) {
  auto* const list = standing->mutable_entitlements();
  EraseIf(list, [&](const sv1::HeldEntitlement& held) {
    return held.granted().until_ms() <= now_ms - kLateMaxMs;
  });
  MakeRoom(list, kEntitlementsMax, [](const sv1::HeldEntitlement& held) {
    return std::make_tuple(held.used_by() == 0, held.granted().until_ms());
  });
  sv1::HeldEntitlement* const held = list->Add();
  held->set_id(id);
  *held->mutable_granted() = granted;
}

void EraseReview(uint64_t id, StandingRecord* standing) {
  EraseIf(standing->mutable_reviews(),
          [&](const sv1::HeldReview& held) { return held.id() == id; });
}

void TakeBack(const sv1::Refund& refund, const EntityKey& key,
              StandingRecord* standing) {
  EraseIf(standing->mutable_restrictions(),
          [&](const sv1::HeldRestriction& held) {
            return SequenceOfRestriction(held.id()) == refund.sequence();
          });
  if (key.kind != sv1::ENTITY_KIND_CUSTOMER) return;
  EraseReview(refund.sequence(), standing);
  EraseIf(standing->mutable_offences(), [&](const sv1::HeldOffence& held) {
    return held.sequence() == refund.sequence();
  });
  EraseIf(standing->mutable_valve(), [&](const sv1::HeldValve& held) {
    return held.sequence() == refund.sequence();
  });
  for (sv1::HeldEntitlement& held : *standing->mutable_entitlements()) {
    if (held.used_by() == refund.sequence()) held.set_used_by(0);
  }
}

void ApplyEvent(const sv1::Entry& entry, uint64_t sequence,
                const EntityKey& key, StandingRecord* standing) {
  const sv1::EventEntry& event = entry.event();
  const sv1::DecisionOutcome& outcome = event.outcome();
  for (int i = 0; i < outcome.restricted_size(); ++i) {
    if (!IsKey(outcome.restricted(i).on(), key)) continue;
    AddRestriction(RestrictionId(sequence, i), outcome.restricted(i),
                   entry.decided_at_ms(), standing);
  }
  if (key.kind != sv1::ENTITY_KIND_CUSTOMER ||
      event.happening().subjects().customer() != key.handle) {
    return;
  }
  if (outcome.review_within_ms() != 0) {
    sv1::HeldReview* const held = standing->add_reviews();
    held->set_id(sequence);
    held->set_until_ms(entry.decided_at_ms() + outcome.review_within_ms());
    SettleLast(standing->mutable_reviews(), kHeldReviewsMax,
               [](const sv1::HeldReview& review) { return review.id(); });
  }
  for (const sv1::Offence& offence : outcome.offences()) {
    AddOffence(sequence, offence, standing);
  }
  if (outcome.exemption() == levee::v1::EXEMPTION_SAFETY_VALVE) {
    AddValve(sequence, ClampTime(event.happening().effective_ms()), standing);
  }
  if (outcome.exemption() != levee::v1::EXEMPTION_ENTITLEMENT) return;
  for (sv1::HeldEntitlement& held : *standing->mutable_entitlements()) {
    if (held.id() == event.standing().entitlement()) held.set_used_by(sequence);
  }
}

void ApplyLift(const sv1::LiftAct& lift, const EntityKey& key,
               StandingRecord* standing) {
  const auto is_lifted = [&](uint64_t id) {
    return id == lift.id() || std::find(lift.also().begin(), lift.also().end(),
                                        id) != lift.also().end();
  };
  const bool of_customer =
      key.kind == sv1::ENTITY_KIND_CUSTOMER && key.handle == lift.customer();
  if (!IsKey(lift.on(), key) && !of_customer) return;
  EraseIf(
      standing->mutable_restrictions(),
      [&](const sv1::HeldRestriction& held) { return is_lifted(held.id()); });
  standing->set_forgiven_ms(
      std::max(standing->forgiven_ms(), lift.forgiven_ms()));
  // What no longer counts is no offence either.
  EraseIf(standing->mutable_offences(), [&](const sv1::HeldOffence& held) {
    return held.offence().at_ms() <= lift.forgiven_ms();
  });
}

void ApplyAct(const sv1::Entry& entry, uint64_t sequence, const EntityKey& key,
              StandingRecord* standing) {
  const sv1::ActEntry& act = entry.act();
  const auto of_customer = [&](uint64_t customer) {
    return key.kind == sv1::ENTITY_KIND_CUSTOMER && key.handle == customer;
  };
  switch (act.what_case()) {
    case sv1::ActEntry::kRestrict:
      if (!IsKey(act.restrict().restricted().on(), key)) return;
      AddRestriction(RestrictionId(sequence, 0), act.restrict().restricted(),
                     entry.decided_at_ms(), standing);
      return;
    case sv1::ActEntry::kLift:
      ApplyLift(act.lift(), key, standing);
      return;
    case sv1::ActEntry::kOverrule:
      if (!of_customer(act.overrule().customer())) return;
      standing->set_exempt_until_ms(act.overrule().exempt_until_ms());
      standing->set_limits_times(act.overrule().limits_times());
      standing->set_limits_until_ms(act.overrule().limits_until_ms());
      return;
    case sv1::ActEntry::kGrant:
      if (!of_customer(act.grant().customer())) return;
      AddEntitlement(sequence, act.grant(), entry.decided_at_ms(), standing);
      return;
    case sv1::ActEntry::kResolveReview:
      if (!of_customer(act.resolve_review().customer())) return;
      EraseReview(act.resolve_review().review(), standing);
      if (act.resolve_review().has_offence()) {
        AddOffence(act.resolve_review().review(),
                   act.resolve_review().offence(), standing);
      }
      return;
    default:
      return;
  }
}

// Only what matters to the happening is a fact of it.
void MeasureRestrictions(const StandingRecord& standing, Subject subject,
                         int64_t at_ms, sv1::StandingFacts* facts) {
  for (const sv1::HeldRestriction& held : standing.restrictions()) {
    const sv1::Restricted& restricted = held.restricted();
    if (at_ms < restricted.from_ms() || at_ms >= restricted.until_ms()) {
      continue;
    }
    sv1::MetRestriction* const met = facts->add_met();
    met->set_id(held.id());
    met->set_verdict(restricted.verdict());
    met->set_until_ms(restricted.until_ms());
    met->set_rule_id(restricted.rule_id());
    met->set_category(restricted.category());
    met->set_shared(restricted.shared());
    met->set_subject(subject);
    met->set_scope(restricted.scope());
  }
}

// When so many of the reviews have ended that another may be opened; 0: it may
// now. Whether those whose time has come were let through already is a matter
// of moments, and changes nothing.
int64_t ReviewsFullUntil(const StandingRecord& standing, int64_t decided_ms) {
  absl::InlinedVector<int64_t, kHeldReviewsMax> ends_ms;
  for (const sv1::HeldReview& held : standing.reviews()) {
    if (held.until_ms() > decided_ms) ends_ms.push_back(held.until_ms());
  }
  if (ends_ms.size() < kOpenReviewsOfCustomer) return 0;
  std::sort(ends_ms.begin(), ends_ms.end());
  return ends_ms[ends_ms.size() - kOpenReviewsOfCustomer];
}

void MeasureCustomer(const StandingRecord& standing, EventKind kind,
                     int64_t at_ms, int64_t decided_ms,
                     std::string_view reference_hash,
                     sv1::StandingFacts* facts) {
  for (const sv1::HeldOffence& held : standing.offences()) {
    *facts->add_offences() = held.offence();
  }
  if (kind == levee::v1::EVENT_KIND_OPENED) {
    for (const sv1::HeldValve& held : standing.valve()) {
      facts->add_valve_ms(held.at_ms());
    }
    for (const sv1::HeldEntitlement& held : standing.entitlements()) {
      if (reference_hash.empty() || held.used_by() != 0 ||
          held.granted().reference_hash() != reference_hash ||
          held.granted().until_ms() <= at_ms) {
        continue;
      }
      facts->set_entitlement(held.id());
      break;
    }
  }
  facts->set_reviews_full_until_ms(ReviewsFullUntil(standing, decided_ms));
  if (at_ms < standing.exempt_until_ms()) facts->set_exempt(true);
  if (at_ms < standing.limits_until_ms()) {
    facts->set_limits_times(standing.limits_times());
  }
}

// That a customer calls his own ticket solved says nothing of him. What is
// older than the window leaves the ring with the next happening.
bool HadSolution(const Ring& ring, int64_t at_ms) {
  const absl::Span<const Happened> recent =
      ring.Between(at_ms - kWindowMaxMs - 1, at_ms);
  return std::any_of(recent.begin(), recent.end(),
                     [](const Happened& happened) {
                       return (happened.flags & kProvidesSolution) != 0 &&
                              (happened.flags & kByCustomer) == 0;
                     });
}

}  // namespace

uint64_t RuleHash(std::string_view rule_id) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : rule_id) hash = (hash ^ c) * 0x100000001b3;
  // 0 stands for the tenant's own entities.
  return hash == 0 ? 1 : hash;
}

bool HasStanding(sv1::EntityKind kind) {
  return (kind >= sv1::ENTITY_KIND_CUSTOMER &&
          kind <= sv1::ENTITY_KIND_DEVICE) ||
         kind == sv1::ENTITY_KIND_CAMPAIGN;
}

std::optional<EntityKey> KeyOf(const sv1::SubjectRef& subject,
                               uint64_t tenant) {
  if (subject.handle() == 0) return std::nullopt;
  for (const KindOfSubject& of : kSubjects) {
    if (of.subject == subject.subject()) {
      return EntityKey{of.kind, tenant, subject.handle()};
    }
  }
  return std::nullopt;
}

bool Covers(levee::v1::RestrictionScope scope, EventKind kind) {
  if (kind == levee::v1::EVENT_KIND_OPENED) return true;
  return scope == levee::v1::RESTRICTION_SCOPE_ALL_MESSAGES &&
         (kind == levee::v1::EVENT_KIND_CUSTOMER_REPLIED ||
          kind == levee::v1::EVENT_KIND_REOPENED);
}

sv1::Refund MakeRefund(const sv1::Entry& entry, uint64_t sequence,
                       const Entity* customer) {
  const sv1::EventEntry& event = entry.event();
  const sv1::DecisionOutcome& outcome = event.outcome();
  sv1::Refund refund;
  refund.set_sequence(sequence);
  *refund.mutable_happening() = event.happening();
  refund.set_let_through(outcome.verdict() == levee::v1::VERDICT_ALLOW);
  refund.set_restricted(outcome.restricted_size());
  refund.set_reviewed(outcome.review_within_ms() != 0);
  if (outcome.exemption() == levee::v1::EXEMPTION_ENTITLEMENT) {
    refund.set_entitlement(event.standing().entitlement());
  }
  // What an entitlement let through is in no ring.
  const Ring* const ring = customer == nullptr ? nullptr : customer->ring();
  refund.set_uncounted(ring == nullptr || ring->Find(sequence) == nullptr);
  return refund;
}

const google::protobuf::RepeatedPtrField<sv1::Refund>& RefundsOf(
    const sv1::Entry& entry) {
  return entry.has_event() ? entry.event().refunds()
                           : entry.act().resolve_review().refunds();
}

void ApplyToStanding(const sv1::Entry& entry, uint64_t sequence,
                     const EntityKey& key, StandingRecord* standing) {
  for (const sv1::Refund& refund : RefundsOf(entry)) {
    TakeBack(refund, key, standing);
  }
  if (entry.has_event()) {
    ApplyEvent(entry, sequence, key, standing);
  } else if (entry.has_act()) {
    ApplyAct(entry, sequence, key, standing);
  }
}

absl::Status CheckStanding(const StandingRecord& standing) {
  if (standing.restrictions_size() > kRestrictionsMax ||
      standing.offences_size() > kOffencesMax ||
      standing.valve_size() > kValveMax ||
      standing.entitlements_size() > kEntitlementsMax ||
      standing.reviews_size() > kHeldReviewsMax) {
    return absl::DataLossError("standing: more than can be held");
  }
  return absl::OkStatus();
}

void MeasureStanding(const sv1::Happening& happening, uint64_t tenant,
                     int64_t decided_ms, std::string_view reference_hash,
                     bool wants_solved, FindEntity find,
                     sv1::StandingFacts* facts) {
  const EventKind kind = happening.kind();
  const int64_t at_ms = ClampTime(happening.effective_ms());
  for (const KindOfSubject& of : kSubjects) {
    const std::optional<EntityKey> key =
        KeyOf(of.subject, tenant, happening.subjects());
    if (!key.has_value()) continue;
    const Entity* const entity = find(*key);
    if (entity == nullptr) continue;
    if (const StandingRecord* const standing = entity->standing()) {
      MeasureRestrictions(*standing, of.subject, at_ms, facts);
      if (of.subject == levee::v1::SUBJECT_CUSTOMER) {
        MeasureCustomer(*standing, kind, at_ms, decided_ms, reference_hash,
                        facts);
      }
    }
    if (wants_solved && of.subject == levee::v1::SUBJECT_CUSTOMER &&
        entity->ring() != nullptr && HadSolution(*entity->ring(), at_ms)) {
      facts->set_solved(true);
    }
  }
}

}  // namespace levee::state
