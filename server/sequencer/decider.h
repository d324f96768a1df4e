// Decides a batch: what becomes of each event, and what stands in the journal
// of it.
#ifndef LEVEE_SERVER_SEQUENCER_DECIDER_H_
#define LEVEE_SERVER_SEQUENCER_DECIDER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "google/protobuf/arena.h"
#include "levee/storage/v1/entry.pb.h"
#include "levee/storage/v1/side.pb.h"
#include "server/sequencer/alike.h"
#include "server/sequencer/committer.h"
#include "server/sequencer/directory.h"
#include "server/sequencer/entity_cache.h"
#include "server/sequencer/job.h"
#include "server/sequencer/keyed_hash.h"
#include "server/sequencer/naming.h"
#include "server/sequencer/sequencer.h"
#include "server/sequencer/tenant.h"
#include "storage/shard.h"

namespace levee::sequencer {

// Event ids of the latest entries, for the time until the store's index has
// them and for the quick answer. Bounded; the oldest go first.
class RecentIds {
 public:
  explicit RecentIds(size_t ids_max) : ids_max_(ids_max) {}

  std::optional<uint64_t> Find(const storage::Id128& id) const;
  // REQUIRES: decided_at_ms is no less than any before.
  void Insert(const storage::Id128& id, uint64_t sequence,
              int64_t decided_at_ms);
  void ForgetBefore(int64_t decided_at_ms);

 private:
  struct Known {
    storage::Id128 id;
    int64_t decided_at_ms = 0;
  };
  void ForgetOldest();

  const size_t ids_max_;
  absl::flat_hash_map<storage::Id128, uint64_t> sequence_of_;
  std::deque<Known> order_;
};

inline void SetBytes(const storage::Id128& id, std::string* bytes) {
  bytes->assign(reinterpret_cast<const char*>(id.data()), id.size());
}

// Names that one event gives, at most: those of its subjects.
inline constexpr size_t kEventNamesMax = 9;

// Threads: one.
class Decider {
 public:
  // All must outlive this. `given_names` were given out already and wait for
  // the first entry to be stored with.
  Decider(storage::Shard* shard, const KeyedHash* hash, EntityCache* cache,
          Directory* directory, Alike* alike, Naming* naming,
          Committer* committer, Counters* counters, bool keep_text,
          std::vector<storage::NewName> given_names);

  // From now on Decide fills `unit`, whose entries begin at `first_sequence`.
  void Begin(uint64_t first_sequence, Unit* unit);
  // Decides and applies all jobs at `now_ms` and moves them into the unit.
  // Items that cannot be decided carry why.
  void Decide(int64_t now_ms, std::vector<Job>* jobs);
  // Lets through what nobody looked at in time, a few at a time.
  void ReleaseDue(int64_t now_ms,
                  const std::vector<std::unique_ptr<Tenant>>& tenants);
  // Ends the unit; returns the last sequence given.
  uint64_t End();

 private:
  // A name that an event gives, and where its handle goes.
  struct Named {
    storage::NameRef name;
    void (storage::v1::Subjects::*set)(uint64_t) = nullptr;
    uint64_t handle = 0;  // 0: not known yet
    bool proposed = false;
  };

  // A group of an import's events, of the batch.
  struct Importing {
    EventGroup* group = nullptr;
    Named name;
    EntityCache::Slot* slot = nullptr;
  };

  using Slots = absl::InlinedVector<EntityCache::Slot*, kEventNamesMax + 2>;

  // One item of the batch, on its way through the steps.
  struct Pending {
    Item* item = nullptr;
    const EventGroup* group = nullptr;
    size_t place = 0;                     // in its group
    storage::v1::Entry* entry = nullptr;  // in arena_
    absl::InlinedVector<Named, kEventNamesMax> names;
    Slots slots;
    size_t import = 0;  // place in imports_, for an import's event
    // Decided before: its sequence.
    std::optional<uint64_t> repeat_of;
  };

  bool Records(const Pending& pending) const {
    return pending.group->purpose != Purpose::kPreview;
  }
  void Collect(std::vector<Job>* jobs);
  absl::Status FindRepeats();
  absl::Status Name();
  void WantNames(Pending* pending);
  void FillEntry(Pending* pending);
  // The handle, or a proposed one.
  uint64_t HandleOf(Named* named);
  void GiveNames(const Pending& pending);
  void Give(const Named& named);
  void AcquireSlots(Pending* pending);
  // Adds the entities of what follows from the entry, and reads them.
  absl::Status AcquireConsequences(const storage::v1::Entry& entry,
                                   uint64_t sequence, Slots* slots);
  void Apply(const storage::v1::Entry& entry, uint64_t sequence,
             absl::Span<EntityCache::Slot* const> slots);
  void DecideItem(Pending* pending);
  void DecideGroup(const absl::Status& read, EventGroup* group);
  static absl::Status CheckPosition(const Importing& importing);
  absl::Status CheckOrder(const Pending& pending) const;
  void RecordPosition(const Importing& importing);
  absl::Status Regard(Pending* pending);
  // Adds what taking back event entry `of` takes back, with what agents had
  // reported of it.
  absl::Status AddRefunds(
      const storage::v1::Entry& of, uint64_t sequence,
      const state::Entity& customer,
      google::protobuf::RepeatedPtrField<storage::v1::Refund>* refunds);
  // Adds the reports of event entry `sequence` among the customer's latest 64;
  // of one agent where `agent` is not 0.
  absl::Status AddReports(
      uint64_t sequence, uint64_t agent, const state::Entity& customer,
      google::protobuf::RepeatedPtrField<storage::v1::Refund>* refunds);
  absl::StatusOr<storage::v1::Entry> ReadEntry(uint64_t sequence);
  // Finds what is like the event's text: near-duplicates, its campaign.
  absl::Status FindAlike(Pending* pending);
  absl::Status FindFounders(std::vector<uint64_t>* sequences,
                            storage::v1::TextFacts* text);
  // Fetches what FindAlike looks at.
  void ExpectAlike(const Pending& pending) const;
  bool IsCompared(const Pending& pending) const;
  // Whether later texts are compared with its own.
  bool IsRemembered(const Pending& pending) const;
  void Measure(Pending* pending);
  void MeasureStanding(const Pending& pending, const rules::RuleSet* rules,
                       storage::v1::EventEntry* recorded);
  // Whether the entry, which was applied, ended a review by withdrawing it.
  static bool ResolvesReview(const Pending& pending, uint64_t sequence);
  void Record(Pending* pending);
  void Count(const storage::v1::DecisionOutcome& outcome);
  void KeepText(const Pending& pending, uint32_t place);
  void Append(const storage::v1::Entry& entry);
  void DecideAct(RuleSetAct* act);

  // Acts (acting.cc).
  void DecideAct(Act* act);
  // The sequence of its entry, or of an earlier one that says the same.
  absl::StatusOr<uint64_t> Perform(const Act& given);
  // Completes the act by what state says; not 0: it was done before, by that
  // entry. `handle`: whom it is about.
  absl::StatusOr<uint64_t> Fill(const Act& given, uint64_t handle,
                                storage::v1::ActEntry* act);
  absl::Status FillRestrict(uint64_t tenant, uint64_t handle,
                            storage::v1::ActEntry* act);
  // Proposes an incident where the desk or the event's department sees what
  // looks like an outage, and nobody was told within the hour.
  void ProposeIncident(const Pending& pending);
  bool IsTold(uint64_t tenant, const std::string& department) const;
  absl::Status FillOverrule(uint64_t handle, storage::v1::ActEntry* act) const;
  absl::Status FillLift(uint64_t tenant, storage::v1::ActEntry* act);
  absl::StatusOr<uint64_t> FillGrant(const Act& given, uint64_t handle,
                                     storage::v1::ActEntry* act);
  absl::Status FillIncident(uint64_t tenant, storage::v1::ActEntry* act);
  absl::Status FillReview(const Tenant& tenant, storage::v1::ActEntry* act);
  absl::Status CheckCampaign(uint64_t tenant, const storage::v1::ActEntry& act);
  void RecordAct(const std::string& reason,
                 const std::vector<EntityCache::Slot*>& slots,
                 storage::v1::Entry* entry);
  // Valid until the next load.
  absl::StatusOr<const state::Entity*> LoadOne(const state::EntityKey& key);
  // Whose the subject is; 0: no customer's.
  absl::StatusOr<uint64_t> CustomerOf(uint64_t tenant,
                                      const storage::v1::SubjectRef& subject);

  void LookAt(Look* look);
  static const state::Entity* Find(const Pending& pending,
                                   const state::EntityKey& key);
  storage::Shard* const shard_;
  const KeyedHash* const hash_;
  EntityCache* const cache_;
  Directory* const directory_;
  Alike* const alike_;
  Naming* const naming_;
  Committer* const committer_;
  Counters* const counters_;
  const bool keep_text_;
  RecentIds recent_;

  // Of the batch in hand.
  uint64_t next_sequence_ = 1;
  uint64_t batch_first_ = 1;
  Unit* unit_ = nullptr;
  std::vector<Pending> pending_;
  size_t pending_count_ = 0;
  size_t next_pending_ = 0;
  std::vector<Importing> imports_;
  size_t next_import_ = 0;
  int64_t now_ms_ = 0;
  // Where the batch's entries live.
  const std::unique_ptr<char[]> first_block_;
  google::protobuf::Arena arena_;
  std::vector<state::EntityKey> keys_;
  storage::v1::EventText text_;
  std::string reference_hash_;
  // What the item in hand says, where it is compared.
  Said said_;
  // The campaign that the item in hand finds, as its founders make it.
  std::optional<state::Entity> founded_;
  // When each tenant's openings were looked at last.
  absl::flat_hash_map<uint64_t, int64_t> surge_looked_ms_;

  // The tenants' names, until the first entry carries them to the store.
  std::vector<storage::NewName> unstored_names_;
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_DECIDER_H_
