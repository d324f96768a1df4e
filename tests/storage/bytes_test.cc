// Keys, sealed texts and signed heads: what stands on disk beside records.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/customer_keys.h"
#include "storage/heads.h"
#include "storage/keys.h"
#include "storage/seal.h"

namespace levee::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(KeysTest, BytesOrderAsSequencesDo) {
  const uint64_t sequences[] = {
      0, 1, 255, 256, uint64_t{1} << 40, std::numeric_limits<uint64_t>::max()};
  for (size_t i = 1; i < std::size(sequences); ++i) {
    EXPECT_LT(BatchKey(7, sequences[i - 1]), BatchKey(7, sequences[i]));
    EXPECT_LT(NamesBlobKey(7, sequences[i - 1]), NamesBlobKey(7, sequences[i]));
  }
  EXPECT_LT(BatchKey(7, sequences[5]), BatchKey(8, 0));
}

TEST(KeysTest, BatchKeysComeBackForTheirShardOnly) {
  EXPECT_EQ(ParseBatchKey(BatchKey(3, 77), 3), 77);
  EXPECT_EQ(ParseBatchKey(BatchKey(3, 77), 4), std::nullopt);
  EXPECT_EQ(ParseBatchKey("short", 3), std::nullopt);
  EXPECT_EQ(ParseNamesBlobKey(NamesBlobKey(3, 77), 3), 77);
  EXPECT_EQ(ParseNamesBlobKey(BatchKey(3, 77), 3), std::nullopt);
  EXPECT_EQ(ParseNamesBlobKey("", 3), std::nullopt);
}

TEST(KeysTest, TimelineOrdersByTimeThenSequenceAcrossTheYear1970) {
  const TimelinePlace places[] = {
      {std::numeric_limits<int64_t>::min(), 9}, {-1, 1}, {0, 1}, {0, 2}, {1, 1},
      {std::numeric_limits<int64_t>::max(), 0}};
  for (size_t i = 0; i < std::size(places); ++i) {
    const std::string key = TimelineKey(1, 2, places[i]);
    EXPECT_EQ(ParseTimelineKey(key), places[i]);
    EXPECT_EQ(key.rfind(TimelinePrefix(1, 2), 0), 0);
    EXPECT_FALSE(IsEventKey(key));
    if (i > 0) {
      EXPECT_LT(TimelineKey(1, 2, places[i - 1]), key) << i;
    }
  }
  EXPECT_EQ(ParseTimelineKey(EventKey({})), std::nullopt);
}

TEST(KeysTest, NamesOfOtherTenantsAndKindsHaveOtherKeys) {
  const std::vector<std::string> keys = {
      NameKey(1, v1::NAME_KIND_CUSTOMER, "a"),
      NameKey(2, v1::NAME_KIND_CUSTOMER, "a"),
      NameKey(1, v1::NAME_KIND_TICKET, "a"),
      NameKey(1, v1::NAME_KIND_CUSTOMER, ""),
      HandleKey(1, v1::NAME_KIND_CUSTOMER, 'a'),
      HandleKey(1, v1::NAME_KIND_TICKET, 'a')};
  for (size_t i = 0; i < keys.size(); ++i) {
    for (size_t j = 0; j < i; ++j) EXPECT_NE(keys[i], keys[j]);
  }
}

TEST(KeysTest, ValuesComeBack) {
  EXPECT_EQ(ParseHandleValue(HandleValue(12345)), 12345);
  EXPECT_EQ(ParseHandleValue("1234567"), std::nullopt);
  const auto place =
      ParseEventValue(EventValue({.sequence = 5, .decided_at_ms = -6}));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->sequence, 5);
  EXPECT_EQ(place->decided_at_ms, -6);
  EXPECT_FALSE(ParseEventValue("short"));
}

class SealTest : public ::testing::Test {
 protected:
  static constexpr Sealer::Part kText = Sealer::Part::kText;
  const std::string key_ = std::string(32, 'k');
  Sealer sealer_{3};
};

TEST_F(SealTest, OpensToTheTextAndShowsNothingOfIt) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string(100'000, 'x')}) {
    absl::StatusOr<std::string> sealed = sealer_.Seal(key_, 9, kText, text);
    ASSERT_TRUE(sealed.ok()) << sealed.status();
    EXPECT_EQ(sealed->size(), text.size() + 28);
    if (text.size() > 8) {
      EXPECT_THAT(*sealed, Not(HasSubstr(text.substr(0, 8))));
    }
    absl::StatusOr<std::string> opened = sealer_.Open(key_, 9, kText, *sealed);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(*opened, text);
  }
}

TEST_F(SealTest, SameTextIsNeverSealedTwiceAlike) {
  std::vector<std::string> seen;
  seen.reserve(600);
  // More than are drawn of nonces at a time.
  for (int i = 0; i < 600; ++i)
    seen.push_back(*sealer_.Seal(key_, 9, kText, "text"));
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
}

TEST_F(SealTest, OtherKeySequencePartShardOrBytesDoNotOpen) {
  const std::string sealed = *sealer_.Seal(key_, 9, kText, "text");
  EXPECT_EQ(
      sealer_.Open(std::string(32, 'l'), 9, kText, sealed).status().code(),
      absl::StatusCode::kDataLoss);
  EXPECT_EQ(sealer_.Open(key_, 10, kText, sealed).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(sealer_.Open(key_, 9, Sealer::Part::kPrint, sealed).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(Sealer(4).Open(key_, 9, kText, sealed).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(sealer_.Open(key_, 9, kText, sealed.substr(0, 27)).status().code(),
            absl::StatusCode::kDataLoss);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] ^= 1;
    EXPECT_EQ(sealer_.Open(key_, 9, kText, changed).status().code(),
              absl::StatusCode::kDataLoss)
        << i;
  }
  EXPECT_EQ(*sealer_.Open(key_, 9, kText, sealed), "text");
}

TEST(CustomerKeysTest, HoldsTheLatestAndForgetsWhatItMust) {
  CustomerKeys keys(100);
  keys.Insert(1, 0, "zero");
  for (uint64_t customer = 1; customer <= 1'000; ++customer) {
    keys.Insert(1, customer, std::to_string(customer));
    ASSERT_EQ(keys.Find(1, customer), std::to_string(customer));
    // What is used stays.
    ASSERT_EQ(keys.Find(1, 0), "zero") << customer;
  }
  int held = 0;
  for (uint64_t customer = 1; customer <= 1'000; ++customer) {
    if (keys.Find(1, customer)) ++held;
  }
  EXPECT_GE(held, 40);
  EXPECT_LE(held, 102);
  EXPECT_EQ(keys.Find(2, 1'000), std::nullopt);
  keys.Erase(1, 0);
  EXPECT_EQ(keys.Find(1, 0), std::nullopt);
}

class HeadsTest : public ::testing::Test {
 protected:
  HeadsTest() {
    head_.last_sequence = 42;
    head_.hash.fill(0xab);
  }

  const std::string key_ = std::string(32, 's');
  Head head_;
};

TEST_F(HeadsTest, VerifiesUnderItsOwnPublicKeyOnly) {
  const v1::SignedHead signed_head = *SignHead(key_, head_, 3, 1'700);
  const std::string public_key = *PublicKeyOf(key_);
  EXPECT_EQ(signed_head.public_key(), public_key);
  absl::StatusOr<v1::Head> head = VerifyHead(signed_head, public_key);
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->shard(), 3);
  EXPECT_EQ(head->last_sequence(), 42);
  EXPECT_EQ(head->hash(), std::string(32, '\xab'));
  EXPECT_EQ(head->at_ms(), 1'700);

  const std::string other = *PublicKeyOf(std::string(32, 't'));
  EXPECT_EQ(VerifyHead(signed_head, other).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(VerifyHead(signed_head, "short").status().message()),
              HasSubstr("32 bytes"));
}

TEST_F(HeadsTest, ChangedHeadIsSeen) {
  const std::string public_key = *PublicKeyOf(key_);
  v1::SignedHead changed = *SignHead(key_, head_, 3, 1'700);
  changed.mutable_head()->back() ^= 1;
  EXPECT_FALSE(VerifyHead(changed, public_key).ok());
  changed = *SignHead(key_, head_, 3, 1'700);
  changed.mutable_signature()->back() ^= 1;
  EXPECT_FALSE(VerifyHead(changed, public_key).ok());
  changed.mutable_signature()->pop_back();
  EXPECT_FALSE(VerifyHead(changed, public_key).ok());
}

// RFC 8032, section 7.1, test 1: the public key of that seed.
TEST_F(HeadsTest, PublicKeyIsThatOfTheStandard) {
  const unsigned char seed[] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
                                0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
                                0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19,
                                0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
  const std::string key =
      *PublicKeyOf({reinterpret_cast<const char*>(seed), sizeof(seed)});
  EXPECT_EQ(key.substr(0, 4), "\xd7\x5a\x98\x01");
}

TEST_F(HeadsTest, JsonLineHasWhatIsReadAndWhatIsVerified) {
  const std::string line = ToJsonLine(*SignHead(key_, head_, 3, 1'700));
  EXPECT_THAT(line,
              HasSubstr("\"shard\":3,\"last_sequence\":42,\"hash\":\"" + [] {
                std::string hex;
                for (int i = 0; i < 32; ++i) hex += "ab";
                return hex;
              }() + "\",\"at_ms\":1700"));
  EXPECT_THAT(line, HasSubstr("\"signature\":\""));
  EXPECT_THAT(line, Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace levee::storage
