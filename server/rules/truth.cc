#include "server/rules/truth.h"

#include <algorithm>

namespace levee::rules {

bool IsAge(const Leaf& leaf) {
  if (std::holds_alternative<AccountAge>(leaf.measure)) return true;
  const auto* const fact = std::get_if<state::TicketFact>(&leaf.measure);
  return fact != nullptr && *fact == state::TicketFact::kSinceSolutionMs;
}

int64_t AtLeast(const Leaf& leaf, const storage::v1::EventEntry& event) {
  const uint32_t times = event.standing().limits_times();
  if (times <= 1 || !leaf.is_limit) return leaf.at_least;
  const int64_t raised = leaf.at_least * times;
  const auto& query = std::get<state::RateQuery>(leaf.measure);
  return query.per == levee::v1::SUBJECT_CUSTOMER ||
                 query.per == levee::v1::SUBJECT_TICKET
             ? std::min<int64_t>(raised, state::kRingMax)
             : raised;
}

LeafValues::LeafValues(const RuleSet& rules,
                       const storage::v1::EventEntry& event)
    : rules_(rules), event_(event) {
  const absl::Span<const uint16_t> leaves =
      rules.LeavesOf(event.happening().kind());
  const auto values = static_cast<size_t>(event.leaf_values_size());
  for (size_t i = 0; i < leaves.size(); ++i) {
    place_[leaves[i]] = static_cast<uint16_t>(i);
    known_[leaves[i]] = i < values;
  }
  for (const uint32_t unknown : event.leaf_unknown()) {
    if (unknown < leaves.size()) known_[leaves[unknown]] = false;
  }
}

uint64_t LeafValues::free_after_ms(uint16_t leaf) const {
  const int place = place_[leaf];
  return place < event_.leaf_free_after_ms_size()
             ? event_.leaf_free_after_ms(place)
             : 0;
}

Truth LeafValues::At(uint16_t leaf, uint64_t after_ms) const {
  if (!known_[leaf]) return Truth::kUnknown;
  const Leaf& test = rules_.leaves()[leaf];
  int64_t at = value(leaf);
  if (after_ms > 0) {
    const uint64_t free = free_after_ms(leaf);
    if (free > 0 && free <= after_ms) return Truth::kFalse;
    if (IsAge(test)) at += static_cast<int64_t>(after_ms);
  }
  return at >= at_least(leaf) && at <= test.at_most ? Truth::kTrue
                                                    : Truth::kFalse;
}

uint64_t LeafValues::NextChange(uint16_t leaf, uint64_t after_ms) const {
  if (!known_[leaf]) return 0;
  const Leaf& test = rules_.leaves()[leaf];
  const uint64_t free = free_after_ms(leaf);
  if (free > after_ms) return free;
  if (!IsAge(test)) return 0;
  const int64_t at = value(leaf) + static_cast<int64_t>(after_ms);
  if (at < test.at_least) return after_ms + (test.at_least - at);
  // The bounds of ages are far below the limits of int64.
  return at <= test.at_most && test.at_most != INT64_MAX
             ? after_ms + (test.at_most - at) + 1
             : 0;
}

Truth LeafValues::Evaluate(absl::Span<const Step> steps,
                           uint64_t after_ms) const {
  // Every value on the stack has a leaf of its own below it.
  std::array<Truth, kLeavesMax> stack;
  size_t top = 0;
  for (const Step& step : steps) {
    switch (step.op) {
      case Step::Op::kLeaf:
        stack[top++] = At(step.argument, after_ms);
        break;
      case Step::Op::kNot:
        stack[top - 1] = static_cast<Truth>(static_cast<int>(Truth::kTrue) -
                                            static_cast<int>(stack[top - 1]));
        break;
      case Step::Op::kAll:
      case Step::Op::kAny: {
        const auto begin = stack.begin() + (top - step.argument);
        const auto end = stack.begin() + top;
        *begin = step.op == Step::Op::kAll ? *std::min_element(begin, end)
                                           : *std::max_element(begin, end);
        top -= step.argument - 1;
        break;
      }
    }
  }
  return top == 0 ? Truth::kFalse : stack[top - 1];
}

}  // namespace levee::rules
