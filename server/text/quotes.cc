// A quote must look like one, and a signature too: whoever could hide his
// insult behind "--" or "On" would. So an attribution has a date and a colon,
// an original message has the fields of its header, and a signature is short
// and speaks to nobody.
#include "server/text/quotes.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "server/text/beginnings.h"
#include "server/text/lines.h"

namespace levee::text {
namespace {

constexpr size_t kAttributionMax = 240;
constexpr size_t kSignatureBytesMax = 600;
constexpr size_t kSignatureLinesMax = 10;
// Of a line below a closing formula, such as a name or a number.
constexpr size_t kNameLineMax = 64;
// Lines of a header that are looked at.
constexpr int kHeaderLinesMax = 4;

bool HasDigit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}
bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         text.substr(text.size() - end.size()) == end;
}

// The beginning of a line in small letters (of ASCII).
class Lower {
 public:
  explicit Lower(std::string_view line)
      : size_(std::min(line.size(), sizeof(bytes_))) {
    std::transform(line.begin(), line.begin() + size_, bytes_, [](char c) {
      return absl::ascii_tolower(static_cast<uint8_t>(c));
    });
  }
  operator std::string_view() const { return {bytes_, size_}; }  // NOLINT

 private:
  char bytes_[32];
  size_t size_;
};

// The line that `rest` begins with, and bytes up to the next.
std::string_view LineOf(std::string_view rest) {
  return rest.substr(0, rest.find('\n'));
}
size_t SizeWithEnd(std::string_view rest, std::string_view line) {
  return std::min(rest.size(), line.size() + 1);
}

// How the line ends that says who wrote.
constexpr std::string_view kWrote[] = {
    "wrote:",        "写道：",      "写道:",    "寫道：",    "寫道:",
    "schrieb:",      "a écrit :",   "a écrit:", "escribió:", "escreveu:",
    "ha scritto:",   "пишет:",      "написал:", "написала:", "schreef:",
    "написал(а):",   "napisał(a):", "napisał:", "skrev:",    "yazdı:",
    "のメッセージ:", "のメール:",
};

bool IsWroteEnd(std::string_view line) {
  return std::any_of(
             std::begin(kWrote), std::end(kWrote),
             [&](std::string_view end) { return EndsWith(line, end); }) ||
         // "Am 1.2.2024 um 10:00 schrieb Support <...>:"
         (StartsWithWord(line, "am ") && EndsWith(line, ":") &&
          line.find(" schrieb ") != std::string_view::npos);
}

// How the line begins where it is of that kind, or with a date.
constexpr std::string_view kWroteBegins[] = {"am ",     "den ", "el ", "em ",
                                             "il ",     "le ",  "on ", "op ",
                                             "w dniu ", "于",   "在",  "於"};
constexpr Beginnings kWroteBeginnings(kWroteBegins);
static_assert(kWroteBeginnings.Are(kWroteBegins));

bool IsWroteBegin(std::string_view line) {
  return HasDigit(line.substr(0, 1)) ||
         kWroteBeginnings.Has(Lower(line.substr(0, 8)));
}

// Names of the fields that begin, and that follow in, a message's header.
constexpr std::string_view kFrom[] = {
    "**from:**", "*from:*",  "da:",     "de :",     "de:",    "from:",
    "från:",     "od:",      "van:",    "von:",     "от:",    "发件人:",
    "发件人：",  "寄件人：", "寄件者:", "寄件者：", "差出人:"};
constexpr Beginnings kFromBeginnings(kFrom);
constexpr size_t kFromMax = 16;
static_assert(std::all_of(std::begin(kFrom), std::end(kFrom),
                          [](std::string_view from) {
                            return from.size() <= kFromMax;
                          }));
static_assert(kFromBeginnings.Are(kFrom));
constexpr std::string_view kFields[] = {
    "*date:*",   "*sent:*",     "*to:*",       "a:",         "an:",
    "assunto:",  "asunto:",     "betreff:",    "cc:",        "date :",
    "date:",     "datum:",      "enviado el:", "enviado:",   "envoyé :",
    "envoyé:",   "gesendet:",   "inviato:",    "objet :",    "para:",
    "sent:",     "subject:",    "to:",         "à :",        "дата:",
    "кому:",     "отправлено:", "тема:",       "主旨:",      "主题:",
    "主题：",    "件名:",       "发送时间:",   "发送时间：", "宛先:",
    "寄件日期:", "抄送:",       "抄送：",      "收件人:",    "收件人：",
    "收件者:",   "日期:",       "日期：",      "时间：",     "送信日時:"};
constexpr Beginnings kFieldBeginnings(kFields);
static_assert(kFieldBeginnings.Are(kFields));

// Fields of a header among the first lines of `rest`, that of the sender among
// them.
bool BeginsWithHeader(std::string_view rest) {
  bool from = false;
  int fields = 0;
  for (int i = 0; i < kHeaderLinesMax && !rest.empty(); ++i) {
    const std::string_view line = LineOf(rest);
    rest.remove_prefix(SizeWithEnd(rest, line));
    const Lower text(Trimmed(line));
    from |= kFromBeginnings.Has(text);
    fields += kFieldBeginnings.Has(text) ? 1 : 0;
  }
  return from && fields > 0;
}

constexpr std::string_view kOriginals[] = {"forwarded message",
                                           "mensagem original",
                                           "mensaje original",
                                           "message d'origine",
                                           "message original",
                                           "message transféré",
                                           "messaggio originale",
                                           "original email",
                                           "original message",
                                           "reply message",
                                           "ursprüngliche nachricht",
                                           "weitergeleitete nachricht",
                                           "исходное сообщение",
                                           "пересылаемое сообщение",
                                           "原始信件",
                                           "原始邮件",
                                           "原始郵件",
                                           "回复的原邮件",
                                           "回复的邮件",
                                           "转发的邮件",
                                           "邮件原件"};
constexpr Beginnings kOriginalNames(kOriginals);
static_assert(kOriginalNames.Are(kOriginals));

// "-----Original Message-----" in the forms of many mail programs.
bool IsOriginalMarker(std::string_view line) {
  if (line.size() > 120 || (line[0] != '-' && line[0] != '_')) return false;
  const size_t begin = line.find_first_not_of("-_ *");
  if (begin == std::string_view::npos || begin < 2) return false;
  return kOriginalNames.Has(Lower(line.substr(begin)));
}

// Whether a line speaks to the reader.
bool Addresses(std::string_view line) {
  static constexpr std::string_view kChinese[] = {"你", "您", "妳", "妈", "媽"};
  if (std::any_of(std::begin(kChinese), std::end(kChinese),
                  [&](std::string_view word) {
                    return line.find(word) != std::string_view::npos;
                  })) {
    return true;
  }
  for (size_t at = 0; at < line.size();) {
    size_t end = at;
    while (end < line.size() &&
           absl::ascii_isalpha(static_cast<uint8_t>(line[end]))) {
      ++end;
    }
    const std::string_view word = line.substr(at, end - at);
    if ((word.size() >= 3 && StartsWithWord(word, "you")) ||
        (word.size() <= 2 &&
         (StartsWithWord(word, "ur") ||
          (word.size() == 1 && StartsWithWord(word, "u"))))) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

// Whether all that is left is short lines that speak to nobody. `names`: and
// each begins like a name, a number or an address.
bool IsSignatureBlock(std::string_view rest, bool names) {
  if (rest.size() > kSignatureBytesMax) return false;
  size_t lines = 0;
  while (!rest.empty()) {
    const std::string_view line = LineOf(rest);
    rest.remove_prefix(SizeWithEnd(rest, line));
    const std::string_view text = Trimmed(line);
    if (text.empty()) continue;
    if (++lines > kSignatureLinesMax || Addresses(text)) return false;
    if (!names) continue;
    if (text.size() > kNameLineMax ||
        absl::ascii_islower(static_cast<uint8_t>(text[0])) ||
        text.find_first_of("!?") != std::string_view::npos) {
      return false;
    }
  }
  return lines > 0;
}

// How the line begins that a device or program puts below a message.
constexpr std::string_view kDevices[] = {"enviado desde ",
                                         "envoyé de ",
                                         "envoyé depuis ",
                                         "gesendet von ",
                                         "get outlook for ",
                                         "inviato da ",
                                         "iphoneから送信",
                                         "sent from mail for",
                                         "sent from my ",
                                         "sent from outlook",
                                         "sent from yahoo",
                                         "sent via ",
                                         "verstuurd vanaf ",
                                         "von meinem ",
                                         "отправлено из ",
                                         "отправлено с ",
                                         "从我的",
                                         "來自我的",
                                         "发自 ",
                                         "发自我的",
                                         "来自我的"};
constexpr Beginnings kDeviceBeginnings(kDevices);
static_assert(kDeviceBeginnings.Are(kDevices));

bool IsDeviceLine(std::string_view line) {
  return line.size() <= kNameLineMax && kDeviceBeginnings.Has(Lower(line)) &&
         !Addresses(line);
}

bool IsClosing(std::string_view line) {
  static constexpr std::string_view kFormulas[] = {"atenciosamente",
                                                   "atentamente",
                                                   "best",
                                                   "best regards",
                                                   "best wishes",
                                                   "bien cordialement",
                                                   "cheers",
                                                   "cordialement",
                                                   "cordiali saluti",
                                                   "freundliche grüße",
                                                   "kind regards",
                                                   "many thanks",
                                                   "met vriendelijke groet",
                                                   "mit freundlichen grüßen",
                                                   "regards",
                                                   "saludos",
                                                   "sincerely",
                                                   "sincerely yours",
                                                   "thanks & regards",
                                                   "thanks and regards",
                                                   "un saludo",
                                                   "viele grüße",
                                                   "warm regards",
                                                   "with best regards",
                                                   "with kind regards",
                                                   "with regards",
                                                   "yours faithfully",
                                                   "yours sincerely",
                                                   "yours truly",
                                                   "с уважением",
                                                   "此致",
                                                   "此致敬礼",
                                                   "祝商祺",
                                                   "顺祝商祺"};
  if (line.empty() || line.size() > 48) return false;
  while (!line.empty() &&
         (line.back() == ',' || line.back() == '.' || line.back() == '!')) {
    line.remove_suffix(1);
  }
  static_assert(std::is_sorted(std::begin(kFormulas), std::end(kFormulas)));
  return std::binary_search(std::begin(kFormulas), std::end(kFormulas),
                            std::string_view(Lower(line)));
}

}  // namespace

bool IsQuoteLine(std::string_view line) {
  if (line.size() < 2 || line[0] != '>') return line == ">";
  const auto next = static_cast<uint8_t>(line[1]);
  return next == ' ' || next == '\t' || next == '>' || next >= 0x80 ||
         absl::ascii_isalpha(next);
}

size_t AttributionSize(std::string_view rest) {
  const std::string_view first = LineOf(rest);
  const std::string_view line = Trimmed(first);
  if (line.size() > kAttributionMax || !IsWroteBegin(line)) return 0;
  const size_t size = SizeWithEnd(rest, first);
  if (IsWroteEnd(line)) return HasDigit(line) ? size : 0;
  // Mail programs break the line at 78 characters or so.
  const std::string_view second = LineOf(rest.substr(size));
  return HasDigit(line) && line.size() > 40 &&
                 second.size() <= kAttributionMax && IsWroteEnd(Trimmed(second))
             ? size + SizeWithEnd(rest.substr(size), second)
             : 0;
}

bool BeginsOriginal(std::string_view rest) {
  const std::string_view first = LineOf(rest);
  const std::string_view line = Trimmed(first).substr(0, kAttributionMax);
  if (IsOriginalMarker(line)) {
    return BeginsWithHeader(rest.substr(SizeWithEnd(rest, first)));
  }
  return kFromBeginnings.Has(Lower(line.substr(0, kFromMax))) &&
         BeginsWithHeader(rest);
}

size_t SignatureSize(std::string_view rest) {
  const std::string_view first = LineOf(rest);
  const std::string_view line = Trimmed(first);
  const size_t size = SizeWithEnd(rest, first);
  if (line == "--" || line == "\xE2\x80\x94") {
    return IsSignatureBlock(rest.substr(size), false) ? rest.size() : 0;
  }
  if (IsDeviceLine(line)) return size;
  return IsClosing(line) && IsSignatureBlock(rest.substr(size), true)
             ? rest.size()
             : 0;
}

}  // namespace levee::text
