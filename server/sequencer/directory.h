// What can be listed: restrictions in force, reviews that are open, incidents,
// what reviews said of the rules, and campaigns. A view of state, rebuilt at
// every start.
#ifndef LEVEE_SERVER_SEQUENCER_DIRECTORY_H_
#define LEVEE_SERVER_SEQUENCER_DIRECTORY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "levee/storage/v1/state.pb.h"
#include "server/state/entity.h"
#include "storage/entities.h"

namespace levee::sequencer {

// Open reviews of a tenant, at most; beyond, the oldest are let through
// before their time. Some 300 bytes each.
inline constexpr size_t kOpenReviewsMax = 65'536;
// Restrictions in force that can be listed, per tenant; beyond, those that end
// first are only found by their subject.
inline constexpr size_t kListedRestrictionsMax = 262'144;

// Campaigns of a tenant that can be listed: those with the latest messages, or
// held the longest.
inline constexpr size_t kListedCampaignsMax = 1'000;

// By what a campaign is kept among those that can be listed; all else is asked
// of its entity.
struct ListedCampaign {
  int64_t last_ms = 0;
  // The latest end of what HOLDs its messages; 0: nothing does.
  int64_t held_until_ms = 0;
};
// REQUIRES: entity.campaign() is there.
ListedCampaign ListedOf(const state::Entity& entity);

// Threads: one.
class Directory {
 public:
  // Of one tenant, by id.
  struct Lists {
    std::map<uint64_t, storage::v1::RestrictionRecord> restrictions;
    std::map<uint64_t, storage::v1::ReviewRecord> reviews;
    storage::v1::IncidentsRecord incidents;
    // By the hash of the rule's id.
    std::map<uint64_t, storage::v1::RuleRecord> rules;
    std::map<uint64_t, ListedCampaign> campaigns;

    // When each of them ends, with its id.
    std::set<std::pair<int64_t, uint64_t>> restrictions_by_end;
    std::set<std::pair<int64_t, uint64_t>> reviews_by_end;
  };
  // Whether entities of that kind are listed.
  static bool IsListed(storage::v1::EntityKind kind) {
    return kind == storage::v1::ENTITY_KIND_CAMPAIGN ||
           (kind >= storage::v1::ENTITY_KIND_RESTRICTION &&
            kind <= storage::v1::ENTITY_KIND_RULE);
  }

  // Reads what is stored. Errors: those of the store.
  absl::Status Load(const storage::EntityStore& store);

  // The entity is this now. REQUIRES: IsListed(key.kind).
  void Update(const state::EntityKey& key, const state::Entity& entity);

  // Forgets the restrictions that ended a day before.
  void ForgetBefore(int64_t now_ms);

  // A review of the tenant's whose time has come; 0: none.
  uint64_t NextDue(uint64_t tenant, int64_t now_ms) const;

  // The incident of the tenant's in whose scope an event of that department
  // and time is; 0: none.
  uint64_t IncidentOf(uint64_t tenant, std::string_view department,
                      int64_t at_ms) const;

  const Lists& Of(uint64_t tenant) const;

 private:
  absl::flat_hash_map<uint64_t, Lists> tenants_;
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_DIRECTORY_H_
