#include "server/text/fold.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "server/text/model_file.h"

namespace levee::text {
namespace {

TEST(FoldTable, FoldsEachCodePoint) {
  const FoldTable& table = FoldTable::Get();
  struct Case {
    char32_t code;
    char32_t value;
    PointClass what;
    bool styled;
  };
  const Case cases[] = {
      {U'a', U'a', PointClass::kLatin, false},
      {U'A', U'a', PointClass::kLatin, false},
      {U'Ä', U'ä', PointClass::kLatin, false},
      {U'Ａ', U'a', PointClass::kLatin, false},
      {U'𝔞', U'a', PointClass::kLatin, true},
      {U'ⓐ', U'a', PointClass::kLatin, true},
      {U'ª', U'a', PointClass::kLatin, false},
      {U'Я', U'я', PointClass::kLetter, false},
      {U'體', U'体', PointClass::kHan, false},
      {U'々', U'々', PointClass::kHan, false},
      {U'の', U'の', PointClass::kLetter, false},
      {U'７', U'7', PointClass::kDigit, false},
      {U'。', U'。', PointClass::kStop, false},
      {U'！', U'!', PointClass::kStop, false},
      {U'，', U',', PointClass::kPause, false},
      {U'「', U'「', PointClass::kPause, false},
      {U'　', U' ', PointClass::kSpace, false},
      {U'\u2028', U'\u2028', PointClass::kLineEnd, false},
      {U'€', U'€', PointClass::kSymbol, false},
      {U'🖕', U'🖕', PointClass::kEmoji, false},
      {U'❤', U'❤', PointClass::kEmoji, false},
      {U'\U0010FFFF', U'\U0010FFFF', PointClass::kSymbol, false},
  };
  for (const Case& c : cases) {
    const Folding folding = table.Of(c.code);
    EXPECT_EQ(folding.action, FoldAction::kKeep) << static_cast<int>(c.code);
    EXPECT_EQ(folding.value, c.value) << static_cast<int>(c.code);
    EXPECT_EQ(folding.what, c.what) << static_cast<int>(c.code);
    EXPECT_EQ(folding.styled, c.styled) << static_cast<int>(c.code);
  }
}

TEST(FoldTable, OthersAreDroppedComposedOrExpanded) {
  const FoldTable& table = FoldTable::Get();
  EXPECT_EQ(table.Of(U'\u200B').action, FoldAction::kInvisible);
  EXPECT_EQ(table.Of(U'\u202E').action, FoldAction::kInvisible);
  EXPECT_EQ(table.Of(U'\u00AD').action, FoldAction::kModifier);
  EXPECT_EQ(table.Of(U'\uFE0F').action, FoldAction::kModifier);
  EXPECT_EQ(table.Of(U'\u0301').action, FoldAction::kMark);
  // Thai vowels are letters of their script.
  EXPECT_EQ(table.Of(U'\u0E34').action, FoldAction::kKeep);
  const Folding sharp = table.Of(U'ß');
  ASSERT_EQ(sharp.action, FoldAction::kExpand);
  EXPECT_EQ(table.Expansion(sharp.value), (std::vector<uint32_t>{'s', 's'}));
}

TEST(FoldTable, LettersAreComposedAndBared) {
  const FoldTable& table = FoldTable::Get();
  EXPECT_EQ(table.Compose(U'e', U'\u0301'), U'é');
  EXPECT_EQ(table.Compose(U'か', U'\u3099'), U'が');
  EXPECT_EQ(table.Compose(U'q', U'\u0301'), 0u);
  EXPECT_EQ(table.Bare(U'ä'), 'a');
  EXPECT_EQ(table.Bare(U'ø'), 'o');
  EXPECT_EQ(table.Bare(U'ı'), 'i');
  EXPECT_EQ(table.Bare(U'x'), 'x');
  EXPECT_EQ(table.Bare(U'я'), 0);
}

TEST(FoldTable, LookAlikesAreLettersOfOtherScripts) {
  const FoldTable& table = FoldTable::Get();
  EXPECT_EQ(table.LookAlike(U'а'), 'a');
  EXPECT_EQ(table.LookAlike(U'Н'), 'h');
  EXPECT_EQ(table.LookAlike(U'і'), 'i');
  EXPECT_EQ(table.LookAlike(U'І'), 'i');
  EXPECT_EQ(table.LookAlike(U'ο'), 'o');
  EXPECT_EQ(table.LookAlike(U'ж'), 0);
  // Letters that languages have for their own.
  for (const char32_t own : U"äößəɛłđøı") {
    if (own != 0) EXPECT_EQ(table.LookAlike(own), 0);
  }
}

TEST(FoldTable, ADamagedFileIsDataLoss) {
  std::string bytes(FoldFile());
  EXPECT_TRUE(FoldTable::FromFile(FoldFile()).ok());
  bytes[bytes.size() / 2] ^= 1;
  EXPECT_EQ(FoldTable::FromFile(bytes).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace levee::text
