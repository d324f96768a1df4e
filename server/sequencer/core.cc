#include "server/sequencer/core.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace levee::sequencer {
namespace {

// Without work for so long, changed entities are flushed...
constexpr int64_t kIdleUs = 200'000;
// ...a few at a time, so that work that comes again hardly waits.
constexpr int64_t kFlushingUs = 2'000;
constexpr size_t kIdleFlushMax = 512;
// Beside work, so many for an event or as many as when idle: more than one
// event can change, so that what is overdue does not grow.
constexpr size_t kFlushPerEvent = 16;
// Events decided at once. More may wait: while they are decided, those decided
// before are committed, and the disk is not left idle.
constexpr int kDecideMax = 128;
// While a unit is being committed, so many are worth a waking.
constexpr size_t kOverlapMin = 32;
// A unit that came together while the one before was being committed waits at
// most so long for those who are only now being answered.
constexpr int64_t kLingerMaxUs = 1'000;

// Random bits from the machine, drawn in blocks. Threads: one.
class MachineRandom {
 public:
  uint64_t operator()() {
    if (next_ == block_.size()) {
      if (RAND_bytes(reinterpret_cast<unsigned char*>(block_.data()),
                     sizeof(block_)) != 1) {
        std::abort();  // no randomness: handles would repeat
      }
      next_ = 0;
    }
    return block_[next_++];
  }

 private:
  std::array<uint64_t, 64> block_ = {};
  size_t next_ = 64;
};

int64_t MonotonicUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::function<uint64_t()> RandomOf(const Options& options) {
  if (options.random) return options.random;
  return MachineRandom();
}

// The store does not know the names of the units that are not committed: the
// one that is filled, the one that waits and the one that is being written.
// A generation of names holds them all, whatever the cache's size is to be.
int64_t NamesMax(const Options& options) {
  const int64_t events = options.batch_events_max + kGroupEventsMax;
  const int64_t names = 3 * events * static_cast<int64_t>(kEventNamesMax + 1);
  return std::max(options.cache_names_max, 2 * names);
}

const Clock& ClockOf(const Options& options) {
  return options.clock != nullptr ? *options.clock : Clock::System();
}

}  // namespace

Sequencer::Core::Core(storage::Shard* shard, Options options)
    : shard(shard),
      options(std::move(options)),
      hash(shard->hash_key()),
      clock(ClockOf(this->options), shard->head().decided_at_ms),
      queue(static_cast<size_t>(this->options.queue_events_max)),
      cache(shard, static_cast<size_t>(this->options.cache_entities_max),
            this->options.flush_lag_entries),
      alike(this->options.recent_texts_max),
      naming_(shard, NamesMax(this->options), RandomOf(this->options)) {}

void Sequencer::Core::StartThread() {
  committer.emplace(shard, &cache, &feed, [this] { queue.Wake(); });
  decider_.emplace(shard, &hash, &cache, &directory, &alike, &naming_,
                   &*committer, &counters, options.keep_text,
                   std::move(tenant_names_));
  last_sequence_ = shard->head().last_sequence;
  thread_ = std::thread([this] { Run(); });
}

// While a unit is being committed, more events are decided into the next one:
// the slower the disk, the more share a sync. When the committer is free
// again, those who were just answered are about to send their next events;
// without them two halves would take turns, each waiting for the other's sync.
// So the unit waits for about as many as were answered, at most a quarter of
// what an append takes.
Queue::Want Sequencer::Core::Next(const Unit& unit, Linger* linger) const {
  const size_t events = unit.batch.ends.size();
  Queue::Want want = {.events_max = static_cast<size_t>(
                          std::min(options.batch_events_max, kDecideMax))};
  if (unit.weight.events >= static_cast<size_t>(options.batch_events_max) ||
      unit.weight.bytes >= kBatchBytesMax) {
    return want;
  }
  const Pace pace = committer->pace();
  if (pace.busy) {  // the committer wakes the queue
    linger->overlapped = true;
    want.events_min = kOverlapMin;
    want.timeout_us = kIdleUs;
  } else if (unit.answers->jobs.empty()) {
    want.timeout_us = cache.dirty() && Quiet() ? kFlushingUs : kIdleUs;
  } else if (linger->overlapped) {
    const int64_t now_us = MonotonicUs();
    if (linger->deadline_us == 0) {
      linger->deadline_us = now_us + std::min(kLingerMaxUs, pace.append_us / 4);
      linger->events = events + pace.last_entries;
    }
    if (events >= linger->events) return want;
    want.events_min = linger->events - events;
    want.timeout_us = std::max<int64_t>(0, linger->deadline_us - now_us);
  }
  return want;
}

bool Sequencer::Core::Fill(Unit* unit) {
  std::vector<Job> jobs;
  Linger linger;
  while (true) {
    const Queue::Want want = Next(*unit, &linger);
    if (want.timeout_us == 0) return true;
    const bool open = queue.Pop(want, &jobs, &unit->weight);
    if (!jobs.empty()) {
      last_jobs_us_ = MonotonicUs();
      decider_->Decide(clock.NowMs(), &jobs);
    } else if (!open || unit->answers->jobs.empty()) {
      return open;
    }
  }
}

bool Sequencer::Core::Quiet() const {
  return MonotonicUs() - last_jobs_us_ >= kIdleUs;
}

void Sequencer::Core::Run() {
  bool open = true;
  while (open) {
    std::unique_ptr<Unit> unit = committer->NewUnit();
    decider_->Begin(last_sequence_ + 1, unit.get());
    decider_->ReleaseDue(clock.NowMs(), tenants);
    open = Fill(unit.get());
    last_sequence_ = decider_->End();
    const bool idle = unit->answers->jobs.empty() && unit->batch.ends.empty();
    const bool quiet = idle && Quiet();
    const size_t records_max =
        quiet
            ? kIdleFlushMax
            : std::max(kIdleFlushMax, unit->batch.ends.size() * kFlushPerEvent);
    const bool flushes = cache.TakeFlush(
        last_sequence_, quiet ? FlushWhat::kAny : FlushWhat::kOverdue,
        records_max, &unit->flush);
    unit->flush_number = cache.flushes();
    if (!idle || flushes) committer->Submit(std::move(unit));
    cache.Evict();
  }
  FlushAll();
  committer->WaitForAnswers();
}

void Sequencer::Core::FlushAll() {
  while (cache.dirty()) {
    std::unique_ptr<Unit> unit = committer->NewUnit();
    cache.TakeFlush(last_sequence_, FlushWhat::kAny, kFlushEntitiesMax,
                    &unit->flush);
    unit->flush_number = cache.flushes();
    committer->Submit(std::move(unit));
  }
}

void Sequencer::Core::Stop() {
  queue.Close();
  if (thread_.joinable()) thread_.join();
}

}  // namespace levee::sequencer
