// The sequencer: the one thread that gives each event its place, decides it
// and applies it, and the one that commits.
//
// It drains the queue into a batch, answers event ids it knows, loads what is
// not in memory with one read, measures, decides and applies each event in
// order, and hands the batch to the committer, which appends it to the journal
// with one sync while the next batch is being decided. Completions run after
// the commit, in order. After a failed commit every write is answered with
// UNAVAILABLE.
#ifndef LEVEE_SERVER_SEQUENCER_SEQUENCER_H_
#define LEVEE_SERVER_SEQUENCER_SEQUENCER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/rules/rule_set.h"
#include "server/sequencer/clock.h"
#include "server/sequencer/feed.h"
#include "server/sequencer/job.h"
#include "server/sequencer/keyed_hash.h"
#include "storage/shard.h"

namespace levee::sequencer {

struct Options {
  // The tenants' names, unique.
  std::vector<std::string> tenants;
  // Events waiting in the queue, at most. Sized so that a full queue is
  // worked off within a second.
  int queue_events_max = 16'384;
  // Events in one batch, at most, give or take a request's: so many share a
  // sync. Beyond some 1,000 a sync costs next to nothing for each; a record
  // holds at most 4,096.
  int batch_events_max = 2'048;
  // Entities in memory, at most; those that are not flushed yet may exceed it.
  int64_t cache_entities_max = 200'000;
  // Names in memory, at most, but for those of what is not committed yet.
  int64_t cache_names_max = 400'000;
  // A changed entity is flushed once so many entries came after its first
  // change: what a restart must replay, about, at some 200,000 a second. The
  // more, the fewer flushes of what changes often.
  uint64_t flush_lag_entries = 150'000;
  // Keep the wording of events.
  bool keep_text = true;
  // Messages that are remembered to be known again, some 330 bytes each.
  size_t recent_texts_max = 131'072;
  // Gives out handles. Null: the machine's randomness.
  std::function<uint64_t()> random;
  // Null: Clock::System().
  const Clock* clock = nullptr;
};

// Counters since the start. Threads: any.
struct Counters {
  std::atomic<uint64_t> decided_by_verdict[6] = {};
  // Events for which a rule in shadow asked for more than was decided.
  std::atomic<uint64_t> would_by_verdict[6] = {};
  std::atomic<uint64_t> shed{0};
  std::atomic<uint64_t> repeats{0};
};

class Sequencer {
 public:
  // Replays what the store lacks, loads the tenants' rule sets and starts the
  // threads. `shard` must outlive the sequencer. Errors: those of the store;
  // FAILED_PRECONDITION when a stored rule set no longer compiles.
  static absl::StatusOr<std::unique_ptr<Sequencer>> Start(storage::Shard* shard,
                                                          Options options);

  // Stops.
  ~Sequencer();

  // Null: no such tenant. Threads: any.
  const Tenant* FindTenant(std::string_view name) const;
  // The rule set in force; null for none. Threads: any.
  std::shared_ptr<const rules::RuleSet> RulesOf(const Tenant& tenant) const;
  // The handle under which the tenant's names stand.
  static uint64_t HandleOf(const Tenant& tenant);

  // The hash under which an event id of the tenant is known. Threads: any.
  storage::Id128 EventIdHash(const Tenant& tenant,
                             std::string_view event_id) const;

  // Fills what Item needs beyond the event: hashes, text facts and what the
  // leaves ask of the event itself. Pure but for the rule set in force, which
  // is noted. REQUIRES: item->event was validated. Threads: any.
  void Prepare(const Tenant& tenant, Item* item) const;

  // Queues a job; its completion runs later. RESOURCE_EXHAUSTED: the queue is
  // full; UNAVAILABLE: stopping, or no writes are taken. On an error the job
  // is untouched and its completion does not run. Threads: any.
  absl::Status Enqueue(Job& job);

  // Takes no more jobs, finishes those that were taken, flushes all entities.
  void Stop();

  // Who listens is told of reviews that were resolved.
  Feed* feed();

  const Counters& counters() const;
  int64_t NowMs() const;
  int64_t WallAheadMs() const;
  size_t queue_length() const;
  size_t queue_capacity() const;
  size_t entities_cached() const;
  size_t entities_cache_max() const;
  // Why no writes are taken; OK while they are.
  absl::Status writable() const;

 private:
  class Core;
  explicit Sequencer(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_SEQUENCER_H_
