// Answers what was decided, once it is committed, in order: the journal's next
// batch is written meanwhile.
#ifndef LEVEE_SERVER_SEQUENCER_ANSWERER_H_
#define LEVEE_SERVER_SEQUENCER_ANSWERER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "levee/v1/rule.pb.h"
#include "server/sequencer/feed.h"
#include "server/sequencer/job.h"
#include "storage/journal.h"
#include "storage/mutex.h"

namespace levee::sequencer {

// An item whose event id was decided before: it gets that decision once it is
// committed, or ALREADY_EXISTS where the content is another.
struct Repeat {
  Item* item = nullptr;
  uint64_t sequence = 0;
};

// What is answered when a batch is committed.
struct Answers {
  std::vector<Repeat> repeats;
  // Items that were decided and recorded: they fail if the commit fails.
  std::vector<Item*> recorded;
  // In order.
  std::vector<Job> jobs;
  // What the operators' acts of `jobs` are answered, in their order.
  std::vector<absl::StatusOr<levee::v1::RuleSetRevision>> revisions;
  // The same for those beside rule sets.
  std::vector<absl::StatusOr<uint64_t>> acts;
  // Reviews that were resolved.
  std::vector<Resolved> resolved;
  // Of the commit. Not OK: what was recorded and the acts fail with it.
  absl::Status status;

  void Clear();
};

// Batches that wait for their answers, at most.
inline constexpr size_t kAnswersMax = 4;

// Threads: New, Submit and Wait from any one at a time.
class Answerer {
 public:
  // Both must outlive this.
  Answerer(const storage::Journal* journal, Feed* feed);
  // Answers what was submitted.
  ~Answerer();

  // Some to fill, cleared.
  std::unique_ptr<Answers> New();
  // Takes them to be answered; waits for room while kAnswersMax are waiting.
  void Submit(std::unique_ptr<Answers> answers);
  // Waits until all that was submitted is answered.
  void Wait();

 private:
  void Run();
  void Answer(Answers* answers);
  void AnswerRepeats(Answers* answers);

  const storage::Journal* const journal_;
  Feed* const feed_;

  storage::Mutex mutex_;
  storage::Condition changed_;
  std::deque<std::unique_ptr<Answers>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Answers>> spare_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_ANSWERER_H_
