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
        age_below_(static_cast<uint32_t>(query.age_below)) {}

  bool operator()(int kind, uint32_t flags) const {
    if (!IsStoredKind(kind) || (kinds_ >> kind & 1) == 0) return false;
    if ((flags & flags_) != flags_) return false;
    if (IsCustomerKind(static_cast<levee::v1::EventKind>(kind)) &&
        (flags & kByCustomer) == 0) {
      return false;
    }
    if (age_below_ == 0) return true;
    const uint32_t age = static_cast<uint32_t>(AgeStepOf(flags));
    return age != 0 && age <= age_below_;
  }
  bool What(uint32_t what) const {
    return (*this)(KindOf(what), FlagsOf(what));
  }

 private:
  const uint32_t kinds_;
  const uint32_t flags_;
  const uint32_t age_below_;
};

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_MATCH_H_
