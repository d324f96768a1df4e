// A line is a program's by its beginning: a time stamp, a prompt, the words
// that a well-known tool begins its output with. Where a person may begin alike
// ("2024-06-18 10:00:00 it went down"), the rest of the line must look like a
// program's too.
#include "server/text/lines.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "server/text/beginnings.h"

namespace levee::text {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return absl::ascii_isalpha(static_cast<uint8_t>(c)); }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}
bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         text.substr(text.size() - end.size()) == end;
}
bool StartsWith(std::string_view text, std::string_view begin) {
  return text.substr(0, begin.size()) == begin;
}
// Bytes of what `shape` shows at the start of `text`: 9 is a digit, A a letter,
// - a minus or a slash or a dot, T a T or a space or a colon, and all else
// itself. 0: it does not fit.
size_t Fits(std::string_view text, std::string_view shape) {
  if (text.size() < shape.size()) return 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    const char c = text[i];
    const bool fits = shape[i] == '9'   ? IsDigit(c)
                      : shape[i] == 'A' ? IsAlpha(c)
                      : shape[i] == '-' ? c == '-' || c == '/' || c == '.'
                      : shape[i] == 'T'
                          ? c == 'T' || c == ' ' || c == ':' || c == '_'
                      : shape[i] == '0' ? IsDigit(c) || c == ' '
                                        : c == shape[i];
    if (!fits) return 0;
  }
  return shape.size();
}

// Bytes of the kernel's time stamp with its brackets.
constexpr size_t kStampMax = 24;

// Bytes of a time stamp, with seconds, at the start; 0: there is none.
size_t TimeStampSize(std::string_view line) {
  size_t at = line.empty() || (line[0] != '[' && line[0] != '<') ? 0 : 1;
  static constexpr std::string_view kShapes[] = {"9999-99-99T99:99:99",
                                                 "99-99-9999T99:99:99",
                                                 "99/AAA/9999:99:99:99",
                                                 "99-AAA-9999 99:99:99",
                                                 "AAA 09 99:99:99",
                                                 "AAA AAA 09 99:99:99",
                                                 "99:99:99",
                                                 "9999999999.9"};
  // Each has a digit by its tenth byte, which most lines have not.
  constexpr size_t kDigitWithin = 10;
  const std::string_view beginning =
      line.substr(std::min(at, line.size()), kDigitWithin);
  if (std::any_of(beginning.begin(), beginning.end(), IsDigit)) {
    for (const std::string_view shape : kShapes) {
      const size_t size = Fits(line.substr(at), shape);
      if (size > 0) return at + size;
    }
  }
  // The kernel's: "[  123.456789]".
  if (at == 0 || line[0] != '[') return 0;
  const size_t end = line.find(']');
  if (end > kStampMax) return 0;
  const std::string_view within = line.substr(1, end - 1);
  const bool seconds = Contains(within, ".") &&
                       std::all_of(within.begin(), within.end(), [](char c) {
                         return IsDigit(c) || c == '.' || c == ' ';
                       });
  return seconds ? end : 0;
}

bool IsLogLine(std::string_view line) {
  const size_t size = TimeStampSize(line);
  if (size > 0) {
    const std::string_view rest = line.substr(size);
    static constexpr std::string_view kLevels[] = {
        " INFO",  " WARN",   " ERROR", " DEBUG",
        " FATAL", " NOTICE", " CRIT",  " TRACE"};
    return line[0] == '[' || rest.empty() ||
           rest.find_first_of("[]={}<>") != std::string_view::npos ||
           Contains(rest, ": ") ||
           std::any_of(
               std::begin(kLevels), std::end(kLevels),
               [&](std::string_view level) { return Contains(rest, level); });
  }
  // Of a web server: an address, a name, a user, a time in brackets.
  if (!IsDigit(line[0])) return false;
  const size_t dash = line.substr(0, 46).find(" - ");
  return dash != std::string_view::npos && Contains(line.substr(dash), " [");
}

// "TypeError: ", "java.io.IOException: ", "PDOException".
bool BeginsWithException(std::string_view line) {
  size_t end = 0;
  size_t uppers = 0;
  while (end < line.size() &&
         (IsAlpha(line[end]) || IsDigit(line[end]) || line[end] == '.' ||
          line[end] == '_' || line[end] == '\\')) {
    uppers += IsUpper(line[end]) ? 1 : 0;
    ++end;
  }
  const std::string_view name = line.substr(0, end);
  return uppers >= 2 && end < line.size() && line[end] == ':' &&
         (EndsWith(name, "Exception") || EndsWith(name, "Error"));
}

bool IsTraceLine(std::string_view line) {
  if (StartsWith(line, "at ")) {
    const std::string_view name = line.substr(3, line.find(' ', 3) - 3);
    return name.find_first_of(".</") != std::string_view::npos &&
           (EndsWith(line, ")") || IsDigit(line.back()));
  }
  if (line[0] == '#' && line.size() > 3 && IsDigit(line[1])) {
    return Contains(line, " in ") || Contains(line, "0x") ||
           Contains(line, "(") || Contains(line, "{main}");
  }
  if (StartsWith(line, "... ") && EndsWith(line, " more")) return true;
  return BeginsWithException(line);
}

// How the output of programs begins.
constexpr std::string_view kOutputs[] = {"*   Trying",
                                         "* ALPN",
                                         "* Connected to",
                                         "* Connection ",
                                         "* Could not resolve",
                                         "* Host ",
                                         "* SSL",
                                         "* TLS",
                                         "* Trying",
                                         "-----BEGIN ",
                                         "-----END ",
                                         "-bash: ",
                                         "-rw-",
                                         "64 bytes from ",
                                         "; <<>> DiG",
                                         ";; ",
                                         "< HTTP/",
                                         "Active: activating",
                                         "Active: active",
                                         "Active: failed",
                                         "Active: inactive",
                                         "Address:\t",
                                         "CGroup: ",
                                         "Caused by: ",
                                         "DEBUG: ",
                                         "E: ",
                                         "ERROR 1",
                                         "Exception in thread",
                                         "Fatal error: ",
                                         "File \"",
                                         "Filesystem ",
                                         "GET /",
                                         "HOST: ",
                                         "HTTP/1.",
                                         "HTTP/2 ",
                                         "Loaded: loaded",
                                         "Main PID: ",
                                         "Non-authoritative answer",
                                         "PHP Deprecated",
                                         "PHP Fatal",
                                         "PHP Notice",
                                         "PHP Parse",
                                         "PHP Warning",
                                         "PING ",
                                         "PORT  ",
                                         "POST /",
                                         "Parse error: ",
                                         "Ping statistics for",
                                         "Pinging ",
                                         "Reply from ",
                                         "Request timed out",
                                         "Request timeout for icmp",
                                         "SQLSTATE[",
                                         "Segmentation fault",
                                         "Server:\t",
                                         "Stack trace:",
                                         "Traceback (most recent",
                                         "Tracing route to",
                                         "Uncaught ",
                                         "W: ",
                                         "WARN: ",
                                         "[DEBUG]",
                                         "[ERROR]",
                                         "[FATAL]",
                                         "[INFO]",
                                         "[WARN",
                                         "[crit]",
                                         "[debug]",
                                         "[error]",
                                         "[info]",
                                         "[notice]",
                                         "[warn]",
                                         "bash: ",
                                         "curl: (",
                                         "drwx",
                                         "ecdsa-sha2-",
                                         "goroutine ",
                                         "inet ",
                                         "inet6 ",
                                         "lrwx",
                                         "npm ERR!",
                                         "panic: runtime",
                                         "round-trip min/avg/max",
                                         "rtt min/avg/max",
                                         "ssh-ed25519 ",
                                         "ssh-rsa ",
                                         "ssh: connect to host",
                                         "sudo: ",
                                         "traceroute to ",
                                         "\xE2\x94\x94\xE2\x94\x80",
                                         "\xE2\x94\x9C\xE2\x94\x80",
                                         "\xE2\x97\x8F "};
constexpr Beginnings kOutputBeginnings(kOutputs);
static_assert(kOutputBeginnings.Are(kOutputs));

// Tools whose commands people show with a prompt before them.
constexpr std::string_view kTools[] = {
    "apt",     "apt-get",    "cat",     "cd",        "chmod",      "chown",
    "cp",      "crontab",    "curl",    "df",        "dig",        "dmesg",
    "dnf",     "docker",     "du",      "echo",      "find",       "free",
    "git",     "grep",       "head",    "host",      "htop",       "ifconfig",
    "iostat",  "ip",         "iperf3",  "iptables",  "journalctl", "kill",
    "kubectl", "less",       "ls",      "lsblk",     "lsof",       "mount",
    "mtr",     "mv",         "mysql",   "nano",      "nc",         "netstat",
    "nginx",   "nmap",       "node",    "npm",       "nslookup",   "openssl",
    "passwd",  "php",        "ping",    "ping6",     "pip",        "pm2",
    "ps",      "python",     "python3", "redis-cli", "rm",         "rsync",
    "scp",     "sed",        "service", "ss",        "ssh",        "sudo",
    "sysctl",  "systemctl",  "tail",    "tar",       "tcpdump",    "telnet",
    "top",     "traceroute", "ufw",     "uname",     "uptime",     "vi",
    "vim",     "wget",       "whois",   "yum"};
static_assert(std::is_sorted(std::begin(kTools), std::end(kTools)));

bool BeginsWithTool(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  return std::binary_search(std::begin(kTools), std::end(kTools), word) ||
         StartsWith(word, "./");
}

// "root@web1:~# tail x", "[root@web1 ~]$ x", "$ curl x", "C:\>dir", "mysql> x".
bool IsPromptLine(std::string_view line) {
  if (StartsWith(line, "$ ") || StartsWith(line, "# ")) {
    return BeginsWithTool(line.substr(2));
  }
  if (StartsWith(line, "PS ") && Contains(line.substr(0, 80), ":\\")) {
    return true;
  }
  if (line.size() > 3 && line[1] == ':' && line[2] == '\\') {
    return Contains(line.substr(0, 80), ">");
  }
  if (StartsWith(line, "mysql> ") || StartsWith(line, "MariaDB [")) return true;
  const std::string_view beginning = line.substr(0, 80);
  const size_t user = beginning.find('@');
  if (user == std::string_view::npos) return false;
  const size_t prompt = beginning.find_first_of("$#>%", user);
  if (prompt == std::string_view::npos) return false;
  const std::string_view before = beginning.substr(0, prompt);
  return (prompt + 1 == line.size() || line[prompt + 1] == ' ') &&
         std::count(before.begin(), before.end(), ' ') <= 1 &&
         before.find_first_of(",!?;") == std::string_view::npos;
}

// A line of traceroute or mtr: its number, then a host and times.
bool IsHopLine(std::string_view line) {
  size_t end = 0;
  while (end < line.size() && IsDigit(line[end])) ++end;
  if (end == 0 || end > 2) return false;
  const std::string_view rest = line.substr(end);
  return Contains(rest, "* * *") || Contains(rest, ".|--") ||
         (StartsWith(rest, " ") && rest.find(" ms") != rest.rfind(" ms"));
}

bool IsToolOutput(std::string_view line) {
  if (StartsWith(line, "total ")) {
    return line.size() < 16 &&
           std::all_of(line.begin() + 6, line.end(), IsDigit);
  }
  if (StartsWith(line, "--- ") && EndsWith(line, " statistics ---")) {
    return true;
  }
  if (IsDigit(line[0])) {
    return Contains(line, " packets transmitted, ") || IsHopLine(line);
  }
  return false;
}

constexpr std::string_view kHeaders[] = {"accept",
                                         "accept-encoding",
                                         "accept-language",
                                         "arc-message-signature",
                                         "arc-seal",
                                         "authentication-results",
                                         "cache-control",
                                         "cf-ray",
                                         "content-disposition",
                                         "content-length",
                                         "content-transfer-encoding",
                                         "content-type",
                                         "delivered-to",
                                         "diagnostic-code",
                                         "dkim-signature",
                                         "envelope-to",
                                         "errors-to",
                                         "etag",
                                         "final-recipient",
                                         "in-reply-to",
                                         "last-modified",
                                         "list-unsubscribe",
                                         "location",
                                         "message-id",
                                         "mime-version",
                                         "original-recipient",
                                         "precedence",
                                         "received",
                                         "received-spf",
                                         "references",
                                         "remote-mta",
                                         "reporting-mta",
                                         "return-path",
                                         "set-cookie",
                                         "strict-transport-security",
                                         "transfer-encoding",
                                         "user-agent",
                                         "vary"};
static_assert(std::is_sorted(std::begin(kHeaders), std::end(kHeaders)));
// Names of headers are words too; these alone are not.
constexpr std::string_view kDoubtfulHeaders[] = {
    "accept", "location", "received", "references", "precedence", "vary"};

}  // namespace

bool StartsWithWord(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(),
                    [](char a, char b) {
                      return a == absl::ascii_tolower(static_cast<uint8_t>(b));
                    });
}

std::string_view Trimmed(std::string_view text) {
  const auto is_space = [](char c) {
    return c == ' ' || c == '\t' || c == '\r';
  };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool IsHeaderLine(std::string_view line) {
  constexpr size_t kNameMax = 32;
  const size_t colon = line.substr(0, kNameMax + 1).find(':');
  if (colon == std::string_view::npos || colon < 4) return false;
  char name[kNameMax];
  for (size_t i = 0; i < colon; ++i) {
    if (!IsAlpha(line[i]) && line[i] != '-' && !IsDigit(line[i])) return false;
    name[i] = absl::ascii_tolower(static_cast<uint8_t>(line[i]));
  }
  const std::string_view lower(name, colon);
  if (StartsWith(lower, "x-")) return true;
  if (!std::binary_search(std::begin(kHeaders), std::end(kHeaders), lower)) {
    return false;
  }
  const bool doubtful =
      std::find(std::begin(kDoubtfulHeaders), std::end(kDoubtfulHeaders),
                lower) != std::end(kDoubtfulHeaders);
  return !doubtful ||
         line.find_first_of("<;=@/()", colon) != std::string_view::npos;
}

bool IsProgramLine(std::string_view line) {
  line = line.substr(0, kLineBytesMax);
  // Most lines are a person's, and begin with a letter that none of these do.
  return !line.empty() &&
         (kOutputBeginnings.Has(line) || IsLogLine(line) || IsTraceLine(line) ||
          IsPromptLine(line) || IsToolOutput(line));
}

}  // namespace levee::text
