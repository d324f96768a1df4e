#include "server/text/fingerprint_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <set>
#include <vector>

namespace levee::text {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr uint64_t kTenant = 7;
constexpr int64_t kDayMs = 24 * 60 * 60 * 1000;

// A fingerprint of a text of its own.
Fingerprint Fresh(std::mt19937_64* random) {
  Fingerprint made;
  for (uint8_t& byte : made.minhash) byte = static_cast<uint8_t>((*random)());
  made.exact = (*random)() | 1;
  made.inner = (*random)() | 1;
  made.length = 100;
  return made;
}

// The same text with so many bytes of MinHash changed.
Fingerprint Changed(Fingerprint made, int bytes, std::mt19937_64* random) {
  for (int changed = 0; changed < bytes;) {
    uint8_t& byte = made.minhash[(*random)() % kMinHashBytes];
    const auto next = static_cast<uint8_t>((*random)());
    changed += byte != next ? 1 : 0;
    byte = next;
  }
  made.exact = (*random)() | 1;
  made.inner = (*random)() | 1;
  return made;
}

Fingerprint Short(uint64_t exact) {
  Fingerprint made;
  made.exact = exact;
  made.length = 10;
  return made;
}

// What is to be found, in the plainest way.
class Model {
 public:
  explicit Model(size_t messages_max) : messages_max_(messages_max) {}

  void Insert(const FingerprintEntry& entry) {
    messages_.push_back(entry);
    if (messages_.size() > messages_max_) messages_.pop_front();
  }

  // Leaves an empty place: what is erased still takes part in the ring.
  void Erase(uint64_t customer) {
    for (FingerprintEntry& one : messages_) {
      if (one.customer == customer) one.customer = 0;
    }
  }

  std::optional<FingerprintMatch> FindOwn(uint64_t customer,
                                          const Fingerprint& wanted) const {
    FingerprintMatch best;
    int seen = 0;
    for (auto one = messages_.rbegin();
         one != messages_.rend() && seen < FingerprintIndex::kOwnMax; ++one) {
      if (one->customer != customer) continue;
      ++seen;
      const FingerprintMatch match = Matched(*one, wanted);
      if (match.equal_bytes > best.equal_bytes) best = match;
    }
    if (best.equal_bytes == 0) return std::nullopt;
    return best;
  }

  std::vector<FingerprintMatch> FindAlike(uint64_t tenant, uint64_t customer,
                                          const Fingerprint& wanted,
                                          int64_t since_ms) const {
    std::vector<FingerprintMatch> all;
    for (auto one = messages_.rbegin(); one != messages_.rend(); ++one) {
      if (one->customer == 0 || one->customer == customer ||
          one->tenant != tenant || one->when_ms < since_ms) {
        continue;
      }
      const FingerprintMatch match = Matched(*one, wanted);
      if (match.equal_bytes >= kAlikeBytesMin) all.push_back(match);
    }
    return all;
  }

  size_t size() const {
    return std::count_if(messages_.begin(), messages_.end(),
                         [](const auto& one) { return one.customer != 0; });
  }

 private:
  static FingerprintMatch Matched(const FingerprintEntry& one,
                                  const Fingerprint& wanted) {
    const Fingerprint& other = one.fingerprint;
    FingerprintMatch match = {.sequence = one.sequence,
                              .customer = one.customer,
                              .when_ms = one.when_ms};
    if (other.exact == wanted.exact && wanted.exact != 0) {
      match.equal_bytes = 128;
      match.likeness = Likeness::kExact;
      return match;
    }
    if (other.length < kAlikeLengthMin || wanted.length < kAlikeLengthMin) {
      return match;
    }
    for (size_t i = 0; i < kMinHashBytes; ++i) {
      match.equal_bytes += other.minhash[i] == wanted.minhash[i] ? 1 : 0;
    }
    const bool is_inner =
        (wanted.inner != 0 &&
         (wanted.inner == other.inner || wanted.inner == other.exact)) ||
        (other.inner != 0 && other.inner == wanted.exact);
    if (is_inner) {
      match.equal_bytes = std::max(match.equal_bytes, kAlikeBytesMin);
      match.likeness = Likeness::kInner;
    }
    return match;
  }

  size_t messages_max_;
  std::deque<FingerprintEntry> messages_;
};

class FingerprintIndexTest : public testing::Test {
 protected:
  void Insert(uint64_t customer, const Fingerprint& fingerprint,
              int64_t when_ms = 0, uint64_t tenant = kTenant) {
    index_.Insert({++sequence_, tenant, customer, when_ms, fingerprint});
  }

  std::vector<FingerprintMatch> Alike(const Fingerprint& fingerprint,
                                      uint64_t customer = 999'999,
                                      int64_t since_ms = INT64_MIN) {
    std::vector<FingerprintMatch> matches;
    index_.FindAlike(kTenant, customer, fingerprint, since_ms, &matches);
    return matches;
  }

  FingerprintIndex index_{{.messages_max = 1024}};
  uint64_t sequence_ = 0;
  std::mt19937_64 random_{1};
};

TEST_F(FingerprintIndexTest, NothingIsFoundInNothing) {
  EXPECT_THAT(Alike(Fresh(&random_)), IsEmpty());
  EXPECT_THAT(Alike(Fingerprint()), IsEmpty());
  EXPECT_EQ(index_.FindOwn(1, Fresh(&random_)), std::nullopt);
  index_.Erase(1);
  EXPECT_EQ(index_.size(), 0);
}

TEST_F(FingerprintIndexTest, FindsTheSameTextOfOthers) {
  const Fingerprint text = Fresh(&random_);
  Insert(1, text, 50);
  Insert(2, Fresh(&random_));
  const std::vector<FingerprintMatch> matches = Alike(text);
  ASSERT_THAT(matches, SizeIs(1));
  EXPECT_EQ(matches[0], (FingerprintMatch{.sequence = 1,
                                          .customer = 1,
                                          .when_ms = 50,
                                          .equal_bytes = 128,
                                          .likeness = Likeness::kExact}));
  EXPECT_THAT(Alike(text, 1), IsEmpty());
  EXPECT_THAT(Alike(text, 3, 50), SizeIs(1));
  EXPECT_THAT(Alike(text, 3, 51), IsEmpty());
  std::vector<FingerprintMatch> others;
  index_.FindAlike(kTenant + 1, 3, text, 0, &others);
  EXPECT_THAT(others, IsEmpty());
}

TEST_F(FingerprintIndexTest, FindsTheInnerPartWhicheverHasTheAffix) {
  const Fingerprint plain = Fresh(&random_);
  Fingerprint affixed = Fresh(&random_);
  affixed.inner = plain.exact;
  Fingerprint another = Fresh(&random_);
  another.inner = plain.exact;
  Insert(1, plain);
  Insert(2, affixed);
  EXPECT_THAT(Alike(another), SizeIs(2));
  EXPECT_THAT(Alike(plain), SizeIs(2));
  EXPECT_EQ(Alike(another)[0].likeness, Likeness::kInner);
  EXPECT_EQ(Alike(another)[0].equal_bytes, kAlikeBytesMin);
}

TEST_F(FingerprintIndexTest, ShortTextsMatchExactlyOnly) {
  Fingerprint a = Fresh(&random_);
  a.length = kAlikeLengthMin - 1;
  Fingerprint b = a;
  b.exact ^= 2;
  Insert(1, a);
  EXPECT_THAT(Alike(b), IsEmpty());
  EXPECT_THAT(Alike(a), SizeIs(1));
  EXPECT_EQ(index_.FindOwn(1, b), std::nullopt);
  EXPECT_EQ(index_.FindOwn(1, a)->equal_bytes, 128);
}

TEST_F(FingerprintIndexTest, CommonPhrasesMatchNobody) {
  const Fingerprint thanks = Short(77);
  for (int i = 0; i < 12; ++i) {
    EXPECT_THAT(Alike(thanks), SizeIs(i));
    Insert(100 + i, thanks, i < 6 ? 0 : kDayMs);
  }
  EXPECT_FALSE(index_.IsCommon(kTenant, thanks));
  Insert(200, thanks, 2 * kDayMs);
  EXPECT_TRUE(index_.IsCommon(kTenant, thanks));
  EXPECT_FALSE(index_.IsCommon(kTenant + 1, thanks));
  EXPECT_THAT(Alike(thanks), IsEmpty());
  EXPECT_EQ(index_.FindOwn(200, thanks)->likeness, Likeness::kExact);
}

TEST_F(FingerprintIndexTest, OwnMatchIsTheBestOfTheLastSixteen) {
  const Fingerprint text = Fresh(&random_);
  Insert(1, text);
  Insert(1, Changed(text, 20, &random_));
  Insert(2, text);
  EXPECT_EQ(index_.FindOwn(1, text)->sequence, 1);
  for (int i = 0; i < 14; ++i) Insert(1, Fresh(&random_));
  EXPECT_EQ(index_.FindOwn(1, text)->sequence, 1);
  Insert(1, Fresh(&random_));
  EXPECT_EQ(index_.FindOwn(1, text)->sequence, 2);
  EXPECT_EQ(index_.FindOwn(1, text)->likeness, Likeness::kMinHash);
}

TEST_F(FingerprintIndexTest, AFloodOfOneTextShowsItsNewestCustomers) {
  const Fingerprint text = Fresh(&random_);
  for (uint64_t i = 0; i < 5000; ++i) Insert(1 + i % 40, text);
  const std::vector<FingerprintMatch> matches = Alike(text);
  EXPECT_THAT(matches, SizeIs(16));
  for (size_t i = 0; i < matches.size(); ++i) {
    EXPECT_EQ(matches[i].sequence, 5000 - i);
  }
}

TEST_F(FingerprintIndexTest, OneCustomersFloodHidesNobody) {
  const Fingerprint text = Fresh(&random_);
  Insert(1, text);
  Insert(2, text);
  for (int i = 0; i < 1000; ++i) Insert(3, text);
  EXPECT_THAT(Alike(text), SizeIs(3));
}

TEST_F(FingerprintIndexTest, ManyVariantsAreBounded) {
  const Fingerprint text = Fresh(&random_);
  for (uint64_t i = 0; i < 1024; ++i) {
    Insert(1 + i % 50, Changed(text, static_cast<int>(i % 30), &random_));
  }
  const std::vector<FingerprintMatch> matches = Alike(text);
  EXPECT_GE(matches.size(), 24);
  EXPECT_LE(matches.size(), FingerprintIndex::kMatchesMax);
  std::set<uint64_t> customers;
  for (const FingerprintMatch& match : matches) {
    customers.insert(match.customer);
  }
  EXPECT_THAT(customers, SizeIs(matches.size()));
}

TEST_F(FingerprintIndexTest, TheRingForgetsTheOldest) {
  const Fingerprint text = Fresh(&random_);
  Insert(1, text);
  for (int i = 0; i < 1023; ++i) Insert(1000 + i, Fresh(&random_));
  EXPECT_THAT(Alike(text), SizeIs(1));
  EXPECT_NE(index_.FindOwn(1, text), std::nullopt);
  Insert(2, Fresh(&random_));
  EXPECT_THAT(Alike(text), IsEmpty());
  EXPECT_EQ(index_.FindOwn(1, text), std::nullopt);
  EXPECT_EQ(index_.size(), 1024);
}

TEST_F(FingerprintIndexTest, EraseForgetsTheCustomerAlone) {
  const Fingerprint text = Fresh(&random_);
  for (int i = 0; i < 100; ++i) {
    Insert(1, i % 2 == 0 ? text : Fresh(&random_));
    Insert(2, text);
  }
  index_.Erase(1);
  EXPECT_EQ(index_.size(), 100);
  EXPECT_EQ(index_.FindOwn(1, text), std::nullopt);
  ASSERT_THAT(Alike(text), SizeIs(1));
  EXPECT_EQ(Alike(text)[0].customer, 2);
  Insert(1, text);
  EXPECT_THAT(Alike(text), SizeIs(2));
}

TEST(FingerprintIndexSizes, TheSmallestIndexesWork) {
  for (const size_t messages_max : {0, 1, 2, 3, 17}) {
    FingerprintIndex index({.messages_max = messages_max});
    std::mt19937_64 random(4);
    std::vector<FingerprintMatch> matches;
    for (uint64_t i = 1; i <= 100; ++i) {
      const Fingerprint text = Fresh(&random);
      index.Insert({i, kTenant, i, 0, text});
      index.FindAlike(kTenant, 0, text, 0, &matches);
      ASSERT_THAT(matches, SizeIs(1));
      ASSERT_EQ(index.FindOwn(i, text)->sequence, i);
      ASSERT_LE(index.size(), std::max<size_t>(messages_max, 1));
    }
  }
}

TEST(FingerprintIndexSizes, AMessageTakesWhatIsSaid) {
  const FingerprintIndex index({.messages_max = 131'072});
  EXPECT_LE(index.bytes() / 131'072, 336);
}

// One life: random messages that resemble each other, erasures, wrap-around.
class FingerprintIndexLife : public testing::TestWithParam<uint32_t> {
 protected:
  Fingerprint NextText() {
    if (families_.size() < 60) families_.push_back(Fresh(&random_));
    const uint64_t kind = random_() % 10;
    if (kind == 0) return Short(1 + random_() % 20);
    if (kind < 5) return Fresh(&random_);
    const Fingerprint& family = families_[random_() % families_.size()];
    if (kind == 5) return family;
    return Changed(family, static_cast<int>(random_() % 80), &random_);
  }

  // All that is returned is right; counts what is missing.
  // What is older than `newer_than` may be lost to full buckets.
  void CheckAlike(const std::vector<FingerprintMatch>& found,
                  const std::vector<FingerprintMatch>& all,
                  int64_t newer_than) {
    ASSERT_LE(found.size(), FingerprintIndex::kMatchesMax);
    for (size_t i = 0; i < found.size(); ++i) {
      ASSERT_NE(std::find(all.begin(), all.end(), found[i]), all.end());
      ASSERT_TRUE(i == 0 || found[i - 1].sequence > found[i].sequence);
    }
    std::set<uint64_t> wanted;
    for (const FingerprintMatch& match : all) {
      if (match.equal_bytes >= 88 && match.when_ms > newer_than)
        wanted.insert(match.customer);
    }
    std::set<uint64_t> customers;
    for (const FingerprintMatch& match : found) {
      customers.insert(match.customer);
    }
    if (wanted.size() > 12) return;
    wanted_ += static_cast<int>(wanted.size());
    for (const uint64_t customer : wanted) {
      missing_ += customers.contains(customer) ? 0 : 1;
    }
  }

  std::mt19937_64 random_{GetParam()};
  std::vector<Fingerprint> families_;
  int wanted_ = 0;
  int missing_ = 0;
};

TEST_P(FingerprintIndexLife, AgreesWithTheModel) {
  SCOPED_TRACE(GetParam());
  const size_t messages_max = 100 + random_() % 900;
  FingerprintIndex index({.messages_max = messages_max});
  Model model(messages_max);
  std::vector<FingerprintMatch> found;
  for (uint64_t sequence = 1; sequence <= 4000; ++sequence) {
    const uint64_t customer = 1 + random_() % 100;
    const uint64_t tenant = random_() % 8 == 0 ? kTenant + 1 : kTenant;
    const auto when_ms = static_cast<int64_t>(sequence);
    const Fingerprint text = NextText();
    ASSERT_EQ(index.FindOwn(customer, text), model.FindOwn(customer, text));
    const int64_t since_ms = when_ms - static_cast<int64_t>(random_() % 2000);
    index.FindAlike(tenant, customer, text, since_ms, &found);
    CheckAlike(found, model.FindAlike(tenant, customer, text, since_ms),
               when_ms - static_cast<int64_t>(messages_max) / 2);
    const FingerprintEntry entry = {sequence, tenant, customer, when_ms, text};
    index.Insert(entry);
    model.Insert(entry);
    if (random_() % 100 == 0) {
      const uint64_t erased = 1 + random_() % 100;
      index.Erase(erased);
      model.Erase(erased);
    }
    ASSERT_EQ(index.size(), model.size());
  }
  EXPECT_GT(wanted_, 500);
  EXPECT_LE(missing_, wanted_ / 100);
}

INSTANTIATE_TEST_SUITE_P(Seeds, FingerprintIndexLife,
                         testing::Range<uint32_t>(1, 9));

// Two indexes with the same past answer alike, wherever they lie.
TEST(FingerprintIndexSizes, TheSamePastGivesTheSameAnswers) {
  FingerprintIndex a({.messages_max = 300});
  const auto b = std::make_unique<FingerprintIndex>(
      FingerprintIndex::Options{.messages_max = 300});
  std::mt19937_64 random(12);
  const Fingerprint text = Fresh(&random);
  std::vector<FingerprintMatch> from_a;
  std::vector<FingerprintMatch> from_b;
  for (uint64_t i = 1; i <= 2000; ++i) {
    const Fingerprint next =
        Changed(text, static_cast<int>(random() % 64), &random);
    a.FindAlike(kTenant, 0, next, 0, &from_a);
    b->FindAlike(kTenant, 0, next, 0, &from_b);
    ASSERT_EQ(from_a, from_b);
    a.Insert({i, kTenant, 1 + i % 70, 0, next});
    b->Insert({i, kTenant, 1 + i % 70, 0, next});
  }
}

}  // namespace
}  // namespace levee::text
