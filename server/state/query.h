// What state can be asked, and what it answers.
#ifndef LEVEE_SERVER_STATE_QUERY_H_
#define LEVEE_SERVER_STATE_QUERY_H_

#include <cstdint>

#include "levee/v1/event.pb.h"
#include "levee/v1/rule.pb.h"
#include "server/state/happening.h"

namespace levee::state {

// The longest window: older happenings are forgotten.
inline constexpr int64_t kWindowMaxMs = 31LL * 86'400'000;
// Happenings of one kind that a customer or a ticket remembers.
inline constexpr int kRingMax = 64;
// Distinct customers a cell counts exactly; beyond, it estimates with a
// standard error of 1/sqrt(kSampleMax - 2) = 9 %.
inline constexpr int kSampleMax = 128;

// A count of happenings in the window that ends with the one in question
// (v1.RateLeaf, compiled).
struct RateQuery {
  levee::v1::Subject per = levee::v1::SUBJECT_UNSPECIFIED;
  // Bit 1 << kind for each kind that counts.
  uint32_t kinds = 0;
  int64_t window_ms = 0;
  int64_t at_least = 0;
  levee::v1::Distinct distinct = levee::v1::DISTINCT_UNSPECIFIED;
  // All of these flags are set.
  uint32_t flags = 0;
  // Only ages in steps 1 to this one; kUnknown: any age.
  AgeStep age_below = AgeStep::kUnknown;
  // Only what was let through.
  bool let_through = false;
  // Only with the agent of the happening in question.
  bool same_agent = false;

  friend bool operator==(const RateQuery&, const RateQuery&) = default;
};

// The openings of the last kSurgeWindowMs in percent of what is usual.
struct SurgeQuery {
  // Of the event's department; else of the whole desk.
  bool of_department = false;
  // With fewer openings there is no surge.
  int64_t openings_at_least = 0;

  friend bool operator==(const SurgeQuery&, const SurgeQuery&) = default;
};

// What of its campaign a happening is asked about (v1.CampaignLeaf), in the
// last kCampaignWindowMs, this happening included.
enum class CampaignFact {
  kCustomers,
  // Of those whose account's age is known, in a hundred below 30 days; unknown
  // without any.
  kYoungPercent,
  // In hundredths; unknown without an address.
  kCustomersPerPrefix,
};
inline constexpr int64_t kCampaignWindowMs = 7LL * 86'400'000;

// What of its ticket's life a happening is asked about (v1.TicketLeaf).
enum class TicketFact {
  // 1 or 0.
  kSolutionProvided,
  // Milliseconds since the latest solution; unknown without one.
  kSinceSolutionMs,
  // Customer's REOPENED, this happening included.
  kReopened,
  // Customer's messages since the latest agent reply or solution, this
  // happening included if it is one.
  kRepliesSinceAgent,
};

// An answer.
struct Measurement {
  bool known = false;
  int64_t value = 0;
  // For a rate with value >= at_least: milliseconds until the same happening,
  // come again then, would no longer reach at_least, if nothing else happens
  // meanwhile and this one was not let through; at least 1. The attempt
  // counts then like any other happening (unless only what was let through
  // does), and so does the one that comes again. Where it never passes, as it
  // reaches at_least alone: the window's length. Else 0.
  int64_t free_after_ms = 0;

  friend bool operator==(const Measurement&, const Measurement&) = default;
};

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_QUERY_H_
