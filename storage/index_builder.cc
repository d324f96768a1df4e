#include "storage/index_builder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "storage/bytes.h"
#include "storage/index_files.h"
#include "storage/keys.h"

namespace levee::storage {
namespace {

// Appends wait while a write is taken in; not for tens of thousands of keys.
constexpr size_t kDeletedAtOnce = 1'000;

// Returns when all that was written is on the disk. Not by SyncWAL, which, in
// a RocksDB built with assertions, ends the process where a write of the log
// failed before; a write sees that first.
absl::Status SyncLog(const Engine& engine) {
  rocksdb::WriteBatch nothing;
  nothing.PutLogData("sync");
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return ToStatus(engine.db->Write(synced, &nothing), "syncing the journal");
}

}  // namespace

IndexBuilder::IndexBuilder(const Engine* engine, uint64_t indexed)
    : engine_(engine), current_(std::make_unique<Part>()), indexed_(indexed) {}

IndexBuilder::~IndexBuilder() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

absl::Status IndexBuilder::Restore(TailBatch batch) {
  MutexLock lock(mutex_);
  AddLocked(std::move(batch));
  if (current_->tail.size() >= engine_->options.index_items) Build();
  return status_;
}

void IndexBuilder::Start() {
  thread_ = std::thread([this] { Run(); });
}

absl::Status IndexBuilder::WaitForRoom() {
  MutexLock lock(mutex_);
  const auto items = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return current_->tail.size() +
           (frozen_ == nullptr ? 0 : frozen_->tail.size());
  };
  while (status_.ok() && items() >= engine_->options.index_items_max) {
    changed_.Wait(mutex_);
  }
  return status_;
}

void IndexBuilder::Add(TailBatch batch) {
  bool due;
  {
    MutexLock lock(mutex_);
    AddLocked(std::move(batch));
    due = current_->tail.size() >= engine_->options.index_items;
  }
  if (due) changed_.NotifyAll();
}

void IndexBuilder::AddLocked(TailBatch batch) {
  if (current_->last_sequence == 0) {
    oldest_ = std::chrono::steady_clock::now();
  }
  for (const TailEvent& event : batch.events) current_->tail.Add(event);
  if (!batch.names.empty()) current_->named.push_back(batch.first_sequence);
  for (TailName& name : batch.names) current_->tail.Add(std::move(name));
  current_->last_sequence = batch.last_sequence;
}

void IndexBuilder::Visit(
    absl::FunctionRef<void(const Tail& tail)> visit) const {
  MutexLock lock(mutex_);
  visit(current_->tail);
  if (frozen_ != nullptr) visit(frozen_->tail);
}

absl::Status IndexBuilder::CatchUp() {
  MutexLock lock(mutex_);
  const uint64_t wanted =
      current_->last_sequence != 0
          ? current_->last_sequence
          : (frozen_ == nullptr ? indexed_ : frozen_->last_sequence);
  hurry_ = true;
  changed_.NotifyAll();
  while (status_.ok() && indexed_ < wanted) changed_.Wait(mutex_);
  return status_;
}

bool IndexBuilder::IsDue() const {
  if (current_->last_sequence == 0) return false;
  return hurry_ || current_->tail.size() >= engine_->options.index_items ||
         std::chrono::steady_clock::now() - oldest_ >=
             std::chrono::milliseconds(engine_->options.index_age_ms);
}

void IndexBuilder::Run() {
  MutexLock lock(mutex_);
  while (status_.ok()) {
    if (IsDue() || (stop_ && current_->last_sequence != 0)) {
      Build();
    } else if (stop_) {
      return;
    } else {
      hurry_ = false;
      // Looks up in time for the oldest to come of age.
      changed_.WaitFor(mutex_,
                       std::max<int64_t>(engine_->options.index_age_ms / 4, 1));
    }
  }
}

void IndexBuilder::Build() {
  std::shared_ptr<const Part> part = std::move(current_);
  frozen_ = part;
  current_ = std::make_unique<Part>();
  mutex_.unlock();
  absl::Status status = Write(*part);
  mutex_.lock();
  // After a failure the frozen part goes on answering.
  if (status.ok()) {
    indexed_ = part->last_sequence;
    frozen_.reset();
  }
  status_ = std::move(status);
  changed_.NotifyAll();
  // So many small pieces are not freed while appends wait for the lock.
  mutex_.unlock();
  part.reset();
  mutex_.lock();
}

absl::Status IndexBuilder::Write(const Part& part) const {
  // With sync switched off the journal may be on no disk yet; an index ahead
  // of it would, after a power cut, lead to other entries.
  absl::Status status = SyncLog(*engine_);
  if (status.ok()) status = IngestTail(*engine_, part.tail);
  if (!status.ok()) return status;
  // The files are durable; the names beside the journal have had their use. A
  // crash before the position is written builds the files again, and that
  // changes nothing.
  for (size_t i = 0; i < part.named.size(); i += kDeletedAtOnce) {
    const size_t end = std::min(part.named.size(), i + kDeletedAtOnce);
    rocksdb::WriteBatch batch;
    for (size_t j = i; j < end; ++j) {
      batch.SingleDelete(engine_->names,
                         NamesBlobKey(engine_->options.shard, part.named[j]));
    }
    status = ToStatus(engine_->db->Write(rocksdb::WriteOptions(), &batch),
                      "deleting names that were spread");
    if (!status.ok()) return status;
  }
  std::string position;
  AppendBig64(part.last_sequence, &position);
  return ToStatus(engine_->db->Put(rocksdb::WriteOptions(), engine_->meta,
                                   ToSlice(kMetaIndexed), position),
                  "recording how far the index is built");
}

}  // namespace levee::storage
