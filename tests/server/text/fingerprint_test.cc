#include "server/text/fingerprint.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace levee::text {
namespace {

Fingerprint Of(std::string_view body, std::string_view subject = "") {
  Normalised normalised;
  Normalise(subject, body, &normalised);
  FingerprintScratch scratch;
  return FingerprintOf(normalised, &scratch);
}

// A message whose places are as told, whatever Normalise would find.
class Parts {
 public:
  Parts& Words(std::string_view words) {
    Normalised read;
    Normalise("", words, &read);
    const auto points = static_cast<uint32_t>(normalised_.points.size());
    const auto letters = static_cast<uint32_t>(normalised_.letters.size());
    for (Word word : read.words) {
      word.first += points;
      word.last += points;
      word.begin += letters;
      word.end += letters;
      normalised_.words.push_back(word);
    }
    Append(read.points, &normalised_.points);
    Append(read.letters, &normalised_.letters);
    return *this;
  }

  Parts& Other(Place place, std::string_view text) {
    Normalised read;
    Normalise("", text, &read);
    for (Point& point : read.points) point.place = place;
    Word word;
    word.first = static_cast<uint32_t>(normalised_.points.size());
    Append(read.points, &normalised_.points);
    word.last = static_cast<uint32_t>(normalised_.points.size());
    word.kind = WordKind::kOther;
    normalised_.words.push_back(word);
    return *this;
  }

  Fingerprint Made() const {
    FingerprintScratch scratch;
    return FingerprintOf(normalised_, &scratch);
  }

 private:
  template <typename Item>
  static void Append(const std::vector<Item>& more, std::vector<Item>* to) {
    to->insert(to->end(), more.begin(), more.end());
  }

  Normalised normalised_;
};

constexpr std::string_view kEnglish =
    "My server has been unreachable since this morning. I rebooted it from "
    "the panel and nothing changed. Please look at the switch port.";
constexpr std::string_view kChinese =
    "服务器从今天早上开始就连不上了，控制面板里重启过也没有用，麻烦你们检查一下"
    "交换机端口，我们公司的网站全部打不开，客户一直在投诉。";

bool IsAlike(const Fingerprint& a, const Fingerprint& b) {
  return IsComparable(a) && IsComparable(b) &&
         EqualBytes(a, b) >= kAlikeBytesMin;
}

TEST(Fingerprint, NothingHasNone) {
  for (const std::string_view text : {"", "   \n", "...!?", ", ; -"}) {
    EXPECT_EQ(Of(text).exact, 0) << text;
    EXPECT_EQ(Of(text).inner, 0) << text;
    EXPECT_EQ(Of(text).length, 0) << text;
  }
}

TEST(Fingerprint, TheSameWordsAreExact) {
  struct Case {
    std::string_view a;
    std::string_view b;
    bool is_exact;
  };
  const Case cases[] = {
      {"server down", "SERVER  DOWN!!!", true},
      {"server down", "server\ndown", true},
      {"server down", "serverdown", true},
      {"server down", "server town", false},
      {"退款", "退款。", true},
      {"退款", "退 款", true},
      {"退款", "款退", false},
      {"order 1234", "order 1235", false},
      {"a", "b", false},
      {"502", "502!", true},
      {"502", "503", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Of(c.a).exact == Of(c.b).exact, c.is_exact) << c.a << "|" << c.b;
    EXPECT_NE(Of(c.a).exact, 0);
  }
  EXPECT_EQ(Of("server down", "help").exact, Of("help server down").exact);
}

TEST(Fingerprint, AWordAroundTheTextLeavesTheInnerPart) {
  const std::string english(kEnglish);
  const std::string chinese(kChinese);
  for (const std::string& text : {english, chinese}) {
    const Fingerprint plain = Of(text);
    EXPECT_NE(plain.inner, 0);
    EXPECT_EQ(Of("xkcd " + text + " qwzt").inner, plain.exact);
    EXPECT_EQ(Of("xkcd " + text).inner, Of("qwzt " + text).inner);
    EXPECT_EQ(Of(text + " xkcd").inner, Of(text + " qwzt").inner);
    EXPECT_NE(Of("xkcd " + text).exact, plain.exact);
  }
  EXPECT_EQ(Of("a short one").inner, 0);
  EXPECT_EQ(Of("hello").inner, 0);
  EXPECT_EQ(Of("hello there").inner, 0);
}

TEST(Fingerprint, NumbersMayChange) {
  const Fingerprint a =
      Of("Order 10342 of 12 March was charged twice, 49.00 each, please check");
  const Fingerprint b =
      Of("Order 7 of 3 March was charged twice, 1,249.50 each, please check");
  EXPECT_NE(a.exact, b.exact);
  EXPECT_GE(EqualBytes(a, b), 120);
}

TEST(Fingerprint, WhatIsSaidInOtherWordsIsNotAlike) {
  const std::string_view texts[] = {
      kEnglish,
      kChinese,
      "I cannot log in to the panel, the reset e-mail never arrives in my box",
      "Please refund the last invoice, I cancelled the service two weeks ago",
      "我上周已经取消了服务，但是这个月还是扣了费用，请尽快退回到账户里",
  };
  for (const std::string_view a : texts) {
    for (const std::string_view b : texts) {
      EXPECT_EQ(IsAlike(Of(a), Of(b)), a == b) << a << "\n" << b;
    }
  }
}

TEST(Fingerprint, SentencesInAnotherOrderAreAlike) {
  EXPECT_TRUE(IsAlike(
      Of(kEnglish),
      Of("Please look at the switch port. My server has been unreachable since "
         "this morning. I rebooted it from the panel and nothing changed.")));
}

TEST(Fingerprint, DisguisesAreAlike) {
  const std::string_view plain = "you all are liars and this host is a scam";
  const std::string_view disguises[] = {
      "Y O U  A L L  A R E  L I A R S  and this host is a S C A M",
      "y0u 4ll 4re li4rs 4nd th1s h0st 1s 4 sc4m",
      "yоu аll аrе liаrs аnd this hоst is а sсаm",
      "y.o.u all a*r*e l_i_a_r_s and t-h-i-s host is a s.c.a.m",
      "ýóú áll áré líárs ánd thís hóst ís á scám",
      "you all are liars ａｎｄ ｔｈｉｓ ｈｏｓｔ is a ｓｃａｍ",
  };
  for (const std::string_view disguised : disguises) {
    EXPECT_TRUE(IsAlike(Of(plain), Of(disguised)))
        << disguised << " " << EqualBytes(Of(plain), Of(disguised));
  }
}

TEST(Fingerprint, TooLittleIsNotCompared) {
  EXPECT_FALSE(IsComparable(Of("server down")));
  EXPECT_FALSE(IsComparable(Of("the server is down since ten")));
  EXPECT_TRUE(IsComparable(Of("the server is down since ten o'clock")));
  // Long enough, but nothing in it.
  EXPECT_FALSE(IsComparable(Of(std::string(500, 'a'))));
  std::string repeated;
  for (int i = 0; i < 100; ++i) repeated += "哈";
  EXPECT_FALSE(IsComparable(Of(repeated)));
  std::string numbers;
  for (int i = 0; i < 100; ++i) numbers += std::to_string(i * 7919) + " ";
  EXPECT_FALSE(IsComparable(Of(numbers)));
}

// Another page of a site is told by a number, which may change.
TEST(Fingerprint, BareLinksAreNotCompared) {
  const Fingerprint link =
      Parts()
          .Other(Place::kLink, "http://docs.example/guide/page/id/671")
          .Made();
  EXPECT_FALSE(IsComparable(link));
  EXPECT_NE(link.exact,
            Parts()
                .Other(Place::kLink, "http://docs.example/guide/page/id/672")
                .Made()
                .exact);
  EXPECT_TRUE(IsComparable(Parts()
                               .Words("the page that you sent does not help")
                               .Other(Place::kLink, "http://docs.example/")
                               .Made()));
}

TEST(Fingerprint, QuotesAndSignaturesAreLeftOut) {
  const Fingerprint words = Parts().Words(kEnglish).Made();
  for (const Place place : {Place::kQuoted, Place::kSignature}) {
    const Fingerprint with = Parts()
                                 .Words(kEnglish)
                                 .Other(place, "On Monday somebody wrote this")
                                 .Made();
    EXPECT_EQ(with, words);
  }
}

std::string RandomLog(uint32_t seed) {
  std::mt19937 random(seed);
  std::string log;
  for (int i = 0; i < 60; ++i) {
    for (int letters = 3 + random() % 6; letters > 0; --letters) {
      log += static_cast<char>('a' + random() % 26);
    }
    log += i % 3 == 0 ? ":" : i % 3 == 1 ? "/" : " ";
  }
  return log;
}

TEST(Fingerprint, LogsTellOneLinersApart) {
  const std::string_view line = "please help, here is the log of it";
  const auto with_log = [&](uint32_t seed) {
    return Parts().Words(line).Other(Place::kTechnical, RandomLog(seed)).Made();
  };
  EXPECT_EQ(with_log(1), with_log(1));
  EXPECT_FALSE(IsAlike(with_log(1), with_log(2)));
  EXPECT_NE(with_log(1).exact, with_log(2).exact);
}

TEST(Fingerprint, LongTextsAreAlikeByTheirShareToo) {
  const uint32_t seed = 5;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += random() % 6 == 0 ? ' ' : static_cast<char>('a' + random() % 26);
  }
  std::string edited = text;
  for (size_t i = 0; i < edited.size(); i += 40) edited[i] = 'x';
  EXPECT_TRUE(IsAlike(Of(text), Of(edited)));
  EXPECT_EQ(EqualBytes(Of(text), Of(text + " " + text)), 128);
  const std::string half = text.substr(0, text.size() / 3);
  EXPECT_FALSE(IsAlike(Of(text), Of(half)));
}

// Memory and shingles are bounded whatever comes.
// Short texts keep all shingles, long ones choose: by the same hashes.
TEST(Fingerprint, ShortAndLongTextsAreReadAlike) {
  std::minstd_rand random(7);
  std::u32string_view kLetters = U"abcdefgil*łéß\U00010480 ";
  std::string text;
  for (int i = 0; i < 900; ++i) {
    const char32_t letter = kLetters[random() % kLetters.size()];
    if (letter < 0x80) {
      text += static_cast<char>(letter);
    } else if (letter < 0x800) {
      text += {static_cast<char>(0xC0 | letter >> 6),
               static_cast<char>(0x80 | (letter & 0x3F))};
    } else {
      text += "\xF0\x90\x92\x80";
    }
  }
  const Fingerprint once = Of(text);
  const Fingerprint again = Of(text + " " + text + " " + text + " " + text);
  EXPECT_GE(EqualBytes(once.minhash, again.minhash), 124);
}

TEST(Fingerprint, HostileTextsAreBounded) {
  FingerprintScratch scratch;
  Normalised normalised;
  std::mt19937 random(9);
  std::string noise;
  std::string han;
  for (int i = 0; i < 64 * 1024; ++i) {
    noise += static_cast<char>(' ' + random() % 95);
    han += static_cast<char>(0xE4 + random() % 5);
    han += static_cast<char>(0x80 + random() % 64);
    han += static_cast<char>(0x80 + random() % 64);
  }
  std::string periodic;
  while (periodic.size() < 64 * 1024) periodic += "abcdefghijklmnop";
  for (const std::string& text :
       {noise, han, periodic, std::string(64 * 1024, 'a'),
        std::string(64 * 1024, '\n'), std::string(64 * 1024, '*')}) {
    Normalise("", text, &normalised);
    const Fingerprint once = FingerprintOf(normalised, &scratch);
    EXPECT_LE(scratch.shingles.capacity(), 4096);
    // What was read before leaves nothing behind.
    EXPECT_EQ(FingerprintOf(normalised, &scratch), once);
  }
}

// Fingerprints are stored: if this fails, raise kFingerprintVersion.
TEST(Fingerprint, StaysAsItWas) {
  const Fingerprint made = Parts()
                               .Words("the server 17 is down")
                               .Words("服务器连不上了")
                               .Other(Place::kTechnical, "connect: refused")
                               .Other(Place::kLink, "http://a.example/b1")
                               .Made();
  EXPECT_EQ(made.exact, 5899412942344359743);
  EXPECT_EQ(made.inner, 11525649015982229169U);
  EXPECT_EQ(made.length, 54);
  const std::vector<int> first(made.minhash.begin(), made.minhash.begin() + 8);
  EXPECT_EQ(first, (std::vector<int>{70, 159, 25, 129, 30, 155, 120, 60}));
}

}  // namespace
}  // namespace levee::text
