#include "server/sequencer/committer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace levee::sequencer {

using storage::MutexLock;

void Unit::Clear() {
  batch.Clear();
  weight = {};
  flush.records.clear();
  flush_number = 0;
  answers.reset();
}

Committer::Committer(storage::Shard* shard, EntityCache* cache, Feed* feed,
                     std::function<void()> idle)
    : shard_(shard),
      cache_(cache),
      idle_(std::move(idle)),
      answerer_(shard, feed),
      thread_([this] { Run(); }) {}

Committer::~Committer() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

std::unique_ptr<Unit> Committer::NewUnit() {
  std::unique_ptr<Unit> unit;
  {
    MutexLock lock(mutex_);
    unit = std::move(spare_);
  }
  if (unit == nullptr) unit = std::make_unique<Unit>();
  unit->answers = answerer_.New();
  return unit;
}

void Committer::Submit(std::unique_ptr<Unit> unit) {
  {
    MutexLock lock(mutex_);
    while (next_ != nullptr) changed_.Wait(mutex_);
    next_ = std::move(unit);
  }
  changed_.NotifyAll();
}

void Committer::Wait() {
  MutexLock lock(mutex_);
  while (next_ != nullptr || pace_.busy) changed_.Wait(mutex_);
}

void Committer::WaitForAnswers() {
  Wait();
  answerer_.Wait();
}

Pace Committer::pace() const {
  MutexLock lock(mutex_);
  Pace pace = pace_;
  pace.busy |= next_ != nullptr;
  return pace;
}

absl::Status Committer::failure() const {
  MutexLock lock(mutex_);
  return failure_;
}

void Committer::Fail(const absl::Status& status) {
  MutexLock lock(mutex_);
  if (failure_.ok()) failure_ = status;
}

void Committer::Run() {
  while (true) {
    std::unique_ptr<Unit> unit;
    {
      MutexLock lock(mutex_);
      while (next_ == nullptr && !stop_) changed_.Wait(mutex_);
      if (next_ == nullptr) return;
      unit = std::move(next_);
      pace_.busy = true;
    }
    changed_.NotifyAll();
    const size_t entries = unit->batch.ends.size();
    Commit(unit.get());
    unit->Clear();
    {
      MutexLock lock(mutex_);
      pace_.busy = false;
      pace_.last_entries = entries;
      spare_ = std::move(unit);
    }
    changed_.NotifyAll();
    idle_();
  }
}

absl::Status Committer::Append(const storage::Batch& batch) {
  absl::Status status = failure();
  if (!status.ok() || batch.ends.empty()) return status;
  const auto start = std::chrono::steady_clock::now();
  status = shard_->Append(batch).status();
  if (!status.ok()) {
    status = absl::UnavailableError(absl::StrCat(
        "the journal could not be written, no writes are taken until a "
        "restart: ",
        status.message()));
    Fail(status);
  }
  const auto took = std::chrono::steady_clock::now() - start;
  MutexLock lock(mutex_);
  pace_.append_us +=
      (std::chrono::duration_cast<std::chrono::microseconds>(took).count() -
       pace_.append_us) /
      8;
  return status;
}

void Committer::Flush(Unit* unit) {
  // In the order of their keys they find their places in the store's memory
  // several times as fast.
  std::sort(unit->flush.records.begin(), unit->flush.records.end());
  const absl::Status flushed = shard_->Flush(unit->flush);
  if (flushed.ok()) {
    cache_->Confirm(unit->flush_number);
  } else {
    // What was appended stands; nothing more will be.
    Fail(flushed);
  }
}

void Committer::Commit(Unit* unit) {
  const absl::Status status = Append(unit->batch);
  unit->answers->status = status;
  if (!unit->answers->jobs.empty() || !unit->answers->resolved.empty()) {
    answerer_.Submit(std::move(unit->answers));
  }
  if (status.ok() && !unit->flush.records.empty()) Flush(unit);
}

}  // namespace levee::sequencer
