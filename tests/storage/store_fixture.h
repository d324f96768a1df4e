// What the tests of the stores' contract share. The RocksDB one is tested
// twice: with all it holds in memory and with all of it in files, which a
// reopening brings about.
#ifndef LEVEE_TESTS_STORAGE_STORE_FIXTURE_H_
#define LEVEE_TESTS_STORAGE_STORE_FIXTURE_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "tests/storage/batch_builder.h"
#include "tests/storage/store_host.h"

namespace levee::storage {

inline constexpr TimelinePlace kEnd = {std::numeric_limits<int64_t>::max(),
                                       std::numeric_limits<uint64_t>::max()};
enum class StoreKind { kMemory, kRocks, kReopenedRocks };

class StoreTest : public ::testing::TestWithParam<StoreKind> {
 protected:
  StoreTest() {
    if (GetParam() == StoreKind::kMemory) {
      host_ = std::make_unique<tests::MemoryHost>();
    } else {
      host_ = std::make_unique<tests::RocksHost>();
    }
  }

  Shard& store() { return host_->shard(); }
  Retention& retention() { return host_->retention(); }

  void Append(const Batch& batch) {
    absl::StatusOr<Head> head = store().Append(batch);
    ASSERT_TRUE(head.ok()) << head.status();
    ASSERT_EQ(head->last_sequence, store().head().last_sequence);
    ASSERT_EQ(head->hash, store().head().hash);
  }
  // To be called between writing and reading.
  void Settle() {
    if (GetParam() == StoreKind::kReopenedRocks) host_->Reopen();
  }
  void AppendEvents(uint64_t count, int64_t decided_at_ms = 1'000) {
    tests::BatchBuilder builder(store().head().last_sequence + 1);
    for (uint64_t i = 0; i < count; ++i) {
      builder.Event({.id = store().head().last_sequence + 1 + i,
                     .decided_at_ms = decided_at_ms});
    }
    Append(builder);
  }

  std::vector<uint64_t> Scanned(uint64_t first, uint64_t last) {
    std::vector<uint64_t> sequences;
    absl::Status status =
        store().Scan(first, last, [&](uint64_t sequence, std::string_view) {
          sequences.push_back(sequence);
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return sequences;
  }
  std::vector<uint64_t> ScannedBackward(uint64_t from, size_t limit = 1'000) {
    std::vector<uint64_t> sequences;
    absl::Status status =
        store().ScanBackward(from, [&](uint64_t sequence, std::string_view) {
          sequences.push_back(sequence);
          return sequences.size() < limit;
        });
    EXPECT_TRUE(status.ok()) << status;
    return sequences;
  }
  std::optional<uint64_t> EventOf(uint64_t id) {
    const Id128 hash = tests::IdOf(id);
    std::optional<uint64_t> sequence;
    absl::Status status =
        store().FindEvents({&hash, 1}, absl::MakeSpan(&sequence, 1));
    EXPECT_TRUE(status.ok()) << status;
    return sequence;
  }
  std::optional<uint64_t> HandleOf(v1::NameKind kind, std::string_view id,
                                   uint64_t tenant = 1) {
    const NameRef name = {tenant, kind, id};
    std::optional<uint64_t> handle;
    absl::Status status =
        store().FindHandles({&name, 1}, absl::MakeSpan(&handle, 1));
    EXPECT_TRUE(status.ok()) << status;
    return handle;
  }
  std::optional<std::string> NameOf(v1::NameKind kind, uint64_t handle,
                                    uint64_t tenant = 1) {
    const HandleRef ref = {tenant, kind, handle};
    std::optional<std::string> id;
    absl::Status status = store().FindNames({&ref, 1}, absl::MakeSpan(&id, 1));
    EXPECT_TRUE(status.ok()) << status;
    return id;
  }
  std::vector<TimelinePlace> Timeline(uint64_t customer,
                                      TimelinePlace before = kEnd,
                                      int limit = 100) {
    absl::StatusOr<std::vector<TimelinePlace>> places =
        store().FindTimeline(1, customer, before, limit);
    EXPECT_TRUE(places.ok()) << places.status();
    return places.ok() ? *places : std::vector<TimelinePlace>();
  }
  // "none", or the body, or the error.
  std::string BodyOf(uint64_t sequence) {
    absl::StatusOr<v1::EventText> text = store().ReadText(sequence);
    if (absl::IsNotFound(text.status())) return "none";
    return text.ok() ? text->body() : text.status().ToString();
  }
  std::vector<std::optional<std::string>> Loaded(
      const std::vector<std::string_view>& keys) {
    std::vector<std::optional<std::string>> records(keys.size());
    absl::Status status = store().Load(keys, absl::MakeSpan(records));
    EXPECT_TRUE(status.ok()) << status;
    return records;
  }

  std::unique_ptr<tests::StoreHost> host_;
};

}  // namespace levee::storage

#endif  // LEVEE_TESTS_STORAGE_STORE_FIXTURE_H_
