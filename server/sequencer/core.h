// The sequencer's parts and its thread.
#ifndef LEVEE_SERVER_SEQUENCER_CORE_H_
#define LEVEE_SERVER_SEQUENCER_CORE_H_

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "server/sequencer/alike.h"
#include "server/sequencer/committer.h"
#include "server/sequencer/decider.h"
#include "server/sequencer/directory.h"
#include "server/sequencer/entity_cache.h"
#include "server/sequencer/keyed_hash.h"
#include "server/sequencer/naming.h"
#include "server/sequencer/queue.h"
#include "server/sequencer/sequencer.h"
#include "server/sequencer/tenant.h"

namespace levee::sequencer {

class Sequencer::Core {
 public:
  Core(storage::Shard* shard, Options options);

  // Before Run's thread exists: names the tenants, replays, loads rule sets.
  absl::Status Recover();
  void StartThread();
  void Stop();

  // Constant once the thread runs.
  storage::Shard* const shard;
  const Options options;
  const KeyedHash hash;
  const ServerClock clock;
  std::vector<std::unique_ptr<Tenant>> tenants;

  // Safe from any thread by themselves.
  Queue queue;
  Counters counters;
  Feed feed;
  EntityCache cache;    // but for size(): the sequencer's thread
  Directory directory;  // the sequencer's thread
  Alike alike;          // the sequencer's thread
  std::optional<Committer> committer;

 private:
  void Run();
  void FlushAll();
  bool Quiet() const;
  // Fills the unit from the queue. False: closed and empty.
  bool Fill(Unit* unit);
  // How long a unit that could be committed waits for more.
  struct Linger {
    // It came together while the one before was being committed.
    bool overlapped = false;
    // Once the committer is free: until when, and for how many events.
    int64_t deadline_us = 0;
    size_t events = 0;
  };
  // What to wait for next; without a time: the unit is committed.
  Queue::Want Next(const Unit& unit, Linger* linger) const;
  absl::Status NameTenants();
  absl::Status Replay();
  absl::Status ReplayChunk(const std::vector<storage::v1::Entry>& entries,
                           uint64_t first_sequence);
  absl::Status LoadRules(const Tenant& tenant);

  // The sequencer's thread only.
  Naming naming_;
  std::optional<Decider> decider_;
  std::vector<storage::NewName> tenant_names_;
  uint64_t last_sequence_ = 0;
  // When jobs were taken last.
  int64_t last_jobs_us_ = 0;
  std::thread thread_;
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_CORE_H_
