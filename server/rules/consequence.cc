#include "server/rules/consequence.h"

#include <algorithm>
#include <optional>

#include "server/state/standing.h"

namespace levee::rules {
namespace {

using storage::v1::DecisionOutcome;
using storage::v1::EventEntry;
using storage::v1::MetRestriction;
using storage::v1::Offence;
using storage::v1::Restricted;

// 64 bits that nobody outside can guess or choose: the event id's keyed hash.
uint64_t HashOf(const EventEntry& event) {
  uint64_t hash = 0;
  for (const unsigned char c : event.event_id_hash().substr(0, 8)) {
    hash = hash << 8 | c;
  }
  return hash;
}

int64_t DurationOf(const CompiledRestrict& restrict, const EventEntry& event) {
  const uint64_t thousandths =
      HashOf(event) % (static_cast<uint64_t>(restrict.jitter_percent) * 10 + 1);
  return restrict.duration_ms +
         restrict.duration_ms * static_cast<int64_t>(thousandths) / 1000;
}

// A restriction that has no say in the verdict keeps no other rule from its
// consequences either.
bool HasLapsed(const MetRestriction& met, const DecisionOutcome& outcome) {
  return std::find(outcome.lapsed().begin(), outcome.lapsed().end(),
                   met.id()) != outcome.lapsed().end();
}

// Attempts extend a restriction by a tenth of its time at least: it needs no
// more than a few entries, however many attempts there are.
bool Extends(const Match& match, const EventEntry& event,
             const DecisionOutcome& outcome) {
  const CompiledRestrict& restrict = *match.action->restrict;
  const int64_t end_ms =
      event.happening().effective_ms() + restrict.duration_ms;
  return std::none_of(
      event.standing().met().begin(), event.standing().met().end(),
      [&](const MetRestriction& met) {
        return !HasLapsed(met, outcome) && met.rule_id() == match.rule->id &&
               met.subject() == restrict.subject &&
               met.until_ms() > end_ms - restrict.duration_ms / 10;
      });
}

// A restriction that outranks what the rule asks for, or is the rule's own on
// that subject.
bool IsBarred(const Match& match, const EventEntry& event,
              const DecisionOutcome& outcome) {
  const std::optional<CompiledRestrict>& terms = match.action->restrict;
  if (terms.has_value() && terms->attempts_extend) {
    return !Extends(match, event, outcome);
  }
  return std::any_of(
      event.standing().met().begin(), event.standing().met().end(),
      [&](const MetRestriction& met) {
        if (HasLapsed(met, outcome)) return false;
        if (terms.has_value() && met.rule_id() == match.rule->id &&
            met.subject() == terms->subject &&
            met.verdict() >= terms->verdict) {
          return true;
        }
        return IsMet(met, event) && met.verdict() >= match.action->verdict;
      });
}

}  // namespace

Match MatchOf(const CompiledRule& rule, const EventEntry& event) {
  Match match = {.rule = &rule, .action = &rule.then};
  match.suspended = rule.shared && event.standing().incident() != 0;
  if (rule.escalate.memory_ms == 0) return match;
  const int64_t at_ms = event.happening().effective_ms();
  bool lasts = false;
  int64_t offences = 0;
  for (const Offence& offence : event.standing().offences()) {
    if (offence.rule() != rule.hash || offence.at_ms() > at_ms ||
        offence.at_ms() <= at_ms - rule.escalate.memory_ms) {
      continue;
    }
    ++offences;
    lasts |= at_ms < offence.until_ms();
  }
  // What has extended its restriction is part of it too.
  for (const MetRestriction& met : event.standing().met()) {
    lasts |= offences > 0 && met.rule_id() == rule.id;
  }
  match.begins_offence = !lasts;
  match.offence = static_cast<int>(offences + (lasts ? 0 : 1));
  for (const CompiledStep& step : rule.escalate.steps) {
    if (match.offence >= step.offences) match.action = &step.then;
  }
  return match;
}

bool IsMet(const MetRestriction& met, const EventEntry& event) {
  return state::Covers(met.scope(), event.happening().kind()) &&
         !(met.shared() && event.standing().incident() != 0);
}

void AddConsequences(const Match& match, uint64_t ends_after_ms,
                     const EventEntry& event, DecisionOutcome* outcome) {
  if (IsBarred(match, event, *outcome)) return;
  const int64_t at_ms = event.happening().effective_ms();
  int64_t lasts_ms = kOffenceLeastMs;
  if (match.action->verdict == levee::v1::VERDICT_THROTTLE) {
    lasts_ms = std::max(lasts_ms, static_cast<int64_t>(ends_after_ms));
  }
  const std::optional<CompiledRestrict>& restrict = match.action->restrict;
  if (restrict.has_value()) {
    const std::optional<state::EntityKey> key =
        state::KeyOf(restrict->subject, 0, event.happening().subjects());
    if (key.has_value() && outcome->restricted_size() < state::kRestrictedMax) {
      const int64_t duration_ms = DurationOf(*restrict, event);
      lasts_ms = std::max(lasts_ms, duration_ms);
      Restricted* const restricted = outcome->add_restricted();
      restricted->mutable_on()->set_subject(restrict->subject);
      restricted->mutable_on()->set_handle(key->handle);
      restricted->set_scope(restrict->scope);
      restricted->set_verdict(restrict->verdict);
      restricted->set_from_ms(at_ms);
      restricted->set_until_ms(at_ms + duration_ms);
      restricted->set_rule_id(match.rule->id);
      restricted->set_category(match.rule->category);
      restricted->set_shared(match.rule->shared);
      if (match.rule->of_campaign) {
        restricted->set_campaign(event.happening().subjects().campaign());
      }
    }
  }
  // A hold is a suspicion; what a person confirms is an offence.
  const bool suspects =
      match.action->verdict == levee::v1::VERDICT_HOLD && !restrict.has_value();
  if (!match.begins_offence || suspects) return;
  Offence* const offence = outcome->add_offences();
  offence->set_rule(match.rule->hash);
  offence->set_at_ms(at_ms);
  offence->set_until_ms(at_ms + lasts_ms);
}

std::optional<Offence> ConfirmedOffence(
    const CompiledRule& rule, const EventEntry& event,
    const storage::v1::StandingRecord* standing) {
  if (rule.escalate.memory_ms == 0) return std::nullopt;
  const auto& findings = event.outcome().findings();
  if (std::none_of(findings.begin(), findings.end(), [&](const auto& finding) {
        return finding.rule_id() == rule.id;
      })) {
    return std::nullopt;
  }
  const int64_t at_ms = event.happening().effective_ms();
  // In whatever order a person confirms what belongs together.
  const auto covers = [&](const Offence& offence) {
    return offence.rule() == rule.hash &&
           offence.at_ms() < at_ms + kOffenceLeastMs &&
           at_ms < offence.until_ms();
  };
  if (standing != nullptr) {
    for (const storage::v1::HeldOffence& held : standing->offences()) {
      if (covers(held.offence())) return std::nullopt;
    }
  }
  Offence offence;
  offence.set_rule(rule.hash);
  offence.set_at_ms(at_ms);
  offence.set_until_ms(at_ms + kOffenceLeastMs);
  return offence;
}

}  // namespace levee::rules
