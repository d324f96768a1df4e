// Gives ids their handles: from memory, from the store with one read a batch,
// or new ones.
#ifndef LEVEE_SERVER_SEQUENCER_NAMING_H_
#define LEVEE_SERVER_SEQUENCER_NAMING_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "storage/journal.h"
#include "storage/names.h"

namespace levee::sequencer {

// Threads: one. Owns its cache: two generations, each at most half of
// names_max; when the young one is full it becomes the old one, so that a
// name in use stays and nothing is ever searched for a victim. The young
// generation must hold all names of the batches that are not committed yet,
// for the store does not know them: names_max is no less than twice those.
class Naming {
 public:
  // `store` must outlive this. `random` gives 64 random bits.
  Naming(const storage::NameStore* store, int64_t names_max,
         std::function<uint64_t()> random);

  // The handle, if it is in memory; or else notes the name for Load, until when
  // `name.id` must stay.
  std::optional<uint64_t> Want(const storage::NameRef& name);
  // Reads all wanted names that are not in memory.
  absl::Status Load();

  // The handle; empty where the name was never given out.
  // REQUIRES: wanted and loaded.
  std::optional<uint64_t> Find(const storage::NameRef& name);

  // The handle, or one that is proposed for the name: the same for every event
  // that asks before ForgetProposals. `proposed` is set where it is such.
  uint64_t FindOrPropose(const storage::NameRef& name, bool* proposed);

  // Gives out the name's handle for good, the proposed one if there is one,
  // and appends it to `given`; does nothing where it was given out before.
  uint64_t Give(const storage::NameRef& name,
                std::vector<storage::NewName>* given);

  // What was proposed and not given out stands for nothing from now on.
  void ForgetProposals() { proposals_.clear(); }

 private:
  // Kind, tenant and id; of usual ones no byte lies elsewhere, so that a
  // look-up costs no further miss of the processor's caches.
  using Key = absl::InlinedVector<char, 40>;
  using Generation = absl::flat_hash_map<Key, uint64_t>;

  uint64_t NewHandle();
  void Remember(const Key& key, uint64_t handle);
  // Makes key_ from the name; valid until the next call.
  const Key& KeyOf(const storage::NameRef& name);

  const storage::NameStore* const store_;
  const size_t generation_max_;
  const std::function<uint64_t()> random_;
  Generation young_;
  Generation old_;
  Generation proposals_;
  std::vector<storage::NameRef> wanted_;
  std::vector<std::optional<uint64_t>> found_;
  Key key_;
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_NAMING_H_
