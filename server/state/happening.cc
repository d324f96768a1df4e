#include "server/state/happening.h"

#include <algorithm>

namespace levee::state {

AgeStep AgeStepAt(std::optional<int64_t> account_created_at_ms, int64_t at_ms) {
  if (!account_created_at_ms.has_value()) return AgeStep::kUnknown;
  // Clamped, so that the difference of no two times overflows.
  const int64_t age_ms = ClampTime(at_ms) - ClampTime(*account_created_at_ms);
  const int64_t* step =
      std::upper_bound(kAgeStepMs, kAgeStepMs + kAgeSteps, age_ms);
  return static_cast<AgeStep>(1 + (step - kAgeStepMs));
}

}  // namespace levee::state
