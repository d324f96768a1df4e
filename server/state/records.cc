#include "server/state/records.h"

#include "server/state/entity.h"
#include "server/state/standing.h"

namespace levee::state {
namespace {

namespace sv1 = storage::v1;

// Its category too: that of the finding which decided.
void FillHeld(const sv1::EventEntry& event, sv1::ReviewRecord* record) {
  const sv1::DecisionOutcome& outcome = event.outcome();
  *record->mutable_subjects() = event.happening().subjects();
  record->set_kind(event.happening().kind());
  record->set_rule_id(outcome.decided_by());
  for (const sv1::EntryFinding& finding : outcome.findings()) {
    if (finding.rule_id() == outcome.decided_by()) {
      record->set_category(finding.category());
      return;
    }
  }
  for (const sv1::MetRestriction& met : event.standing().met()) {
    if (met.rule_id() == outcome.decided_by()) {
      record->set_category(met.category());
    }
  }
}

}  // namespace

void ApplyToRestriction(const sv1::Entry& entry, uint64_t sequence, uint64_t id,
                        sv1::RestrictionRecord* record) {
  const auto place = static_cast<int>(id % kRestrictedMax);
  if (SequenceOfRestriction(id) == sequence) {
    if (entry.has_event()) {
      *record->mutable_restricted() = entry.event().outcome().restricted(place);
    } else {
      const sv1::ActEntry& act = entry.act();
      *record->mutable_restricted() = act.restrict().restricted();
      record->set_author(act.author());
      record->set_reason(act.reason());
    }
    return;
  }
  // Lifted, or what made it was taken back.
  if (record->lifted_ms() != 0) return;
  record->set_lifted_ms(entry.decided_at_ms());
  record->set_lift_sequence(sequence);
  if (!entry.has_act()) return;
  const sv1::ActEntry& act = entry.act();
  record->set_lifted_by(act.author());
  record->set_lift_reason(act.reason());
}

void ApplyToReview(const sv1::Entry& entry, uint64_t sequence, uint64_t review,
                   sv1::ReviewRecord* record) {
  if (sequence == review) {
    FillHeld(entry.event(), record);
    record->set_held_ms(entry.decided_at_ms());
    record->set_until_ms(entry.decided_at_ms() +
                         entry.event().outcome().review_within_ms());
    record->set_outcome(sv1::REVIEW_OUTCOME_OPEN);
    return;
  }
  if (record->outcome() != sv1::REVIEW_OUTCOME_OPEN) return;
  record->set_resolved_ms(entry.decided_at_ms());
  record->set_resolved_sequence(sequence);
  if (!entry.has_act()) {
    record->set_outcome(sv1::REVIEW_OUTCOME_WITHDRAWN);
    return;
  }
  const sv1::ActEntry& act = entry.act();
  record->set_outcome(act.resolve_review().released()
                          ? sv1::REVIEW_OUTCOME_RELEASED
                          : sv1::REVIEW_OUTCOME_CONFIRMED);
  record->set_resolved_by(act.author());
}

bool Runs(const sv1::IncidentRecord& incident, int64_t at_ms) {
  if (at_ms < incident.begun().from_ms()) return false;
  if (incident.ended_ms() != 0 && at_ms >= incident.ended_ms()) return false;
  return incident.begun().until_ms() == 0 ||
         at_ms < incident.begun().until_ms();
}

void ApplyToIncidents(const sv1::Entry& entry, uint64_t sequence,
                      sv1::IncidentsRecord* record) {
  const sv1::ActEntry& act = entry.act();
  if (act.has_begin_incident()) {
    auto* const list = record->mutable_incidents();
    // Those that are over go first.
    for (int i = 0; list->size() >= kIncidentsMax && i < list->size(); ++i) {
      if (Runs(list->Get(i), entry.decided_at_ms())) continue;
      list->erase(list->begin() + i--);
    }
    sv1::IncidentRecord* const incident = list->Add();
    incident->set_id(sequence);
    *incident->mutable_begun() = act.begin_incident();
    incident->set_author(act.author());
    incident->set_reason(act.reason());
  } else if (act.has_end_incident()) {
    for (sv1::IncidentRecord& incident : *record->mutable_incidents()) {
      if (incident.id() != act.end_incident().id()) continue;
      incident.set_ended_ms(act.end_incident().at_ms());
      incident.set_ended_by(act.author());
      incident.set_end_reason(act.reason());
    }
  } else if (act.has_propose_incident()) {
    auto* const list = record->mutable_proposals();
    if (list->size() >= kProposalsMax) list->erase(list->begin());
    sv1::ProposalRecord* const proposal = list->Add();
    proposal->set_id(sequence);
    *proposal->mutable_proposed() = act.propose_incident();
    proposal->set_at_ms(entry.decided_at_ms());
  }
}

void ApplyToRule(const sv1::Entry& entry, sv1::RuleRecord* record) {
  const sv1::ActEntry& act = entry.act();
  if (!act.has_resolve_review()) return;
  record->set_rule_id(act.resolve_review().rule_id());
  if (!act.resolve_review().released()) {
    record->set_confirmed(record->confirmed() + 1);
  } else if (act.author().empty()) {
    record->set_unattended(record->unattended() + 1);
  } else {
    record->set_released(record->released() + 1);
  }
}

}  // namespace levee::state
