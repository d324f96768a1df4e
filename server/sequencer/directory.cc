#include "server/sequencer/directory.h"

#include <algorithm>
#include <string>

#include "server/state/campaign.h"
#include "server/state/records.h"

namespace levee::sequencer {
namespace {

namespace sv1 = storage::v1;

// A live event counts up to a day ago, and may meet what ended since.
constexpr int64_t kLateMaxMs = 24LL * 3'600'000;

// Puts the record where it belongs, or takes it away.
template <typename Record>
void Put(uint64_t id, const Record& record, bool listed, int64_t end_ms,
         std::map<uint64_t, Record>* records,
         std::set<std::pair<int64_t, uint64_t>>* by_end) {
  if (listed) {
    (*records)[id] = record;
    by_end->insert({end_ms, id});
  } else {
    records->erase(id);
    by_end->erase({end_ms, id});
  }
}

bool IsOf(const sv1::IncidentRecord& incident, std::string_view department) {
  const auto& departments = incident.begun().departments();
  return departments.empty() ||
         std::find(departments.begin(), departments.end(), department) !=
             departments.end();
}

}  // namespace

ListedCampaign ListedOf(const state::Entity& entity) {
  ListedCampaign listed = {.last_ms = entity.campaign()->last_ms()};
  if (entity.standing() == nullptr) return listed;
  for (const sv1::HeldRestriction& held : entity.standing()->restrictions()) {
    listed.held_until_ms =
        std::max(listed.held_until_ms, held.restricted().until_ms());
  }
  return listed;
}

absl::Status Directory::Load(const storage::EntityStore& store) {
  absl::Status damage;
  for (int kind = 1; kind < sv1::EntityKind_ARRAYSIZE; ++kind) {
    if (!IsListed(static_cast<sv1::EntityKind>(kind))) continue;
    const std::string prefix(1, static_cast<char>(kind));
    absl::Status scanned = store.ScanEntities(
        prefix, [&](std::string_view bytes, std::string_view record) {
          const std::optional<state::EntityKey> key =
              state::EntityKey::Decode(bytes);
          if (!key.has_value()) return true;
          absl::StatusOr<state::Entity> entity =
              state::Entity::Decode(key->kind, record);
          if (!entity.ok()) {
            damage = entity.status();
            return false;
          }
          Update(*key, *entity);
          return true;
        });
    if (!scanned.ok()) return scanned;
    if (!damage.ok()) return damage;
  }
  return absl::OkStatus();
}

void Directory::Update(const state::EntityKey& key,
                       const state::Entity& entity) {
  Lists& lists = tenants_[key.tenant];
  if (const auto* const restriction = entity.restriction()) {
    Put(key.handle, *restriction, restriction->lifted_ms() == 0,
        restriction->restricted().until_ms(), &lists.restrictions,
        &lists.restrictions_by_end);
    if (lists.restrictions.size() <= kListedRestrictionsMax) return;
    lists.restrictions.erase(lists.restrictions_by_end.begin()->second);
    lists.restrictions_by_end.erase(lists.restrictions_by_end.begin());
  } else if (const auto* const review = entity.review()) {
    Put(key.handle, *review, review->outcome() == sv1::REVIEW_OUTCOME_OPEN,
        review->until_ms(), &lists.reviews, &lists.reviews_by_end);
  } else if (const auto* const incidents = entity.incidents()) {
    lists.incidents = *incidents;
  } else if (const auto* const rule = entity.rule()) {
    lists.rules[key.handle] = *rule;
  } else if (entity.campaign() != nullptr) {
    lists.campaigns[key.handle] = ListedOf(entity);
    if (lists.campaigns.size() > kListedCampaignsMax) {
      const auto order = [](const auto& listed) {
        return std::max(listed.second.last_ms, listed.second.held_until_ms);
      };
      lists.campaigns.erase(std::min_element(
          lists.campaigns.begin(), lists.campaigns.end(),
          [&](const auto& a, const auto& b) { return order(a) < order(b); }));
    }
  }
}

void Directory::ForgetBefore(int64_t now_ms) {
  for (auto& [tenant, lists] : tenants_) {
    auto& by_end = lists.restrictions_by_end;
    while (!by_end.empty() && by_end.begin()->first <= now_ms - kLateMaxMs) {
      lists.restrictions.erase(by_end.begin()->second);
      by_end.erase(by_end.begin());
    }
  }
}

uint64_t Directory::NextDue(uint64_t tenant, int64_t now_ms) const {
  const Lists& lists = Of(tenant);
  if (lists.reviews_by_end.empty()) return 0;
  const auto& [end_ms, id] = *lists.reviews_by_end.begin();
  return end_ms <= now_ms || lists.reviews.size() > kOpenReviewsMax ? id : 0;
}

uint64_t Directory::IncidentOf(uint64_t tenant, std::string_view department,
                               int64_t at_ms) const {
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return 0;
  for (const sv1::IncidentRecord& incident :
       found->second.incidents.incidents()) {
    if (state::Runs(incident, at_ms) && IsOf(incident, department)) {
      return incident.id();
    }
  }
  return 0;
}

const Directory::Lists& Directory::Of(uint64_t tenant) const {
  static const Lists* const kNone = new Lists();
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? *kNone : found->second;
}

}  // namespace levee::sequencer
