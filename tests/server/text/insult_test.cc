#include "server/text/insult.h"

#include <gtest/gtest.h>

#include <iterator>
#include <string>
#include <string_view>

namespace levee::text {
namespace {

class InsultTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    absl::StatusOr<InsultModel> model =
        InsultModel::Open({EnglishLexicon(), ChineseLexicon()}, InsultFile());
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = new InsultModel(*std::move(model));
  }
  static void TearDownTestSuite() {
    delete model_;
    model_ = nullptr;
  }

  Insult Judge(std::string_view subject, std::string_view body) {
    Normalise(subject, body, &message_);
    Insult insult;
    model_->Judge(message_, &scratch_, &insult);
    return insult;
  }
  Insult Judge(std::string_view body) { return Judge("", body); }

  static const InsultModel* model_;
  Normalised message_;
  InsultModel::Scratch scratch_;
};

const InsultModel* InsultTest::model_ = nullptr;

std::string_view Cut(std::string_view text, const Span& span) {
  return text.substr(span.begin, span.end - span.begin);
}

TEST_F(InsultTest, AbuseOfThoseWhoAnswerIsInsulting) {
  static constexpr std::string_view kTexts[] = {
      "you people are useless",
      "are you retarded or what",
      "go fuck yourself",
      "Whoever answered this ticket is an idiot.",
      "bunch of clowns",
      "Your support agents are complete morons.",
      "learn to read, idiot",
      "shut up and fix it you lazy bastards",
      "You are the dumbest person I have ever talked to.",
      "What kind of imbecile restores the wrong backup? You are hopeless.",
      "I hope you all die of cancer",
      "I know where you live and I will break your fingers",
      "kill yourself",
      "The server is fine, it is you who is brain dead.",
      "I have met goldfish with more brains than you.",
      "Halt die Fresse, du Arschloch",
      "你们客服都是傻逼",
      "你他妈是不是脑残",
      "客服全是一群废物",
      "滚你妈的，死全家",
  };
  for (const std::string_view text : kTexts) {
    const Insult insult = Judge(text);
    EXPECT_GE(insult.score, kInsultingAt) << text;
    EXPECT_EQ(Target::kAgent, insult.target) << text;
    EXPECT_GE(insult.severity, 1) << text;
    EXPECT_LT(insult.span.begin, insult.span.end) << text;
    EXPECT_LE(insult.span.end, text.size()) << text;
  }
}

TEST_F(InsultTest, DisguisesAreSeenThrough) {
  static constexpr std::string_view kTexts[] = {
      "you 1d10ts",
      "you are a f*cking m*ron",
      "f u c k you",
      "you st00pid b!tch",
      "you stuuuuupid idiooots",
      "what an a$$hole you are",
      "you are an ｉｄｉｏｔ",
      "you d.u.m.b.a.s.s",
      "yоu аrе аn idiоt",  // some letters are Cyrillic
      "stfu you pos",
      "傻*逼客服",
      "你们客服是沙比吗",
      "nmsl 垃圾客服",
      "cnm 你这个sb客服",
      "草泥马的客服",
      "你🐎死了",
  };
  for (const std::string_view text : kTexts) {
    EXPECT_GE(Judge(text).score, kInsultingAt) << text;
  }
}

// What excuses an insult of others must not be a cloak for one of the staff.
TEST_F(InsultTest, NamesOfOthersAndOfThingsHideNothing) {
  static constexpr std::string_view kTexts[] = {
      "You idiot, disk is full",
      "fuck off, disk is full",
      "do you even know linux you idiot",
      "linux, you idiots",
      "I am a customer, you are an idiot",
      "as a customer you are a moron",
      "I have a lawyer, you are fools",
      "the admin is an idiot",
      "the last support agent was a moron",
      "before you retards delete my server",
      "we hired you idiots to host our site",
      "my bank will reverse it, you bastards",
      "我是客户，你是傻逼",
      "客户问你呢，傻逼",
      "这个前台就是傻逼",
      "对接人是个废物",
      "开发票啊傻逼",
      "操你妈，公司",
      "操你妈，网站打不开",
      "闭嘴吧，数据全没了",
      "你们雇的都是傻逼",
      "合作的技术真是个废物",
      "上一个工单的客服真是个废物",
      "我要怼你，你妈死了",
      "又被你们误判了，傻逼",
      "智商欠费的傻逼",
      "nginx你们这帮傻逼",
  };
  for (const std::string_view text : kTexts) {
    EXPECT_GE(Judge(text).score, kInsultingAt) << text;
  }
}

TEST_F(InsultTest, AngerAndSwearingAtThingsIsNone) {
  static constexpr std::string_view kTexts[] = {
      "",
      "?",
      "this fucking server died again",
      "The damn panel is useless, it logged me out again.",
      "What a stupid captcha!",
      "Plesk is a steaming pile of garbage",
      "stupid me, wrong port. sorry!",
      "I am such an idiot, I deleted the wrong VM",
      "I feel like a complete moron, it was caps lock",
      "Some idiot is flooding my server with UDP, please block him.",
      "Our registrar is an idiot and let the domain expire.",
      "The previous host was completely useless, so we moved to you.",
      "jenkins你个智障，workspace 满了也不吱声",
      "Kafka 真是个废物，磁盘写满就罢工",
      "滚蛋吧宝塔",
      "我徒弟蠢得可以，把密钥传 git 了",
      "组长是个白痴，让我们周五上线",
      "前服务商的客服简直是一群废物，所以搬到你们这儿",
      "测试串：“你是猪”，收到了吗",
      "我这猪脑子，又把端口写错了",
      "The hackers are idiots, they left their own address in the log.",
      "My boss calls me an idiot because the site is down.",
      "Your agent called me stupid. I want an apology.",
      "Please don't treat me like an idiot.",
      "I don't think you are stupid, but the answer was wrong.",
      "He wrote \"you are a fat pig and I hope you die\" in our book.",
      "> you are an idiot\nWho of you wrote this to our customer?",
      "This is a joke. Three outages in a week. I want my money back.",
      "Worst hosting ever, I will leave a one star review.",
      "Terrible service, nobody answers, I am furious!!!",
      "If it is not up by noon I call my lawyer.",
      "How do I kill a zombie process whose parent is dead?",
      "The slave does not follow the master since the upgrade.",
      "Is there an idiot-proof guide for DNS?",
      "Mr. Dickinson of Scunthorpe cannot log in.",
      "You guys are the best, thank you!",
      "服务器又他妈挂了",
      "垃圾面板，登录不上",
      "我真是个傻逼，删错库了",
      "你们的网络太差了，再不解决我就投诉",
      "等了三天没人回复，太失望了",
      "牛逼，速度真快",
  };
  for (const std::string_view text : kTexts) {
    const Insult insult = Judge(text);
    EXPECT_LT(insult.score, kInsultingAt) << text << ": " << insult.rule;
  }
}

TEST_F(InsultTest, TheSpanIsWhatWasSaidAndTheRestFollows) {
  const std::string_view body =
      "Hello, my VPS 4411 is down.\nAre you stupid? You moron. "
      "Thanks, idiots.";
  const Insult insult = Judge("VPS down", body);
  ASSERT_GE(insult.score, kInsultingAt);
  EXPECT_FALSE(insult.span.subject);
  EXPECT_EQ("Are you stupid", Cut(body, insult.span));
  ASSERT_EQ(2u, insult.more_size);
  EXPECT_EQ("You moron", Cut(body, insult.more[0]));
  EXPECT_EQ("Thanks, idiots", Cut(body, insult.more[1]));
}

TEST_F(InsultTest, TheSubjectIsReadToo) {
  const std::string_view subject = "You are idiots";
  const Insult insult = Judge(subject, "Ticket 5521, port 25 is closed.");
  EXPECT_GE(insult.score, kInsultingAt);
  EXPECT_TRUE(insult.span.subject);
  EXPECT_EQ(subject, Cut(subject, insult.span));
}

TEST_F(InsultTest, SpansInHanAreCutBetweenCharacters) {
  const std::string_view body = "服务器挂了，你们客服都是傻逼，快点处理";
  const Insult insult = Judge(body);
  ASSERT_GE(insult.score, kInsultingAt);
  EXPECT_NE(std::string_view::npos, Cut(body, insult.span).find("傻逼"));
}

TEST_F(InsultTest, WhomWordsAreAimedAt) {
  EXPECT_EQ(Target::kAgent, Judge("you idiots").target);
  EXPECT_EQ(Target::kSelf, Judge("I am an idiot").target);
  EXPECT_EQ(Target::kProduct, Judge("the panel is stupid").target);
  EXPECT_EQ(Target::kThird, Judge("some idiot hacked my site").target);
  EXPECT_EQ(Target::kNone, Judge("hello").target);
  EXPECT_EQ("", Judge("hello").rule);
}

TEST_F(InsultTest, SeverityGrowsFromMildToThreats) {
  EXPECT_EQ(0, Judge("hello").severity);
  EXPECT_EQ(1, Judge("you are incompetent").severity);
  EXPECT_EQ(2, Judge("you are an idiot").severity);
  EXPECT_EQ(3, Judge("I hope you die").severity);
}

// Each says something else, as a letter does.
constexpr std::string_view kPatientSentences[] = {
    "Our shop runs on a VPS of the middle size in Frankfurt.",
    "The mail server refuses connections on port 25 since Monday.",
    "I restarted postfix twice and looked through its log.",
    "Outgoing messages to two large providers come back after an hour.",
    "They name the address 203.0.113.9 as the reason.",
    "The reverse entry points to the old host name.",
    "We moved the domain in March and forgot that part.",
    "Could the entry be changed to mail.example.com?",
    "The certificate was renewed on Friday without any trouble.",
    "Backups run at three in the morning and take forty minutes.",
    "Our accountant also asks for the invoice of last month.",
    "The panel shows it as paid, but the file cannot be opened.",
    "A second browser behaves the same way.",
    "The traffic graph has a gap between noon and one o'clock.",
    "We were not aware of any maintenance at that time.",
    "The tunnel to the office came back by itself.",
    "Two colleagues need access to the console as well.",
    "Their keys are attached to this ticket.",
    "Next week we plan to add another disk for the archive.",
    "Please tell us what a terabyte costs per year."};
constexpr std::string_view kPatientChinese[] = {
    "我们的商城跑在法兰克福的一台中配云主机上。",
    "邮件服务从周一开始发不出去。",
    "日志里显示对方拒收，提示反向解析不对。",
    "三月份换过域名，当时忘了改这一项。",
    "麻烦把解析改成新的主机名。",
    "证书上周五已经续期，没有问题。",
    "备份每天凌晨三点执行，大约四十分钟。",
    "财务还需要上个月的发票。",
    "面板里显示已支付，但是文件打不开。",
    "换了浏览器也是一样。",
    "流量图在中午有一段空白。",
    "那段时间我们没有收到维护通知。",
    "另外两位同事也需要控制台的权限。",
    "他们的公钥放在附件里了。",
    "下周打算再加一块盘做归档。",
    "请告诉我们一年的价格。"};

template <size_t kCount>
std::string LetterWith(const std::string_view (&sentences)[kCount], size_t at,
                       std::string_view insult) {
  std::string letter;
  for (size_t i = 0; i <= kCount; ++i) {
    if (i == at) letter.append(insult).append(" ");
    if (i < kCount) letter.append(sentences[i]).append(" ");
  }
  return letter;
}

TEST_F(InsultTest, ALongLetterDoesNotHideTheInsultInIt) {
  const auto expect_found_anywhere = [&](const auto& sentences,
                                         std::string_view insult) {
    const size_t count = std::size(sentences);
    EXPECT_LT(Judge(LetterWith(sentences, 0, "")).score, kInsultingAt);
    for (const size_t at : {size_t{0}, count / 2, count}) {
      EXPECT_GE(Judge(LetterWith(sentences, at, insult)).score, kInsultingAt)
          << insult << " before sentence " << at;
    }
  };
  expect_found_anywhere(kPatientSentences, "You stupid fucking morons.");
  expect_found_anywhere(kPatientSentences,
                        "You people are the dumbest idiots I have ever met.");
  expect_found_anywhere(kPatientChinese, "你们客服就是一群傻逼废物。");
}

TEST_F(InsultTest, ALongLetterIsNoInsultByItsLength) {
  std::string body;
  while (body.size() < 60'000) {
    body += LetterWith(kPatientChinese, 0, "");
    body += LetterWith(kPatientSentences, 0, "");
    body += std::to_string(body.size());
  }
  EXPECT_LT(Judge(body).score, kInsultingAt);
}

TEST_F(InsultTest, WordsAloneAreShownWhereTheyStand) {
  const std::string before = "The invoice is right now. ";
  const std::string body =
      before +
      "Somebody ought to kick you out of that chair and give it to a parrot.";
  const Insult insult = Judge(body);
  ASSERT_GE(insult.score, kInsultingAt);
  EXPECT_EQ(insult.rule, "");
  EXPECT_LT(insult.span.begin, insult.span.end);
  EXPECT_LE(insult.span.end, body.size());
  EXPECT_GE(insult.span.begin, before.size() / 2);
}

TEST_F(InsultTest, HostileTextsAreBoundedAndTheirSpansLieWithin) {
  for (const std::string_view piece :
       {"idiot ", "you are ", "you. ", "你傻逼", "傻", "m*r*n ", "\"", "“ ",
        "🐎", "a", "f.", "\"you idiot\" ", "server idiot ", "\n", "e\u0301"}) {
    std::string text;
    while (text.size() < 64 * 1024) text += piece;
    const Insult insult = Judge(text);
    EXPECT_GE(insult.score, 0);
    EXPECT_LE(insult.score, 1000);
    EXPECT_LE(insult.span.end, text.size());
  }
}

TEST(InsultModel, WhatIsNoModelIsRefused) {
  EXPECT_EQ(absl::StatusCode::kDataLoss,
            InsultModel::Open({}, "not a model").status().code());
  std::string damaged(InsultFile());
  damaged[damaged.size() / 2] ^= 1;
  EXPECT_EQ(absl::StatusCode::kDataLoss,
            InsultModel::Open({}, damaged).status().code());
  EXPECT_EQ(
      absl::StatusCode::kInvalidArgument,
      InsultModel::Open({{"x", "nonsense"}}, InsultFile()).status().code());
}

}  // namespace
}  // namespace levee::text
