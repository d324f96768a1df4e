#include "storage/retention.h"

#include "absl/strings/str_cat.h"

namespace levee::storage {

absl::Status CheckBasePosition(uint64_t position, uint64_t base_position,
                               uint64_t last_sequence) {
  if (position >= base_position && position <= last_sequence) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the base stands at entry ", base_position, " of ",
                   last_sequence, " and cannot move to ", position));
}

absl::Status CheckCut(uint64_t through, uint64_t base_position,
                      uint64_t replay_from) {
  if (through > base_position) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the journal cannot be cut through entry ", through,
        ": only entries up to ", base_position, " are folded into the base"));
  }
  if (through >= replay_from) {
    return absl::FailedPreconditionError(
        absl::StrCat("the journal cannot be cut through entry ", through,
                     ": a restart would replay from ", replay_from));
  }
  return absl::OkStatus();
}

}  // namespace levee::storage
