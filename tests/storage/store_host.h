// A shard of either kind, to hold both to the same contract.
#ifndef LEVEE_TESTS_STORAGE_STORE_HOST_H_
#define LEVEE_TESTS_STORAGE_STORE_HOST_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "storage/chain.h"
#include "storage/memory_store.h"
#include "storage/retention.h"
#include "storage/rocks_store.h"
#include "storage/shard.h"
#include "tests/storage/temp_dir.h"

namespace levee::tests {

class StoreHost {
 public:
  virtual ~StoreHost() = default;
  virtual storage::Shard& shard() = 0;
  virtual storage::Retention& retention() = 0;
  virtual absl::Status VerifyChain(uint64_t first, uint64_t last) = 0;
  // Closes the store, if it can be, and opens it again.
  virtual void Reopen() = 0;
};

class MemoryHost : public StoreHost {
 public:
  storage::Shard& shard() override { return store_; }
  storage::Retention& retention() override { return store_; }
  absl::Status VerifyChain(uint64_t first, uint64_t last) override {
    absl::StatusOr<storage::ChainReport> report =
        storage::VerifyChain(store_, first, last);
    if (!report.ok() || report->broken == 0) return report.status();
    return absl::DataLossError(report->fault);
  }
  void Reopen() override { store_.Restart(); }

 private:
  storage::MemoryStore store_;
};

class RocksHost : public StoreHost {
 public:
  explicit RocksHost(storage::RocksOptions options = {})
      : options_(std::move(options)) {
    options_.dir = dir_ / "store";
    Reopen();
  }
  storage::Shard& shard() override { return *store_; }
  storage::Retention& retention() override { return *store_; }
  absl::Status VerifyChain(uint64_t first, uint64_t last) override {
    return store_->VerifyChain(first, last);
  }
  void Reopen() override {
    store_.reset();
    auto store = storage::RocksStore::Open(options_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

 private:
  TempDir dir_;
  storage::RocksOptions options_;
  std::unique_ptr<storage::RocksStore> store_;
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_STORAGE_STORE_HOST_H_
