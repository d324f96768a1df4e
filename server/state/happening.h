// What state keeps of one happening: kind, time, subjects and flags.
//
// The flags are facts: they do not depend on a rule set. They are measured
// once, before the decision, and stand in the journal (Happening.flags).
#ifndef LEVEE_SERVER_STATE_HAPPENING_H_
#define LEVEE_SERVER_STATE_HAPPENING_H_

#include <cstdint>
#include <optional>

#include "levee/storage/v1/entry.pb.h"
#include "levee/v1/event.pb.h"

namespace levee::state {

// Bits of Happening.flags. Their meaning never changes: they are stored.
enum Flag : uint32_t {
  // The customer himself acted.
  kByCustomer = 1u << 0,
  // The ticket had been given a solution before.
  kAfterSolution = 1u << 1,
  // An agent's reply with a solution, or SOLVED.
  kProvidesSolution = 1u << 2,
  // The customer's first message in the ticket after an agent's reply or
  // solution.
  kFirstReply = 1u << 3,
  // ABUSE_REPORTED: "not abuse".
  kNotAbuse = 1u << 4,
  // Three bits: AgeStep of the account when it happened.
  kAgeShift = 5,
  kAgeMask = 7u << 5,
  // The customer's text nearly repeats one of his own latest messages; means
  // nothing; insults staff (server/text/thresholds.h).
  kNearDuplicate = 1u << 8,
  kMeaningless = 1u << 9,
  kInsulting = 1u << 10,
  // The helpdesk's own machinery acted.
  kByAutomation = 1u << 11,
  // The customer's text is promotion; was written by a machine.
  kPromotional = 1u << 12,
  kAutomatic = 1u << 13,
};
inline constexpr uint32_t kFlagsAll = (1u << 14) - 1;

// Account ages are kept in steps: kAgeStepMs[step - 1] is the age below which
// an account is in `step` (and not in a lower one).
enum class AgeStep : uint32_t {
  kUnknown = 0,
  kBelow1h = 1,
  kBelow1d = 2,
  kBelow3d = 3,
  kBelow7d = 4,
  kBelow30d = 5,
  kBelow90d = 6,
  kOlder = 7,
};
inline constexpr int kAgeSteps = 6;
inline constexpr int64_t kAgeStepMs[kAgeSteps] = {
    3'600'000,      86'400'000,        3 * 86'400'000,
    7 * 86'400'000, 30LL * 86'400'000, 90LL * 86'400'000};

// The step of an account made at `account_created_at_ms`, at `at_ms`. An
// account made after `at_ms` counts as just made.
AgeStep AgeStepAt(std::optional<int64_t> account_created_at_ms, int64_t at_ms);

inline AgeStep AgeStepOf(uint32_t flags) {
  return static_cast<AgeStep>((flags & kAgeMask) >> kAgeShift);
}

// Kinds that count only where the customer acted: bit 1 << kind.
inline constexpr uint32_t kCustomerKinds =
    1u << levee::v1::EVENT_KIND_OPENED |
    1u << levee::v1::EVENT_KIND_CUSTOMER_REPLIED |
    1u << levee::v1::EVENT_KIND_REOPENED | 1u << levee::v1::EVENT_KIND_CLOSED;

// Kinds that state keeps: 1 to kStoredKinds - 1. WITHDRAWN takes back what
// another entry brought and leaves no trace of its own.
inline constexpr int kStoredKinds = levee::v1::EVENT_KIND_WITHDRAWN;
inline bool IsStoredKind(int kind) { return kind > 0 && kind < kStoredKinds; }

// Effective times lie from the first millisecond of 1970 (0 stands for "never")
// to the end of the year 9999; a time outside counts as the nearest within, so
// that sums and differences cannot overflow.
inline constexpr int64_t kTimeMaxMs = 253'402'300'799'999;
inline int64_t ClampTime(int64_t at_ms) {
  return at_ms < 1 ? 1 : at_ms > kTimeMaxMs ? kTimeMaxMs : at_ms;
}

// Kind and flags in one number, as cells count them.
inline uint32_t WhatOf(int kind, uint32_t flags) {
  return static_cast<uint32_t>(kind) << 16 | (flags & kFlagsAll);
}
inline int KindOf(uint32_t what) { return static_cast<int>(what >> 16); }
inline uint32_t FlagsOf(uint32_t what) { return what & 0xffffu; }
inline bool IsWhat(uint32_t what) {
  return IsStoredKind(KindOf(what)) && (FlagsOf(what) & ~kFlagsAll) == 0;
}

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_HAPPENING_H_
