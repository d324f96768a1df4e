#include "server/sequencer/committer.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/rules/decide.h"

namespace levee::sequencer {

using storage::MutexLock;

void Unit::Clear() {
  batch.Clear();
  text_bytes = 0;
  flush.records.clear();
  flush_number = 0;
  repeats.clear();
  recorded.clear();
  jobs.clear();
  revisions.clear();
}

namespace {

void Finish(std::unique_ptr<EventGroup> group) {
  auto done = std::move(group->done);
  done(std::move(group));
}

}  // namespace

void Refuse(Job job, const absl::Status& status) {
  if (auto* group = std::get_if<std::unique_ptr<EventGroup>>(&job)) {
    for (Item& item : (*group)->items) item.status.Update(status);
    Finish(std::move(*group));
  } else if (auto* act = std::get_if<std::unique_ptr<RuleSetAct>>(&job)) {
    (*act)->done(status);
  } else {
    std::get<std::unique_ptr<Look>>(job)->look(status);
  }
}

Committer::Committer(storage::Shard* shard, EntityCache* cache,
                     std::function<void()> idle)
    : shard_(shard),
      cache_(cache),
      idle_(std::move(idle)),
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
  MutexLock lock(mutex_);
  return spare_ ? std::move(spare_) : std::make_unique<Unit>();
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

void Committer::Commit(Unit* unit) {
  absl::Status status = failure();
  if (status.ok() && !unit->batch.ends.empty()) {
    const auto start = std::chrono::steady_clock::now();
    status = shard_->Append(unit->batch).status();
    const auto took = std::chrono::steady_clock::now() - start;
    MutexLock lock(mutex_);
    pace_.append_us +=
        (std::chrono::duration_cast<std::chrono::microseconds>(took).count() -
         pace_.append_us) /
        8;
  }
  if (status.ok() && !unit->flush.records.empty()) {
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
  if (!status.ok()) {
    status = absl::UnavailableError(absl::StrCat(
        "the journal could not be written, no writes are taken until a "
        "restart: ",
        status.message()));
    Fail(status);
    for (Item* item : unit->recorded) item->status = status;
  }
  AnswerRepeats(unit);
  size_t acts = 0;
  for (Job& job : unit->jobs) {
    if (auto* group = std::get_if<std::unique_ptr<EventGroup>>(&job)) {
      Finish(std::move(*group));
    } else if (auto* act = std::get_if<std::unique_ptr<RuleSetAct>>(&job)) {
      absl::StatusOr<levee::v1::RuleSetRevision>& revision =
          unit->revisions[acts++];
      (*act)->done(status.ok() ? std::move(revision) : status);
    }
  }
}

void Committer::AnswerRepeats(Unit* unit) {
  storage::v1::Entry entry;
  for (const Repeat& repeat : unit->repeats) {
    Item* item = repeat.item;
    const absl::StatusOr<std::string> bytes = shard_->Read(repeat.sequence);
    if (!bytes.ok() || !entry.ParseFromString(*bytes)) {
      item->status = absl::UnavailableError(
          absl::StrCat("the stored decision ", repeat.sequence,
                       " cannot be read: ", bytes.status().message()));
      continue;
    }
    const std::string& content = entry.event().content_hash();
    if (content.size() != item->content_hash.size() ||
        std::memcmp(content.data(), item->content_hash.data(),
                    content.size()) != 0) {
      item->status = absl::AlreadyExistsError(absl::StrCat(
          "event_id: used already, with other content, for decision ",
          repeat.sequence));
      continue;
    }
    rules::ToDecision(entry, repeat.sequence, item->event->event_id(),
                      item->decision);
  }
}

}  // namespace levee::sequencer
