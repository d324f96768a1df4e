// Every rule on the event's kind is evaluated over the recorded leaves in
// Kleene's logic; it matches where `when` is true and `unless` is not. All that
// match are findings; the strongest of those that are enforced is the verdict.
//
// How long until the event would pass: time is moved on over the moments at
// which a counter of a rule runs free or an age crosses its bound, until the
// rule no longer matches. The longest such time among the rules that ask for
// the verdict is the answer.
#include "server/rules/decide.h"

#include <algorithm>

#include "server/rules/message.h"
#include "server/rules/truth.h"
#include "server/state/happening.h"

namespace levee::rules {
namespace {

using levee::v1::EventKind;
using levee::v1::Verdict;
using storage::v1::DecisionOutcome;
using storage::v1::EntryFinding;
using storage::v1::EventEntry;
using storage::v1::FindingEvidence;

// How many moments are looked at before a rule counts as one that never lets
// go. More than the counters of any sensible rule.
constexpr int kMomentsMax = 256;

constexpr int64_t kSecondMs = 1'000;

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
        kind_(1u << event.happening().kind()),
        values_(rules, event) {}

  void Pass(DecisionOutcome* outcome);

 private:
  bool Matches(const CompiledRule& rule, uint64_t after_ms) const {
    return values_.Evaluate(rule.when, after_ms) == Truth::kTrue &&
           values_.Evaluate(rule.unless, after_ms) != Truth::kTrue;
  }
  void AddFinding(const CompiledRule& rule, DecisionOutcome* outcome) const;
  // Milliseconds until no rule asks for THROTTLE any more.
  uint64_t RetryAfter() const;
  uint64_t EndOf(const CompiledRule& rule) const;

  const RuleSet& rules_;
  const EventEntry& event_;
  const uint32_t kind_;
  const LeafValues values_;
};

void Judgement::Pass(DecisionOutcome* outcome) {
  const CompiledRule* strongest = nullptr;
  bool shadowed = false;
  for (const CompiledRule& rule : rules_.rules()) {
    if ((rule.on & kind_) == 0 || !Matches(rule, 0)) continue;
    AddFinding(rule, outcome);
    if (rule.verdict == levee::v1::VERDICT_ALLOW) continue;
    shadowed |= rule.shadowed_by_set;
    if (rule.mode == levee::v1::MODE_ENFORCE &&
        (strongest == nullptr || rule.verdict > strongest->verdict)) {
      strongest = &rule;
    }
  }
  if (strongest == nullptr && !shadowed) return;
  if ((event_.happening().flags() & state::kFirstReply) != 0) {
    outcome->set_exemption(levee::v1::EXEMPTION_FIRST_REPLY);
  } else if (strongest == nullptr) {
    outcome->set_exemption(levee::v1::EXEMPTION_SHADOW_SET);
  } else {
    outcome->set_verdict(strongest->verdict);
    if (strongest->verdict == levee::v1::VERDICT_THROTTLE) {
      outcome->set_retry_after_ms(RetryAfter());
    }
    outcome->set_message(MessageOf(*strongest, strongest->verdict,
                                   event_.language(),
                                   outcome->retry_after_ms()));
  }
}

void Judgement::AddFinding(const CompiledRule& rule,
                           DecisionOutcome* outcome) const {
  EntryFinding* const finding = outcome->add_findings();
  finding->set_rule_id(rule.id);
  finding->set_category(rule.category);
  finding->set_mode(rule.mode);
  finding->set_verdict(rule.verdict);
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
    int64_t threshold = at_most ? leaf.at_most : leaf.at_least;
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

uint64_t Judgement::RetryAfter() const {
  uint64_t longest = 0;
  for (const CompiledRule& rule : rules_.rules()) {
    if ((rule.on & kind_) != 0 && rule.mode == levee::v1::MODE_ENFORCE &&
        rule.verdict >= levee::v1::VERDICT_THROTTLE && Matches(rule, 0)) {
      longest = std::max(longest, EndOf(rule));
    }
  }
  return longest;
}

uint64_t Judgement::EndOf(const CompiledRule& rule) const {
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
  return kRetryAfterDefaultMs;
}

void SetTime(int64_t at_ms, google::protobuf::Timestamp* time) {
  // Rounds down, before 1970 as well.
  int64_t seconds = at_ms / kSecondMs;
  int64_t ms = at_ms % kSecondMs;
  if (ms < 0) {
    ms += kSecondMs;
    --seconds;
  }
  time->set_seconds(seconds);
  time->set_nanos(static_cast<int32_t>(ms * 1'000'000));
}

void ToFinding(const EntryFinding& from, int64_t effective_ms,
               levee::v1::Finding* to) {
  to->set_rule_id(from.rule_id());
  to->set_category(from.category());
  to->set_mode(from.mode());
  to->set_verdict(from.verdict());
  for (const FindingEvidence& evidence : from.evidence()) {
    levee::v1::Evidence* const told = to->add_evidence();
    told->set_label(evidence.label());
    told->set_value(evidence.value());
    told->set_threshold(evidence.threshold());
    if (evidence.free_after_ms() > 0) {
      SetTime(effective_ms + static_cast<int64_t>(evidence.free_after_ms()),
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
  SetTime(entry.decided_at_ms(), decision->mutable_decided_at());
  SetTime(effective_ms, decision->mutable_effective_at());
  decision->set_rule_set_revision(event.rule_set_revision());
}

}  // namespace levee::rules
