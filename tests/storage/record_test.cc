#include "storage/record.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/batch.h"
#include "storage/bytes.h"
#include "storage/chain.h"
#include "storage/crc32c.h"
#include "storage/hash.h"
#include "storage/merkle.h"
#include "tests/storage/batch_builder.h"

namespace levee::storage {
namespace {

using ::levee::tests::BatchBuilder;
using ::levee::tests::EntryOf;
using ::testing::HasSubstr;

std::string Hex(const Hash256& hash) {
  return absl::BytesToHexString(std::string(hash.begin(), hash.end()));
}

Batch ThreeEvents(uint64_t first_sequence = 7) {
  BatchBuilder builder(first_sequence);
  for (uint64_t id = 1; id <= 3; ++id) {
    builder.Event({.id = id, .decided_at_ms = 5'000 + static_cast<int>(id)});
  }
  return builder;
}

std::string Encode(const Batch& batch, const Hash256& previous = {},
                   uint32_t shard = 2) {
  RecordWriter writer(shard);
  writer.Encode(batch, previous);
  return std::string(writer.bytes());
}

TEST(Crc32cTest, AgreesWithTheStandard) {
  // RFC 3720, B.4.
  EXPECT_EQ(ExtendCrc32c(0, std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(ExtendCrc32c(0, std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(ExtendCrc32c(0, "123456789"), 0xe3069283U);
  EXPECT_EQ(ExtendCrc32c(ExtendCrc32c(0, "1234"), "56789"), 0xe3069283U);
}

TEST(Sha256Test, AgreesWithTheStandard) {
  Sha256 sha;
  // FIPS 180-2, B.1.
  EXPECT_EQ(Hex(sha.Of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(sha.Of("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// The tree of RFC 6962 as its text defines it.
Hash256 RootByDefinition(std::vector<std::string_view> entries) {
  Sha256 sha;
  if (entries.size() == 1) return sha.Of(std::string(1, 0).append(entries[0]));
  size_t split = 1;
  while (split * 2 < entries.size()) split *= 2;
  const Hash256 left =
      RootByDefinition({entries.begin(), entries.begin() + split});
  const Hash256 right =
      RootByDefinition({entries.begin() + split, entries.end()});
  std::string bytes = "\1";
  bytes.append(left.begin(), left.end()).append(right.begin(), right.end());
  return sha.Of(bytes);
}

TEST(MerkleTest, RootsAreThoseOfTheDefinition) {
  std::vector<std::string> texts;
  for (int count = 1; count <= 70; ++count) {
    texts.push_back("entry " + std::to_string(count));
    const std::vector<std::string_view> entries(texts.begin(), texts.end());
    EXPECT_EQ(Hex(MerkleRoot(entries)), Hex(RootByDefinition(entries)))
        << count;
  }
}

TEST(MerkleTest, ProofsHoldForTheirEntryAndPlaceOnly) {
  std::vector<std::string> texts;
  for (size_t count = 1; count <= 20; ++count) {
    texts.push_back("entry " + std::to_string(count));
    const std::vector<std::string_view> entries(texts.begin(), texts.end());
    const Hash256 root = MerkleRoot(entries);
    for (size_t i = 0; i < count; ++i) {
      std::vector<Hash256> proof = MerkleProof(entries, i);
      EXPECT_TRUE(VerifyProof(entries[i], i, count, proof, root));
      EXPECT_FALSE(VerifyProof("another", i, count, proof, root));
      EXPECT_FALSE(VerifyProof(entries[i], i + count, count, proof, root));
      for (size_t other = 0; other < count; ++other) {
        if (other == i) continue;
        EXPECT_FALSE(VerifyProof(entries[i], other, count, proof, root))
            << i << " as " << other << " of " << count;
      }
      for (Hash256& hash : proof) {
        hash[5] ^= 1;
        EXPECT_FALSE(VerifyProof(entries[i], i, count, proof, root));
        hash[5] ^= 1;
      }
      proof.emplace_back();
      EXPECT_FALSE(VerifyProof(entries[i], i, count, proof, root));
      proof.resize(proof.size() - 1);
      if (!proof.empty()) {
        proof.pop_back();
        EXPECT_FALSE(VerifyProof(entries[i], i, count, proof, root));
      }
    }
  }
}

TEST(RecordTest, HoldsTheBatchAndItsHeader) {
  const Batch batch = ThreeEvents();
  Hash256 previous;
  previous.fill(0xab);
  RecordWriter writer(2);
  writer.Encode(batch, previous);
  absl::StatusOr<Record> record = Record::Parse(writer.bytes(), 2, 7);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->header().shard, 2U);
  EXPECT_EQ(record->header().first_sequence, 7U);
  EXPECT_EQ(record->header().last_sequence(), 9U);
  EXPECT_EQ(record->header().decided_at_ms, 5'003);
  EXPECT_EQ(record->header().previous, previous);
  ASSERT_EQ(record->header().count, 3U);
  std::vector<std::string_view> entries;
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(record->entry(i), EntryOf(batch, i));
    entries.push_back(record->entry(i));
  }
  Sha256 sha;
  EXPECT_EQ(record->header().root, RootByDefinition(entries));
  EXPECT_EQ(record->ComputeRoot(sha), record->header().root);
  EXPECT_EQ(record->Hash(sha), writer.hash());
  EXPECT_EQ(writer.hash(), sha.Of(writer.bytes().substr(0, 100)));
}

// The bytes on disk are a promise: this test changes only with the format.
TEST(RecordTest, BytesAreThoseOfTheGrammar) {
  Batch batch;
  batch.first_sequence = 0x0102030405060708;
  batch.entries = "firstsecond";
  batch.ends = {5, 11};
  batch.decided_at_ms = 0x1112131415161718;
  Hash256 previous;
  previous.fill(0xee);
  const std::string bytes = Encode(batch, previous, 0x21222324);
  EXPECT_EQ(absl::BytesToHexString(bytes.substr(0, 64)),
            "4c564a01"
            "21222324"
            "0102030405060708"
            "00000002"
            "0000000b"
            "1112131415161718" +
                absl::BytesToHexString(std::string(32, '\xee')));
  const std::vector<std::string_view> entries = {"first", "second"};
  EXPECT_EQ(absl::BytesToHexString(bytes.substr(64, 32)),
            Hex(RootByDefinition(entries)));
  EXPECT_EQ(GetBig32(bytes.data() + 96),
            ExtendCrc32c(0, bytes.substr(0, 96) + bytes.substr(100)));
  EXPECT_EQ(bytes.substr(100), std::string("\0\0\0\5\0\0\0\13firstsecond", 19));
}

TEST(RecordTest, OneChangedByteIsFoundAndNamed) {
  std::string bytes = Encode(ThreeEvents());
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int change : {0x01, 0x80, 0xff}) {
      bytes[i] = static_cast<char>(bytes[i] ^ change);
      const absl::Status status = Record::Parse(bytes, 2, 7).status();
      EXPECT_TRUE(absl::IsDataLoss(status)) << i << ": " << status;
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr("journal record 7 of shard 2"));
      bytes[i] = static_cast<char>(bytes[i] ^ change);
    }
  }
  EXPECT_TRUE(Record::Parse(bytes, 2, 7).ok());
}

TEST(RecordTest, CutOrLengthenedBytesAreFound) {
  std::string bytes = Encode(ThreeEvents());
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_TRUE(absl::IsDataLoss(
        Record::Parse(std::string_view(bytes).substr(0, length), 2, 7)
            .status()))
        << length;
  }
  EXPECT_TRUE(absl::IsDataLoss(Record::Parse(bytes + '\0', 2, 7).status()));
}

// Puts the right checksum under changed bytes.
std::string Resign(std::string bytes) {
  PutBig32(ExtendCrc32c(0, bytes.substr(0, 96) + bytes.substr(100)),
           bytes.data() + 96);
  return bytes;
}

TEST(RecordTest, InconsistentBytesAreRefusedWhateverTheirChecksum) {
  const std::string good = Encode(ThreeEvents());
  struct Case {
    const char* what;
    size_t at;
    uint32_t value;
    const char* message;
  };
  const uint32_t first_end = GetBig32(good.data() + 100);
  const Case cases[] = {
      {"magic", 0, 0x4c564b01, "does not begin as a record does"},
      {"format 0", 0, 0x4c564a00, "does not begin as a record does"},
      {"another shard", 4, 3, "record 7 of shard 3"},
      {"another sequence", 12, 8, "record 8 of shard 2"},
      {"no entries", 16, 0, "counts 0 entries"},
      {"too many entries", 16, 4'097, "counts 4097 entries"},
      {"entries past the end", 16, 4'096, "its length does not fit"},
      {"most entries there could be", 16, 0xffffffff, "entries"},
      {"longer than it is", 20, 0xffffffff, "its length does not fit"},
      {"an empty entry", 100, 0, "entry 0 has no bytes"},
      {"an entry that ends before it begins", 104, first_end,
       "entry 1 has no bytes"},
      {"an entry past the end", 108, 0x7fffffff, "ends elsewhere"},
  };
  for (const Case& test : cases) {
    std::string bytes = good;
    PutBig32(test.value, bytes.data() + test.at);
    const absl::Status status = Record::Parse(Resign(bytes), 2, 7).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << test.what << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(test.message))
        << test.what;
  }
}

TEST(RecordTest, NewerFormatIsNotCalledDamaged) {
  std::string bytes = Encode(ThreeEvents());
  bytes[3] = 2;
  const absl::Status status = Record::Parse(Resign(bytes), 2, 7).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("newer release"));
}

TEST(RecordTest, WriterForgetsTheBatchBefore) {
  RecordWriter writer(2);
  BatchBuilder large(1);
  for (uint64_t id = 0; id < 300; ++id) large.Event({.id = id});
  writer.Encode(large, {});
  writer.Encode(ThreeEvents(), {});
  EXPECT_EQ(writer.bytes(), Encode(ThreeEvents()));
}

TEST(BatchTest, MalformedBatchesAreRefused) {
  const Head head = {.last_sequence = 6};
  ASSERT_TRUE(CheckBatch(ThreeEvents(), head).ok());
  struct Case {
    const char* what;
    void (*spoil)(Batch&);
    absl::StatusCode code;
    const char* message;
  };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  constexpr auto kAborted = absl::StatusCode::kAborted;
  const Case cases[] = {
      {"a gap", [](Batch& b) { b.first_sequence = 8; }, kAborted,
       "ends at 6, so a batch cannot begin at 8"},
      {"a repeat", [](Batch& b) { b.first_sequence = 6; }, kAborted,
       "cannot begin at 6"},
      {"nothing", [](Batch& b) { b.ends.clear(); }, kInvalid, "1 to 4096"},
      {"too many",
       [](Batch& b) {
         b.entries.assign(4'097, 'x');
         b.ends.resize(4'097);
         for (uint32_t i = 0; i < 4'097; ++i) b.ends[i] = i + 1;
       },
       kInvalid, "this one 4097"},
      {"an empty entry", [](Batch& b) { b.ends[1] = b.ends[0]; }, kInvalid,
       "entry 1 of the batch has no bytes"},
      {"too short", [](Batch& b) { b.entries.pop_back(); }, kInvalid,
       "do not end"},
      {"too long", [](Batch& b) { b.entries.push_back('x'); }, kInvalid,
       "do not end"},
      {"a text of nothing",
       [](Batch& b) {
         b.texts.push_back({3, 1, 1, "t", {}});
       },
       kInvalid, "belongs to no entry"},
      {"an index entry of nothing", [](Batch& b) { b.index[2].place = 3; },
       kInvalid, "belongs to no entry"},
  };
  for (const Case& test : cases) {
    Batch batch = ThreeEvents();
    test.spoil(batch);
    const absl::Status status = CheckBatch(batch, head);
    EXPECT_EQ(status.code(), test.code) << test.what << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(test.message))
        << test.what;
  }
}

// Records in a map, to be spoiled at will.
class Shelf : public RecordSource {
 public:
  // Adds `count` records of three entries.
  explicit Shelf(int count) {
    RecordWriter writer(2);
    Hash256 previous = {};
    for (int i = 0; i < count; ++i) {
      const uint64_t first = 1 + 3 * i;
      writer.Encode(ThreeEvents(first), previous);
      previous = writer.hash();
      records[first] = std::string(writer.bytes());
    }
  }

  uint32_t shard() const override { return 2; }
  ChainAnchor anchor() const override { return start; }
  absl::Status ScanRecords(uint64_t first, uint64_t last,
                           RecordVisitor visit) const override {
    auto it = records.upper_bound(first);
    if (it != records.begin()) --it;
    for (; it != records.end() && it->first <= last; ++it) {
      if (!visit(it->first, it->second)) break;
    }
    return absl::OkStatus();
  }

  std::map<uint64_t, std::string> records;
  ChainAnchor start;
};

TEST(ChainTest, WholeAndPartsVerify) {
  const Shelf shelf(5);
  absl::StatusOr<ChainReport> report = VerifyChain(shelf, 1, 15);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->broken, 0U) << report->fault;
  EXPECT_EQ(report->records, 5U);
  EXPECT_EQ(report->entries, 15U);
  EXPECT_EQ(report->end.last_sequence, 15U);
  Sha256 sha;
  EXPECT_EQ(report->end.hash, sha.Of(shelf.records.at(13).substr(0, 100)));
  // From the middle of a record to the middle of one.
  report = VerifyChain(shelf, 5, 11);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->broken, 0U) << report->fault;
  EXPECT_EQ(report->records, 3U);
}

TEST(ChainTest, FirstBrokenRecordIsNamed) {
  struct Case {
    const char* what;
    void (*spoil)(Shelf&);
    uint64_t broken;
    const char* fault;
  };
  const Case cases[] = {
      {"a changed entry under a right checksum",
       [](Shelf& s) {
         s.records[7].back() ^= 1;
         s.records[7] = Resign(s.records[7]);
       },
       7, "its root does not stand for"},
      {"a changed byte", [](Shelf& s) { s.records[4][120] ^= 1; }, 4,
       "checksum"},
      {"a missing record", [](Shelf& s) { s.records.erase(7); }, 7,
       "journal record 7 is missing"},
      {"a missing first record", [](Shelf& s) { s.records.erase(1); }, 1,
       "journal record 1 is missing"},
      {"a missing last record", [](Shelf& s) { s.records.erase(13); }, 13,
       "journal record 13 is missing"},
      {"a record rewritten with its root",
       [](Shelf& s) {
         BatchBuilder other(7);
         for (int i = 0; i < 3; ++i) other.RuleSet("forged");
         Hash256 previous;
         std::copy_n(s.records[7].begin() + 32, 32, previous.begin());
         s.records[7] = Encode(other, previous);
       },
       10, "journal record 10 does not carry the hash of the one before"},
      {"another journal's first record",
       [](Shelf& s) {
         BatchBuilder other(1);
         for (int i = 0; i < 3; ++i) other.RuleSet("forged");
         s.records[1] = Encode(other);
       },
       4, "does not carry the hash"},
      {"an anchor that is another's", [](Shelf& s) { s.start.previous[0] = 1; },
       1, "does not carry"},
  };
  for (const Case& test : cases) {
    Shelf shelf(5);
    test.spoil(shelf);
    absl::StatusOr<ChainReport> report = VerifyChain(shelf, 1, 15);
    ASSERT_TRUE(report.ok()) << test.what;
    EXPECT_EQ(report->broken, test.broken) << test.what;
    EXPECT_THAT(report->fault, HasSubstr(test.fault)) << test.what;
  }
}

TEST(ChainTest, CutJournalVerifiesFromItsAnchor) {
  Shelf shelf(5);
  Sha256 sha;
  shelf.start = {7, sha.Of(shelf.records[4].substr(0, 100))};
  shelf.records.erase(1);
  shelf.records.erase(4);
  absl::StatusOr<ChainReport> report = VerifyChain(shelf, 7, 15);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->broken, 0U) << report->fault;
  EXPECT_EQ(report->entries, 9U);
}

}  // namespace
}  // namespace levee::storage
