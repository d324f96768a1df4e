#include "server/state/measure.h"

#include <algorithm>
#include <iterator>

#include "server/state/match.h"
#include "server/state/rate.h"
#include "server/text/thresholds.h"

namespace levee::state {
namespace {

using levee::v1::EventKind;
using storage::v1::Happening;

// What the ticket's ring holds up to a time. All that lies at the same time
// came before the happening in question, which is not in the ring yet.
class TicketLife {
 public:
  TicketLife(const Entity* ticket, int64_t at_ms) {
    if (ticket == nullptr || ticket->ring() == nullptr) return;
    // What is older leaves the ring with the next happening: it says nothing
    // to the first one either.
    before_ = ticket->ring()->Between(at_ms - kWindowMaxMs - 1, at_ms);
  }

  // Null: no solution was provided. That the customer called it solved is none.
  const Happened* LatestSolution() const {
    const auto found = std::find_if(
        before_.rbegin(), before_.rend(), [](const Happened& happened) {
          return (happened.flags & kProvidesSolution) != 0 &&
                 (happened.flags & kByCustomer) == 0;
        });
    return found == before_.rend() ? nullptr : &*found;
  }

  // The customer's messages since the agents' latest answer or solution, or
  // since the beginning; those up to `forgiven_ms` count no more.
  int64_t RepliesSinceAgent(int64_t forgiven_ms = 0) const {
    return std::count_if(
        SinceAgent(), before_.end(), [&](const Happened& happened) {
          return happened.effective_ms > forgiven_ms && IsReply(happened);
        });
  }

  bool AgentAnswered() const { return SinceAgent() != before_.begin(); }

  int64_t Reopened(int64_t forgiven_ms) const {
    return std::count_if(
        before_.begin(), before_.end(), [&](const Happened& happened) {
          return happened.effective_ms > forgiven_ms &&
                 happened.kind == levee::v1::EVENT_KIND_REOPENED &&
                 (happened.flags & kByCustomer) != 0;
        });
  }

 private:
  using Life = absl::Span<const Happened>;

  static bool IsReply(const Happened& happened) {
    return happened.kind == levee::v1::EVENT_KIND_CUSTOMER_REPLIED &&
           (happened.flags & kByCustomer) != 0;
  }
  Life::const_iterator SinceAgent() const {
    return std::find_if(before_.rbegin(), before_.rend(), IsAnswer).base();
  }
  // Not "we have received your message": two machines that answer one another
  // would never end. Nor what the customer says himself.
  static bool IsAnswer(const Happened& happened) {
    if ((happened.flags & kByCustomer) != 0) return false;
    if (happened.kind == levee::v1::EVENT_KIND_SOLVED) return true;
    return happened.kind == levee::v1::EVENT_KIND_AGENT_REPLIED &&
           (happened.flags & (kByAutomation | kProvidesSolution)) !=
               kByAutomation;
  }

  Life before_;
};

bool ByCustomer(const Happening& happening) {
  return (happening.flags() & kByCustomer) != 0;
}

bool IsOfRing(levee::v1::Subject subject) {
  return subject == levee::v1::SUBJECT_CUSTOMER ||
         subject == levee::v1::SUBJECT_TICKET;
}

// What happened up to then was forgiven; 0: nothing was.
int64_t ForgivenMs(const Entity* entity) {
  return entity == nullptr || entity->standing() == nullptr
             ? 0
             : entity->standing()->forgiven_ms();
}

// A customer has different tickets; everything else, different customers.
bool CanCount(const RateQuery& query) {
  if (query.same_agent && !IsOfRing(query.per)) return false;
  switch (query.distinct) {
    case levee::v1::DISTINCT_UNSPECIFIED:
      return true;
    case levee::v1::DISTINCT_TICKETS:
      return query.per == levee::v1::SUBJECT_CUSTOMER;
    case levee::v1::DISTINCT_CUSTOMERS:
      return query.per != levee::v1::SUBJECT_CUSTOMER;
    case levee::v1::DISTINCT_AGENTS:
      return IsOfRing(query.per);
    default:
      return false;
  }
}

bool IsCleared(const Entity* entity) {
  return entity != nullptr && entity->campaign() != nullptr &&
         entity->campaign()->cleared();
}

uint32_t FlagsOfText(const storage::v1::TextFacts& text) {
  uint32_t flags = 0;
  if (text.similar() >= text::kSimilarAtBytes) flags |= kNearDuplicate;
  if (text.meaningless() >= text::kMeaninglessAt) flags |= kMeaningless;
  if (text.insult() >= text::kInsultingAt) flags |= kInsulting;
  if (text.promotion() >= text::kPromotionAt) flags |= kPromotional;
  if (text::IsMachines(text.automatic())) flags |= kAutomatic;
  return flags;
}

}  // namespace

uint32_t MeasureFlags(const Happening& happening, levee::v1::Actor actor,
                      bool provides_solution, bool not_abuse,
                      std::optional<int64_t> account_created_at_ms,
                      const storage::v1::TextFacts* text,
                      const Entity* ticket) {
  const EventKind kind = happening.kind();
  const int64_t at_ms = ClampTime(happening.effective_ms());
  const TicketLife life(ticket, at_ms);
  uint32_t flags =
      static_cast<uint32_t>(AgeStepAt(account_created_at_ms, at_ms))
      << kAgeShift;
  if (actor == levee::v1::ACTOR_CUSTOMER) flags |= kByCustomer;
  if (actor == levee::v1::ACTOR_AUTOMATION) flags |= kByAutomation;
  if (life.LatestSolution() != nullptr) flags |= kAfterSolution;
  if (kind == levee::v1::EVENT_KIND_SOLVED ||
      (kind == levee::v1::EVENT_KIND_AGENT_REPLIED && provides_solution)) {
    flags |= kProvidesSolution;
  }
  if (kind == levee::v1::EVENT_KIND_CUSTOMER_REPLIED &&
      (flags & kByCustomer) != 0 && life.AgentAnswered() &&
      life.RepliesSinceAgent() == 0) {
    flags |= kFirstReply;
  }
  if (kind == levee::v1::EVENT_KIND_ABUSE_REPORTED && not_abuse) {
    flags |= kNotAbuse;
  }
  if (text != nullptr && (flags & kByCustomer) != 0) {
    flags |= FlagsOfText(*text);
  }
  return flags;
}

Asked RateMeter::AskedBy(const RateQuery& query, const Entity* entity) const {
  const storage::v1::Subjects& subjects = happening_.subjects();
  Asked asked;
  asked.at_ms = ClampTime(happening_.effective_ms());
  asked.kind = happening_.kind();
  asked.flags = happening_.flags() & kFlagsAll;
  asked.counts =
      Match(query)(asked.kind, asked.flags) &&
      (query.distinct != levee::v1::DISTINCT_AGENTS || subjects.agent() != 0);
  asked.id = query.per == levee::v1::SUBJECT_CUSTOMER ? subjects.ticket()
                                                      : subjects.customer();
  asked.agent = subjects.agent();
  asked.forgiven_ms = ForgivenMs(entity);
  if (query.per != levee::v1::SUBJECT_CUSTOMER && subjects.customer() != 0) {
    // Nor does it count against him by another way.
    const Entity* const customer = find_(
        {storage::v1::ENTITY_KIND_CUSTOMER, tenant_, subjects.customer()});
    asked.forgiven_ms = std::max(asked.forgiven_ms, ForgivenMs(customer));
  }
  return asked;
}

Measurement RateMeter::OfRing(const RateQuery& query, const Entity* entity) {
  static const Ring* const kEmpty = new Ring();
  const Ring& ring = entity == nullptr || entity->ring() == nullptr
                         ? *kEmpty
                         : *entity->ring();
  if (query.distinct != levee::v1::DISTINCT_UNSPECIFIED) {
    return PeersOfRing(query, AskedBy(query, entity), ring);
  }
  RingCount& count = counts_[query.per == levee::v1::SUBJECT_CUSTOMER ? 0 : 1];
  if (!count.IsFor(query)) count.Find(query, AskedBy(query, entity), ring);
  return count.Measure(query);
}

Measurement RateMeter::operator()(const RateQuery& query) {
  const std::optional<EntityKey> key =
      KeyOf(query.per, tenant_, happening_.subjects());
  if (!key.has_value() || !CanCount(query)) return {};
  if (query.same_agent && happening_.subjects().agent() == 0) return {};
  const Entity* const entity = find_(*key);
  if (IsOfRing(query.per)) return OfRing(query, entity);
  if (IsCleared(entity)) return {};
  const Asked asked = AskedBy(query, entity);
  if (entity == nullptr || entity->shared() == nullptr) {
    return RateOfCells(query, asked, CellSeries());
  }
  const Shared& shared = *entity->shared();
  return RateOfCells(query, asked,
                     query.let_through ? shared.let_through : shared.facts);
}

Measurement MeasureRate(const RateQuery& query, uint64_t tenant,
                        const Happening& happening, FindEntity find) {
  return RateMeter(tenant, happening, find)(query);
}

Measurement MeasureSurge(const SurgeQuery& query, uint64_t tenant,
                         const Happening& happening, FindEntity find) {
  // More says nothing more.
  constexpr int64_t kPercentMax = 1'000'000;
  EntityKey key = {storage::v1::ENTITY_KIND_TENANT, tenant, 0};
  if (query.of_department) {
    key = {storage::v1::ENTITY_KIND_DEPARTMENT, tenant,
           happening.subjects().department()};
    if (key.handle == 0) return {};
  }
  const Entity* const entity = find(key);
  if (entity == nullptr || entity->surge() == nullptr) return {};
  const int64_t at_ms = ClampTime(happening.effective_ms());
  const std::optional<int64_t> usual_milli = entity->surge()->UsualMilli(at_ms);
  if (!usual_milli.has_value()) return {};
  const bool counts =
      happening.kind() == levee::v1::EVENT_KIND_OPENED && ByCustomer(happening);
  const int64_t openings =
      OpeningsIn(entity->shared()->facts, at_ms, kSurgeWindowMs) +
      (counts ? 1 : 0);
  if (openings < query.openings_at_least) return {true, 0};
  return {true,
          std::min(openings * 100'000 / std::max<int64_t>(*usual_milli, 1),
                   kPercentMax)};
}

bool LooksLikeOutage(const Entity& entity, int64_t at_ms,
                     storage::v1::ProposeIncidentAct* act) {
  const Surge& surge = *entity.surge();
  const CellSeries& facts = entity.shared()->facts;
  const int64_t openings = OpeningsIn(facts, at_ms, kSurgeWindowMs);
  const std::optional<int64_t> usual_milli = surge.UsualMilli(at_ms);
  if (openings < kOutageOpenings || !usual_milli.has_value() ||
      openings * 100'000 < kOutagePercent * *usual_milli) {
    return false;
  }
  // Counts others than the one in question, which is none.
  RateQuery query = {.per = levee::v1::SUBJECT_TENANT,
                     .kinds = 1u << levee::v1::EVENT_KIND_OPENED,
                     .window_ms = kSurgeWindowMs,
                     .at_least = INT64_MAX,
                     .distinct = levee::v1::DISTINCT_CUSTOMERS};
  const Asked asked = {.at_ms = at_ms};
  const int64_t customers = RateOfCells(query, asked, facts).value;
  const int64_t prefixes = RateOfCells(query, asked, surge.prefixes).value;
  query.distinct = levee::v1::DISTINCT_UNSPECIFIED;
  query.age_below = AgeStep::kOlder;
  const int64_t known = RateOfCells(query, asked, facts).value;
  query.age_below = AgeStep::kBelow30d;
  const int64_t young = RateOfCells(query, asked, facts).value;
  const int64_t old_percent = known == 0 ? 0 : 100 * (known - young) / known;
  if (customers < kOutageCustomers ||
      (2 * known >= openings && old_percent < kOutageOldPercent) ||
      (prefixes > 0 && prefixes < kOutagePrefixes)) {
    return false;
  }
  act->set_from_ms(at_ms - kSurgeWindowMs);
  act->set_openings(openings);
  act->set_usual_milli(*usual_milli);
  act->set_customers(customers);
  act->set_old_accounts_percent(old_percent);
  act->set_prefixes(prefixes);
  act->set_known_ages(known);
  return true;
}

Measurement MeasureCampaign(CampaignFact fact, uint64_t tenant,
                            const Happening& happening, FindEntity find) {
  const std::optional<EntityKey> key =
      KeyOf(levee::v1::SUBJECT_CAMPAIGN, tenant, happening.subjects());
  if (!key.has_value() || IsCleared(find(*key))) return {};
  const RateQuery customers{.per = levee::v1::SUBJECT_CAMPAIGN,
                            .kinds = kCustomerKinds,
                            .window_ms = kCampaignWindowMs,
                            .at_least = INT64_MAX,
                            .distinct = levee::v1::DISTINCT_CUSTOMERS};
  const auto count = [&](AgeStep below) {
    RateQuery query = customers;
    query.age_below = below;
    return MeasureRate(query, tenant, happening, find).value;
  };
  switch (fact) {
    case CampaignFact::kCustomers:
      return {true, count(AgeStep::kUnknown)};
    case CampaignFact::kYoungPercent: {
      const int64_t known = count(AgeStep::kOlder);
      if (known == 0) return {};
      return {true, count(AgeStep::kBelow30d) * 100 / known};
    }
    case CampaignFact::kCustomersPerPrefix: {
      const Entity* const entity = find(*key);
      const uint64_t prefix = happening.subjects().ip_prefix();
      const Asked asked = {.at_ms = ClampTime(happening.effective_ms()),
                           .kind = happening.kind(),
                           .flags = happening.flags() & kFlagsAll,
                           .counts = prefix != 0 && ByCustomer(happening),
                           .id = prefix};
      static const CellSeries* const kNone = new CellSeries();
      const bool has = entity != nullptr && entity->campaign() != nullptr;
      const CellSeries& from = has ? entity->campaign()->prefixes() : *kNone;
      const int64_t prefixes = RateOfCells(customers, asked, from).value;
      RateQuery events = customers;
      events.distinct = levee::v1::DISTINCT_UNSPECIFIED;
      const int64_t located = RateOfCells(events, asked, from).value;
      const int64_t all = MeasureRate(events, tenant, happening, find).value;
      // Where most of them came from is unknown.
      if (prefixes == 0 || 2 * located < all) return {};
      const int64_t customers_there =
          std::min(count(AgeStep::kUnknown), located);
      return {true, customers_there * 100 / prefixes};
    }
  }
  return {};
}

CampaignTotals TotalsOf(const Entity& entity) {
  const Campaign& campaign = *entity.campaign();
  const CellSeries& facts = entity.shared()->facts;
  const Asked asked = {.at_ms = campaign.last_ms()};
  RateQuery query = {.per = levee::v1::SUBJECT_CAMPAIGN,
                     .kinds = kCustomerKinds,
                     .window_ms = kWindowMaxMs,
                     .at_least = INT64_MAX,
                     .distinct = levee::v1::DISTINCT_CUSTOMERS};
  CampaignTotals totals;
  totals.customers = RateOfCells(query, asked, facts).value;
  totals.prefixes = RateOfCells(query, asked, campaign.prefixes()).value;
  query.age_below = AgeStep::kOlder;
  const int64_t known = RateOfCells(query, asked, facts).value;
  query.age_below = AgeStep::kBelow30d;
  const int64_t young = RateOfCells(query, asked, facts).value;
  if (known > 0) totals.young_percent = 100 * young / known;
  return totals;
}

Measurement MeasureTicket(TicketFact fact, uint64_t tenant,
                          const Happening& happening, FindEntity find) {
  const storage::v1::Subjects& subjects = happening.subjects();
  if (subjects.ticket() == 0) return {};
  const int64_t at_ms = ClampTime(happening.effective_ms());
  const Entity* const ticket =
      find({storage::v1::ENTITY_KIND_TICKET, tenant, subjects.ticket()});
  const int64_t forgiven_ms =
      std::max(ForgivenMs(ticket),
               subjects.customer() == 0
                   ? 0
                   : ForgivenMs(find({storage::v1::ENTITY_KIND_CUSTOMER, tenant,
                                      subjects.customer()})));
  const TicketLife life(ticket, at_ms);
  const auto is = [&](EventKind kind) {
    return happening.kind() == kind && ByCustomer(happening) ? 1 : 0;
  };
  switch (fact) {
    case TicketFact::kSolutionProvided:
      return {true, life.LatestSolution() != nullptr ? 1 : 0};
    case TicketFact::kSinceSolutionMs: {
      const Happened* const solution = life.LatestSolution();
      if (solution == nullptr) return {};
      return {true, at_ms - solution->effective_ms};
    }
    case TicketFact::kReopened:
      return {true,
              life.Reopened(forgiven_ms) + is(levee::v1::EVENT_KIND_REOPENED)};
    case TicketFact::kRepliesSinceAgent:
      return {true, life.RepliesSinceAgent(forgiven_ms) +
                        is(levee::v1::EVENT_KIND_CUSTOMER_REPLIED)};
  }
  return {};
}

}  // namespace levee::state
