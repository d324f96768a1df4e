// Every byte goes to the real file at once, so that reads find it; each file
// knows how much of it was synced, and a cut takes back the rest. Names are
// kept in one log in the order of their changes, as a journalling file system
// does: a cut keeps some first changes of it and undoes the others backwards.
#include "tests/storage/faulty_file_system.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "tests/storage/faulty_files.h"

namespace levee::tests {

namespace fs = std::filesystem;
using rocksdb::FSDirectory;
using rocksdb::FSRandomRWFile;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

// What a file system writes or loses as one.
constexpr uint64_t kPageBytes = 4'096;

std::string Clean(const std::string& name) {
  return fs::path(name).lexically_normal().string();
}

std::string DirectoryOf(const std::string& name) {
  return fs::path(name).parent_path().string();
}

}  // namespace

FaultyFileSystem::FaultyFileSystem(std::string attic, uint64_t seed)
    : FileSystemWrapper(rocksdb::FileSystem::Default()),
      attic_(std::move(attic)),
      random_(seed) {}

std::unique_ptr<rocksdb::Env> FaultyFileSystem::NewEnv(
    const std::shared_ptr<FaultyFileSystem>& file_system) {
  return rocksdb::NewCompositeEnv(file_system);
}

void FaultyFileSystem::CutPowerAfter(int operations) {
  std::lock_guard<std::mutex> lock(mutex_);
  operations_left_ = operations;
}

bool FaultyFileSystem::power_is_cut() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return cut_;
}

uint64_t FaultyFileSystem::bytes_lost() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return bytes_lost_;
}

void FaultyFileSystem::FailWrites(bool fail) {
  std::lock_guard<std::mutex> lock(mutex_);
  fail_writes_ = fail;
}

void FaultyFileSystem::FailSyncs(bool fail) {
  std::lock_guard<std::mutex> lock(mutex_);
  fail_syncs_ = fail;
}

bool FaultyFileSystem::OneIn(uint32_t n) { return random_() % n == 0; }

void FaultyFileSystem::RestorePower() {
  std::lock_guard<std::mutex> lock(mutex_);
  const size_t kept = OneIn(2) ? 0 : random_() % (changes_.size() + 1);
  while (changes_.size() > kept) {
    Undo(changes_.back());
    changes_.pop_back();
  }
  changes_.clear();
  for (auto& [name, contents] : files_) LoseBytes(name, *contents);
  files_.clear();
  for (const fs::directory_entry& entry : fs::directory_iterator(attic_)) {
    fs::remove(entry.path());
  }
  cut_ = fail_writes_ = fail_syncs_ = false;
  operations_left_ = -1;
}

void FaultyFileSystem::Undo(const NameChange& change) {
  std::error_code ignored;
  switch (change.kind) {
    case NameChange::Kind::kMade:
      fs::remove(change.name, ignored);
      files_.erase(change.name);
      break;
    case NameChange::Kind::kMoved:
      fs::rename(change.name, change.from, ignored);
      if (auto file = files_.extract(change.name)) {
        file.key() = change.from;
        files_.insert(std::move(file));
      }
      break;
    case NameChange::Kind::kRemoved:
      break;
  }
  if (change.attic.empty()) return;
  fs::rename(change.attic, change.name, ignored);
  if (auto file = files_.extract(change.attic)) {
    file.key() = change.name;
    files_.insert(std::move(file));
  }
}

void FaultyFileSystem::LoseBytes(const std::string& name, Contents& contents) {
  std::error_code error;
  if (!contents.overwrites.empty()) return LoseOverwrites(name, contents);
  const uint64_t unsynced = contents.written - contents.synced;
  if (unsynced == 0 || !fs::exists(name, error)) return;
  const uint64_t kept = OneIn(2) ? 0 : random_() % (unsynced + 1);
  const uint64_t size = contents.synced + kept;
  bytes_lost_ += unsynced - kept;
  fs::resize_file(name, size, error);
  contents.written = contents.synced = size;
  if (!OneIn(3)) return;
  // Pages reach a disk in any order.
  std::fstream file(name, std::ios::in | std::ios::out | std::ios::binary);
  for (uint64_t at = size - kept; at < size;) {
    const uint64_t end = std::min(size, (at / kPageBytes + 1) * kPageBytes);
    if (OneIn(4)) {
      const std::string zeroes(end - at, '\0');
      file.seekp(static_cast<std::streamoff>(at));
      file.write(zeroes.data(), static_cast<std::streamsize>(zeroes.size()));
      bytes_lost_ += zeroes.size();
    }
    at = end;
  }
}

void FaultyFileSystem::LoseOverwrites(const std::string& name,
                                      Contents& contents) {
  std::deque<Overwrite>& writes = contents.overwrites;
  const size_t kept = random_() % (writes.size() + 1);
  std::error_code error;
  if (!fs::exists(name, error)) return;
  for (; writes.size() > kept; writes.pop_back()) {
    std::fstream file(name, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(writes.back().at));
    const std::string& before = writes.back().before;
    file.write(before.data(), static_cast<std::streamsize>(before.size()));
    file.close();
    fs::resize_file(name, writes.back().size_before, error);
    contents.written = writes.back().size_before;
  }
  writes.clear();
  contents.synced = contents.written;
}

IOStatus FaultyFileSystem::Admit(bool fails) {
  if (!cut_ && operations_left_ >= 0 && operations_left_-- == 0) cut_ = true;
  if (cut_) return IOStatus::IOError("the power is off");
  return fails ? IOStatus::IOError("told to fail") : IOStatus::OK();
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): IOStatus owns it
}

IOStatus FaultyFileSystem::AdmitWrite() {
  std::lock_guard<std::mutex> lock(mutex_);
  return Admit(fail_writes_);
}

IOStatus FaultyFileSystem::AdmitSync() {
  std::lock_guard<std::mutex> lock(mutex_);
  return Admit(fail_syncs_);
}

void FaultyFileSystem::CloseLogs(const std::string& newest) {
  if (fs::path(newest).extension() != ".log") return;
  for (auto& [name, contents] : files_) {
    contents->closed_log = fs::path(name).extension() == ".log" &&
                           DirectoryOf(name) == DirectoryOf(newest);
  }
}

FaultyFileSystem::ContentsPtr FaultyFileSystem::ContentsOf(
    const std::string& name) {
  ContentsPtr& contents = files_[name];
  if (contents == nullptr) {
    contents = std::make_shared<Contents>();
    std::error_code error;
    const uint64_t size = fs::file_size(name, error);
    if (!error) contents->written = contents->synced = size;
  }
  return contents;
}

std::string FaultyFileSystem::PutAway(const std::string& name) {
  if (!fs::exists(name)) return "";
  std::string attic = attic_ + "/" + std::to_string(++attic_names_);
  fs::rename(name, attic);
  if (auto file = files_.extract(name)) {
    file.key() = attic;
    files_.insert(std::move(file));
  }
  return attic;
}

void FaultyFileSystem::SyncNames(const std::string& directory) {
  std::lock_guard<std::mutex> lock(mutex_);
  // A journal is written in order: what came before is durable as well.
  size_t last = changes_.size();
  while (last > 0 && changes_[last - 1].directory != directory) --last;
  for (size_t i = 0; i < last; ++i) {
    if (changes_[i].attic.empty()) continue;
    fs::remove(changes_[i].attic);
    files_.erase(changes_[i].attic);
  }
  changes_.erase(changes_.begin(), changes_.begin() + last);
}

IOStatus FaultyFileSystem::NewWritableFile(
    const std::string& given, const rocksdb::FileOptions& options,
    std::unique_ptr<FSWritableFile>* file, IODebugContext* debug) {
  const std::string name = Clean(given);
  std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Admit(fail_writes_);
  if (!status.ok()) return status;
  std::string attic = PutAway(name);
  status = target()->NewWritableFile(name, options, file, debug);
  if (!status.ok()) return status;
  changes_.push_back(
      {NameChange::Kind::kMade, DirectoryOf(name), name, "", std::move(attic)});
  CloseLogs(name);
  *file =
      std::make_unique<FaultyFile>(std::move(*file), this, ContentsOf(name));
  return status;
}

IOStatus FaultyFileSystem::ReopenWritableFile(
    const std::string& given, const rocksdb::FileOptions& options,
    std::unique_ptr<FSWritableFile>* file, IODebugContext* debug) {
  const std::string name = Clean(given);
  std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Admit(fail_writes_);
  if (!status.ok()) return status;
  if (!fs::exists(name)) {
    changes_.push_back(
        {NameChange::Kind::kMade, DirectoryOf(name), name, "", ""});
  }
  ContentsPtr contents = ContentsOf(name);
  status = target()->ReopenWritableFile(name, options, file, debug);
  if (!status.ok()) return status;
  *file =
      std::make_unique<FaultyFile>(std::move(*file), this, std::move(contents));
  return status;
}

IOStatus FaultyFileSystem::ReuseWritableFile(
    const std::string& /*name*/, const std::string& /*old_name*/,
    const rocksdb::FileOptions& /*options*/,
    std::unique_ptr<FSWritableFile>* /*file*/, IODebugContext* /*debug*/) {
  return IOStatus::NotSupported("ReuseWritableFile");
}

IOStatus FaultyFileSystem::NewRandomRWFile(
    const std::string& given, const rocksdb::FileOptions& options,
    std::unique_ptr<FSRandomRWFile>* file, IODebugContext* debug) {
  const std::string name = Clean(given);
  std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Admit(fail_writes_);
  if (status.ok()) {
    status = target()->NewRandomRWFile(name, options, file, debug);
  }
  if (!status.ok()) return status;
  *file = std::make_unique<FaultyRandomFile>(std::move(*file), this,
                                             ContentsOf(name));
  return status;
}

IOStatus FaultyFileSystem::NewDirectory(const std::string& name,
                                        const IOOptions& options,
                                        std::unique_ptr<FSDirectory>* dir,
                                        IODebugContext* debug) {
  IOStatus status = target()->NewDirectory(name, options, dir, debug);
  if (!status.ok()) return status;
  std::string clean = Clean(name);
  if (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  *dir = std::make_unique<FaultyDirectory>(std::move(*dir), this,
                                           std::move(clean));
  return status;
}

IOStatus FaultyFileSystem::CreateDir(const std::string& name,
                                     const IOOptions& options,
                                     IODebugContext* debug) {
  IOStatus status = AdmitWrite();
  return status.ok() ? target()->CreateDir(name, options, debug) : status;
}

IOStatus FaultyFileSystem::CreateDirIfMissing(const std::string& name,
                                              const IOOptions& options,
                                              IODebugContext* debug) {
  IOStatus status = AdmitWrite();
  return status.ok() ? target()->CreateDirIfMissing(name, options, debug)
                     : status;
}

IOStatus FaultyFileSystem::DeleteFile(const std::string& given,
                                      const IOOptions& options,
                                      IODebugContext* debug) {
  const std::string name = Clean(given);
  std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Admit(fail_writes_);
  if (!status.ok()) return status;
  std::string attic = PutAway(name);
  // For its error.
  if (attic.empty()) return target()->DeleteFile(name, options, debug);
  changes_.push_back({NameChange::Kind::kRemoved, DirectoryOf(name), name, "",
                      std::move(attic)});
  return status;
}

IOStatus FaultyFileSystem::Truncate(const std::string& given, size_t size,
                                    const IOOptions& options,
                                    IODebugContext* debug) {
  const std::string name = Clean(given);
  std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Admit(fail_writes_);
  if (status.ok()) status = target()->Truncate(name, size, options, debug);
  if (status.ok()) {
    const ContentsPtr contents = ContentsOf(name);
    contents->written = size;
    contents->synced = std::min<uint64_t>(contents->synced, size);
  }
  return status;
}

IOStatus FaultyFileSystem::RenameFile(const std::string& given_from,
                                      const std::string& given_to,
                                      const IOOptions& options,
                                      IODebugContext* debug) {
  const std::string from = Clean(given_from);
  const std::string to = Clean(given_to);
  std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Admit(fail_writes_);
  if (!status.ok()) return status;
  std::string attic = PutAway(to);
  status = target()->RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  if (auto file = files_.extract(from)) {
    file.key() = to;
    files_.insert(std::move(file));
  }
  changes_.push_back(
      {NameChange::Kind::kMoved, DirectoryOf(to), to, from, std::move(attic)});
  return status;
}

IOStatus FaultyFileSystem::LinkFile(const std::string& given_from,
                                    const std::string& given_to,
                                    const IOOptions& options,
                                    IODebugContext* debug) {
  const std::string from = Clean(given_from);
  const std::string to = Clean(given_to);
  std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Admit(fail_writes_);
  if (status.ok()) status = target()->LinkFile(from, to, options, debug);
  if (!status.ok()) return status;
  files_[to] = ContentsOf(from);
  changes_.push_back({NameChange::Kind::kMade, DirectoryOf(to), to, "", ""});
  return status;
}

}  // namespace levee::tests
