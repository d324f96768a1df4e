// Links in a text that was written by people, often without spaces around
// them.
//
// The text falls apart into runs: ASCII characters other than white space,
// controls, quotes, brackets, comma, semicolon, backslash, bar and backtick.
// Chinese, which needs no spaces, ends a run. A run counts as one link if
//
//   - it contains "http://" or "https://" (in any case) with a host after it:
//     a letter or a digit, an address in brackets, or a name in another script;
//   - or it begins with a bare host. A bare host is
//       label ("." label)+   label: letters, digits and inner hyphens
//     up to the run's end, ":", "/", "?" or "#", after trailing "." ":" "!"
//     "?" were cut off, whose last label is a known ending.
//
// What is no bare host although it looks like one:
//   - e-mail addresses: "@" before the first "/";
//   - versions and addresses: their last label is a number;
//   - files: endings that are usual for files (sh, py, zip, md, ...) are known
//     only behind "www.", and so are those that are words (in, is, it, to,
//     ...), which a missing space brings about ("it works.is it over?");
//   - sentences: the ending is written in one case ("done.Top it up" is not);
//   - names in programs: the first label is itself an ending
//     ("com.example.app"), or a well-known name (ASP.NET).
//
// One pass over the text; cost grows with its length alone.
#include "server/text/links.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <string>

#include "absl/strings/ascii.h"
#include "server/text/facts.h"

namespace levee::text {
namespace {

// Endings of bare hosts; ascending.
constexpr std::string_view kEndings[] = {
    "app",    "ar",    "asia",    "au",   "bid",  "biz",   "blog",  "br",
    "ca",     "cc",    "cf",      "ch",   "cl",   "click", "cloud", "club",
    "cn",     "co",    "com",     "cz",   "de",   "dev",   "dk",    "edu",
    "es",     "eu",    "fi",      "fr",   "fun",  "ga",    "gg",    "gl",
    "gov",    "gq",    "gr",      "hk",   "hu",   "icu",   "il",    "info",
    "io",     "jp",    "kr",      "link", "live", "loan",  "ltd",   "ly",
    "me",     "mobi",  "mx",      "net",  "news", "ng",    "nl",    "nz",
    "online", "org",   "ph",      "pro",  "pt",   "pw",    "ro",    "ru",
    "se",     "sg",    "shop",    "site", "sk",   "store", "tech",  "th",
    "tk",     "today", "top",     "tr",   "tv",   "tw",    "ua",    "uk",
    "vip",    "vn",    "website", "win",  "ws",   "xyz",   "za"};

// Endings that are files or words as well: known behind "www." only.
constexpr std::string_view kDoubtfulEndings[] = {
    "ai", "am", "as",  "at",    "be",   "by", "do",   "id",   "in", "is", "it",
    "la", "md", "mov", "my",    "name", "no", "page", "pl",   "pm", "ps", "py",
    "rs", "sh", "so",  "space", "st",   "to", "us",   "work", "zip"};

// Names in programs and habits of writing; ascending.
constexpr std::string_view kNoHosts[] = {"ado.net", "asp.net", "read.me",
                                         "socket.io", "vb.net"};

// First labels of names in programs.
constexpr std::string_view kPackages[] = {"com", "edu", "io", "net", "org"};

// The longest ending above, and the longest of kNoHosts. (Strings of that
// length are not allocated.)
constexpr size_t kEndingMax = 7;
constexpr size_t kNoHostMax = 9;
// RFC 1035 §2.3.4.
constexpr size_t kLabelMax = 63;
constexpr size_t kHostMax = 253;

template <size_t kCount>
bool IsOneOf(std::string_view word, const std::string_view (&words)[kCount]) {
  return std::binary_search(std::begin(words), std::end(words), word);
}

static_assert(std::is_sorted(std::begin(kEndings), std::end(kEndings)));
static_assert(std::is_sorted(std::begin(kDoubtfulEndings),
                             std::end(kDoubtfulEndings)));
static_assert(std::is_sorted(std::begin(kNoHosts), std::end(kNoHosts)));
static_assert(std::is_sorted(std::begin(kPackages), std::end(kPackages)));

constexpr std::array<bool, 256> RunCharacters() {
  std::array<bool, 256> is_run{};
  for (int c = 0x21; c < 0x7F; ++c) is_run[c] = true;
  for (const char c : std::string_view("\"'`<>()[]{},;|\\")) {
    is_run[static_cast<uint8_t>(c)] = false;
  }
  return is_run;
}
constexpr std::array<bool, 256> kIsRun = RunCharacters();
static_assert(kIsRun['.'] && kIsRun[':'], "CountLinks goes on behind them");

std::string Lower(std::string_view word) {
  std::string lower(word);
  absl::AsciiStrToLower(&lower);
  return lower;
}

// The same but for the case of ASCII letters; `lower` is in lower case.
bool IsWord(std::string_view word, std::string_view lower) {
  return std::equal(
      word.begin(), word.end(), lower.begin(), lower.end(),
      [](unsigned char a, char b) { return absl::ascii_tolower(a) == b; });
}

bool EndsWithWord(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         IsWord(text.substr(text.size() - lower.size()), lower);
}

// True where the name of a host may begin with what follows the scheme.
bool HostBegins(std::string_view text) {
  if (text.empty()) return false;
  if (absl::ascii_isalnum(static_cast<unsigned char>(text[0]))) return true;
  if (text[0] == '[') return text.size() > 1;
  // Another script; not general, CJK or full-width punctuation (U+2000 to
  // U+206F, U+3000 to U+303F, U+FF00 to U+FF0F), nor U+0080 to U+00BF.
  if (static_cast<uint8_t>(text[0]) < 0xC3) return false;
  const std::string_view two = text.substr(0, 2);
  if (two == "\xE3\x80" || two == "\xE2\x80" || two == "\xE2\x81") return false;
  return !(two == "\xEF\xBC" && text.size() > 2 &&
           static_cast<uint8_t>(text[2]) < 0x90);
}

// `rest`: the text from the run's beginning on, beyond its end.
bool HasScheme(std::string_view run, std::string_view rest) {
  for (size_t at = run.find("://"); at != std::string_view::npos;
       at = run.find("://", at + 3)) {
    const std::string_view before = run.substr(0, at);
    if ((EndsWithWord(before, "http") || EndsWithWord(before, "https")) &&
        HostBegins(rest.substr(at + 3))) {
      return true;
    }
  }
  return false;
}

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kLabelMax || label.front() == '-' ||
      label.back() == '-') {
    return false;
  }
  return std::all_of(label.begin(), label.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-';
  });
}

bool AreLabels(std::string_view host) {
  while (true) {
    const size_t dot = host.find('.');
    if (!IsLabel(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

// The word in small letters; empty where its letters are of both cases or it
// is too long for an ending.
std::string Ending(std::string_view word) {
  if (word.size() > kEndingMax) return "";
  const bool lower =
      std::none_of(word.begin(), word.end(),
                   [](unsigned char c) { return absl::ascii_isupper(c); });
  const bool upper =
      std::none_of(word.begin(), word.end(),
                   [](unsigned char c) { return absl::ascii_islower(c); });
  return lower || upper ? Lower(word) : "";
}

bool IsBareHost(std::string_view host) {
  const size_t dot = host.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || host.size() > kHostMax) {
    return false;
  }
  const std::string ending = Ending(host.substr(dot + 1));
  const bool www = IsWord(host.substr(0, 4), "www.") && dot > 3;
  if (ending.empty() || !(IsOneOf(ending, kEndings) ||
                          (www && IsOneOf(ending, kDoubtfulEndings)))) {
    return false;
  }
  if (!AreLabels(host)) return false;
  const std::string_view first = host.substr(0, host.find('.'));
  if (first.size() <= kEndingMax && IsOneOf(Lower(first), kPackages)) {
    return false;
  }
  return host.size() > kNoHostMax || !IsOneOf(Lower(host), kNoHosts);
}

bool BeginsWithBareHost(std::string_view run) {
  while (!run.empty() && (run.back() == '.' || run.back() == ':' ||
                          run.back() == '!' || run.back() == '?')) {
    run.remove_suffix(1);
  }
  // As at the end of a sentence.
  if (run.find('.') == std::string_view::npos) return false;
  if (run.substr(0, run.find('/')).find('@') != std::string_view::npos) {
    return false;
  }
  return IsBareHost(run.substr(0, run.find_first_of("/:?#")));
}

// Where the next dot or colon stands, one of which every link has, in steps of
// eight; the text's size where none does.
size_t NextMark(std::string_view text, size_t at) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighBits = 0x8080808080808080;
  for (; text.size() - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
    uint64_t block;
    std::memcpy(&block, text.data() + at, sizeof(block));
    const uint64_t dots = block ^ kOnes * '.';
    const uint64_t colons = block ^ kOnes * ':';
    // The lowest bit that is set is a mark's; others need not be.
    const uint64_t some =
        ((dots - kOnes) & ~dots) | ((colons - kOnes) & ~colons);
    if ((some & kHighBits) != 0) break;
  }
  while (at < text.size() && text[at] != '.' && text[at] != ':') ++at;
  return at;
}

}  // namespace

bool IsLinkCharacter(char c) { return kIsRun[static_cast<uint8_t>(c)]; }

bool IsLink(std::string_view run, std::string_view rest) {
  return HasScheme(run, rest) || BeginsWithBareHost(run);
}

uint32_t CountLinks(std::string_view text) {
  text = Scanned(text);
  const auto is_run = [&](size_t at) {
    return kIsRun[static_cast<uint8_t>(text[at])];
  };
  uint32_t links = 0;
  size_t done = 0;
  for (size_t at = 0; (at = NextMark(text, at)) < text.size(); at = done) {
    size_t begin = at;
    while (begin > done && is_run(begin - 1)) --begin;
    for (done = at; done < text.size() && is_run(done);) ++done;
    const std::string_view run = text.substr(begin, done - begin);
    if (IsLink(run, text.substr(begin))) ++links;
  }
  return links;
}

}  // namespace levee::text
