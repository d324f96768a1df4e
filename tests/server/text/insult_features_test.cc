#include "server/text/insult_features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "server/text/grammar.h"
#include "server/text/lexicon.h"
#include "server/text/normalise.h"

namespace levee::text {
namespace {

using ::testing::IsSubsetOf;

using Set = std::vector<uint16_t>;

Set SetOf(const Buckets& buckets) {
  Set set;
  for (const Buckets::Feature& feature : buckets.features()) {
    set.push_back(feature.bucket);
  }
  return set;
}

class InsultFeaturesTest : public testing::Test {
 protected:
  // The windows of a message; features_ keeps what is left of it.
  std::vector<Set> Windows(const std::string& body) {
    static const Lexicon* const kLexicon =
        new Lexicon(Lexicon::Parse({{"test",
                                     "class fool trigger : idiot\n"
                                     "rule lone target=agent severity=2 "
                                     "weight=900 : <fool>\n"}})
                        .value());
    std::vector<Set> windows;
    const auto full = [&](const Buckets& window) {
      windows.push_back(SetOf(window));
    };
    Normalised message;
    Normalise("", body, &message);
    UnitCursor cursor;
    Sentence sentence;
    uint32_t triggers_left = kTriggersMax;
    features_.Clear();
    while (ReadSentence(*kLexicon, message, &cursor, &sentence)) {
      FindMatches(*kLexicon, &triggers_left, &sentence);
      features_.Read(*kLexicon, message, sentence, full);
    }
    full(features_.last());
    return windows;
  }

  InsultFeatures features_;
};

// So many words of twelve letters, by the seed.
std::string Words(uint32_t seed, int count) {
  std::minstd_rand letters(seed);
  std::string words;
  for (int i = 0; i < count; ++i) {
    for (int letter = 0; letter < 12; ++letter) {
      words += static_cast<char>('a' + letters() % 26);
    }
    words += ' ';
  }
  return words;
}

TEST_F(InsultFeaturesTest, AMessageWithoutWordsHasOneEmptyWindow) {
  EXPECT_THAT(Windows(""), testing::ElementsAre(Set{}));
  EXPECT_TRUE(features_.last_is_whole());
}

TEST_F(InsultFeaturesTest, AShortMessageIsOneWindow) {
  const std::vector<Set> windows = Windows("You idiot. It is down again.");
  ASSERT_EQ(windows.size(), 1);
  EXPECT_TRUE(features_.last_is_whole());
  EXPECT_EQ(windows[0], SetOf(features_.whole()));
}

TEST_F(InsultFeaturesTest, WindowsOverlapByASentence) {
  const std::vector<Set> windows =
      Windows(Words(1, 20) + ". " + Words(2, 10) + ". " + Words(3, 10) + ".");
  ASSERT_EQ(windows.size(), 2);
  EXPECT_FALSE(features_.last_is_whole());
  const Set second = (Windows(Words(2, 10) + "."))[0];
  EXPECT_THAT(second, IsSubsetOf(windows[0]));
  EXPECT_THAT(second, IsSubsetOf(windows[1]));
}

// The whole is read up to its limit, windows to their ends.
TEST_F(InsultFeaturesTest, WhatTheWholeHasNoRoomForItsWindowHas) {
  const std::string long_sentence = Words(4, 200);
  const std::vector<Set> windows = Windows(long_sentence + "idiot.");
  ASSERT_EQ(windows.size(), 1);
  EXPECT_FALSE(features_.last_is_whole());
  EXPECT_EQ(features_.whole().features().size(), InsultFeatures::kWholeMax);
  EXPECT_GT(windows[0].size(), InsultFeatures::kWholeMax);
  EXPECT_THAT(SetOf(features_.whole()), IsSubsetOf(windows[0]));
}

TEST_F(InsultFeaturesTest, TheMessageBeforeLeavesNothing) {
  const std::vector<Set> once = Windows("You idiot.");
  Windows(Words(4, 200) + ". " + Words(5, 200));
  EXPECT_EQ(Windows("You idiot."), once);
}

}  // namespace
}  // namespace levee::text
