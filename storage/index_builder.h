// Builds the index, and spreads the names, behind the journal.
//
// One put per event would cost the journal most of its speed (it is the
// number of keys that costs). So what a batch adds to `index`, `names` and
// `keys` stays in memory, and many batches of it at a time become one sorted
// file per family, which RocksDB takes in as it is. After a crash the tail is
// built again from the journal's records and the names beside them.
#ifndef LEVEE_STORAGE_INDEX_BUILDER_H_
#define LEVEE_STORAGE_INDEX_BUILDER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "storage/mutex.h"
#include "storage/rocks_engine.h"
#include "storage/tail.h"

namespace levee::storage {

// What one batch adds.
struct TailBatch {
  uint64_t first_sequence = 0;
  uint64_t last_sequence = 0;
  std::vector<TailEvent> events;
  std::vector<TailName> names;
};

// Threads: any, but Add and WaitForRoom from one, which appends.
// Owns: the thread that builds.
class IndexBuilder {
 public:
  // Entries up to `indexed` are in files. Does not own the engine.
  IndexBuilder(const Engine* engine, uint64_t indexed);
  // Builds what is left and ends the thread, if Start was called.
  ~IndexBuilder();

  // Before Start: builds at once whenever there is enough.
  absl::Status Restore(TailBatch batch);
  void Start();

  // Returns when the tail has room. UNAVAILABLE, DATA_LOSS: building failed,
  // and nothing will make room.
  absl::Status WaitForRoom();
  void Add(TailBatch batch);

  // Shows what is in no file yet, newest part first. Whatever it does not show
  // and was committed before is in the files. `visit` must not call this.
  void Visit(absl::FunctionRef<void(const Tail& tail)> visit) const;

  // Returns when all that was added is in files.
  absl::Status CatchUp();

 private:
  // A tail, and what becomes known and needless once it is in files.
  struct Part {
    Tail tail;
    // Batches whose names have been put beside the journal.
    std::vector<uint64_t> named;
    uint64_t last_sequence = 0;
  };

  void Run();
  bool IsDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddLocked(TailBatch batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Moves the current part into files, without the lock while it writes.
  void Build() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Write(const Part& part) const;

  const Engine* const engine_;

  mutable Mutex mutex_;
  Condition changed_;
  std::unique_ptr<Part> current_ ABSL_GUARDED_BY(mutex_);
  // Being built; null: nothing is.
  std::shared_ptr<const Part> frozen_ ABSL_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point oldest_ ABSL_GUARDED_BY(mutex_);
  uint64_t indexed_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool hurry_ ABSL_GUARDED_BY(mutex_) = false;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;

  // Owned by whoever made this.
  std::thread thread_;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_INDEX_BUILDER_H_
