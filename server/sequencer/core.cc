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

// Without work, changed entities are flushed after so long...
constexpr int64_t kIdleUs = 200'000;
// ...and while some are left, the next flush follows soon.
constexpr int64_t kFlushingUs = 2'000;
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
  return options.random ? options.random : MachineRandom();
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
      naming_(shard, this->options.cache_names_max, RandomOf(this->options)) {}

void Sequencer::Core::StartThread() {
  committer.emplace(shard, &cache, [this] { queue.Wake(); });
  decider_.emplace(shard, &hash, &cache, &naming_, &*committer, &counters,
                   options.keep_text, std::move(tenant_names_));
  last_sequence_ = shard->head().last_sequence;
  thread_ = std::thread([this] { Run(); });
}

// While a unit is being committed, more events are decided into the next one:
// the slower the disk, the more share a sync. When the committer is free
// again, those who were just answered are about to send their next events;
// without them two halves would take turns, each waiting for the other's sync.
// So the unit waits for about as many as were answered, at most a quarter of
// what an append takes.
int64_t Sequencer::Core::WaitUs(const Unit& unit, Linger* linger) const {
  const size_t events = unit.batch.ends.size();
  if (!linger->overlapped ||
      events >= static_cast<size_t>(options.batch_events_max) ||
      unit.batch.entries.size() + unit.text_bytes >= kBatchBytesMax) {
    return 0;
  }
  const Pace pace = committer->pace();
  if (pace.busy) return kIdleUs;  // the committer wakes the queue
  const int64_t now_us = MonotonicUs();
  if (linger->deadline_us == 0) {
    linger->deadline_us = now_us + std::min(kLingerMaxUs, pace.append_us / 4);
    linger->events = events + pace.last_entries;
  }
  if (events >= linger->events) return 0;
  return std::max<int64_t>(0, linger->deadline_us - now_us);
}

bool Sequencer::Core::Fill(Unit* unit) {
  const auto events_max = static_cast<size_t>(options.batch_events_max);
  std::vector<Job> jobs;
  bool open =
      queue.Pop(events_max, cache.dirty() ? kFlushingUs : kIdleUs, &jobs);
  Linger linger = {.overlapped = committer->pace().busy};
  while (!jobs.empty()) {
    decider_->Decide(clock.NowMs(), &jobs);
    counters.batches.fetch_add(1, std::memory_order_relaxed);
    int64_t wait_us = open ? WaitUs(*unit, &linger) : 0;
    while (jobs.empty() && wait_us > 0) {
      open = queue.Pop(events_max, wait_us, &jobs);
      wait_us = open && jobs.empty() ? WaitUs(*unit, &linger) : 0;
    }
  }
  return open;
}

void Sequencer::Core::Run() {
  bool open = true;
  while (open) {
    std::unique_ptr<Unit> unit = committer->NewUnit();
    decider_->Begin(last_sequence_ + 1, unit.get());
    open = Fill(unit.get());
    last_sequence_ = decider_->End();
    const bool idle = unit->jobs.empty();
    const FlushWhat what = !idle  ? FlushWhat::kOverdue
                           : open ? FlushWhat::kSome
                                  : FlushWhat::kAll;
    if (cache.TakeFlush(last_sequence_, what, &unit->flush)) {
      unit->flush_number = cache.flushes();
    }
    if (!idle || !unit->flush.records.empty()) {
      committer->Submit(std::move(unit));
    }
    cache.Evict();
  }
  committer->Wait();
}

void Sequencer::Core::Stop() {
  queue.Close();
  if (thread_.joinable()) thread_.join();
}

}  // namespace levee::sequencer
