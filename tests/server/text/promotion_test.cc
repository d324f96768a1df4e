#include "server/text/promotion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/text/contacts.h"
#include "server/text/domains.h"
#include "server/text/foreign_links.h"
#include "server/text/model_file.h"
#include "server/text/normalise.h"
#include "server/text/phrase_book.h"
#include "server/text/thresholds.h"

namespace levee::text {
namespace {

const PromotionModel& Model() {
  static const auto* const kModel =
      new absl::StatusOr<PromotionModel>(PromotionModel::Open());
  return kModel->value();
}

Promotion Judge(std::string_view subject, std::string_view body,
                const Sender& sender = {}) {
  Normalised message;
  Normalise(subject, body, &message);
  Promotion promotion;
  PromotionModel::Scratch scratch;
  Model().Judge(message, subject, body, sender, &scratch, &promotion);
  return promotion;
}

struct Case {
  std::string_view subject;
  std::string_view body;
};

TEST(Promotion, IsSeen) {
  const Case cases[] = {
      {"SEO services",
       "We are an SEO company from Pune. We bring your website "
       "to the first page of Google. Reply for a price list."},
      {"Guest post",
       "I'd like to publish a guest post on your site with a "
       "dofollow link. We pay $50 per post."},
      {"",
       "Earn $400 a day from home, no experience needed. "
       "https://bit.ly/3abcd"},
      {"", "business loan up to 500000 USD, no collateral, apply now"},
      {"casino",
       "100 free spins and a welcome bonus, sign up today: "
       "https://lucky.example.com"},
      {"", "SEO: r\u0430nk #1 on Google, dofollow b\u0430cklinks $20"},
      {"代开发票", "代开各类发票，点数低，联系微信：fp13800"},
      {"", "刷单兼职，日结300元，加QQ：2233445566"},
      {"", "无抵押贷款，当天放款，电话：I38-OOOO-l234"},
      {"", "百度快速排名，七天上首页，加V信 seo_kp77"},
      {"", "代開發票，聯繫微信 fp13800，價格優惠"},
      {"", "出售老号，量大从优，飞机 @haoshang_66"},
  };
  for (const Case& c : cases) {
    EXPECT_GE(Judge(c.subject, c.body).score, kPromotionAt)
        << c.subject << " # " << c.body;
  }
}

TEST(Promotion, IsNotWhatCustomersWrite) {
  const Case cases[] = {
      {"", ""},
      {"502", "server down"},
      {"Site down",
       "My site https://www.orchard-lane.com shows 502, screenshot "
       "https://imgur.com/a8Kd"},
      {"Call me", "Please call me at +44 7700 900456, I can't log in."},
      {"", "my whatsapp is +31 6 0000 1111, the server is still off"},
      {"DNS",
       "Please set www.orchard-lane.com CNAME shops.example.com and TXT "
       "\"v=spf1 include:_spf.google.com ~all\""},
      {"Invoice", "I paid invoice 5521 (USD 149.00) twice, please refund one."},
      {"Spam",
       "Our VPS sends \"buy cheap viagra, 80% off, order now "
       "http://pills.example.com\". Which account is it?"},
      {"Abuse",
       "I'd like to report phishing: http://bank-login.example.com. It "
       "says: claim your prize, click here."},
      {"Policy", "Do you allow online casino sites? We have a licence."},
      {"SEO", "Since the move our SEO is ruined, Google shows crawl errors."},
      {"Affiliates",
       "Do you have an affiliate program? What commission do you "
       "pay?"},
      {"开发票", "请帮我开增值税发票，抬头杭州青柠网络有限公司"},
      {"", "能不能加一下我的微信 liwei_8812 远程帮我看看？服务器连不上"},
      {"举报", "IP 203.0.113.9 上的网站发\"刷单兼职日结300加QQ 2233445566\""},
      {"", "手机号13900001111，请给我打电话，网站打不开"},
      {"推广返利", "你们的推广返利怎么算？后台没显示佣金。"},
      {"", "网站被挂马了，跳转到博彩页面，帮忙查一下"},
      {"", "我的贷款计算器网站被误封了，请解封"},
  };
  for (const Case& c : cases) {
    EXPECT_LT(Judge(c.subject, c.body).score, kPromotionAt)
        << c.subject << " # " << c.body;
  }
}

TEST(Promotion, OneSignIsNeverEnough) {
  const std::string_view cases[] = {
      "casino",         "backlinks",         "我们尽快排查",
      "微信：abc88991", "https://bit.ly/x1", "guest post",
      "t.me/somebody",  "代开发票"};
  for (const std::string_view body : cases) {
    EXPECT_LT(Judge("", body).score, kPromotionAt) << body;
  }
}

TEST(Promotion, TellsWhoseALinkIs) {
  const std::string_view own[] = {"orchard-lane.com"};
  struct {
    std::string_view body;
    Sender sender;
    uint32_t foreign;
  } cases[] = {
      {"look at https://shop.orchard-lane.com/x", {}, 1},
      {"look at https://shop.orchard-lane.com/x",
       {"a@orchard-lane.com", {}},
       0},
      {"look at https://shop.orchard-lane.com/x", {"", own}, 0},
      {"look at https://notorchard-lane.com/x", {"", own}, 1},
      {"my site is https://shop.orchard-lane.com/x", {}, 0},
      {"我的网站是 https://shop.orchard-lane.com/x", {}, 0},
      {"my site is fine, see https://bit.ly/x", {}, 1},
      {"https://imgur.com/a https://pastebin.com/b https://ping.pe/1.1.1.1",
       {},
       0},
      {"https://gmail.com/x", {"a@gmail.com", {}}, 1},
      {"> see https://shop.orchard-lane.com/x\nno", {}, 0},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Judge("", c.body, c.sender).foreign_links, c.foreign) << c.body;
  }
}

TEST(Promotion, CountsContacts) {
  struct {
    std::string_view body;
    uint32_t contacts;
  } cases[] = {
      {"加微信 abc88991", 1},
      {"薇信：abc88991", 1},
      {"加扣扣 8 8 6 6 0 0 1 2", 1},
      {"telegram: steamkeys_mark", 1},
      {"write me on Telegram @oliviahart", 1},
      {"join https://t.me/signals", 1},
      {"Skype and Discord crash behind the VPN", 0},
      {"微信支付成功了", 0},
      {"微信小程序报错", 0},
      {"QQ邮箱收不到", 0},
      {"v1.2 of q", 0},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Judge("", c.body).contacts, c.contacts) << c.body;
  }
}

TEST(Promotion, SpansAreTheWordsThatDidIt) {
  const std::string_view subject = "代开发票";
  const std::string_view body = "点数低，联系微信：fp13800，谢谢";
  const Promotion promotion = Judge(subject, body);
  ASSERT_GE(promotion.score, kPromotionAt);
  ASSERT_GE(promotion.span_count, 2);
  std::vector<std::string_view> texts;
  for (uint32_t i = 0; i < promotion.span_count; ++i) {
    const Span& span = promotion.spans[i];
    texts.push_back((span.subject ? subject : body)
                        .substr(span.begin, span.end - span.begin));
  }
  EXPECT_NE(std::find(texts.begin(), texts.end(), "代开发票"), texts.end());
  EXPECT_NE(std::find(texts.begin(), texts.end(), "联系微信：fp13800"),
            texts.end());
}

TEST(Promotion, AnythingIsRead) {
  const uint32_t seed = 5;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  static constexpr std::string_view kPieces[] = {"加微信",
                                                 "：",
                                                 "abc_123",
                                                 "\xE2\x91\xA0",
                                                 "一三八",
                                                 "l3O",
                                                 " ",
                                                 "\n",
                                                 "\"",
                                                 "guest post",
                                                 "$",
                                                 "50%",
                                                 "https://bit.ly/x",
                                                 "@",
                                                 "+",
                                                 "rank ",
                                                 "google ",
                                                 "\xF0\x9F\x98\x80",
                                                 "代开",
                                                 "发票",
                                                 "q",
                                                 "> ",
                                                 "e\u0301\u0302",
                                                 "0 0 0 0 0"};
  for (int round = 0; round < 5'000; ++round) {
    std::string parts[2];
    for (std::string& part : parts) {
      for (int i = static_cast<int>(random() % 16); i > 0; --i) {
        part += kPieces[random() % std::size(kPieces)];
      }
    }
    const Promotion promotion = Judge(parts[0], parts[1]);
    ASSERT_GE(promotion.score, 0);
    ASSERT_LE(promotion.score, 1000);
    for (uint32_t i = 0; i < promotion.span_count; ++i) {
      const Span& span = promotion.spans[i];
      ASSERT_LT(span.begin, span.end);
      ASSERT_LE(span.end, parts[span.subject ? 0 : 1].size());
    }
  }
}

// Takes seconds where cost grows with the square.
TEST(Promotion, HostileTextIsReadInTime) {
  for (const std::string_view piece : {"加微信", "rank ", "\"", "1", "一", "l ",
                                       "@", "t.me/a ", "q", "earn "}) {
    std::string body;
    while (body.size() < 128 * 1024) body += piece;
    EXPECT_GE(Judge("", body).score, 0);
  }
}

TEST(DisposableDomains, HoldsWhatIsListed) {
  const auto domains = DisposableDomains::Open(DomainsFile());
  ASSERT_TRUE(domains.ok()) << domains.status();
  EXPECT_GT(domains->size(), 100'000);
  for (const std::string_view address :
       {"a@mailinator.com", "a@MAILINATOR.com.", "<a@x.mailinator.com>"}) {
    EXPECT_TRUE(domains->HoldsAddress(address)) << address;
  }
  for (const std::string_view address :
       {"", "a", "@", "a@", "a@com", "a@gmail.com", "a@qq.com", "a@163.com",
        "a@outlook.com", "mailinator.com", "a@mailinator.com.example.org",
        "a@.", "a@...."}) {
    EXPECT_FALSE(domains->HoldsAddress(address)) << address;
  }
  EXPECT_TRUE(Judge("", "hi", {"a@mailinator.com", {}}).disposable_mail);
  EXPECT_LT(Judge("", "hi", {"a@mailinator.com", {}}).score, kPromotionAt);
}

TEST(DisposableDomains, TakesFewOthersForListed) {
  const auto domains = DisposableDomains::Open(DomainsFile());
  ASSERT_TRUE(domains.ok());
  int held = 0;
  for (int i = 0; i < 200'000; ++i) {
    held += domains->HoldsDomain("no-such-" + std::to_string(i) + ".example");
  }
  EXPECT_LE(held, 3);
}

TEST(DisposableDomains, RefusesADamagedFile) {
  std::string bytes(DomainsFile());
  bytes[bytes.size() / 2] ^= 1;
  EXPECT_EQ(DisposableDomains::Open(bytes).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(HostOf, IsTheHost) {
  struct {
    std::string_view link;
    std::string_view host;
  } cases[] = {
      {"https://www.Example.com/x?y", "Example.com"},
      {"http://user:pass@example.com:8080/", "example.com"},
      {"example.com.", "example.com"},
      {"https://a@b.example.com#c", "b.example.com"},
      {"http://[2001:db8::1]:80/", "[2001:db8::1]:80"},
      {"", ""},
      {"https://", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(HostOf(c.link), c.host) << c.link;
}

TEST(FindContact, UndoesWhatHidesANumber) {
  struct {
    std::string_view text;
    std::string_view found;
    bool disguised;
  } cases[] = {
      {"：13800001234", "13800001234", false},
      {": 138 0000 1234", "138 0000 1234", false},
      {"一三八零零零零一二三四", "一三八零零零零一二三四", true},
      {" 1 3 8 0 0 0 0 1 2 3 4", "1 3 8 0 0 0 0 1 2 3 4", true},
      {" l3800OO1234", "l3800OO1234", true},
      {" ①③⑧00001234", "①③⑧00001234", true},
      {" 12", "", false},
      {" 12345678901234567890", "", false},
      {"", "", false},
  };
  for (const auto& c : cases) {
    Normalised message;
    Normalise("", c.text, &message);
    Contact contact;
    const bool found =
        FindContact(message, message.body_first, HandleKind::kNumber, &contact);
    ASSERT_EQ(found, !c.found.empty()) << c.text;
    if (!found) continue;
    const Span span = message.SpanOf(contact.first, contact.last);
    EXPECT_EQ(c.text.substr(span.begin, span.end - span.begin), c.found);
    EXPECT_EQ(contact.disguised, c.disguised) << c.text;
  }
}

constexpr std::string_view kKinds[] = {"a", "b"};

TEST(PhraseBook, FindsPhrases) {
  const auto book = PhraseBook::Read(
      "# comment\n"
      "a 100: guest post(s) | rank ~ google | 代开 ~ 发票\n"
      " | best/lowest price\n"
      "b 300: <n> days | guest post offer | 加v\n",
      kKinds);
  ASSERT_TRUE(book.ok()) << book.status();
  struct {
    std::string_view text;
    std::string_view found;
    uint32_t kind;
  } cases[] = {
      {"a Guest-free guest, posts!", "guest, posts", 0},
      {"guest post offer", "guest post offer", 1},
      {"rank very high on Google", "rank very high on Google", 0},
      {"rank one two three four five google", "", 0},
      {"rank. google", "", 0},
      {"the LOWEST price", "LOWEST price", 0},
      {"in 30 days", "30 days", 1},
      {"专业代开增值税发票啊", "代开增值税发票", 0},
      {"请加V", "加V", 1},
      {"guests post", "", 0},
      {"", "", 0},
  };
  for (const auto& c : cases) {
    Normalised message;
    Normalise("", c.text, &message);
    PhraseMatch match;
    const bool found = book->Find(message, {}, message.words.size(), &match);
    ASSERT_EQ(found, !c.found.empty()) << c.text;
    if (!found) continue;
    const Span span = message.SpanOf(match.first, match.last);
    EXPECT_EQ(c.text.substr(span.begin, span.end - span.begin), c.found);
    EXPECT_EQ(match.kind, c.kind) << c.text;
    EXPECT_FALSE(book->Find(message, match.end, message.words.size(), &match));
  }
}

TEST(PhraseBook, NamesTheLineThatIsWrong) {
  for (const std::string_view text :
       {"a 100: x\nc 100: y", "a 100: x\na: y", "a 100: x\na 0: y",
        "a 100: x\na 100: ~ y", "a 100: x\na 100: y ~", "a 100: x\na 100 y",
        "a 100: x\na 100: y ~ z ~ a ~ b",
        "a 100: x\na 100: a b c d e f g h i j k l m n"}) {
    const absl::Status status = PhraseBook::Read(text, kKinds).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(status.message().substr(0, 7), "line 2:") << status;
  }
  EXPECT_FALSE(PhraseBook::Read(" | x", kKinds).ok());
}

}  // namespace
}  // namespace levee::text
