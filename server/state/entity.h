// An entity: a customer, a ticket, a source, an agent, the tenant, a
// department, an import, a tenant's rule sets or incidents, a restriction, a
// review or a rule, and how one journal entry changes it.
//
// State is the set of all entities, and a pure function of the journal: what
// an entry does to an entity depends on the two alone. Threads: an entity
// belongs to one thread.
#ifndef LEVEE_SERVER_STATE_ENTITY_H_
#define LEVEE_SERVER_STATE_ENTITY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "levee/storage/v1/entry.pb.h"
#include "levee/storage/v1/state.pb.h"
#include "server/state/campaign.h"
#include "server/state/cells.h"
#include "server/state/ring.h"
#include "server/state/surge.h"

namespace levee::state {

// Names an entity.
struct EntityKey {
  storage::v1::EntityKind kind = storage::v1::ENTITY_KIND_UNSPECIFIED;
  uint64_t tenant = 0;
  uint64_t handle = 0;

  // kind (1 byte), tenant (8, big-endian), handle (8, big-endian).
  static constexpr size_t kBytes = 17;
  std::string Encode() const;
  // Empty where `bytes` is none.
  static std::optional<EntityKey> Decode(std::string_view bytes);

  friend bool operator==(const EntityKey&, const EntityKey&) = default;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 mistakes its zero.
  friend auto operator<=>(const EntityKey&, const EntityKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const EntityKey& key) {
    return H::combine(std::move(h), static_cast<int>(key.kind), key.tenant,
                      key.handle);
  }
};

// A source, an agent or the tenant.
struct Shared {
  CellSeries facts;
  CellSeries let_through;
};

// The progress of one history import.
struct Import {
  uint64_t position = 0;
  int64_t last_effective_ms = 0;
};

// The list of a tenant's rule sets (handle 0), at most kRevisionsMax of them.
struct RuleSetList {
  std::vector<storage::v1::RuleSetHead> revisions;
};
inline constexpr int kRevisionsMax = 100;

// The text of one revision; empty once it left the list.
struct RuleSetText {
  std::string text;
};

inline constexpr int kIncidentsMax = 100;
inline constexpr int kProposalsMax = 20;

class Entity {
 public:
  // A new entity, to which no entry has been applied.
  explicit Entity(storage::v1::EntityKind kind);
  Entity(const Entity& other);
  Entity(Entity&& other) = default;
  Entity& operator=(Entity&& other) = default;

  // DATA_LOSS: not a record of that kind.
  static absl::StatusOr<Entity> Decode(storage::v1::EntityKind kind,
                                       std::string_view record);
  // The bytes of a storage.v1.EntityRecord; equal states have equal bytes.
  std::string Encode() const;

  // Sequence of the last entry applied; 0: none.
  uint64_t applied() const { return applied_; }

  // Applies entry `sequence`, unless it was applied already.
  // REQUIRES: KeysOf(entry) contains `key`, the key of this entity.
  void Apply(const storage::v1::Entry& entry, uint64_t sequence,
             const EntityKey& key);

  // Null where the entity is of another kind.
  const Ring* ring() const { return std::get_if<Ring>(&what_); }
  const Shared* shared() const { return std::get_if<Shared>(&what_); }
  const Import* import() const { return std::get_if<Import>(&what_); }
  const RuleSetList* rule_sets() const {
    return std::get_if<RuleSetList>(&what_);
  }
  const RuleSetText* rule_set_text() const {
    return std::get_if<RuleSetText>(&what_);
  }
  const storage::v1::RestrictionRecord* restriction() const {
    return std::get_if<storage::v1::RestrictionRecord>(&what_);
  }
  const storage::v1::ReviewRecord* review() const {
    return std::get_if<storage::v1::ReviewRecord>(&what_);
  }
  const storage::v1::IncidentsRecord* incidents() const {
    return std::get_if<storage::v1::IncidentsRecord>(&what_);
  }
  const storage::v1::RuleRecord* rule() const {
    return std::get_if<storage::v1::RuleRecord>(&what_);
  }

  // What rules and operators made of a customer, a ticket or a source; null:
  // nothing (standing.h).
  const storage::v1::StandingRecord* standing() const {
    return standing_.get();
  }

  // Of the tenant and of departments; null for all else.
  const Surge* surge() const { return surge_.get(); }
  // Null for all but a campaign.
  const Campaign* campaign() const { return campaign_.get(); }

  // Bytes of memory it takes, about.
  size_t memory_bytes() const;

 private:
  friend Entity FoundedCampaign(const storage::v1::Entry& entry);

  void TakeBack(const storage::v1::Refund& refund);
  void ApplyRuleSet(const storage::v1::Entry& entry, const EntityKey& key);
  void ApplyStanding(const storage::v1::Entry& entry, uint64_t sequence,
                     const EntityKey& key);
  std::string EncodeRare() const;

  uint64_t applied_ = 0;
  std::variant<Ring, Shared, Import, RuleSetList, RuleSetText,
               storage::v1::RestrictionRecord, storage::v1::ReviewRecord,
               storage::v1::IncidentsRecord, storage::v1::RuleRecord>
      what_;
  std::unique_ptr<storage::v1::StandingRecord> standing_;
  std::unique_ptr<Surge> surge_;
  std::unique_ptr<Campaign> campaign_;
};

// The campaign that the entry finds, as its founders make it: before the entry
// itself is applied.
// REQUIRES: the entry's text has founders.
Entity FoundedCampaign(const storage::v1::Entry& entry);

// Appends the key of every entity that the entry changes, without repetition.
// The tenant's entity is among those of every event. At most kKeysMax.
void AppendKeysOf(const storage::v1::Entry& entry, uint64_t sequence,
                  std::vector<EntityKey>* keys);
inline constexpr int kKeysMax = 60;

// Its two parts: what an event is about, which its decision reads, and what
// follows from the decision or an act.
void AppendSubjectKeysOf(const storage::v1::Entry& entry,
                         std::vector<EntityKey>* keys);
void AppendConsequenceKeysOf(const storage::v1::Entry& entry, uint64_t sequence,
                             std::vector<EntityKey>* keys);

// The subjects' handle of that kind; 0: they have none. The tenant's own handle
// is that of every key, so that 0 does for it.
uint64_t HandleOf(storage::v1::EntityKind kind,
                  const storage::v1::Subjects& subjects);

// The key of what a rate counts by; empty where the happening has no such
// subject.
std::optional<EntityKey> KeyOf(levee::v1::Subject subject, uint64_t tenant,
                               const storage::v1::Subjects& subjects);

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_ENTITY_H_
