#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/rules/action.h"
#include "server/rules/duration.h"
#include "server/rules/leaf_compiler.h"
#include "server/rules/phrase.h"

namespace levee::rules {
namespace {

using levee::v1::Action;
using levee::v1::Escalation;
using levee::v1::EscalationStep;
using levee::v1::Restrict;
using levee::v1::SafetyValve;
using levee::v1::Verdict;

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr int64_t kRestrictMaxMs = 365 * kDayMs;
constexpr int64_t kMemoryMaxMs = 365 * kDayMs;
constexpr int64_t kValveEveryMaxMs = 31 * kDayMs;
constexpr int64_t kValveAgeMaxMs = 3650 * kDayMs;
constexpr int kJitterMax = 50;
constexpr int kStepsMax = 16;
// What a customer's standing remembers.
constexpr int64_t kOffencesMax = 32;

constexpr uint32_t Bit(int number) { return 1u << number; }
constexpr uint32_t kVerdicts =
    Bit(levee::v1::VERDICT_CHALLENGE) | Bit(levee::v1::VERDICT_THROTTLE) |
    Bit(levee::v1::VERDICT_HOLD) | Bit(levee::v1::VERDICT_REJECT);
constexpr uint32_t kSubjects =
    ((Bit(levee::v1::SUBJECT_DEVICE + 1) - 1) & ~1u) |
    Bit(levee::v1::SUBJECT_CAMPAIGN);

// A duration from `least_ms` on; 0 where it is wrong.
int64_t Duration(const std::string& text, const Spot& spot, int64_t least_ms,
                 int64_t most_ms, Problems* problems) {
  const std::optional<int64_t> ms =
      CompileDuration(text, spot, most_ms, problems);
  if (!ms.has_value()) return 0;
  if (*ms >= least_ms) return *ms;
  problems->Add(spot, absl::StrCat(Quoted(text), ": it must be ",
                                   FormatDuration(least_ms), " to ",
                                   FormatDuration(most_ms)));
  return 0;
}

CompiledRestrict CompileRestrict(const Restrict& restrict, Verdict verdict,
                                 const Place& place, Problems* problems) {
  CompiledRestrict compiled;
  compiled.subject = restrict.subject();
  if (restrict.subject() <= 0 || restrict.subject() > 31 ||
      (Bit(restrict.subject()) & kSubjects) == 0) {
    problems->Add(place.At(Restrict::kSubjectFieldNumber),
                  WrongEnum(levee::v1::Subject_descriptor(), restrict.subject(),
                            kSubjects));
  }
  compiled.verdict = restrict.verdict() == levee::v1::VERDICT_UNSPECIFIED
                         ? verdict
                         : restrict.verdict();
  if (compiled.verdict <= levee::v1::VERDICT_ALLOW ||
      !levee::v1::Verdict_IsValid(compiled.verdict)) {
    problems->Add(place.At(Restrict::kVerdictFieldNumber),
                  WrongEnum(levee::v1::Verdict_descriptor(), compiled.verdict,
                            kVerdicts));
  }
  if (restrict.scope() != levee::v1::RESTRICTION_SCOPE_UNSPECIFIED) {
    compiled.scope = restrict.scope();
  }
  if (!levee::v1::RestrictionScope_IsValid(restrict.scope())) {
    problems->Add(
        place.At(Restrict::kScopeFieldNumber),
        WrongEnum(levee::v1::RestrictionScope_descriptor(), restrict.scope(),
                  Bit(levee::v1::RESTRICTION_SCOPE_NEW_TICKETS) |
                      Bit(levee::v1::RESTRICTION_SCOPE_ALL_MESSAGES)));
  }
  compiled.duration_ms =
      Duration(restrict.duration(), place.At(Restrict::kDurationFieldNumber),
               kMinuteMs, kRestrictMaxMs, problems);
  compiled.jitter_percent = restrict.jitter_percent();
  if (restrict.jitter_percent() < 0 || restrict.jitter_percent() > kJitterMax) {
    problems->Add(place.At(Restrict::kJitterPercentFieldNumber),
                  absl::StrCat(restrict.jitter_percent(), ": it must be 0 to ",
                               kJitterMax));
  }
  compiled.attempts_extend = restrict.attempts_extend();
  return compiled;
}

}  // namespace

CompiledAction CompileAction(const Action& action, const Place& place,
                             Problems* problems) {
  CompiledAction compiled;
  compiled.verdict = action.verdict();
  if (!levee::v1::Verdict_IsValid(action.verdict()) || action.verdict() == 0) {
    problems->Add(place.At(Action::kVerdictFieldNumber),
                  WrongEnum(levee::v1::Verdict_descriptor(), action.verdict(),
                            kVerdicts | Bit(levee::v1::VERDICT_ALLOW)));
  }
  if (!action.has_restrict()) return compiled;
  compiled.restrict =
      CompileRestrict(action.restrict(), action.verdict(),
                      place.In(Action::kRestrictFieldNumber), problems);
  return compiled;
}

CompiledEscalation CompileEscalation(const Escalation& escalation,
                                     const Place& place, Problems* problems) {
  CompiledEscalation compiled;
  compiled.memory_ms =
      Duration(escalation.memory(), place.At(Escalation::kMemoryFieldNumber),
               kHourMs, kMemoryMaxMs, problems);
  if (escalation.steps().empty() || escalation.steps_size() > kStepsMax) {
    problems->Add(place.At(Escalation::kStepsFieldNumber),
                  absl::StrCat(escalation.steps_size(),
                               " steps: there must be 1 to ", kStepsMax));
    return compiled;
  }
  int64_t before = 1;
  for (int i = 0; i < escalation.steps_size(); ++i) {
    const EscalationStep& step = escalation.steps(i);
    const Place at = place.In(Escalation::kStepsFieldNumber, i);
    if (step.offences() <= before || step.offences() > kOffencesMax) {
      problems->Add(
          at.At(EscalationStep::kOffencesFieldNumber),
          absl::StrCat(step.offences(), ": it must be ", before + 1, " to ",
                       kOffencesMax, ", more than the step before"));
    }
    before = std::max(before, step.offences());
    if (!step.has_then()) {
      problems->Add(at.At(EscalationStep::kThenFieldNumber),
                    "missing: give a verdict");
      continue;
    }
    compiled.steps.push_back(
        {step.offences(),
         CompileAction(step.then(), at.In(EscalationStep::kThenFieldNumber),
                       problems)});
  }
  return compiled;
}

CompiledValve CompileValve(const SafetyValve& valve, const Place& place,
                           Problems* problems) {
  CompiledValve compiled;
  if (!valve.account_older_than().empty()) {
    compiled.account_older_than_ms =
        Duration(valve.account_older_than(),
                 place.At(SafetyValve::kAccountOlderThanFieldNumber), kHourMs,
                 kValveAgeMaxMs, problems);
  }
  compiled.solved_ticket = valve.solved_ticket();
  if (valve.account_older_than().empty() && !valve.solved_ticket()) {
    problems->Add(place.Here(),
                  "nobody is in good standing: give account_older_than, "
                  "solved_ticket or both");
  }
  compiled.every_ms =
      Duration(valve.every(), place.At(SafetyValve::kEveryFieldNumber),
               kMinuteMs, kValveEveryMaxMs, problems);
  if (valve.verdict() != levee::v1::VERDICT_UNSPECIFIED) {
    compiled.verdict = valve.verdict();
  }
  if (compiled.verdict != levee::v1::VERDICT_HOLD &&
      compiled.verdict != levee::v1::VERDICT_ALLOW) {
    problems->Add(place.At(SafetyValve::kVerdictFieldNumber),
                  WrongEnum(levee::v1::Verdict_descriptor(), valve.verdict(),
                            Bit(levee::v1::VERDICT_HOLD) |
                                Bit(levee::v1::VERDICT_ALLOW)));
  }
  return compiled;
}

}  // namespace levee::rules
