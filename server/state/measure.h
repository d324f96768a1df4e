// Measures facts: what is known of a happening before it is applied. Pure.
#ifndef LEVEE_SERVER_STATE_MEASURE_H_
#define LEVEE_SERVER_STATE_MEASURE_H_

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "levee/storage/v1/entry.pb.h"
#include "server/state/entity.h"
#include "server/state/query.h"
#include "server/state/rate.h"

namespace levee::state {

// Finds an entity in memory; null where there is none yet, which counts as an
// empty one.
using FindEntity = absl::FunctionRef<const Entity*(const EntityKey&)>;

// The flags of a happening whose kind, time and subjects are set. `text`: what
// the customer's text says; null: he brought none.
uint32_t MeasureFlags(const storage::v1::Happening& happening,
                      levee::v1::Actor actor, bool provides_solution,
                      bool not_abuse,
                      std::optional<int64_t> account_created_at_ms,
                      const storage::v1::TextFacts* text, const Entity* ticket);

// Measures rates of one happening. Queries that are alike but for window and
// threshold cost least one after the other.
// Threads: belongs to one thread.
class RateMeter {
 public:
  // The happening and the entities must outlive it, unchanged.
  // REQUIRES: the happening's flags are set and it was not applied yet.
  RateMeter(uint64_t tenant, const storage::v1::Happening& happening,
            FindEntity find)
      : tenant_(tenant), happening_(happening), find_(find) {}

  // Counts what the query asks, this happening included where it qualifies.
  // Unknown where the happening has no such subject (or no agent, for
  // same_agent).
  Measurement operator()(const RateQuery& query);

 private:
  Measurement OfRing(const RateQuery& query, const Entity* entity);
  Asked AskedBy(const RateQuery& query, const Entity* entity) const;

  const uint64_t tenant_;
  const storage::v1::Happening& happening_;
  const FindEntity find_;
  // For the latest queries by customer and by ticket.
  RingCount counts_[2];
};

// The same for one query.
Measurement MeasureRate(const RateQuery& query, uint64_t tenant,
                        const storage::v1::Happening& happening,
                        FindEntity find);

// 0 where there are fewer openings than the query asks for; unknown where the
// past is too short, or the happening is of no department that it asks for.
Measurement MeasureSurge(const SurgeQuery& query, uint64_t tenant,
                         const storage::v1::Happening& happening,
                         FindEntity find);

// What an outage looks like: so many openings in kSurgeWindowMs, so many
// percent of what is usual, from so many customers, whose accounts are mostly
// old (where their age is known) and who are spread over networks (where their
// addresses are).
inline constexpr int64_t kOutageOpenings = 20;
inline constexpr int64_t kOutagePercent = 400;
inline constexpr int64_t kOutageCustomers = 15;
inline constexpr int64_t kOutageOldPercent = 60;
inline constexpr int64_t kOutagePrefixes = 5;

// Whether what a desk or a department has seen up to `at_ms` looks like one;
// fills what was seen of `act`. False where the past is too short.
// REQUIRES: entity.surge() is there.
bool LooksLikeOutage(const Entity& entity, int64_t at_ms,
                     storage::v1::ProposeIncidentAct* act);

// Unknown where the happening belongs to no campaign, or to one that an
// operator has cleared.
Measurement MeasureCampaign(CampaignFact fact, uint64_t tenant,
                            const storage::v1::Happening& happening,
                            FindEntity find);

// What a campaign came to, in the 31 days up to its latest message.
struct CampaignTotals {
  int64_t customers = 0;
  int64_t prefixes = 0;
  // As CampaignFact::kYoungPercent; -1: unknown.
  int64_t young_percent = -1;
};
// REQUIRES: entity.campaign() is there.
CampaignTotals TotalsOf(const Entity& entity);

Measurement MeasureTicket(TicketFact fact, uint64_t tenant,
                          const storage::v1::Happening& happening,
                          FindEntity find);

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_MEASURE_H_
