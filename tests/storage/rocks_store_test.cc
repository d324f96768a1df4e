// What RocksStore alone does: refuse what is not its own, know what was lost,
// build its index again, and keep what is personal apart.
#include "storage/rocks_store.h"

#include <rocksdb/compaction_filter.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/heads.h"
#include "storage/keys.h"
#include "storage/rocks_tuning.h"
#include "tests/storage/batch_builder.h"
#include "tests/storage/raw_store.h"
#include "tests/storage/temp_dir.h"

namespace levee::tests {
namespace {

using storage::RocksOptions;
using storage::RocksStore;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int64_t kDayMs = 86'400'000;

class RocksStoreTest : public ::testing::Test {
 protected:
  RocksStoreTest() { options_.dir = dir_ / "store"; }

  void Open() {
    store_.reset();
    auto store = RocksStore::Open(options_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  void Close() { store_.reset(); }

  // Opening must fail so, with a message that says both.
  void ExpectRefused(absl::StatusCode code, const std::string& what,
                     const std::string& advice) {
    store_.reset();
    const auto store = RocksStore::Open(options_);
    EXPECT_EQ(store.status().code(), code) << store.status();
    EXPECT_THAT(std::string(store.status().message()),
                AllOf(HasSubstr(what), HasSubstr(advice)));
  }

  void Append(const storage::Batch& batch) {
    const auto head = store_->Append(batch);
    ASSERT_TRUE(head.ok()) << head.status();
  }
  // Batches of four events; event N has sequence, id and customer N, and a
  // name and a text of his.
  void AppendEvents(int batches) {
    for (int i = 0; i < batches; ++i) {
      BatchBuilder builder(store_->head().last_sequence + 1);
      for (uint64_t j = 1; j <= 4; ++j) {
        const uint64_t n = store_->head().last_sequence + j;
        builder.Event({.id = n, .customer = n, .body = BodyOf(n)});
        builder.Customer("customer-" + std::to_string(n), n);
      }
      Append(builder);
    }
  }
  static std::string BodyOf(uint64_t n) {
    return "wording number " + std::to_string(n);
  }

  // Whether all that AppendEvents made is found, up to that entry.
  void ExpectAllFound(uint64_t last) {
    EXPECT_EQ(store_->head().last_sequence, last);
    for (uint64_t n = 1; n <= last; ++n) {
      const storage::Id128 ids[] = {IdOf(n)};
      std::optional<uint64_t> found[1];
      ASSERT_TRUE(store_->FindEvents(ids, found).ok());
      ASSERT_EQ(found[0], n);
      const auto places = store_->FindTimeline(1, n, {1'001, 0}, 5);
      ASSERT_TRUE(places.ok() && places->size() == 1) << n;
      const std::string id = "customer-" + std::to_string(n);
      const storage::NameRef names[] = {
          {1, storage::v1::NAME_KIND_CUSTOMER, id}};
      ASSERT_TRUE(store_->FindHandles(names, found).ok());
      ASSERT_EQ(found[0], n);
      const storage::HandleRef handles[] = {
          {1, storage::v1::NAME_KIND_CUSTOMER, n}};
      std::optional<std::string> found_ids[1];
      ASSERT_TRUE(store_->FindNames(handles, found_ids).ok());
      ASSERT_EQ(found_ids[0], id);
      const auto text = store_->ReadText(n);
      ASSERT_TRUE(text.ok()) << text.status();
      ASSERT_EQ(text->body(), BodyOf(n));
    }
    const absl::Status chain = store_->VerifyChain(1, last);
    EXPECT_TRUE(chain.ok()) << chain;
  }

  TempDir dir_;
  RocksOptions options_;
  std::unique_ptr<RocksStore> store_;
};

TEST_F(RocksStoreTest, SecondOpenerIsRefused) {
  Open();
  const auto second = RocksStore::Open(options_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("open in another process: stop that one first"));
  AppendEvents(1);
}

TEST_F(RocksStoreTest, MissingParentIsRefused) {
  options_.dir = dir_ / "no" + "/such/store";
  ExpectRefused(absl::StatusCode::kUnavailable, options_.dir, "No such file");
}

TEST_F(RocksStoreTest, DirectoryOfSomethingElseIsRefusedAndLeftAlone) {
  std::filesystem::create_directory(options_.dir);
  WriteFile(options_.dir + "/letters.txt", "dear");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "holds letters.txt",
                "name an empty directory");
  EXPECT_EQ(FilesIn(options_.dir).size(), 1);
}

TEST_F(RocksStoreTest, DatabaseOfSomethingElseIsRefused) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, options_.dir, &db).ok());
  ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "their", "data").ok());
  delete db;
  ExpectRefused(absl::StatusCode::kFailedPrecondition,
                "database of something else", "name an empty directory");
  EXPECT_EQ(RawStore(options_.dir).Pairs("default").size(), 1);
}

TEST_F(RocksStoreTest, CreationThatWasCutShortIsFinished) {
  Open();
  Close();
  {
    RawStore raw(options_.dir);
    for (const auto& [key, value] : raw.Pairs("meta")) raw.Delete("meta", key);
    raw.Drop("keys");
  }
  Open();
  AppendEvents(1);
  Open();
  ExpectAllFound(4);
}

TEST_F(RocksStoreTest, NewerFormatIsRefused) {
  Open();
  Close();
  RawStore(options_.dir).Put("meta", "format", {"\0\0\0\3", 4});
  ExpectRefused(absl::StatusCode::kFailedPrecondition,
                "format 3, and this release of Levee knows formats up to 2",
                "use the release that wrote it");
}

TEST_F(RocksStoreTest, OlderFormatIsRefused) {
  Open();
  Close();
  RawStore(options_.dir).Put("meta", "format", {"\0\0\0\1", 4});
  ExpectRefused(absl::StatusCode::kFailedPrecondition,
                "has format 1, from before the first release",
                "import the history anew");
}

TEST_F(RocksStoreTest, OtherShardIsRefused) {
  Open();
  options_.shard = 5;
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "holds shard 0, not 5",
                "name that shard's directory");
}

TEST_F(RocksStoreTest, MissingFamilyIsRefused) {
  Open();
  Close();
  RawStore(options_.dir).Drop("names");
  ExpectRefused(absl::StatusCode::kDataLoss, "family names is missing",
                "restore a backup");
}

TEST_F(RocksStoreTest, MissingFilesAreRefused) {
  Open();
  AppendEvents(3);
  Close();
  ASSERT_FALSE(FilesIn(options_.dir, ".sst").empty());
  std::filesystem::rename(options_.dir + "/CURRENT", dir_ / "kept");
  ExpectRefused(absl::StatusCode::kDataLoss, "CURRENT is missing",
                "restore a backup");
  std::filesystem::rename(dir_ / "kept", options_.dir + "/CURRENT");
  for (const auto& file : FilesIn(options_.dir, ".sst")) {
    std::filesystem::remove(file);
  }
  ExpectRefused(absl::StatusCode::kDataLoss, "damaged", "restore a backup");
}

// Each byte of the log is its last chance: it lies in no other file.
TEST_F(RocksStoreTest, AcknowledgedEntriesMissingFromTheLogAreSeen) {
  Open();
  AppendEvents(20);
  // As a crash leaves it: the log has not been flushed into files.
  std::filesystem::copy(options_.dir, dir_ / "crashed",
                        std::filesystem::copy_options::recursive);
  Close();
  options_.dir = dir_ / "crashed";
  const auto logs = FilesIn(options_.dir, ".log");
  ASSERT_EQ(logs.size(), 1);
  const std::string log = ReadFile(logs[0]);
  std::string damaged = log;
  damaged[damaged.size() / 2] ^= 1;
  WriteFile(logs[0], damaged);
  ExpectRefused(absl::StatusCode::kDataLoss, "entry 80 was acknowledged",
                "restore a backup, or delete the file ACKED");
  // He who accepts the loss goes on.
  std::filesystem::remove(options_.dir + "/ACKED");
  Open();
  EXPECT_LT(store_->head().last_sequence, 80);
  ExpectAllFound(store_->head().last_sequence);
}

TEST_F(RocksStoreTest, LostJournalIsSeenByWhatFollowedFromIt) {
  Open();
  AppendEvents(2);
  ASSERT_TRUE(store_->Flush({.records = {}, .replay_from = 9}).ok());
  Close();
  {
    RawStore raw(options_.dir);
    raw.Delete("journal", raw.Pairs("journal").back().first);
  }
  std::filesystem::remove(options_.dir + "/ACKED");
  ExpectRefused(absl::StatusCode::kDataLoss,
                "ends at entry 4, but entry 8 was committed",
                "restore a backup");
}

TEST_F(RocksStoreTest, ForgedRecordAmongTheNewestIsSeenAtOnce) {
  Open();
  AppendEvents(3);
  Close();
  {
    RawStore raw(options_.dir);
    auto pairs = raw.Pairs("journal");
    pairs[1].second.back() ^= 1;
    raw.Put("journal", pairs[1].first, pairs[1].second);
  }
  ExpectRefused(absl::StatusCode::kDataLoss, "record 5", "");
}

TEST_F(RocksStoreTest, DamagedFileIsNamedWhenItIsRead) {
  Open();
  AppendEvents(200);
  Close();
  const std::vector<std::string> files =
      RawStore(options_.dir).FilesOf("journal");
  ASSERT_EQ(files.size(), 1);
  const std::string path = options_.dir + files[0];
  std::string bytes = ReadFile(path);
  ASSERT_GT(bytes.size(), 1'000);
  // In the first block, which opening does not read.
  bytes[100] ^= 1;
  WriteFile(path, bytes);
  auto store = RocksStore::Open(options_);
  const absl::Status status =
      store.ok() ? (*store)->Read(1).status() : store.status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("damaged"), HasSubstr("restore a backup")));
}

TEST_F(RocksStoreTest, FullTailMakesAppendsWaitAndLosesNothing) {
  options_.index_items = 4;
  options_.index_items_max = 8;
  Open();
  AppendEvents(50);
  ExpectAllFound(200);
  Open();
  ExpectAllFound(200);
}

TEST_F(RocksStoreTest, OldTailMovesIntoFilesByItself) {
  options_.index_age_ms = 1;
  Open();
  AppendEvents(20);
  ExpectAllFound(80);
}

// Runs again in a process of its own, which ends without closing anything.
TEST_F(RocksStoreTest, IndexIsWholeAfterTheProcessDied) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const char* const inherited = getenv("LEVEE_TEST_CRASH_DIR");
  options_.dir = inherited == nullptr ? options_.dir : inherited;
  ASSERT_EQ(setenv("LEVEE_TEST_CRASH_DIR", options_.dir.c_str(), 1), 0);
  options_.index_items = 64;
  const auto live_and_die = [&] {
    Open();
    AppendEvents(100);
    _exit(store_->head().last_sequence == 400 ? 0 : 1);
  };
  EXPECT_EXIT(live_and_die(), testing::ExitedWithCode(0), "");
  unsetenv("LEVEE_TEST_CRASH_DIR");
  Open();
  ExpectAllFound(400);
  Open();
  ExpectAllFound(400);
}

TEST_F(RocksStoreTest, IndexThatWasNeverBuiltIsBuiltInPieces) {
  Open();
  AppendEvents(100);
  std::filesystem::copy(options_.dir, dir_ / "crashed",
                        std::filesystem::copy_options::recursive);
  Close();
  options_.dir = dir_ / "crashed";
  options_.index_items = 50;
  Open();
  ExpectAllFound(400);
  Close();
  EXPECT_THAT(RawStore(options_.dir).Pairs("names", "b"), IsEmpty());
}

TEST(IndexFilterTest, DropsWhatNobodyMayFindAndNothingElse) {
  const auto horizon = std::make_shared<storage::IndexHorizon>();
  const auto factory =
      storage::FamilyOptions({}, "index", storage::MakeBlockCache({}), horizon)
          .compaction_filter_factory;
  const auto drops = [&](const std::string& key, const std::string& value) {
    std::string new_value;
    bool changed = false;
    return factory->CreateCompactionFilter({})->Filter(0, key, value,
                                                       &new_value, &changed);
  };
  const std::string event = storage::EventKey(IdOf(1));
  const std::string value = storage::EventValue({7, 8 * kDayMs});
  const std::string place = storage::TimelineKey(1, 1, {0, 7});
  EXPECT_FALSE(drops(event, value));
  EXPECT_FALSE(drops(place, ""));
  horizon->decided_ms = 8 * kDayMs - 1;
  EXPECT_FALSE(drops(event, value));
  horizon->decided_ms = 8 * kDayMs;
  EXPECT_TRUE(drops(event, value));
  EXPECT_FALSE(drops(place, ""));
  horizon->decided_ms = 0;
  horizon->first_sequence = 7;
  EXPECT_FALSE(drops(event, value));
  EXPECT_FALSE(drops(place, ""));
  horizon->first_sequence = 8;
  EXPECT_TRUE(drops(event, value));
  EXPECT_TRUE(drops(place, ""));
  // What it does not know it keeps.
  EXPECT_FALSE(drops("unknown", ""));
}

TEST_F(RocksStoreTest, WordingLiesNowhereInTheClear) {
  Open();
  AppendEvents(2);
  EXPECT_THAT(FilesWith(options_.dir, BodyOf(3)), IsEmpty());
  Close();
  EXPECT_THAT(FilesWith(options_.dir, BodyOf(3)), IsEmpty());
  Open();
  EXPECT_EQ(store_->ReadText(3)->body(), BodyOf(3));
}

TEST_F(RocksStoreTest, NoTextIsKeptWhereNoneIsWanted) {
  options_.retain_text_ms = 0;
  Open();
  AppendEvents(2);
  EXPECT_EQ(store_->ReadText(3).status().code(), absl::StatusCode::kNotFound);
  Close();
  EXPECT_THAT(RawStore(options_.dir).Pairs("texts"), IsEmpty());
}

TEST_F(RocksStoreTest, ErasedCustomerLeavesTheDisk) {
  // Nothing that compression would take apart.
  const std::string id = "wJ4kP0sVtQz81mRb";
  Open();
  AppendEvents(2);
  Append(BatchBuilder(9).Customer(id, 77).Event(
      {.id = 9, .customer = 77, .body = "said by him"}));
  AppendEvents(2);
  Close();
  const std::string key = RawStore(options_.dir)
                              .Pairs("keys", storage::CustomerKey(1, 77))[0]
                              .second;
  EXPECT_THAT(FilesWith(options_.dir, key), Not(IsEmpty()));
  EXPECT_THAT(FilesWith(options_.dir, id), Not(IsEmpty()));
  Open();
  EXPECT_EQ(store_->ReadText(9)->body(), "said by him");
  AppendEvents(1);
  ASSERT_TRUE(store_->EraseCustomer(1, 77).ok());
  EXPECT_EQ(store_->ReadText(9).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->ReadText(8)->body(), BodyOf(8));
  // A start writes the list of files anew.
  Open();
  Close();
  EXPECT_THAT(FilesWith(options_.dir, key), IsEmpty());
  EXPECT_THAT(FilesWith(options_.dir, id), IsEmpty());
}

TEST_F(RocksStoreTest, HeadIsSignedWithAKeyThatStays) {
  Open();
  const std::string public_key = *store_->public_key();
  AppendEvents(2);
  Open();
  EXPECT_EQ(*store_->public_key(), public_key);
  const auto signed_head = store_->SignHead(1'234);
  ASSERT_TRUE(signed_head.ok()) << signed_head.status();
  const auto head = storage::VerifyHead(*signed_head, public_key);
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->last_sequence(), 8);
  EXPECT_EQ(head->at_ms(), 1'234);
  EXPECT_EQ(head->hash(),
            std::string(
                reinterpret_cast<const char*>(store_->head().hash.data()), 32));
}

TEST_F(RocksStoreTest, KeysAreMadeWithTheStoreAndStay) {
  Open();
  const std::string hash_key = store_->hash_key();
  const std::string public_key = *store_->public_key();
  EXPECT_EQ(hash_key.size(), 32);
  Open();
  EXPECT_EQ(store_->hash_key(), hash_key);
  options_.dir = dir_ / "other";
  Open();
  EXPECT_NE(store_->hash_key(), hash_key);
  EXPECT_NE(*store_->public_key(), public_key);
}

TEST_F(RocksStoreTest, DiskBytesGrowWithWhatIsKept) {
  Open();
  const uint64_t before = store_->disk_bytes();
  EXPECT_GT(before, 0);
  AppendEvents(50);
  EXPECT_GT(store_->disk_bytes(), before + 50 * 4 * 100);
}

}  // namespace
}  // namespace levee::tests
