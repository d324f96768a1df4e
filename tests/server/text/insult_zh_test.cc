// Insults in Chinese: what is aimed at the staff, however it is written, and
// what only looks like it.
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "server/text/insult.h"
#include "server/text/model_file.h"
#include "server/text/normalise.h"
#include "server/text/thresholds.h"

namespace levee::text {
namespace {

const InsultModel& Model() {
  static const absl::StatusOr<InsultModel>* const model =
      new absl::StatusOr<InsultModel>(InsultModel::Open(
          {EnglishLexicon(), ChineseLexicon()}, InsultFile()));
  return model->value();
}

Insult Judge(std::string_view subject, std::string_view body) {
  Normalised message;
  Normalise(subject, body, &message);
  InsultModel::Scratch scratch;
  Insult insult;
  Model().Judge(message, &scratch, &insult);
  return insult;
}

// A message, what its span must hold, and the severity at least.
struct Abuse {
  std::string_view body;
  std::string_view words;
  int32_t severity;
};

TEST(InsultZhTest, AbuseOfStaffIsFlaggedWithItsWords) {
  static constexpr Abuse kCases[] = {
      {"傻逼客服，问了三天没人回", "傻逼", 2},
      {"你们客服是不是瞎", "瞎", 1},
      {"你脑子进水了吧，让你换IP你给我重装", "脑子", 1},
      {"养你们这群吃干饭的有什么用", "吃干饭的", 1},
      {"你们技术都是废物吗", "废物", 2},
      {"一个个都是饭桶，收钱倒是快", "饭桶", 1},
      {"白痴技术，连DNS都不懂", "白痴", 2},
      {"麻烦换个长脑子的人来处理", "长脑", 1},
      {"您这智商还能上班？", "智商", 1},
      {"会不会说人话，听得懂中文吗", "人话", 1},
      {"你小学毕业了吗？截图都看不懂", "小学毕业", 1},
      {"你算什么东西，也敢封我的号", "算什么", 1},
      {"就你也配当工程师", "你也配", 1},
      {"把你的臭嘴闭上", "嘴闭上", 1},
      {"滚，叫你们经理来", "滚", 2},
      {"给我滚蛋，退款", "滚", 2},
      {"没见过你这么不要脸的", "不要脸", 1},
      {"你良心被狗吃了？删我数据", "良心被狗", 1},
      {"养条狗都比你们强", "养条狗", 1},
      {"你是猪吗，端口说了三遍", "猪", 1},
      {"狗东西，还我钱", "狗东西", 2},
      {"畜生，把我的照片还给我", "畜生", 2},
      {"操你妈，退钱", "操你妈", 3},
      {"你妈死了，这么久不回", "你妈死", 3},
      {"祝你全家死光", "全家死", 3},
      {"客服去死吧", "去死", 3},
      {"信不信我弄死你", "弄死你", 3},
      {"出门小心点，我知道你家住哪", "出门小心", 3},
      {"你爹妈没教过你怎么说话？", "没教", 1},
      {"建议你去医院看看脑子", "看看脑子", 1},
  };
  for (const Abuse& abuse : kCases) {
    SCOPED_TRACE(abuse.body);
    const Insult insult = Judge("", abuse.body);
    EXPECT_GE(insult.score, kInsultingAt);
    EXPECT_EQ(insult.target, Target::kAgent);
    EXPECT_GE(insult.severity, abuse.severity);
    EXPECT_FALSE(insult.span.subject);
    const std::string_view span = abuse.body.substr(
        insult.span.begin, insult.span.end - insult.span.begin);
    EXPECT_NE(span.find(abuse.words), std::string_view::npos) << span;
  }
}

TEST(InsultZhTest, DisguisesAreSeenThrough) {
  static constexpr std::string_view kCases[] = {
      "沙比客服，出来回话",
      "煞笔技术",
      "你们这些沙雕",
      "s b 客服",
      "SB客服",
      "客服是傻 逼 吗",
      "傻*逼客服",
      "你们这群脑*残",
      "nmsl，退钱",
      "cnmb 还我数据",
      "草泥马的客服",
      "c.n.m.b 退款",
      "你🐴死了",
      "🐶东西，骗我钱",
      "你们这群🐷",
      "🖕🖕🖕 你们客服",
      "shabi客服",
      "你是zhizhang吗",
      "你就是个 zhi zhang",
      "feiwu客服，问了等于没问",
      "你们是不是ｎａｏｃａｎ",
      "傻Ｘ客服",
      "你個儍屄",
      "弱zhi客服",
      "制杖客服",
      "你是不是木有脑子的玩意",
      "2b客服",
      "fw客服，什么都不会",
      "亻尔女马的，还钱",
      "你个王8蛋",
  };
  for (const std::string_view body : kCases) {
    SCOPED_TRACE(body);
    const Insult insult = Judge("", body);
    EXPECT_GE(insult.score, kInsultingAt);
    EXPECT_EQ(insult.target, Target::kAgent);
  }
}

TEST(InsultZhTest, EveryRegionSwearsInItsOwnWords) {
  static constexpr std::string_view kCases[] = {
      "冚家鏟，幾時退錢",
      "仆街客服，熄我部機",
      "屌你老母，又斷線",
      "你班廢柴做嘢慢過蝸牛",
      "客服係咪on9㗎",
      "你個死蠢，入錯IP都得",
      "機掰客服，態度有夠差",
      "幹你娘，刪我資料",
      "你很北七欸",
      "白癡喔你，這樣也能當工程師",
      "龟儿子客服，还老子钱",
      "你个瓜娃子，会不会搞",
      "你个憨批",
      "妈卖批客服",
      "瘪犊子玩意儿，你把我库删了",
      "你丫是不是脑子有坑",
  };
  for (const std::string_view body : kCases) {
    SCOPED_TRACE(body);
    EXPECT_GE(Judge("", body).score, kInsultingAt);
  }
}

TEST(InsultZhTest, AnInsultInTheSubjectIsShownThere) {
  const Insult insult = Judge("客服全是废物", "端口 25 打不开，请处理。");
  EXPECT_GE(insult.score, kInsultingAt);
  EXPECT_TRUE(insult.span.subject);
}

TEST(InsultZhTest, AngerAndSwearingAtThingsAreNone) {
  static constexpr std::string_view kCases[] = {
      "这破服务器又他妈挂了",
      "操，又宕机了",
      "他妈的又断网了，什么破线路",
      "垃圾机器，三天两头死机",
      "垃圾公司，再也不买了",
      "骗子公司，还我钱",
      "黑心商家，等着收律师函",
      "你们公司太无耻了，随便涨价",
      "呵呵，你们真行",
      "什么破服务，投诉你们",
      "客服态度太差，我要投诉",
      "请换一个懂技术的工程师",
      "别拿客户当傻子",
      "你们是不是觉得客户都是傻子",
      "你们的智能客服就是个智障，转人工",
      "弱智验证码，点了十次都不对",
      "草泥马的探针，吓我一跳",
      "宝塔这个傻逼又报502",
      "再不退款就法院见",
      "移动是真尼玛离谱，晚上全丢包",
  };
  for (const std::string_view body : kCases) {
    SCOPED_TRACE(body);
    EXPECT_LT(Judge("", body).score, kInsultingAt);
  }
}

TEST(InsultZhTest, OneselfOthersAndQuotedWordsAreNone) {
  static constexpr std::string_view kCases[] = {
      "我真是个傻子，rm -rf 多打了个空格",
      "我太蠢了，配错了网关",
      "是我眼瞎，端口写错了",
      "怪我脑子进水，忘了续费",
      "脑子短路了，忘了端口",
      "黑客这帮畜生把我网站挂马了",
      "隔壁机房的傻逼一直DDoS我",
      "采集我网站的那帮孙子怎么封",
      "前合伙人那个王八犊子把机器全退订了",
      "你们客服骂我傻逼，录音我有",
      "被客户骂废物，求快点恢复",
      "用户昵称\"你是傻逼吗\"也带进工单标题了",
      "论坛有人留言：\"楼主傻逼，nmsl\"，评论我已经删了",
      "这条\"去死吧废物\"是我小说里反派的台词",
      "对不起，刚才不该说你们是废物",
  };
  for (const std::string_view body : kCases) {
    SCOPED_TRACE(body);
    EXPECT_LT(Judge("", body).score, kInsultingAt);
  }
}

TEST(InsultZhTest, WordsThatOnlyLookRudeAreNone) {
  static constexpr std::string_view kCases[] = {
      "操作系统选哪个好",           "日志滚动怎么配置",
      "4 月 30 日你们回复审核通过", "吐槽你们一下：后台太慢",
      "起草你们的合同发我",         "傻瓜式安装包有吗",
      "垃圾邮件太多了怎么过滤",     "Java垃圾回收停顿太长",
      "怎么干掉这个僵尸进程",       "孤儿进程占内存",
      "屎山代码迁移求助",           "主机名是 SB-1234",
      "nc -zv 1.2.3.4 443 不通",    "fw 规则怎么加",
      "套餐是 250 元一年吗",        "他妈妈的账号能合并吗",
      "草稿箱里的邮件没了",         "死机了，重启也没用",
      "养猪场监控系统想上云",       "祝你全家幸福安康",
      "你等着，我给你截图",         "有啥比较便宜的套餐吗",
  };
  for (const std::string_view body : kCases) {
    SCOPED_TRACE(body);
    EXPECT_LT(Judge("", body).score, kInsultingAt);
  }
}

}  // namespace
}  // namespace levee::text
