#include "server/text/common_phrases.h"

#include <gtest/gtest.h>

namespace levee::text {
namespace {

constexpr int64_t kDayMs = 24 * 60 * 60 * 1000;
constexpr int64_t kNowMs = 20'000 * kDayMs;
constexpr uint64_t kPhrase = 0x1234567;

TEST(CommonPhrases, ManyCustomersOnSeveralDaysMakeAPhraseCommon) {
  CommonPhrases phrases;
  uint64_t customer = 1;
  for (int day = 0; day < 4; ++day) {
    for (int i = 0; i < 4; ++i) {
      phrases.Note(kPhrase, ++customer, kNowMs + day * kDayMs);
    }
    EXPECT_EQ(phrases.IsCommon(kPhrase), day >= 2) << day;
  }
  EXPECT_FALSE(phrases.IsCommon(kPhrase + 1));
}

TEST(CommonPhrases, ABombOfTwoDaysIsNotCommon) {
  CommonPhrases phrases;
  for (uint64_t customer = 1; customer <= 2000; ++customer) {
    phrases.Note(kPhrase, customer, kNowMs + customer * kDayMs / 1001);
  }
  EXPECT_FALSE(phrases.IsCommon(kPhrase));
}

TEST(CommonPhrases, OneCustomerMakesNoPhraseCommon) {
  CommonPhrases phrases;
  for (int day = 0; day < 200; ++day) {
    phrases.Note(kPhrase, 42, kNowMs + day * kDayMs);
  }
  EXPECT_FALSE(phrases.IsCommon(kPhrase));
}

TEST(CommonPhrases, AQuietMonthBeginsAnew) {
  CommonPhrases phrases;
  for (int day = 0; day < 10; ++day) {
    phrases.Note(kPhrase, day + 1, kNowMs + day * kDayMs);
  }
  EXPECT_TRUE(phrases.IsCommon(kPhrase));
  phrases.Note(kPhrase, 99, kNowMs + 41 * kDayMs);
  EXPECT_FALSE(phrases.IsCommon(kPhrase));
}

TEST(CommonPhrases, TimeThatRunsBackCountsNoDays) {
  CommonPhrases phrases;
  for (uint64_t customer = 1; customer <= 100; ++customer) {
    phrases.Note(kPhrase, customer, kNowMs + (customer % 2) * kDayMs);
  }
  EXPECT_FALSE(phrases.IsCommon(kPhrase));
  phrases.Note(kPhrase, 1, INT64_MIN);
  phrases.Note(kPhrase, 2, INT64_MAX);
}

TEST(CommonPhrases, AFloodOfNewPhrasesLeavesTheCommonOnes) {
  CommonPhrases phrases;
  for (int day = 0; day < 3; ++day) {
    for (uint64_t i = 0; i < 8; ++i) {
      phrases.Note(kPhrase, day * 8 + i, kNowMs + day * kDayMs);
    }
  }
  for (uint64_t i = 1; i <= 200'000; ++i) {
    phrases.Note(i * 0x9E3779B97F4A7C15, i, kNowMs + 3 * kDayMs + i);
  }
  EXPECT_TRUE(phrases.IsCommon(kPhrase));
}

}  // namespace
}  // namespace levee::text
