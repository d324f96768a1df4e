#include <algorithm>
#include <array>
#include <optional>

#include "server/rules/decide.h"
#include "server/rules/truth.h"
#include "server/state/entity.h"
#include "server/state/happening.h"
#include "server/text/thresholds.h"

namespace levee::rules {
namespace {

using state::Entity;
using state::EntityKey;
using state::Measurement;
using storage::v1::EventEntry;

int64_t ScoreOf(TextScore score, const storage::v1::TextFacts& text) {
  switch (score) {
    case TextScore::kMeaningless:
      return text.meaningless();
    case TextScore::kInsult:
      return text.insult();
    case TextScore::kInsultSeverity:
      return text.insult() >= text::kInsultingAt ? text.insult_severity() : 0;
    case TextScore::kPromotion:
      return text.promotion();
    case TextScore::kAutomatic:
      return text::IsMachines(text.automatic()) ? 1 : 0;
    case TextScore::kSimilar:
      return int64_t{text.similar()} * 1000 / text::kSimilarBytes;
  }
  return 0;
}

// Measures what asks about state. A happening has at most one entity of each
// kind, which is looked up once for all leaves.
class Meter {
 public:
  Meter(const EventEntry& event, uint64_t tenant, state::FindEntity find)
      : event_(event),
        tenant_(tenant),
        find_{.find = find, .found = {}},
        rates_(tenant, event.happening(), find_) {}
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  // REQUIRES: `leaf` is a rate.
  Measurement Rate(const Leaf& leaf) {
    state::RateQuery query = std::get<state::RateQuery>(leaf.measure);
    query.at_least = AtLeast(leaf, event_);
    return rates_(query);
  }

  Measurement operator()(const state::SurgeQuery& query) {
    return state::MeasureSurge(query, tenant_, event_.happening(), find_);
  }

  Measurement operator()(state::TicketFact fact) {
    return state::MeasureTicket(fact, tenant_, event_.happening(), find_);
  }

  Measurement operator()(state::CampaignFact fact) {
    return state::MeasureCampaign(fact, tenant_, event_.happening(), find_);
  }

  Measurement operator()(TextScore score) const {
    if (!event_.has_text()) return {};
    return {.known = true, .value = ScoreOf(score, event_.text())};
  }

  Measurement operator()(const AccountAge&) const {
    if (!event_.has_account_created_at_ms()) return {};
    const int64_t age_ms =
        event_.happening().effective_ms() - event_.account_created_at_ms();
    return {.known = true, .value = std::max<int64_t>(age_ms, 0)};
  }

  // A rate is measured with its threshold; what asks about the event itself was
  // observed.
  template <typename OfEvent>
  Measurement operator()(const OfEvent&) const {
    return {};
  }

 private:
  struct Finder {
    const state::FindEntity find;
    mutable std::array<std::optional<const Entity*>,
                       storage::v1::EntityKind_ARRAYSIZE>
        found;

    const Entity* operator()(const EntityKey& key) const {
      const auto kind = static_cast<size_t>(key.kind);
      if (kind >= found.size()) return find(key);
      if (!found[kind].has_value()) found[kind] = find(key);
      return *found[kind];
    }
  };

  const EventEntry& event_;
  const uint64_t tenant_;
  const Finder find_;
  state::RateMeter rates_;
};

bool IsOfEvent(const Leaf& leaf) {
  return !std::holds_alternative<state::TicketFact>(leaf.measure) &&
         !std::holds_alternative<state::SurgeQuery>(leaf.measure) &&
         !std::holds_alternative<state::CampaignFact>(leaf.measure) &&
         !std::holds_alternative<TextScore>(leaf.measure) &&
         !std::holds_alternative<AccountAge>(leaf.measure);
}

}  // namespace

void MeasureLeaves(const RuleSet& rules, const Observed& observed,
                   uint64_t tenant, state::FindEntity find, EventEntry* event) {
  event->set_rule_set_revision(rules.revision());
  event->clear_leaf_values();
  event->clear_leaf_unknown();
  event->clear_leaf_free_after_ms();
  if (event->actor() != levee::v1::ACTOR_CUSTOMER) return;
  const absl::Span<const uint16_t> leaves =
      rules.LeavesOf(event->happening().kind());
  Meter meter(*event, tenant, find);
  auto& values = *event->mutable_leaf_values();
  values.Reserve(static_cast<int>(leaves.size()));
  for (size_t i = 0; i < leaves.size(); ++i) {
    const Leaf& leaf = rules.leaves()[leaves[i]];
    Measurement measured;
    if (std::holds_alternative<state::RateQuery>(leaf.measure)) {
      measured = meter.Rate(leaf);
    } else if (!IsOfEvent(leaf)) {
      measured = std::visit(meter, leaf.measure);
    } else if (i < observed.size()) {
      measured = observed[i];
      if (std::holds_alternative<OnList>(leaf.measure)) {
        measured.value =
            event->happening().effective_ms() < measured.value ? 1 : 0;
      }
    }
    values.AddAlreadyReserved(measured.known ? measured.value : 0);
    if (!measured.known) event->add_leaf_unknown(static_cast<uint32_t>(i));
    if (measured.free_after_ms <= 0) continue;
    auto& free_after_ms = *event->mutable_leaf_free_after_ms();
    if (free_after_ms.empty()) {
      free_after_ms.Resize(static_cast<int>(leaves.size()), 0);
    }
    free_after_ms.Set(static_cast<int>(i),
                      static_cast<uint64_t>(measured.free_after_ms));
  }
}

}  // namespace levee::rules
