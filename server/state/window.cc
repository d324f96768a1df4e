#include "server/state/window.h"

namespace levee::state {
namespace {

size_t SlotsFor(size_t ids) {
  size_t slots = 32;
  while (slots < 2 * ids) slots *= 2;
  return slots;
}

}  // namespace

IdCounts::IdCounts(size_t ids_max) : slots_(SlotsFor(ids_max)) {}

IdCounts::Slot& IdCounts::SlotOf(uint64_t id) {
  const size_t mask = slots_.size() - 1;
  size_t at = static_cast<size_t>((id * 0x9e3779b97f4a7c15) >> 32) & mask;
  while (slots_[at].count != 0 && slots_[at].id != id) at = (at + 1) & mask;
  return slots_[at];
}

bool IdCounts::Enter(uint64_t id) {
  Slot& slot = SlotOf(id);
  if (slot.count == 0) slot = {id, 1};
  return ++slot.count == 2;
}

bool IdCounts::Leave(uint64_t id) { return --SlotOf(id).count == 1; }

int64_t FreeAfter(absl::Span<const Mark> marks, int64_t from_ms,
                  int64_t window_ms, int64_t at_least, bool distinct) {
  if (at_least <= 0) return window_ms;
  IdCounts ids(distinct ? marks.size() : 0);
  int64_t count = 0;
  size_t entered = 0;
  size_t left = 0;
  int64_t end_ms = from_ms + 1;
  while (true) {
    for (; entered < marks.size() && marks[entered].at_ms <= end_ms;
         ++entered) {
      const Mark& mark = marks[entered];
      count += !distinct ? mark.weight : ids.Enter(mark.id) ? 1 : 0;
    }
    for (; left < entered && marks[left].at_ms <= end_ms - window_ms; ++left) {
      const Mark& mark = marks[left];
      count -= !distinct ? mark.weight : ids.Leave(mark.id) ? 1 : 0;
    }
    if (count < at_least) return end_ms - from_ms;
    // The count falls only where a mark leaves, and some mark is still in.
    end_ms = marks[left].at_ms + window_ms;
  }
}

}  // namespace levee::state
