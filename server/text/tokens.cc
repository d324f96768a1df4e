// What a token is, told from its shape alone. The rule behind all of them: what
// is nothing but letters and separators ("you_idiot", "/you/idiot") is not
// technical, or whoever wants to abuse could hide there. A digit, a known
// ending, a known folder or an unmistakable form makes it so.
#include "server/text/tokens.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "absl/strings/ascii.h"

namespace levee::text {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return absl::ascii_isalpha(static_cast<uint8_t>(c)); }
bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<uint8_t>(c)); }
bool IsHex(char c) { return absl::ascii_isxdigit(static_cast<uint8_t>(c)); }

template <typename Predicate>
bool All(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}
template <typename Predicate>
size_t CountIf(std::string_view text, Predicate predicate) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), predicate));
}

constexpr uint16_t BitOf(char c) {
  if (c >= 'a' && c <= 'z') return kHasLower;
  if (c >= 'A' && c <= 'Z') return kHasUpper;
  if (c >= '0' && c <= '9') return kHasDigit;
  switch (c) {
    case '\'':
    case '-':
      return kHasJoiner;
    case '.':
    case ':':
      return kHasDot;
    case '/':
    case '\\':
      return kHasSlash;
    case '_':
      return kHasUnderscore;
    case '@':
      return kHasAt;
    case '=':
      return kHasEquals;
    case '<':
    case '>':
    case '(':
    case ')':
    case '{':
    case '}':
    case ';':
    case '[':
    case ']':
      return kHasCode;
    default:
      return c > ' ' && c < 0x7F ? kHasOther : 0;
  }
}
constexpr std::array<uint16_t, 256> Bits() {
  std::array<uint16_t, 256> bits{};
  for (int c = 0; c < 128; ++c) bits[c] = BitOf(static_cast<char>(c));
  for (const char c : std::string_view("([{\"'<`*,;:")) bits[c] |= kTrimBefore;
  for (const char c : std::string_view(")]}>\"'`*.,;:!?")) {
    bits[c] |= kTrimBehind;
  }
  return bits;
}

// The longest word of the lists below.
constexpr size_t kWordMax = 12;

// `word` in small letters is one of `words`, which are ascending.
template <size_t kCount>
bool IsOneOf(std::string_view word, const std::string_view (&words)[kCount]) {
  if (word.empty() || word.size() > kWordMax) return false;
  char lower[kWordMax];
  std::transform(word.begin(), word.end(), lower, [](char c) {
    return absl::ascii_tolower(static_cast<uint8_t>(c));
  });
  return std::binary_search(std::begin(words), std::end(words),
                            std::string_view(lower, word.size()));
}

constexpr std::string_view kFileEndings[] = {
    "apk",  "asp",    "aspx",     "avi",     "bak",  "bash", "bat",
    "bin",  "bz2",    "c",        "cache",   "cc",   "cer",  "cert",
    "cfg",  "class",  "cnf",      "conf",    "cpp",  "crt",  "cs",
    "css",  "csv",    "dat",      "db",      "deb",  "dll",  "doc",
    "docx", "env",    "exe",      "fs",      "gif",  "go",   "gz",
    "h",    "hpp",    "htaccess", "htm",     "html", "ico",  "img",
    "inc",  "ini",    "iso",      "jar",     "java", "jpeg", "jpg",
    "js",   "json",   "jsp",      "jsx",     "key",  "kt",   "local",
    "lock", "log",    "lua",      "md",      "mkv",  "mov",  "mp3",
    "mp4",  "msi",    "ogg",      "old",     "ovpn", "pcap", "pdf",
    "pem",  "php",    "pid",      "pl",      "png",  "ppt",  "properties",
    "ps1",  "pub",    "py",       "qcow2",   "rar",  "rb",   "repo",
    "rpm",  "rs",     "rtf",      "service", "sh",   "so",   "sock",
    "sql",  "sqlite", "svg",      "swf",     "tar",  "tgz",  "tmp",
    "toml", "ts",     "tsx",      "ttf",     "txt",  "vmdk", "vue",
    "wav",  "webm",   "webp",     "xls",     "xlsx", "xml",  "xz",
    "yaml", "yml",    "zip",      "zst"};

constexpr std::string_view kFolders[] = {
    "admin",   "api",      "app",         "bin",  "boot",  "cgi-bin", "data",
    "dev",     "etc",      "home",        "lib",  "lib64", "media",   "mnt",
    "opt",     "proc",     "public_html", "root", "run",   "sbin",    "srv",
    "static",  "storage",  "sys",         "tmp",  "users", "usr",     "var",
    "windows", "wp-admin", "wp-content",  "www"};

constexpr std::string_view kPackages[] = {
    "com",    "django", "edu",  "io",  "java",  "javax", "jdk",
    "kotlin", "net",    "node", "org", "scala", "sun",   "system"};

constexpr std::string_view kTags[] = {
    "a",      "abbr",   "article",  "b",      "blockquote", "body",   "br",
    "button", "center", "code",     "dd",     "del",        "div",    "dl",
    "dt",     "em",     "fieldset", "font",   "footer",     "form",   "h1",
    "h2",     "h3",     "h4",       "h5",     "h6",         "head",   "header",
    "hr",     "html",   "i",        "iframe", "img",        "input",  "label",
    "li",     "link",   "main",     "meta",   "nav",        "object", "ol",
    "option", "p",      "path",     "pre",    "s",          "script", "section",
    "select", "small",  "span",     "strong", "style",      "sub",    "sup",
    "svg",    "table",  "tbody",    "td",     "textarea",   "th",     "thead",
    "title",  "tr",     "u",        "ul",     "video"};
static_assert(std::is_sorted(std::begin(kFileEndings), std::end(kFileEndings)));
static_assert(std::is_sorted(std::begin(kFolders), std::end(kFolders)));
static_assert(std::is_sorted(std::begin(kPackages), std::end(kPackages)));
static_assert(std::is_sorted(std::begin(kTags), std::end(kTags)));

// Calls `part(text)` for what stands between the separators; whether it
// returned true for all.
template <typename Part>
bool AllParts(std::string_view token, char separator, Part part) {
  while (true) {
    const size_t at = token.find(separator);
    if (!part(token.substr(0, at))) return false;
    if (at == std::string_view::npos) return true;
    token.remove_prefix(at + 1);
  }
}

// 192.0.2.7, 192.0.2.7:80, 192.0.2.0/24, 192.0.2.x; versions of three parts
// and more.
bool IsDottedNumber(std::string_view token) {
  token = token.substr(0, token.find_first_of(":/"));
  if (!token.empty() && (token[0] == 'v' || token[0] == 'V')) {
    token.remove_prefix(1);
  }
  if (token.empty() || !IsDigit(token[0])) return false;
  const size_t dots = CountIf(token, [](char c) { return c == '.'; });
  if (dots < 2) return false;
  return AllParts(token, '.', [](std::string_view part) {
    return !part.empty() && part.size() <= 12 &&
           (IsDigit(part[0]) || part == "x" || part == "*");
  });
}

// IPv6, MAC: hexadecimal parts between colons.
bool IsHexColons(std::string_view token) {
  token = token.substr(0, token.find_first_of("/%"));
  const size_t colons = CountIf(token, [](char c) { return c == ':'; });
  if (colons < 2 || !AllParts(token, ':', [](std::string_view part) {
        return part.size() <= 4 && All(part, IsHex);
      })) {
    return false;
  }
  return token.find("::") != std::string_view::npos || colons >= 5;
}

// Hashes, keys, base64, UUIDs: long, with digits, and no word.
bool IsKey(std::string_view token) {
  const size_t digits = CountIf(token, IsDigit);
  const size_t letters = CountIf(token, IsAlpha);
  if (digits == 0) return token.size() >= 64 && token.back() == '=';
  if (token.size() > 2 && token[0] == '0' && (token[1] | 0x20) == 'x') {
    return All(token.substr(2), IsHex);
  }
  if (letters == 0) return false;
  const size_t rest = token.size() - digits - letters;
  if (All(token, [](char c) { return IsHex(c) || c == '-'; })) {
    return token.size() >= 8 && digits >= 2;
  }
  if (rest == 0) {
    return token.size() >= 16 && digits >= 2;
  }
  return token.size() >= 24 && digits >= 2 && All(token, [](char c) {
           return IsAlnum(c) || c == '+' || c == '/' || c == '=' || c == '-' ||
                  c == '_';
         });
}

bool IsEmail(std::string_view token) {
  const size_t at = token.find('@');
  if (at == std::string_view::npos || at == 0) return false;
  const std::string_view host = token.substr(at + 1);
  const size_t dot = host.rfind('.');
  return dot != std::string_view::npos && dot > 0 && host.size() - dot > 2 &&
         All(host.substr(dot + 1), IsAlpha) &&
         All(host, [](char c) { return IsAlnum(c) || c == '.' || c == '-'; });
}

// A file's name, a host's, a version, a name in a program: parts between dots.
bool IsDottedName(std::string_view token) {
  token = token.substr(0, token.find(':'));
  const size_t dots = CountIf(token, [](char c) { return c == '.'; });
  const size_t dot = token.rfind('.');
  if (dots == 0 || dot + 1 == token.size()) return false;
  if (dot > 0 && IsAlnum(token[dot - 1]) &&
      IsOneOf(token.substr(dot + 1), kFileEndings)) {
    return token.size() > dot + 2 || dot > 2;
  }
  const std::string_view first = token.substr(0, token.find('.'));
  if (dots >= 2 && IsOneOf(first, kPackages)) return true;
  // "db1.lan", "php7.4": a digit within a part that has letters too; parts of
  // one letter are letters of a word.
  bool has_digit = false;
  const bool parts = AllParts(token, '.', [&](std::string_view part) {
    has_digit |= CountIf(part, IsDigit) > 0;
    return !part.empty() && (part.size() > 1 || IsDigit(part[0])) &&
           All(part, [](char c) { return IsAlnum(c) || c == '-' || c == '_'; });
  });
  return parts && has_digit && CountIf(token, IsAlpha) > 0;
}

bool IsPath(std::string_view token) {
  const size_t slashes =
      CountIf(token, [](char c) { return c == '/' || c == '\\'; });
  if (slashes == 0) return false;
  if (token.size() > 2 && IsAlpha(token[0]) && token[1] == ':' &&
      (token[2] == '\\' || token[2] == '/')) {
    return true;
  }
  const bool rooted = token[0] == '/' || token[0] == '~' || token[0] == '.' ||
                      token[0] == '\\' || token[0] == '$' || token[0] == '%';
  const size_t begin = token.find_first_not_of("/\\.~");
  if (begin == std::string_view::npos) return rooted && token.size() > 1;
  const std::string_view rest = token.substr(begin);
  const std::string_view first = rest.substr(0, rest.find_first_of("/\\"));
  if (rooted && IsOneOf(first, kFolders)) return true;
  const size_t marks =
      CountIf(token, [](char c) { return IsDigit(c) || c == '.' || c == '_'; });
  if (rooted && slashes >= 2) return marks > 0;
  if (slashes >= 2 && IsOneOf(first, kFolders)) return true;
  return slashes >= 2 ? marks > 0 && CountIf(token, IsAlpha) > 0
                      : IsDottedName(rest) && rooted;
}

// nginx/1.18.0
bool IsProduct(std::string_view token) {
  const size_t slash = token.find('/');
  const std::string_view version = token.substr(slash + 1);
  return slash > 0 && All(token.substr(0, slash), IsAlpha) &&
         version.find('.') != std::string_view::npos &&
         All(version, [](char c) { return IsDigit(c) || c == '.'; });
}

// name::name, a->b, f(), --option, a_1, __init__, KEY=value.
bool IsCodeToken(std::string_view token, uint16_t bits) {
  if ((bits & (kHasLower | kHasUpper)) == 0) return false;
  if (token.size() > 3 && token.substr(0, 2) == "--" && IsAlpha(token[2])) {
    return token.find_first_of("=_", 2) != std::string_view::npos ||
           (bits & kHasUpper) == 0;
  }
  const size_t colons = token.find("::");
  if (colons != std::string_view::npos && colons > 0 &&
      colons + 2 < token.size() && IsAlnum(token[colons - 1])) {
    return true;
  }
  const size_t arrow = token.find("->");
  if (arrow != std::string_view::npos && arrow > 0 &&
      arrow + 2 < token.size()) {
    return (bits & (kHasCode | kHasDigit | kHasUnderscore)) != 0 &&
           token[0] == '$';
  }
  if (token.size() > 2 && token.substr(token.size() - 2) == "()") return true;
  if ((bits & kHasEquals) != 0) {
    const size_t equals = token.find('=');
    return equals > 0 && equals + 1 < token.size() && IsAlpha(token[0]) &&
           token[equals + 1] != '=';
  }
  if ((bits & kHasUnderscore) == 0) return false;
  return (bits & kHasDigit) != 0 || token.substr(0, 2) == "__";
}

}  // namespace

constexpr std::array<uint16_t, 256> kTokenBits = Bits();

bool IsTechnicalToken(std::string_view token, uint16_t bits) {
  bits &= static_cast<uint16_t>(~(kTrimBefore | kTrimBehind));
  constexpr uint16_t kLetters = kHasLower | kHasUpper | kHasJoiner;
  if ((bits & ~kLetters) == 0) {
    return token.size() > 3 && token.substr(0, 2) == "--" &&
           IsCodeToken(token, bits);
  }
  if ((bits & kHasAt) != 0 && IsEmail(token)) return true;
  if ((bits & kHasDigit) != 0 &&
      (IsKey(token) || ((bits & kHasDot) != 0 &&
                        (IsDottedNumber(token) || IsHexColons(token))))) {
    return true;
  }
  if ((bits & kHasSlash) != 0 && (IsPath(token) || IsProduct(token))) {
    return true;
  }
  if ((bits & (kHasDot | kHasAt | kHasSlash)) == kHasDot &&
      IsDottedName(token)) {
    return true;
  }
  return IsCodeToken(token, bits);
}

size_t MarkupSize(std::string_view text) {
  constexpr size_t kTagMax = 300;
  if (text.size() < 3) return 0;
  if (text[0] == '&') {
    const size_t end = text.substr(0, 10).find(';');
    if (end == std::string_view::npos || end < 3) return 0;
    const std::string_view name = text.substr(1, end - 1);
    return All(name[0] == '#' ? name.substr(1) : name, IsAlnum) ? end + 1 : 0;
  }
  if (text[0] != '<') return 0;
  const size_t begin = text[1] == '/' ? 2 : 1;
  size_t end = begin;
  while (end < text.size() && end < begin + kWordMax && IsAlnum(text[end])) {
    ++end;
  }
  const bool comment = text.substr(0, 4) == "<!--" ||
                       text.substr(0, 9) == "<!DOCTYPE" ||
                       text.substr(0, 5) == "<?php";
  if (!comment && !IsOneOf(text.substr(begin, end - begin), kTags)) return 0;
  const std::string_view tag = text.substr(0, kTagMax);
  const size_t close = tag.find('>');
  return close != std::string_view::npos &&
                 tag.substr(0, close).find('\n') == std::string_view::npos
             ? close + 1
             : 0;
}

}  // namespace levee::text
