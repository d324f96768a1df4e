// The files and directories that a FaultyFileSystem hands out; for its .cc.
#ifndef LEVEE_TESTS_STORAGE_FAULTY_FILES_H_
#define LEVEE_TESTS_STORAGE_FAULTY_FILES_H_

#include <rocksdb/file_system.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "tests/storage/faulty_file_system.h"

namespace levee::tests {

class FaultyFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile> file,
             FaultyFileSystem* system, FaultyFileSystem::ContentsPtr contents)
      : FSWritableFileOwnerWrapper(std::move(file)),
        system_(system),
        contents_(std::move(contents)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data,
                           const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = system_->AdmitWrite();
    if (status.ok()) {
      status = FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    if (status.ok()) Grow(data.size());
    return status;
  }
  rocksdb::IOStatus Append(
      const rocksdb::Slice& data, const rocksdb::IOOptions& options,
      const rocksdb::DataVerificationInfo& /*verification*/,
      rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  rocksdb::IOStatus PositionedAppend(
      const rocksdb::Slice& /*data*/, uint64_t /*offset*/,
      const rocksdb::IOOptions& /*options*/,
      rocksdb::IODebugContext* /*debug*/) override {
    return rocksdb::IOStatus::NotSupported("PositionedAppend");
  }
  rocksdb::IOStatus PositionedAppend(
      const rocksdb::Slice& /*data*/, uint64_t /*offset*/,
      const rocksdb::IOOptions& /*options*/,
      const rocksdb::DataVerificationInfo& /*verification*/,
      rocksdb::IODebugContext* /*debug*/) override {
    return rocksdb::IOStatus::NotSupported("PositionedAppend");
  }
  rocksdb::IOStatus Truncate(uint64_t size, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = system_->AdmitWrite();
    if (status.ok()) {
      status = FSWritableFileOwnerWrapper::Truncate(size, options, debug);
    }
    if (!status.ok()) return status;
    std::lock_guard<std::mutex> lock(system_->mutex_);
    contents_->written = size;
    contents_->synced = std::min(contents_->synced, size);
    return status;
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    return SyncAll(options, debug);
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    return SyncAll(options, debug);
  }
  // Promises nothing.
  rocksdb::IOStatus RangeSync(uint64_t /*offset*/, uint64_t /*bytes*/,
                              const rocksdb::IOOptions& /*options*/,
                              rocksdb::IODebugContext* /*debug*/) override {
    return rocksdb::IOStatus::OK();
  }

 private:
  void Grow(uint64_t bytes) {
    std::lock_guard<std::mutex> lock(system_->mutex_);
    contents_->written += bytes;
  }

  // Syncs to the machine's page cache only: there the bytes survive all that
  // a test does.
  rocksdb::IOStatus SyncAll(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) {
    uint64_t written;
    rocksdb::IOStatus status;
    {
      std::lock_guard<std::mutex> lock(system_->mutex_);
      written = contents_->written;
      const bool closed = contents_->closed_log;
      status = system_->Admit(system_->fail_syncs_ && !closed);
      if (!status.ok() && closed) return rocksdb::IOStatus::OK();
    }
    if (status.ok()) {
      status = FSWritableFileOwnerWrapper::Flush(options, debug);
    }
    if (!status.ok()) return status;
    std::lock_guard<std::mutex> lock(system_->mutex_);
    contents_->synced = std::max(contents_->synced, written);
    return status;
  }

  FaultyFileSystem* const system_;
  const FaultyFileSystem::ContentsPtr contents_;
};

// Overwrites that are remembered of a file, at most.
inline constexpr size_t kOverwritesMax = 64;

class FaultyRandomFile : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  FaultyRandomFile(std::unique_ptr<rocksdb::FSRandomRWFile> file,
                   FaultyFileSystem* system,
                   FaultyFileSystem::ContentsPtr contents)
      : FSRandomRWFileOwnerWrapper(std::move(file)),
        system_(system),
        contents_(std::move(contents)) {}

  rocksdb::IOStatus Write(uint64_t offset, const rocksdb::Slice& data,
                          const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    std::lock_guard<std::mutex> lock(system_->mutex_);
    rocksdb::IOStatus status = system_->Admit(system_->fail_writes_);
    if (!status.ok()) return status;
    std::string before(data.size(), '\0');
    rocksdb::Slice read;
    status = Read(offset, before.size(), options, &read, before.data(), debug);
    if (!status.ok()) return status;
    before.assign(read.data(), read.size());
    const uint64_t size = contents_->written;
    contents_->written = std::max(size, offset + data.size());
    contents_->overwrites.push_back({offset, std::move(before), size});
    if (contents_->overwrites.size() > kOverwritesMax) {
      contents_->overwrites.pop_front();
    }
    return FSRandomRWFileOwnerWrapper::Write(offset, data, options, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& /*options*/,
                         rocksdb::IODebugContext* /*debug*/) override {
    return SyncAll();
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& /*options*/,
                          rocksdb::IODebugContext* /*debug*/) override {
    return SyncAll();
  }

 private:
  rocksdb::IOStatus SyncAll() {
    std::lock_guard<std::mutex> lock(system_->mutex_);
    rocksdb::IOStatus status = system_->Admit(system_->fail_syncs_);
    if (status.ok()) {
      contents_->overwrites.clear();
      contents_->synced = contents_->written;
    }
    return status;
  }

  FaultyFileSystem* const system_;
  const FaultyFileSystem::ContentsPtr contents_;
};

class FaultyDirectory : public rocksdb::FSDirectoryWrapper {
 public:
  FaultyDirectory(std::unique_ptr<rocksdb::FSDirectory> directory,
                  FaultyFileSystem* system, std::string name)
      : FSDirectoryWrapper(std::move(directory)),
        system_(system),
        name_(std::move(name)) {}

  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& /*options*/,
                          rocksdb::IODebugContext* /*debug*/) override {
    return SyncNames();
  }
  rocksdb::IOStatus FsyncWithDirOptions(
      const rocksdb::IOOptions& /*options*/, rocksdb::IODebugContext* /*debug*/,
      const rocksdb::DirFsyncOptions& /*how*/) override {
    return SyncNames();
  }

 private:
  rocksdb::IOStatus SyncNames() {
    rocksdb::IOStatus status = system_->AdmitSync();
    if (status.ok()) system_->SyncNames(name_);
    return status;
  }

  FaultyFileSystem* const system_;
  const std::string name_;
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_STORAGE_FAULTY_FILES_H_
