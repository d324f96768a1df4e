// Every rule on the event's kind is evaluated over the recorded leaves in
// Kleene's logic; it matches where `when` is true and `unless` is not. All that
// match are findings. The strongest of those that are enforced, and of the
// restrictions that the event meets, is the verdict, unless an exemption holds.
//
// How long until the event would pass: time is moved on over the moments at
// which a counter of a rule runs free or an age crosses its bound, until the
// rule no longer matches. The longest such time among the rules that ask for
// the verdict, and among the restrictions, is the answer.
#include "server/rules/decide.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "server/rules/consequence.h"
#include "server/rules/message.h"
#include "server/rules/truth.h"
#include "server/state/happening.h"
#include "server/state/standing.h"
#include "server/state/timestamp.h"
#include "server/text/thresholds.h"

namespace levee::rules {
namespace {

using levee::v1::EventKind;
using levee::v1::Verdict;
using storage::v1::DecisionOutcome;
using storage::v1::EntryFinding;
using storage::v1::EventEntry;
using storage::v1::FindingEvidence;
using storage::v1::MetRestriction;

// How many moments are looked at before a rule counts as one that never lets
// go. More than the counters of any sensible rule.
constexpr int kMomentsMax = 256;

constexpr int64_t kSecondMs = 1'000;

constexpr uint64_t kNever = UINT64_MAX;

bool IsJudged(const EventEntry& event) {
  const EventKind kind = event.happening().kind();
  return event.actor() == levee::v1::ACTOR_CUSTOMER &&
         kind != levee::v1::EVENT_KIND_AGENT_REPLIED &&
         kind != levee::v1::EVENT_KIND_ABUSE_REPORTED &&
         kind != levee::v1::EVENT_KIND_WITHDRAWN;
}

// One event before a rule set.
class Judgement {
 public:
  Judgement(const RuleSet& rules, const EventEntry& event)
      : rules_(rules),
        event_(event),
        standing_(event.standing()),
        kind_(1u << event.happening().kind()),
        values_(rules, event) {}

  void Pass(DecisionOutcome* outcome);

 private:
  bool Matches(const CompiledRule& rule, uint64_t after_ms) const {
    return values_.Evaluate(rule.when, after_ms) == Truth::kTrue &&
           values_.Evaluate(rule.unless, after_ms) != Truth::kTrue;
  }
  // Whether what asks for that verdict has a say: what was only a challenge
  // has been passed.
  bool Counts(Verdict verdict) const {
    return verdict > levee::v1::VERDICT_CHALLENGE ||
           (verdict == levee::v1::VERDICT_CHALLENGE &&
            !event_.challenge_passed());
  }
  bool IsEnforced(const Match& match) const {
    return match.rule->mode == levee::v1::MODE_ENFORCE && !match.suspended &&
           Counts(match.action->verdict);
  }
  bool IsEnforced(const MetRestriction& met) const {
    return IsMet(met, event_) && Counts(met.verdict()) && !HasLapsed(met);
  }
  // Whether the rule that made it is no longer enforced, or spares the event: a
  // rule that is in shadow or gone, or has a customer on its list of the
  // trusted, changes nothing by what it did before.
  bool HasLapsed(const MetRestriction& met) const {
    if (met.rule_id().empty()) return false;
    const CompiledRule* const rule = rules_.Find(met.rule_id());
    return rule == nullptr || rule->mode != levee::v1::MODE_ENFORCE ||
           values_.Evaluate(rule->unless, 0) == Truth::kTrue;
  }
  void FindMatches(DecisionOutcome* outcome);
  void FindStrongest();
  void AddFinding(const Match& match, DecisionOutcome* outcome) const;
  // Why the event passes although something asks for more; UNSPECIFIED: it
  // does not.
  levee::v1::Exemption Exempts() const;
  // Why it passes where nothing asks for more.
  levee::v1::Exemption Spared() const;
  bool ValveOpens() const;
  void AddNotice(DecisionOutcome* outcome) const;
  void Enforce(DecisionOutcome* outcome);
  // Milliseconds until nothing asks for THROTTLE any more.
  uint64_t RetryAfter(const DecisionOutcome& outcome) const;
  // Milliseconds until all that asks for that verdict has ended; 0: nothing
  // does, or none of it ends by itself; kNever where `wait_for_all` and one
  // does not.
  uint64_t EndOfAll(Verdict verdict, bool wait_for_all,
                    const DecisionOutcome& outcome) const;
  // Milliseconds until the rule no longer matches; empty: it never lets go by
  // itself.
  std::optional<uint64_t> EndOf(const CompiledRule& rule) const;

  const RuleSet& rules_;
  const EventEntry& event_;
  const storage::v1::StandingFacts& standing_;
  const uint32_t kind_;
  const LeafValues values_;
  std::vector<Match> matches_;
  // The strongest that is enforced: a match, or a restriction.
  Verdict verdict_ = levee::v1::VERDICT_ALLOW;
  const CompiledRule* by_rule_ = nullptr;
  const MetRestriction* by_restriction_ = nullptr;
};

void Judgement::FindMatches(DecisionOutcome* outcome) {
  for (const CompiledRule& rule : rules_.rules()) {
    if ((rule.on & kind_) == 0 || !Matches(rule, 0)) continue;
    matches_.push_back(MatchOf(rule, event_));
    AddFinding(matches_.back(), outcome);
  }
}

void Judgement::FindStrongest() {
  for (const Match& match : matches_) {
    if (!IsEnforced(match) || match.action->verdict <= verdict_) continue;
    verdict_ = match.action->verdict;
    by_rule_ = match.rule;
  }
  for (const MetRestriction& met : standing_.met()) {
    if (!IsEnforced(met) || met.verdict() <= verdict_) continue;
    verdict_ = met.verdict();
    by_rule_ = nullptr;
    by_restriction_ = &met;
  }
}

levee::v1::Exemption Judgement::Exempts() const {
  if (standing_.exempt()) return levee::v1::EXEMPTION_CUSTOMER;
  if ((event_.happening().flags() & state::kFirstReply) != 0) {
    return levee::v1::EXEMPTION_FIRST_REPLY;
  }
  return levee::v1::EXEMPTION_UNSPECIFIED;
}

levee::v1::Exemption Judgement::Spared() const {
  bool shadowed = false;
  bool suspended = false;
  bool passed = false;
  for (const Match& match : matches_) {
    if (match.action->verdict == levee::v1::VERDICT_ALLOW) continue;
    shadowed |= match.rule->shadowed_by_set;
    if (match.rule->mode != levee::v1::MODE_ENFORCE) continue;
    suspended |= match.suspended;
    passed |= !match.suspended && !Counts(match.action->verdict);
  }
  for (const MetRestriction& met : standing_.met()) {
    if (!state::Covers(met.scope(), event_.happening().kind())) continue;
    suspended |= !IsMet(met, event_);
    shadowed |= rules_.shadow() && !met.rule_id().empty();
    passed |= IsMet(met, event_) && !HasLapsed(met) && !Counts(met.verdict());
  }
  const levee::v1::Exemption exempts = Exempts();
  if (exempts != levee::v1::EXEMPTION_UNSPECIFIED &&
      (shadowed || suspended || passed)) {
    return exempts;
  }
  if (shadowed) return levee::v1::EXEMPTION_SHADOW_SET;
  if (suspended) return levee::v1::EXEMPTION_INCIDENT;
  if (passed) return levee::v1::EXEMPTION_CHALLENGE_PASSED;
  return levee::v1::EXEMPTION_UNSPECIFIED;
}

bool Judgement::ValveOpens() const {
  const std::optional<CompiledValve>& valve = rules_.valve();
  if (!valve.has_value() ||
      event_.happening().kind() != levee::v1::EVENT_KIND_OPENED ||
      (verdict_ != levee::v1::VERDICT_THROTTLE &&
       verdict_ != levee::v1::VERDICT_REJECT)) {
    return false;
  }
  const int64_t at_ms = event_.happening().effective_ms();
  const bool old =
      valve->account_older_than_ms.has_value() &&
      event_.has_account_created_at_ms() &&
      at_ms - event_.account_created_at_ms() >= *valve->account_older_than_ms;
  if (!old && !(valve->solved_ticket && standing_.solved())) return false;
  // An operator restricted him, not a network that he shares with others.
  for (const MetRestriction& met : standing_.met()) {
    if (met.rule_id().empty() && IsMet(met, event_) &&
        met.verdict() > levee::v1::VERDICT_CHALLENGE &&
        (met.subject() == levee::v1::SUBJECT_CUSTOMER ||
         met.subject() == levee::v1::SUBJECT_EMAIL)) {
      return false;
    }
  }
  return std::none_of(standing_.valve_ms().begin(), standing_.valve_ms().end(),
                      [&](int64_t opened_ms) {
                        return std::abs(at_ms - opened_ms) < valve->every_ms;
                      });
}

void Judgement::AddNotice(DecisionOutcome* outcome) const {
  for (const Match& match : matches_) {
    if (match.rule->mode == levee::v1::MODE_ENFORCE && !match.suspended &&
        match.action->verdict == levee::v1::VERDICT_ALLOW &&
        !match.rule->messages.empty()) {
      outcome->set_message(MessageOf(*match.rule, levee::v1::VERDICT_ALLOW,
                                     event_.language(), 0));
      return;
    }
  }
}

void Judgement::Pass(DecisionOutcome* outcome) {
  FindMatches(outcome);
  for (const MetRestriction& met : standing_.met()) {
    if (IsMet(met, event_) && HasLapsed(met)) outcome->add_lapsed(met.id());
  }
  FindStrongest();
  if (standing_.entitlement() != 0) {
    outcome->set_exemption(levee::v1::EXEMPTION_ENTITLEMENT);
  } else if (verdict_ == levee::v1::VERDICT_ALLOW) {
    outcome->set_exemption(Spared());
    AddNotice(outcome);
  } else if (const levee::v1::Exemption exempts = Exempts();
             exempts != levee::v1::EXEMPTION_UNSPECIFIED) {
    outcome->set_exemption(exempts);
  } else {
    Enforce(outcome);
  }
}

void Judgement::Enforce(DecisionOutcome* outcome) {
  for (const Match& match : matches_) {
    const bool restricts = match.action->restrict.has_value();
    if (!IsEnforced(match) || (!match.begins_offence && !restricts)) continue;
    const uint64_t otherwise = restricts ? 0 : kRetryAfterDefaultMs;
    AddConsequences(match, EndOf(*match.rule).value_or(otherwise), event_,
                    outcome);
  }
  const int64_t full_ms =
      standing_.reviews_full_until_ms() - event_.happening().effective_ms();
  if (verdict_ == levee::v1::VERDICT_HOLD && event_.import() == 0 &&
      full_ms > 0) {
    outcome->set_reviews_full(true);
    verdict_ = levee::v1::VERDICT_THROTTLE;
  }
  outcome->set_decided_by(by_rule_ != nullptr ? by_rule_->id
                                              : by_restriction_->rule_id());
  Verdict verdict = verdict_;
  if (ValveOpens()) {
    outcome->set_exemption(levee::v1::EXEMPTION_SAFETY_VALVE);
    outcome->set_reviews_full(false);
    verdict = rules_.valve()->verdict;
  }
  outcome->set_verdict(verdict);
  if (verdict == levee::v1::VERDICT_HOLD && event_.import() == 0) {
    outcome->set_review_within_ms(rules_.review_within_ms());
  }
  if (verdict == levee::v1::VERDICT_THROTTLE) {
    outcome->set_retry_after_ms(RetryAfter(*outcome));
  }
  if (verdict == levee::v1::VERDICT_ALLOW) return;
  // A rule words what it asks for first. What a repetition or a restriction
  // brings, or the valve lets through, may be something else.
  const CompiledRule* rule =
      by_rule_ != nullptr ? by_rule_ : rules_.Find(by_restriction_->rule_id());
  if (rule != nullptr && rule->then.verdict != verdict) rule = nullptr;
  outcome->set_message(MessageOf(rule == nullptr ? CompiledRule() : *rule,
                                 verdict, event_.language(),
                                 outcome->retry_after_ms()));
}

void Judgement::AddFinding(const Match& match, DecisionOutcome* outcome) const {
  const CompiledRule& rule = *match.rule;
  EntryFinding* const finding = outcome->add_findings();
  finding->set_rule_id(rule.id);
  finding->set_category(rule.category);
  finding->set_mode(rule.mode);
  finding->set_verdict(match.action->verdict);
  finding->set_offence(static_cast<uint32_t>(match.offence));
  finding->set_suspended(match.suspended);
  for (const Step& step : rule.when) {
    if (step.op != Step::Op::kLeaf ||
        values_.At(step.argument, 0) != Truth::kTrue) {
      continue;
    }
    const Leaf& leaf = rules_.leaves()[step.argument];
    FindingEvidence* const evidence = finding->add_evidence();
    evidence->set_label(leaf.label);
    const bool at_most = leaf.at_least == INT64_MIN;
    int64_t value = values_.value(step.argument);
    int64_t threshold =
        at_most ? leaf.at_most : values_.at_least(step.argument);
    if (IsAge(leaf)) {
      // Told in seconds; bounds are whole ones, or a millisecond less.
      value /= kSecondMs;
      threshold = (threshold + kSecondMs - 1) / kSecondMs;
    }
    evidence->set_value(value);
    evidence->set_threshold(threshold);
    evidence->set_free_after_ms(values_.free_after_ms(step.argument));
  }
}

uint64_t Judgement::EndOfAll(Verdict verdict, bool wait_for_all,
                             const DecisionOutcome& outcome) const {
  uint64_t longest = 0;
  for (const Match& match : matches_) {
    if (!IsEnforced(match) || match.action->verdict != verdict) continue;
    const std::optional<uint64_t> end = EndOf(*match.rule);
    if (!end.has_value() && wait_for_all) return kNever;
    longest = std::max(longest, end.value_or(0));
  }
  const auto until = [&](int64_t until_ms) {
    const int64_t left_ms = until_ms - event_.happening().effective_ms();
    longest =
        std::max(longest, static_cast<uint64_t>(std::max<int64_t>(left_ms, 0)));
  };
  for (const MetRestriction& met : standing_.met()) {
    if (IsEnforced(met) && met.verdict() == verdict) until(met.until_ms());
  }
  for (const storage::v1::Restricted& made : outcome.restricted()) {
    if (made.verdict() == verdict &&
        state::Covers(made.scope(), event_.happening().kind())) {
      until(made.until_ms());
    }
  }
  return longest;
}

uint64_t Judgement::RetryAfter(const DecisionOutcome& outcome) const {
  const uint64_t throttled_ms =
      EndOfAll(levee::v1::VERDICT_THROTTLE, /*wait_for_all=*/false, outcome);
  if (outcome.reviews_full()) {
    // It is put on HOLD when there is room, or no longer when nothing asks for
    // that any more.
    const uint64_t held_ms =
        EndOfAll(levee::v1::VERDICT_HOLD, /*wait_for_all=*/true, outcome);
    const auto full_ms = static_cast<uint64_t>(
        standing_.reviews_full_until_ms() - event_.happening().effective_ms());
    return held_ms >= full_ms ? full_ms : std::max(held_ms, throttled_ms);
  }
  return throttled_ms == 0 ? kRetryAfterDefaultMs : throttled_ms;
}

std::optional<uint64_t> Judgement::EndOf(const CompiledRule& rule) const {
  uint64_t at = 0;
  for (int moments = 0; moments < kMomentsMax; ++moments) {
    uint64_t next = 0;
    for (const std::vector<Step>* steps : {&rule.when, &rule.unless}) {
      for (const Step& step : *steps) {
        if (step.op != Step::Op::kLeaf) continue;
        const uint64_t change = values_.NextChange(step.argument, at);
        if (change > 0 && (next == 0 || change < next)) next = change;
      }
    }
    if (next == 0) break;
    if (!Matches(rule, next)) return next;
    at = next;
  }
  return std::nullopt;
}

void ToFinding(const EntryFinding& from, int64_t effective_ms,
               levee::v1::Finding* to) {
  to->set_rule_id(from.rule_id());
  to->set_category(from.category());
  to->set_mode(from.mode());
  to->set_verdict(from.verdict());
  to->set_offence(static_cast<int32_t>(from.offence()));
  to->set_suspended(from.suspended());
  for (const FindingEvidence& evidence : from.evidence()) {
    levee::v1::Evidence* const told = to->add_evidence();
    told->set_label(evidence.label());
    told->set_value(evidence.value());
    told->set_threshold(evidence.threshold());
    if (evidence.free_after_ms() > 0) {
      state::SetTime(
          effective_ms + static_cast<int64_t>(evidence.free_after_ms()),
          told->mutable_free_again_at());
    }
  }
}

}  // namespace

void Decide(const RuleSet* rules, const EventEntry& event,
            DecisionOutcome* outcome) {
  outcome->Clear();
  outcome->set_verdict(levee::v1::VERDICT_ALLOW);
  if (!IsJudged(event)) {
    outcome->set_exemption(levee::v1::EXEMPTION_NOT_JUDGED);
  } else if (rules != nullptr) {
    Judgement(*rules, event).Pass(outcome);
  } else if (event.has_standing()) {
    // What operators did holds without rules.
    Judgement(RuleSet(), event).Pass(outcome);
  }
}

void ToDecision(const storage::v1::Entry& entry, uint64_t sequence,
                std::string_view event_id, levee::v1::Decision* decision) {
  const EventEntry& event = entry.event();
  const DecisionOutcome& outcome = event.outcome();
  const int64_t effective_ms = event.happening().effective_ms();
  decision->Clear();
  decision->set_sequence(sequence);
  decision->set_event_id(event_id.data(), event_id.size());
  decision->set_verdict(outcome.verdict());
  if (outcome.retry_after_ms() > 0) {
    const auto ms = static_cast<int64_t>(outcome.retry_after_ms());
    decision->mutable_retry_after()->set_seconds(ms / kSecondMs);
    decision->mutable_retry_after()->set_nanos(
        static_cast<int32_t>(ms % kSecondMs * 1'000'000));
  }
  decision->set_message(outcome.message());
  for (const EntryFinding& finding : outcome.findings()) {
    ToFinding(finding, effective_ms, decision->add_findings());
  }
  decision->set_exemption(outcome.exemption());
  state::SetTime(entry.decided_at_ms(), decision->mutable_decided_at());
  state::SetTime(effective_ms, decision->mutable_effective_at());
  decision->set_rule_set_revision(event.rule_set_revision());
  for (const MetRestriction& met : event.standing().met()) {
    if (!state::Covers(met.scope(), event.happening().kind())) continue;
    levee::v1::MetRestriction* const told = decision->add_met();
    told->set_id(met.id());
    told->set_verdict(met.verdict());
    state::SetTime(met.until_ms(), told->mutable_until());
    told->set_rule_id(met.rule_id());
    told->set_category(met.category());
    told->set_suspended(!IsMet(met, event));
    told->set_lapsed(std::find(outcome.lapsed().begin(), outcome.lapsed().end(),
                               met.id()) != outcome.lapsed().end());
  }
  // A preview makes none.
  for (int i = 0; sequence != 0 && i < outcome.restricted_size(); ++i) {
    decision->add_made(state::RestrictionId(sequence, i));
  }
  if (outcome.review_within_ms() > 0) {
    state::SetTime(entry.decided_at_ms() + outcome.review_within_ms(),
                   decision->mutable_review_until());
  }
  decision->set_incident_id(event.standing().incident());
  decision->set_reviews_full(outcome.reviews_full());
  const storage::v1::TextFacts& text = event.text();
  *decision->mutable_text_spans() = text.spans();
  if (text.similar() >= text::kSimilarAtBytes) {
    decision->set_similar_to(text.similar_to());
  }
  // A preview finds none: its number would be another entry's.
  if (sequence != 0 || text.founders().empty()) {
    decision->set_campaign_id(event.happening().subjects().campaign());
  }
}

}  // namespace levee::rules
