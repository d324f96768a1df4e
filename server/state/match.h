// Whether a happening is one of those that a rate counts.
#ifndef LEVEE_SERVER_STATE_MATCH_H_
#define LEVEE_SERVER_STATE_MATCH_H_

#include <cstdint>

#include "server/state/happening.h"
#include "server/state/query.h"

namespace levee::state {

class Match {
 public:
  explicit Match(const RateQuery& query)
      : kinds_(query.kinds),
        flags_(query.flags),
        ages_(query.age_below == AgeStep::kUnknown
                  ? kAllAges
                  : static_cast<uint32_t>(query.age_below)),
        age_from_(query.age_below == AgeStep::kUnknown ? 0 : 1) {}

  // Without branches: it is asked of many happenings, one unlike the other.
  bool operator()(int kind, uint32_t flags) const {
    const uint32_t is = IsStoredKind(kind) ? 1u << kind : 0;
    const uint32_t age = (flags & kAgeMask) >> kAgeShift;
    return ((kinds_ & is) != 0) & ((flags & flags_) == flags_) &
           ((flags & kNotAbuse) == 0) &
           (((kCustomerKinds & is) == 0) | ((flags & kByCustomer) != 0)) &
           (age - age_from_ < ages_);
  }
  bool What(uint32_t what) const {
    return (*this)(KindOf(what), FlagsOf(what));
  }

 private:
  static constexpr uint32_t kAllAges = kAgeMask + 1;

  const uint32_t kinds_;
  const uint32_t flags_;
  // So many steps from the first one on that counts.
  const uint32_t ages_;
  const uint32_t age_from_;
};

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_MATCH_H_
