// The recorded values of an event's leaves, and what conditions make of them.
#ifndef LEVEE_SERVER_RULES_TRUTH_H_
#define LEVEE_SERVER_RULES_TRUTH_H_

#include <array>
#include <cstdint>

#include "absl/types/span.h"
#include "levee/storage/v1/entry.pb.h"
#include "server/rules/rule_set.h"

namespace levee::rules {

// In Kleene's order: `all` is the least, `any` the greatest, `not` mirrors.
enum class Truth : uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

// The least value at which the leaf holds, for the event's customer: a limit
// counts so many times as high as an operator said, as far as state can count.
int64_t AtLeast(const Leaf& leaf, const storage::v1::EventEntry& event);

// Threads: belongs to one thread; allocates nothing.
class LeafValues {
 public:
  // Both must outlive the object. What the entry lacks is unknown.
  LeafValues(const RuleSet& rules, const storage::v1::EventEntry& event);

  // A leaf that is not one of LeavesOf(the event's kind) is unknown.
  // REQUIRES, for the first three: it is one of them.
  int64_t value(uint16_t leaf) const {
    return event_.leaf_values(place_[leaf]);
  }
  // 0: it is no counter, or has not reached its threshold.
  uint64_t free_after_ms(uint16_t leaf) const;

  int64_t at_least(uint16_t leaf) const {
    return AtLeast(rules_.leaves()[leaf], event_);
  }

  // What the leaf would be `after_ms` later if nothing more happened: counters
  // run free, and ages grow.
  Truth At(uint16_t leaf, uint64_t after_ms) const;
  // The next time after `after_ms` at which At may change; 0: never.
  uint64_t NextChange(uint16_t leaf, uint64_t after_ms) const;

  // A condition in postfix order; no steps are false.
  Truth Evaluate(absl::Span<const Step> steps, uint64_t after_ms) const;

 private:
  const RuleSet& rules_;
  const storage::v1::EventEntry& event_;
  // By leaf: its place in the entry's lists; only those that are known are
  // filled in.
  std::array<uint16_t, kLeavesMax> place_;
  std::array<bool, kLeavesMax> known_ = {};
};

// True where the leaf's value is a time in milliseconds that grows by itself.
bool IsAge(const Leaf& leaf);

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_TRUTH_H_
