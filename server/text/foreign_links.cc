#include "server/text/foreign_links.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace levee::text {
namespace {

// Domains, ascending; what lies below them counts as they do.
constexpr std::string_view kShorteners[] = {
    "0rz.tw",  "adf.ly",   "bit.do",      "bit.ly",        "buff.ly",
    "clck.ru", "cutt.ly",  "dwz.cn",      "goo.su",        "is.gd",
    "lnkd.in", "n9.cl",    "ow.ly",       "rb.gy",         "rebrand.ly",
    "s.id",    "shope.ee", "shorte.st",   "shorturl.asia", "shorturl.at",
    "suo.im",  "suo.nz",   "suo.yt",      "surl.li",       "t.cn",
    "t.ly",    "tiny.cc",  "tinyurl.com", "u.nu",          "url.cn",
    "urlz.fr", "v.gd",     "vk.cc",       "x.gd"};

constexpr std::string_view kMessengers[] = {"api.whatsapp.com",
                                            "chat.whatsapp.com",
                                            "discord.gg",
                                            "jq.qq.com",
                                            "line.me",
                                            "m.me",
                                            "qm.qq.com",
                                            "t.me",
                                            "telegram.dog",
                                            "telegram.me",
                                            "u.wechat.com",
                                            "viber.com",
                                            "wa.me",
                                            "wpa.qq.com"};

constexpr std::string_view kFunnels[] = {
    "beacons.ai",  "calendly.com", "clickbank.net", "fiverr.com",
    "gumroad.com", "legiit.com",   "linktr.ee",     "onlyfans.com",
    "patreon.com", "seoclerk.com", "seoclerks.com"};

constexpr std::string_view kSupport[] = {"apache.org",
                                         "archive.org",
                                         "baidu.com",
                                         "bgp.he.net",
                                         "bgp.tools",
                                         "bugs.debian.org",
                                         "check-host.net",
                                         "chinaz.com",
                                         "cloudflare.com",
                                         "cpanel.net",
                                         "debian.org",
                                         "directadmin.com",
                                         "dnschecker.org",
                                         "dnsviz.net",
                                         "docker.com",
                                         "docs.microsoft.com",
                                         "docs.rs",
                                         "dropbox.com",
                                         "fast.com",
                                         "freedesktop.org",
                                         "gist.github.com",
                                         "github.com",
                                         "github.io",
                                         "gitlab.com",
                                         "gnu.org",
                                         "google.com",
                                         "gyazo.com",
                                         "haste.zneix.eu",
                                         "ibb.co",
                                         "icann.org",
                                         "ietf.org",
                                         "imgbb.com",
                                         "imgur.com",
                                         "intodns.com",
                                         "ip.sb",
                                         "ipinfo.io",
                                         "ipip.net",
                                         "ipv6-test.com",
                                         "iperf.fr",
                                         "itdog.cn",
                                         "jsfiddle.net",
                                         "kernel.org",
                                         "learn.microsoft.com",
                                         "letsdebug.net",
                                         "letsencrypt.org",
                                         "loom.com",
                                         "mail-tester.com",
                                         "mariadb.org",
                                         "mozilla.org",
                                         "mxtoolbox.com",
                                         "mysql.com",
                                         "nginx.com",
                                         "nginx.org",
                                         "onedrive.live.com",
                                         "openvpn.net",
                                         "pan.baidu.com",
                                         "paste.debian.net",
                                         "paste.ee",
                                         "paste.ubuntu.com",
                                         "pastebin.com",
                                         "php.net",
                                         "ping.pe",
                                         "ping.sx",
                                         "plesk.com",
                                         "postgresql.org",
                                         "postimg.cc",
                                         "postimages.org",
                                         "prnt.sc",
                                         "prntscr.com",
                                         "proxmox.com",
                                         "pypi.org",
                                         "python.org",
                                         "raw.githubusercontent.com",
                                         "redhat.com",
                                         "rfc-editor.org",
                                         "sendspace.com",
                                         "serverfault.com",
                                         "shodan.io",
                                         "sm.ms",
                                         "snipboard.io",
                                         "spamhaus.org",
                                         "speedtest.cn",
                                         "speedtest.net",
                                         "ssllabs.com",
                                         "stackexchange.com",
                                         "stackoverflow.com",
                                         "superuser.com",
                                         "termbin.com",
                                         "thunderbird.net",
                                         "transfer.sh",
                                         "ubuntu.com",
                                         "urlscan.io",
                                         "virustotal.com",
                                         "w3.org",
                                         "webpagetest.org",
                                         "wetransfer.com",
                                         "wikipedia.org",
                                         "wordpress.org",
                                         "youtu.be",
                                         "youtube.com"};

constexpr std::string_view kFreeMailers[] = {
    "126.com",     "139.com",        "163.com",        "aol.com",
    "foxmail.com", "gmail.com",      "gmx.com",        "gmx.de",
    "gmx.net",     "googlemail.com", "hotmail.com",    "icloud.com",
    "live.com",    "mail.com",       "mail.ru",        "naver.com",
    "outlook.com", "proton.me",      "protonmail.com", "qq.com",
    "sina.cn",     "sina.com",       "sohu.com",       "web.de",
    "yahoo.com",   "yandex.com",     "yandex.ru",      "yeah.net",
    "zoho.com"};

constexpr size_t kNameMax = 32;

template <size_t kCount>
bool HoldsBelow(std::string_view host,
                const std::string_view (&domains)[kCount]) {
  return std::any_of(
      std::begin(domains), std::end(domains),
      [&](std::string_view domain) { return IsBelow(host, domain); });
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

}  // namespace

bool IsBelow(std::string_view host, std::string_view domain) {
  if (domain.empty() || host.size() < domain.size() ||
      !EqualsIgnoringCase(host.substr(host.size() - domain.size()), domain)) {
    return false;
  }
  return host.size() == domain.size() ||
         host[host.size() - domain.size() - 1] == '.';
}

std::string_view HostOf(std::string_view link) {
  const size_t scheme = link.find("://");
  if (scheme != std::string_view::npos) link.remove_prefix(scheme + 3);
  link = link.substr(0, link.find_first_of("/?#"));
  const size_t user = link.rfind('@');
  if (user != std::string_view::npos) link.remove_prefix(user + 1);
  if (link.empty() || link.front() != '[')
    link = link.substr(0, link.find(':'));
  link = link.substr(0, link.find_last_not_of(".!,") + 1);
  if (link.size() > 4 && EqualsIgnoringCase(link.substr(0, 4), "www.")) {
    link.remove_prefix(4);
  }
  return link;
}

LinkKind KindOfHost(std::string_view host,
                    absl::Span<const std::string_view> own) {
  for (const std::string_view domain : own) {
    if (IsBelow(host, domain)) return LinkKind::kOwn;
  }
  if (HoldsBelow(host, kMessengers)) return LinkKind::kMessenger;
  if (HoldsBelow(host, kShorteners)) return LinkKind::kShortener;
  if (HoldsBelow(host, kFunnels)) return LinkKind::kFunnel;
  if (HoldsBelow(host, kSupport)) return LinkKind::kSupport;
  return LinkKind::kForeign;
}

bool IsFreeMailer(std::string_view domain) {
  return domain.size() <= kNameMax &&
         std::any_of(std::begin(kFreeMailers), std::end(kFreeMailers),
                     [&](std::string_view one) {
                       return EqualsIgnoringCase(domain, one);
                     });
}

}  // namespace levee::text
