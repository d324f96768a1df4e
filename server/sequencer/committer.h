// The thread that commits batches, while the next one is being decided and the
// one before answered.
#ifndef LEVEE_SERVER_SEQUENCER_COMMITTER_H_
#define LEVEE_SERVER_SEQUENCER_COMMITTER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "server/sequencer/answerer.h"
#include "server/sequencer/entity_cache.h"
#include "server/sequencer/queue.h"
#include "storage/mutex.h"
#include "storage/shard.h"

namespace levee::sequencer {

// A batch with all that follows its commit.
struct Unit {
  // Without entries: nothing to append, but the jobs wait their turn.
  storage::Batch batch;
  // Of the jobs whose turn it is with this unit.
  Weight weight;
  // Written after the append, while the answers go out; without records:
  // nothing.
  storage::EntityFlush flush;
  uint64_t flush_number = 0;
  // Handed on once the append is done.
  std::unique_ptr<Answers> answers;

  void Clear();
};

// How the committer gets on.
struct Pace {
  // A unit is being committed.
  bool busy = false;
  // Entries of the unit before.
  size_t last_entries = 0;
  // What an append takes, averaged over the last few.
  int64_t append_us = 0;
};

// Threads: NewUnit, Submit and the waits from the sequencer's; pace and failure
// from any.
class Committer {
 public:
  // All must outlive this. `idle` is called when a unit is done.
  Committer(storage::Shard* shard, EntityCache* cache, Feed* feed,
            std::function<void()> idle);
  ~Committer();

  // A unit to fill, cleared.
  std::unique_ptr<Unit> NewUnit();
  // Waits until the unit before is done, then hands this one over.
  void Submit(std::unique_ptr<Unit> unit);
  // Waits until everything submitted is committed.
  void Wait();
  // ... and answered.
  void WaitForAnswers();

  Pace pace() const;

  // Why nothing is committed any more; OK while it is.
  absl::Status failure() const;

 private:
  void Run();
  void Commit(Unit* unit);
  absl::Status Append(const storage::Batch& batch);
  void Flush(Unit* unit);
  void Fail(const absl::Status& status);

  storage::Shard* const shard_;
  EntityCache* const cache_;
  const std::function<void()> idle_;

  mutable storage::Mutex mutex_;
  storage::Condition changed_;
  std::unique_ptr<Unit> next_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Unit> spare_ ABSL_GUARDED_BY(mutex_);
  Pace pace_ ABSL_GUARDED_BY(mutex_);
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);

  Answerer answerer_;
  std::thread thread_;
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_COMMITTER_H_
