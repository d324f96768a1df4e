#include "server/rules/message.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace levee::rules {
namespace {

using levee::v1::Verdict;

constexpr std::string_view kRetryAfter = "{retry_after}";

// The words for a wait in one language.
struct Words {
  const char* language;
  // Singular and plural, with the space before them.
  const char* seconds[2];
  const char* minutes[2];
  const char* hours[2];
  const char* days[2];
  const char* between;
  const char* unknown;
};
constexpr Words kWords[] = {
    {"en",
     {" second", " seconds"},
     {" minute", " minutes"},
     {" hour", " hours"},
     {" day", " days"},
     " ",
     "some time"},
    {"zh",
     {" 秒", " 秒"},
     {" 分钟", " 分钟"},
     {" 小时", " 小时"},
     {" 天", " 天"},
     " ",
     "一段时间"},
    // For every other language.
    {"", {" s", " s"}, {" min", " min"}, {" h", " h"}, {" d", " d"}, " ", "…"},
};

// Our own texts, by verdict.
struct Text {
  const char* english;
  const char* chinese;
};
constexpr Text kTexts[] = {
    {"", ""},
    {"", ""},
    {"Please confirm that you are not a robot, then send your message again.",
     "请先完成人机验证，然后重新提交。"},
    {"You have sent a lot of messages in a short time. Please try again in "
     "{retry_after}.",
     "您在短时间内提交过于频繁，请在 {retry_after}后再试。"},
    {"Thank you for your message. A member of our staff will look at it first; "
     "there is no need to send it again.",
     "您的消息已收到，将先由工作人员审核，无需重复提交。"},
    {"Your message was not accepted, because it breaks our rules for support "
     "requests.",
     "您的消息违反了工单使用规则，未被接受。"},
};
static_assert(std::size(kTexts) == levee::v1::Verdict_ARRAYSIZE);

// The first part of a tag in small letters.
std::string BaseOf(std::string_view language) {
  std::string base(language.substr(0, language.find('-')));
  absl::AsciiStrToLower(&base);
  return base;
}

const Words& WordsFor(std::string_view language) {
  const std::string base = language.empty() ? "en" : BaseOf(language);
  for (const Words& words : kWords) {
    if (words.language == base) return words;
  }
  return kWords[std::size(kWords) - 1];
}

std::string Counted(uint64_t count, const char* const (&unit)[2]) {
  return absl::StrCat(count, unit[count == 1 ? 0 : 1]);
}

// The larger unit, and the smaller one where something is left.
std::string TwoUnits(uint64_t count, uint64_t per_large, const Words& words,
                     const char* const (&large)[2],
                     const char* const (&small)[2]) {
  if (count < per_large) return Counted(count, small);
  std::string text = Counted(count / per_large, large);
  if (count % per_large > 0) {
    absl::StrAppend(&text, words.between, Counted(count % per_large, small));
  }
  return text;
}

uint64_t DividedUp(uint64_t ms, uint64_t unit_ms) {
  return ms / unit_ms + (ms % unit_ms > 0 ? 1 : 0);
}

// Null: the rule says nothing in that very language, given in small letters.
const Message* FindMessage(const CompiledRule& rule, std::string_view tag) {
  for (const Message& message : rule.messages) {
    if (message.language == tag) return &message;
  }
  return nullptr;
}

// RFC 4647 §3.4, "lookup": cuts the tag off part by part.
const Message* LookUp(const CompiledRule& rule, std::string_view language) {
  std::string tag(language);
  absl::AsciiStrToLower(&tag);
  while (!tag.empty()) {
    const Message* const found = FindMessage(rule, tag);
    if (found != nullptr) return found;
    size_t end = tag.rfind('-');
    if (end == std::string::npos) break;
    // A single letter or digit goes together with what follows it.
    if (end >= 2 && tag[end - 2] == '-') end -= 2;
    tag.resize(end);
  }
  return FindMessage(rule, "en");
}

std::string Filled(std::string_view text, uint64_t retry_after_ms,
                   std::string_view language) {
  std::string filled;
  while (true) {
    const size_t at = text.find(kRetryAfter);
    filled += text.substr(0, at);
    if (at == std::string_view::npos) return filled;
    filled += retry_after_ms == 0 ? WordsFor(language).unknown
                                  : WaitInWords(retry_after_ms, language);
    text.remove_prefix(at + kRetryAfter.size());
  }
}

}  // namespace

std::string WaitInWords(uint64_t ms, std::string_view language) {
  constexpr uint64_t kSecond = 1'000;
  constexpr uint64_t kMinute = 60 * kSecond;
  constexpr uint64_t kHour = 60 * kMinute;
  const Words& words = WordsFor(language);
  const uint64_t seconds = DividedUp(ms, kSecond);
  if (seconds < 60) return Counted(seconds, words.seconds);
  const uint64_t minutes = DividedUp(ms, kMinute);
  if (minutes < 24 * 60) {
    return TwoUnits(minutes, 60, words, words.hours, words.minutes);
  }
  return TwoUnits(DividedUp(ms, kHour), 24, words, words.days, words.hours);
}

std::string MessageOf(const CompiledRule& rule, Verdict verdict,
                      std::string_view language, uint64_t retry_after_ms) {
  const Message* const found = LookUp(rule, language);
  if (found != nullptr) {
    return Filled(found->text, retry_after_ms, found->language);
  }
  const bool chinese = BaseOf(language) == "zh";
  const Text& text = kTexts[verdict];
  return Filled(chinese ? text.chinese : text.english, retry_after_ms,
                chinese ? "zh" : "en");
}

}  // namespace levee::rules
