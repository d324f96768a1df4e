#include "server/text/fillers.h"

#include <algorithm>
#include <string_view>

namespace levee::text {
namespace {

constexpr size_t kSlots = 4096;

// Lists: lower case, no marks, simplified Han, spaces between.

constexpr std::u32string_view kTest =
    U"test tests testing tester testtest tset tets testticket testing "
    U"prueba pruebas teste testes testando essai essais probando prova proba "
    U"testi testen teszt testaus provning toets percobaan deneme "
    U"тест тестовый тестирую проверка проба テスト テストです 테스트 "
    U"ceshi ceshiyixia 测试 测试下 测试一下 测一下 测试用 "
    U"试验 检验 测";
constexpr std::u32string_view kIgnore =
    U"ignore ignored disregard sample dummy nevermind ignorar ignorez "
    U"ignorieren 忽略 无视 "
    U"请忽略 请无视 忽略我 勿理 不用理 不用管 别管 勿回 勿回复 不用回复 "
    U"不必回复 "
    U"无需回复 请勿回复 无需处理 不用处理 请勿处理 игнорируйте";
constexpr std::u32string_view kCompanion =
    U"www a an the this that these is it its just only simply my our me i we "
    U"to of "
    U"for in and or if on with first second new another again please pls plz "
    U"kindly do not dont respond reply close delete message messages msg "
    U"ticket "
    U"tickets support request case body subject title text content email mail "
    U"post number no one two three demo example try trying "
    U"checking check submit submission system form works working sent send "
    U"sending create created creating submitting from there you here all "
    U"everyone guys folks buddy bro dude mate man friend friends so much very "
    U"many lot at all "
    U"dear sir madam team und ein das ist "
    U"nur de la el es un une una le ce mon ma por favor bitte esto este esta "
    U"isto isso uma um questo questa e ceci cest voici dies hier einfach zum "
    U"dit een det ar er detta bu bir ini itu adalah day la "
    U"это просто мой "
    U"一 一个 一条 一封 一份 一则 一张 这 这是 这个 那 此 本 本工单 是 个 的 "
    U"地 请 只 "
    U"只是 仅 仅仅 就是 就 我 我的 我们 你 您 你们 下 一下 看 看看 看一下 新 "
    U"新的 "
    U"发 提交 工单 问题 消息 信息 邮件 系统 功能 回复 专用 使用 而已 "
    U"纯粹 随手 "
    U"单纯 能不能 用途 仅供 客服 在 和 与 并 来 能 能用 能否 "
    U"可不可以 好不好用 有没有用 看能不能";
constexpr std::u32string_view kFunction =
    U"can could may might will would should am are was were be been being has "
    U"have had does did done he she they them his her their some any other "
    U"more also back now then today later see seen let lets want wanted trying "
    U"tried get got goes go going how whether what which who when where why "
    U"sure make made making verify checked checks confirm everything someone "
    U"button ticketing helpdesk desk purpose purposes internal functionality "
    U"last final quick small little simple real really actual not need needed "
    U"required necessary reach reaches say saying seeing arrives arrive "
    U"through works "
    U"是否 正常 可用 有效 工作 流程 新建 创建 第一个 第二个 今天 现在 一次 再 "
    U"又 内部 别 "
    U"不要 不必 不用 无需 理会 处理 在意 关注 打开 能不能用 行不行 好使 "
    U"好不好使 效果 情况 "
    U"怎么样 如何 想 要 做 做个 做一下 来自 来个";
constexpr std::u32string_view kFiller =
    U"ok okay okey k kk kay yes yep yeah y n nope hi hii hello helo hallo "
    U"hey heya hiya yo sup hola bonjour salut ciao ola privet ahoj hej halo "
    U"thanks thank thx thnx thankyou tnx ty tysm cheers gracias merci danke "
    U"spasibo obrigado grazie greetings morning afternoon evening good day up "
    U"upp bump bumping push hm hmm hmmm um umm uh uhh er err eh huh oh ah aha "
    U"well so nothing none nil null na nn tbd todo tba undefined unknown same "
    U"above see below nada rien nichts lol lmao rofl haha hehe hihi xd xdd "
    U"jaja jeje kkkk rsrs gg cool nice great fine sure welcome regards bye "
    U"bla la foo bar baz foobar qux abc xyz anyone anybody anything whatever "
    U"something sth random as title subject question evening night says "
    U"description "
    U"content empty blank placeholder wassup whatsup greeting yup okk oki "
    U"привет ок спасибо здравствуйте こんにちは ありがとう 안녕하세요 "
    U"好 好的 好滴 好吧 嗯 嗯嗯 哦 哦哦 噢 额 呃 行 可以 收到 知道了 明白 了解 "
    U"谢 谢谢 "
    U"谢了 多谢 感谢 谢谢你 谢谢您 顶 顶一下 顶顶 路过 飘过 打酱油 沙发 板凳 "
    U"赞 支持 "
    U"支持一下 无 没 没有 没事 没事了 没什么 没啥 略 暂无 如题 如标题 见标题 "
    U"如上 如下 同上 "
    U"见上 看标题 同标题 同题 无内容 没有内容 水 灌水 水一下 随便 随便看看 "
    U"随便写写 随便写的 "
    U"随便发发 凑字数 凑够字数 呵呵 哈哈 嘿嘿 嘻嘻 嘎嘎 呼呼 嗨 嘿 哈喽 哈罗 "
    U"喂 你好 您好 "
    U"你好呀 你好啊 在 在吗 在么 在嘛 在不 在不在 有人吗 有人么 有人在吗 "
    U"有人没 有没有人 "
    U"客服在吗 人呢 早 早上好 上午好 中午好 下午好 晚上好 大家好 亲 是 是的 对 "
    U"对的 不 不是 "
    U"了 吧 呢 吗 吖 呀 哟 什么 空 空白 占位 占位符 试试 试一试 试一下 试下 "
    U"打个招呼 暂时没有 测 标题 "
    U"内容 正文 "
    U"主题 没内容 无正文 "
    U"无描述 空内容 占楼 占个位 前排 抢沙发 已阅 各位好 老铁 亲亲 在线吗 "
    U"在线么 人在吗 "
    U"有客服吗 客服呢 客服在不在 你们好 打扰了 请问 请教 请问在吗 没别的 没了 "
    U"完 完毕 "
    U"来了 报到 签到 "
    U"打卡 冒泡 啊 啊啊 "
    U"啦 哈 呵 嘻 呜 喵 汪 嘤 嗷 嘎 咕 咩 哼 唔 嗡";
constexpr std::u32string_view kNoise =
    U"blah blahblah blabla lala lalala asdf "
    U"asd asdfg asdfgh asdfghjkl asdasd qwe qwer qwert qwerty qwertz azerty "
    U"qwertyuiop zxc zxcv zxcvb zxcvbn zxcvbnm jkl hjkl fgh fghj dfg dfgh sdf "
    U"sdfg qaz wsx qazwsx wasd aaa bbb ccc ddd eee abcd abcde abcdef "
    U"abcdefg xxx xxxx yyy zzz lkj poi poiu mnb mnbv fdsa ewq rewq "
    U"阿斯顿 阿斯顿发 阿斯蒂芬";
constexpr std::u32string_view kDummyText =
    U"lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod "
    U"tempor incididunt ut labore et dolore magna aliqua enim ad minim veniam "
    U"quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo "
    U"consequat duis aute irure reprehenderit voluptate velit esse cillum eu "
    U"fugiat nulla pariatur excepteur sint occaecat cupidatat non proident "
    U"sunt culpa qui officia deserunt mollit anim id est laborum";

constexpr std::u32string_view kPromptVerbs =
    U"describe enter insert type write fill input paste 描述 填写 输入 详述 "
    U"简述 填入 "
    U"写下 写";
constexpr std::u32string_view kPromptPointers =
    U"here below 此处 在此 在此处 这里 在这里 下方 在下方 下面 在下面";
constexpr std::u32string_view kPromptYours = U"your 您的 你的 您 你";
constexpr std::u32string_view kPromptIssues =
    U"issue issues problem problems question questions message request inquiry "
    U"enquiry description 标题 正文 问题 问题描述 内容 工单 工单内容 情况 需求 "
    U"反馈 故障 "
    U"现象 留言";
constexpr std::u32string_view kPromptPleases = U"please pls kindly 请 请您";
constexpr std::u32string_view kPromptOthers =
    U"the a an this details detail name email phone number order subject "
    U"title body comment comments in as much possible with of and or following "
    U"information text content domain account product ticket support date url "
    U"address if any optional required placeholder field company username "
    U"help hostname for to select choose provide explain specify "
    U"的 遇到 遇到的 详细 详细的 尽可能 简要 简单 信息 姓名 联系方式 联系 "
    U"电话 "
    U"手机 邮箱 域名 订单号 订单 账号 帐号 产品 说明 具体 具体的 并 或 和 及 "
    U"必填 选填 可选 "
    U"公司 名称 时间 步骤 在线 提供 选择";

uint64_t KeyOf(absl::Span<const char32_t> letters) {
  uint64_t key = 0xCBF29CE484222325;
  for (const char32_t letter : letters) {
    key = (key ^ letter) * 0x9E3779B97F4A7C15;
    key ^= key >> 29;
  }
  return key;
}

}  // namespace

Fillers::Fillers() : slots_(kSlots) {
  const auto add = [&](std::u32string_view list, const auto& set) {
    while (!list.empty()) {
      const size_t end = std::min(list.find(U' '), list.size());
      set(SlotOf(KeyOf({list.data(), end})).word);
      list.remove_prefix(std::min(end + 1, list.size()));
    }
  };
  const auto role = [&](std::u32string_view list, FillerRole what) {
    add(list, [what](FillerWord& word) { word.role = what; });
  };
  const auto part = [&](std::u32string_view list, PromptPart what) {
    add(list, [what](FillerWord& word) { word.part = what; });
  };
  role(kDummyText, FillerRole::kDummyText);
  role(kCompanion, FillerRole::kCompanion);
  role(kFunction, FillerRole::kFunction);
  role(kFiller, FillerRole::kFiller);
  role(kIgnore, FillerRole::kIgnore);
  role(kTest, FillerRole::kTest);
  role(kNoise, FillerRole::kNoise);
  part(kPromptOthers, PromptPart::kOther);
  part(kPromptPleases, PromptPart::kPlease);
  part(kPromptVerbs, PromptPart::kVerb);
  part(kPromptPointers, PromptPart::kPointer);
  part(kPromptYours, PromptPart::kYours);
  part(kPromptIssues, PromptPart::kIssue);
}

Fillers::Slot& Fillers::SlotOf(uint64_t key) {
  size_t at = key % kSlots;
  while (slots_[at].key != 0 && slots_[at].key != key) at = (at + 1) % kSlots;
  slots_[at].key = key;
  return slots_[at];
}

FillerWord Fillers::Find(absl::Span<const char32_t> letters) const {
  if (letters.empty() || letters.size() > kLettersMax) return {};
  const uint64_t key = KeyOf(letters);
  // A quarter of the slots are taken, so that there is an empty one.
  size_t at = key % kSlots;
  while (slots_[at].key != 0 && slots_[at].key != key) at = (at + 1) % kSlots;
  return slots_[at].word;
}

std::pair<size_t, FillerWord> Fillers::FindPrefix(
    absl::Span<const char32_t> run) const {
  static constexpr size_t kPhraseMax = 5;
  for (size_t size = std::min(run.size(), kPhraseMax); size > 0; --size) {
    const FillerWord word = Find(run.subspan(0, size));
    if (word.role != FillerRole::kNone || word.part != PromptPart::kNone) {
      return {size, word};
    }
  }
  return {0, {}};
}

}  // namespace levee::text
