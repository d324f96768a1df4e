#include "server/text/meaningless.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "server/text/model_file.h"
#include "server/text/thresholds.h"

namespace levee::text {
namespace {

constexpr bool kOpens = true;
constexpr bool kReplies = false;

Meaningless Judge(std::string_view subject, std::string_view body,
                  bool opens = kOpens) {
  static const MeaninglessModel model =
      *MeaninglessModel::Open(LatinFile(), HanFile());
  static Normalised normalised;
  Normalise(subject, body, &normalised);
  return model.Judge(normalised, opens);
}

bool IsFlagged(std::string_view subject, std::string_view body,
               bool opens = kOpens) {
  return Judge(subject, body, opens).score >= kMeaninglessAt;
}

std::string Repeat(std::string_view what, size_t times) {
  std::string repeated;
  for (size_t i = 0; i < times; ++i) repeated += what;
  return repeated;
}

struct Case {
  std::string_view subject;
  std::string_view body;
  MeaninglessKind kind;
};

TEST(Meaningless, TellsWhatKind) {
  using enum MeaninglessKind;
  const Case cases[] = {
      {"", "dkfjgh skdjfh lkjdfg", kMash},
      {"asdfgkjh", "lkjsdf lkjsdfg", kMash},
      {"", "fghjkfghjk", kMash},
      {"", "ASDKJHASKDJH", kMash},
      {"", "àsdkjhâskdjh", kMash},
      {"hello", "sdlkfjsdlkfj", kMash},
      {"test", "sdlkfjsdlkfj", kMash},
      {"", "阿斯顿发生的发送到", kImeMash},
      {"电饭锅电饭锅", "地方个地方个好", kImeMash},
      {"", "aaaaaaaa", kRepeat},
      {"", "dadadadada", kRepeat},
      {"qqqq", "wwww eeee", kRepeat},
      {"", "blah blah blah", kRepeat},
      {"", "的的的的的", kRepeat},
      {"", "ыыыыыы", kRepeat},
      {"", "...", kNoLetters},
      {"？？？", "", kNoLetters},
      {"", "🎈🎈🎈", kNoLetters},
      {"", "12345678", kNoLetters},
      {"111", "222", kNoLetters},
      {"", "", kNoLetters},
      {"test", "test", kTestPhrase},
      {"Test ticket", "please ignore", kTestPhrase},
      {"", "testing 1 2 3", kTestPhrase},
      {"", "teeeest", kTestPhrase},
      {"", "тест", kTestPhrase},
      {"測試", "这是一个测试", kTestPhrase},
      {"", "[describe your problem here]", kTemplate},
      {"", "Domain:\nIP:\nError: n/a", kTemplate},
      {"Support request", "Name:\nIssue:", kTemplate},
      {"", "请在此处描述您的问题", kTemplate},
      {"", "{{ticket.body}}", kTemplate},
      {"", "Lorem ipsum dolor sit amet", kTemplate},
      {"hi", "", kFiller},
      {"ok", "ok thanks", kFiller},
      {"", "hahahaha", kFiller},
      {"", "在吗？", kFiller},
      {"你好", "如题", kFiller},
  };
  for (const Case& c : cases) {
    const Meaningless found = Judge(c.subject, c.body);
    EXPECT_GE(found.score, kMeaninglessAt) << c.subject << "|" << c.body;
    EXPECT_EQ(found.kind, c.kind) << c.subject << "|" << c.body;
  }
}

TEST(Meaningless, ShortTicketsMeanSomething) {
  const std::string_view cases[] = {
      "502",
      "server down",
      "VPS offline",
      "srvr dwn",
      "dns?",
      "ssl",
      "nginx mysql ftp",
      "kvm vnc xfs",
      "LOA/CFA for XC, SMF LC/UPC",
      "#8841",
      ".52 down?",
      "25565 25566",
      "2024061822001446831409728135",
      "12:34",
      "1,234.56",
      "+1 TB",
      "i9-13900K",
      "refund??",
      "help",
      "help help help",
      "down down down",
      "退款",
      "退款退款退款",
      "连不上",
      "急急急",
      "IP被墙了",
      "服务器无法连接",
      "申请更换IP",
      "不行",
      "没空间了",
      "测试机连不上",
  };
  for (const std::string_view text : cases) {
    EXPECT_FALSE(IsFlagged("", text)) << text;
    EXPECT_FALSE(IsFlagged(text, "")) << text;
  }
}

TEST(Meaningless, OtherLanguagesMeanSomething) {
  const std::string_view cases[] = {
      "Geht wieder nicht, Rechtsschutzversicherungsgesellschaft",
      "serveur injoignable depuis hier",
      "nie działa, proszę o sprawdzenie",
      "brzęczyszczykiewicz",
      "sunucu çalışmıyor",
      "không vào được vps",
      "khong vao duoc",
      "tidak bisa masuk",
      "ei toimi, hyötykäyttösuunnitelma",
      "nem működik a szerver",
      "zdravstvuite, ne mogu zaiti",
      "fuwuqi lian bu shang",
      "saaba ga ochite imasu",
      "не работает",
      "つながりません",
      "안돼요",
      "لا يعمل",
      "ใช้ไม่ได้",
  };
  for (const std::string_view text : cases) {
    EXPECT_FALSE(IsFlagged("", text)) << text;
  }
}

TEST(Meaningless, OneMeaningfulPartMakesATicket) {
  EXPECT_FALSE(IsFlagged("test", "my server at the Tokyo site is down"));
  EXPECT_FALSE(IsFlagged("VPS offline", "test"));
  EXPECT_FALSE(IsFlagged("VPS offline", ""));
  EXPECT_FALSE(IsFlagged("asdfghjkl", "please reset my root password"));
  EXPECT_FALSE(IsFlagged("阿斯顿发", "服务器连不上，请帮忙重启"));
  EXPECT_FALSE(IsFlagged("Hello asdfghjkl world", ""));
  EXPECT_FALSE(IsFlagged("退款", "Domain:\nOrder:"));
  EXPECT_FALSE(IsFlagged("", "Ignore tickets 4 to 9"));
  EXPECT_FALSE(IsFlagged("", "sdkfjhsdkf https://pastes.example.com/x"));
  EXPECT_FALSE(IsFlagged("", "please provide your address"));
}

TEST(Meaningless, AnswersAreNoFillersInARunningTicket) {
  const std::string_view answers[] = {"ok",
                                      "yes",
                                      "thanks, works now",
                                      "thx",
                                      "y",
                                      "好的",
                                      "谢谢",
                                      "没问题",
                                      "同上",
                                      "?",
                                      "??",
                                      "👍",
                                      "1",
                                      "2",
                                      "hahaha",
                                      "none",
                                      "please ignore",
                                      "",
                                      "hello",
                                      "在吗",
                                      "测试正常",
                                      "ok, test is ok"};
  for (const std::string_view text : answers) {
    EXPECT_EQ(Judge("", text, kReplies).score, 0) << text;
  }
  EXPECT_TRUE(IsFlagged("", "ok", kOpens));
  EXPECT_TRUE(IsFlagged("", "asdkjh askdjh", kReplies));
  EXPECT_TRUE(IsFlagged("", "test", kReplies));
  EXPECT_TRUE(IsFlagged("", "aaaaaaa", kReplies));
}

TEST(Meaningless, LongerMashIsSurer) {
  int32_t last = 0;
  for (const std::string_view mash :
       {"sdkj", "sdkjfh", "sdkjfhskd", "sdkjfhskdjfhsdf"}) {
    const int32_t score = Judge("", mash).score;
    EXPECT_GE(score, last) << mash;
    EXPECT_LT(score, 1000) << mash;
    last = score;
  }
  EXPECT_GE(last, kMeaninglessAt);
}

TEST(Meaningless, SpanIsWhatWasJudged) {
  const Meaningless mash = Judge("", "  sdkjfhskd lkjdf!");
  EXPECT_FALSE(mash.span.subject);
  EXPECT_EQ(mash.span.begin, 2);
  EXPECT_EQ(mash.span.end, 17);
  const Meaningless han = Judge("阿斯顿发发送到", "");
  EXPECT_TRUE(han.span.subject);
  EXPECT_EQ(han.span.begin, 0);
  EXPECT_EQ(han.span.end, 21);
  const Meaningless signs = Judge("", "...");
  EXPECT_EQ(signs.span.begin, 0);
  EXPECT_EQ(signs.span.end, 3);
}

TEST(Meaningless, HostileInputIsBounded) {
  const size_t size = 64 * 1024;
  EXPECT_TRUE(IsFlagged("", std::string(size, 'a')));
  EXPECT_TRUE(IsFlagged("", Repeat("的", size / 3)));
  EXPECT_TRUE(IsFlagged("", Repeat("sdkjfh ", size / 7)));
  EXPECT_TRUE(IsFlagged("", std::string(size, '.')));
  EXPECT_TRUE(IsFlagged("", Repeat("1", size)));
  const std::string inputs[] = {
      Repeat("[", size),        Repeat(":\n", size / 2),
      Repeat("a:\n", size / 3), Repeat("e\xCC\x81", size / 3),
      Repeat("测试", size / 6), Repeat("1 ", size / 2),
      Repeat("\n", size),       Repeat("a1", size / 2),
  };
  for (const std::string& input : inputs) {
    const Meaningless found = Judge(input, input);
    EXPECT_GE(found.score, 0);
    EXPECT_LE(found.score, 1000);
    EXPECT_LE(found.span.begin, found.span.end);
    EXPECT_LE(found.span.end, input.size());
  }
}

TEST(MeaninglessModel, RefusesWhatIsNoModel) {
  const std::string latin(LatinFile());
  const std::string han(HanFile());
  EXPECT_TRUE(MeaninglessModel::Open(latin, han).ok());
  EXPECT_FALSE(MeaninglessModel::Open(han, latin).ok());
  EXPECT_FALSE(MeaninglessModel::Open("", han).ok());
  EXPECT_FALSE(MeaninglessModel::Open(latin, han.substr(0, 1000)).ok());
  std::string damaged = latin;
  damaged[damaged.size() / 2] ^= 1;
  EXPECT_EQ(MeaninglessModel::Open(damaged, han).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace levee::text
