#include "server/text/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "server/text/thresholds.h"

namespace levee::text {
namespace {

std::string Repeat(std::string_view what, size_t times) {
  std::string repeated;
  for (size_t i = 0; i < times; ++i) repeated += what;
  return repeated;
}

// Well-formedness told in another way: decode, and encode again.
size_t FirstNonUtf8ByDecoding(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    const auto first = static_cast<uint8_t>(bytes[at]);
    const int more = first < 0x80                    ? 0
                     : first >= 0xC0 && first < 0xE0 ? 1
                     : first >= 0xE0 && first < 0xF0 ? 2
                     : first >= 0xF0 && first < 0xF8 ? 3
                                                     : -1;
    if (more < 0 || at + more >= bytes.size()) return at;
    uint32_t value = more == 0 ? first : first & (0x3F >> more);
    for (int i = 1; i <= more; ++i) {
      const auto next = static_cast<uint8_t>(bytes[at + i]);
      if (next >> 6 != 2) return at;
      value = value << 6 | (next & 0x3F);
    }
    static constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (value < kLeast[more] || value > 0x10FFFF ||
        (value >= 0xD800 && value < 0xE000)) {
      return at;
    }
    at += more + 1;
  }
  return at;
}

TEST(Utf8, EveryFaultIsFoundAtItsPlace) {
  struct Case {
    std::string bytes;
    size_t fault;
  };
  const Case cases[] = {
      {"", 0},
      {"plain text", 10},
      {std::string("a\0b", 3), 3},
      {"中文", 6},
      {"\xF0\x9F\x98\x80", 4},           // U+1F600
      {"\xF4\x8F\xBF\xBF", 4},           // U+10FFFF
      {"\xEF\xBF\xBF", 3},               // U+FFFF
      {"\x80", 0},                       // continuation alone
      {"ab\xC3", 2},                     // cut
      {"\xC0\xAF", 0},                   // overlong
      {"\xC1\xBF", 0},                   // overlong
      {"\xE0\x9F\xBF", 0},               // overlong
      {"\xF0\x8F\xBF\xBF", 0},           // overlong
      {"x\xED\xA0\x80", 1},              // surrogate
      {"\xF4\x90\x80\x80", 0},           // beyond U+10FFFF
      {"\xF5\x80\x80\x80", 0},           // beyond U+10FFFF
      {"\xFF", 0},                       // never
      {"12345678901234567\xFE", 17},     // after whole blocks
      {"中文12345678中文\xE4\xB8", 20},  // cut at the end
  };
  for (const Case& c : cases) {
    EXPECT_EQ(FirstNonUtf8(c.bytes), c.fault)
        << testing::PrintToString(c.bytes);
    EXPECT_EQ(IsUtf8(c.bytes), c.fault == c.bytes.size());
  }
}

TEST(Utf8, AgreesWithDecodingOnRandomBytes) {
  const uint32_t seed = 20240711;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  static constexpr std::string_view kPieces[] = {
      "a",    "12345678", "é",    "中",   "\xF0\x9F\x98\x80", "\xE0\x9F\xBF",
      "\xED", "\xED\x9F", "\xBF", "\x80", "\xF4\x8F\xBF",     "\xF4\x90",
  };
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (int i = static_cast<int>(random() % 8); i > 0; --i) {
      bytes += kPieces[random() % std::size(kPieces)];
    }
    if (random() % 2 == 0 && !bytes.empty()) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    ASSERT_EQ(FirstNonUtf8(bytes), FirstNonUtf8ByDecoding(bytes))
        << testing::PrintToString(bytes);
  }
}

TEST(Length, CountsCodePointsWithoutSurroundingWhiteSpace) {
  struct Case {
    std::string_view text;
    uint32_t length;
  };
  const Case cases[] = {
      {"", 0},
      {" \t\r\n", 0},
      {"  hello world\n", 11},
      {"中文", 2},
      {"　中 文　", 3},                              // U+3000 around
      {"\xC2\xA0x\xC2\x85", 1},                      // U+00A0, U+0085
      {"\xE2\x80\xA8\xE2\x80\xAFx\xE1\x9A\x80", 1},  // U+2028, U+202F, U+1680
      {"\xE2\x80\x8Bx", 2},                          // U+200B is no white space
      {"\xF0\x9F\x98\x80", 1},
  };
  for (const Case& c : cases) EXPECT_EQ(Length(c.text), c.length) << c.text;
}

TEST(Length, IsTheSameWhereverItsStepsEnd) {
  constexpr std::string_view kPieces[] = {"a", "é", "中", "😀"};
  for (const std::string_view first : kPieces) {
    for (const std::string_view second : kPieces) {
      std::string text = "x";
      for (uint32_t length = 2; length < 40; ++length) {
        text += length % 3 == 0 ? first : second;
        EXPECT_EQ(Length(text + "x"), length + 1) << text;
      }
    }
  }
}

TEST(Scanned, CutsBetweenCodePoints) {
  EXPECT_EQ(Scanned("short"), "short");
  const std::string exact(kScanBytesMax, 'x');
  EXPECT_EQ(Scanned(exact).size(), kScanBytesMax);
  EXPECT_EQ(Scanned(exact + "y").size(), kScanBytesMax);
  // 128 KiB is no multiple of three.
  const std::string chinese = Repeat("中", kScanBytesMax);
  const std::string_view cut = Scanned(chinese);
  EXPECT_EQ(cut.size(), kScanBytesMax - kScanBytesMax % 3);
  EXPECT_TRUE(IsUtf8(cut));
}

struct Links {
  std::string_view text;
  uint32_t count;
};

TEST(CountLinks, CountsWhatIsALink) {
  const Links cases[] = {
      {"see http://example.com for more", 1},
      {"HTTPS://Example.COM/", 1},
      {"http://a.example http://b.example https://c.example/x", 3},
      {"http://10.0.0.1:8080/x and http://localhost/", 2},
      {"http://[2001:db8::1]/", 1},
      {"http://a.example,http://b.example", 2},
      {"(https://a.example/x),\"https://b.example\"", 2},
      {"go=http://redirect.example/http://other.example", 1},
      {"请看https://example.com/价格，谢谢", 1},
      {"请加http://例子.测试吧", 1},
      {"example.com", 1},
      {"example.com/x?y=z#w", 1},
      {"Visit Example.com. Or EXAMPLE.NET!", 2},
      {"加微信www.abc.top领取", 1},
      {"shop.example.co.uk:8080/a", 1},
      {"t.me/group bit.ly/x", 2},
      {"www.example.in and www.example.zip", 2},
      {"line one\nexample.xyz\nexample.shop", 2},
  };
  for (const Links& c : cases) EXPECT_EQ(CountLinks(c.text), c.count) << c.text;
}

TEST(CountLinks, FindsThemWhereverItsStepsEnd) {
  for (size_t before = 0; before < 20; ++before) {
    for (size_t behind = 0; behind < 20; ++behind) {
      const std::string text = std::string(before, ' ') + "a.example.com" +
                               std::string(behind, ' ') + "https://b.example";
      EXPECT_EQ(CountLinks(text), behind == 0 ? 1 : 2) << text;
    }
  }
}

TEST(CountLinks, DoesNotCountWhatOnlyLooksLikeOne) {
  const std::string_view cases[] = {
      "",
      "no link here... really.",
      "version 1.2.3 or v10.4.1-rc2",
      "10.0.0.1 10.0.0.1:22 203.0.113.0/24 2001:db8::1",
      "see error.log, php.ini, nginx.conf, backup.tar.gz and README.md",
      "run.sh main.py setup.zip libc.so index.html app.js",
      "mail me: user@example.com or mailto:a.b@example.co.uk.",
      "root@example.com:/var/log",
      "It works.is it over? done.Top it up. Thanks.In the end",
      "com.example.app org.apache.http.client.live java.lang.String",
      "ASP.NET and socket.io",
      "http:// https:// http://。然后",
      "ftp://files.example/ ://example",
      "-bad.com bad-.com a..com .com com",
      "e.g. i.e. a.m. U.S.",
      "12.30 3.14 1,000.00",
      "用户名.密码 你好.世界",
      "C:\\inetpub\\wwwroot\\index.htm",
      "/usr/share/doc/readme.txt",
  };
  for (const std::string_view text : cases)
    EXPECT_EQ(CountLinks(text), 0) << text;
}

TEST(CountLinks, LooksAtNoMoreThanTheScannedPart) {
  const std::string before(kScanBytesMax, ' ');
  EXPECT_EQ(CountLinks(before + "example.com"), 0);
  EXPECT_EQ(CountLinks(before.substr(20) + "example.com"), 1);
}

TEST(CountLinks, NeverCountsMoreThanThereAreRuns) {
  const uint32_t seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  static constexpr char kAlphabet[] = "htp:/.w-@comne ,\xE4\xB8\xAD[]a1";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = static_cast<int>(random() % 40); i > 0; --i) {
      text += kAlphabet[random() % (sizeof(kAlphabet) - 1)];
    }
    ASSERT_LE(CountLinks(text), text.size() / 2 + 1) << text;
    // Two texts apart have as many links as each of them.
    ASSERT_EQ(CountLinks(absl::StrCat(text, " ", text)), 2 * CountLinks(text))
        << text;
  }
}

levee::v1::TicketEvent Opened(std::string_view subject, std::string_view body) {
  levee::v1::TicketEvent event;
  event.set_kind(levee::v1::EVENT_KIND_OPENED);
  event.set_actor(levee::v1::ACTOR_CUSTOMER);
  event.set_subject(std::string(subject));
  event.set_body(std::string(body));
  return event;
}

TEST(Examine, FindsAllFacts) {
  const storage::v1::TextFacts facts =
      Examine(Opened(" 报价 ", "see https://a.example/ and b.com\n")).facts;
  EXPECT_EQ(facts.model_version(), kModelVersion);
  EXPECT_EQ(facts.subject_length(), 2);
  EXPECT_EQ(facts.body_length(), 32);
  EXPECT_EQ(facts.links(), 2);
  EXPECT_EQ(Examine(Opened("", "")).facts.links(), 0);
}

// The words of the first span of that finding.
std::string Shown(const levee::v1::TicketEvent& event,
                  levee::v1::TextFinding finding) {
  const storage::v1::TextFacts facts = Examine(event).facts;
  for (const levee::v1::TextSpan& span : facts.spans()) {
    if (span.finding() != finding) continue;
    return (span.in_subject() ? event.subject() : event.body())
        .substr(span.begin(), span.end() - span.begin());
  }
  return "";
}

TEST(Examine, EachJudgeTellsItsScoreAndShowsWhy) {
  const levee::v1::TicketEvent insult =
      Opened("Refund", "Hello. You are a fucking idiot. Give me my money.");
  EXPECT_GE(Examine(insult).facts.insult(), kInsultingAt);
  EXPECT_EQ(Examine(insult).facts.insult_target(),
            levee::v1::INSULT_TARGET_STAFF);
  EXPECT_THAT(Shown(insult, levee::v1::TEXT_FINDING_INSULT),
              ::testing::HasSubstr("idiot"));

  const levee::v1::TicketEvent mash = Opened("sdfgsdfg", "kjhasdfkjh asdkfjh");
  EXPECT_GE(Examine(mash).facts.meaningless(), kMeaninglessAt);
  EXPECT_EQ(Examine(mash).facts.meaningless_kind(),
            levee::v1::MEANINGLESS_KIND_MASH);
  EXPECT_NE(Shown(mash, levee::v1::TEXT_FINDING_MEANINGLESS), "");

  levee::v1::TicketEvent bounce = Opened("Re: your ticket", "I am away.");
  auto* const header = bounce.add_mail_headers();
  header->set_name("auto-submitted");
  header->set_value("auto-replied");
  EXPECT_NE(Examine(bounce).facts.automatic(), 0);

  const levee::v1::TicketEvent honest =
      Opened("VPS down", "My server 203.0.113.9 does not answer since 10:40.");
  const storage::v1::TextFacts facts = Examine(honest).facts;
  EXPECT_LT(facts.insult(), kInsultingAt);
  EXPECT_LT(facts.meaningless(), kMeaninglessAt);
  EXPECT_LT(facts.promotion(), kPromotionAt);
  EXPECT_EQ(facts.automatic(), 0);
  EXPECT_EQ(facts.spans_size(), 0);
}

// In a running ticket "ok" is an answer.
TEST(Examine, FillersCountOnlyWhereATicketIsOpened) {
  levee::v1::TicketEvent event = Opened("", "ok");
  EXPECT_GE(Examine(event).facts.meaningless(), kMeaninglessAt);
  event.set_kind(levee::v1::EVENT_KIND_CUSTOMER_REPLIED);
  EXPECT_LT(Examine(event).facts.meaningless(), kMeaninglessAt);
}

// Memory that is used again carries nothing over.
TEST(Examine, IsTheSameWhateverCameBefore) {
  const levee::v1::TicketEvent event = Opened("a", "my site is slow today");
  const std::string first = Examine(event).facts.SerializeAsString();
  const Fingerprint print = Examine(event).print;
  Examine(Opened(Repeat("x", 4096), Repeat("你是白痴 ", 20'000)));
  EXPECT_EQ(Examine(event).facts.SerializeAsString(), first);
  EXPECT_EQ(Examine(event).print, print);
}

TEST(WordsOf, ShowsWhatWasJudged) {
  EXPECT_EQ(WordsOf(Opened("F U C K", "Ｙｏｕ, ok? https://a.example/x"), 999),
            "fuck\nyou, ok\n [...]");
  EXPECT_LE(WordsOf(Opened("", Repeat("word ", 5000)), 100).size(), 110);
}

}  // namespace
}  // namespace levee::text
