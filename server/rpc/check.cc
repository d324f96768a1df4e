#include "server/rpc/check.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "server/rpc/validate.h"
#include "server/rules/network.h"
#include "server/text/facts.h"

namespace levee::rpc {
namespace {

constexpr size_t kQuotedBytesMax = 40;
// 9999-12-31T23:59:59Z.
constexpr int64_t kSecondsMax = 253'402'300'799;

// Letters, digits, hyphens: one to eight characters between hyphens, the
// first part letters alone.
bool IsLanguageTag(absl::string_view tag) {
  bool first = true;
  for (absl::string_view part : absl::StrSplit(tag, '-')) {
    if (part.empty() || part.size() > 8) return false;
    for (const char c : part) {
      if (first ? !absl::ascii_isalpha(c) : !absl::ascii_isalnum(c)) {
        return false;
      }
    }
    first = false;
  }
  return true;
}

// What keeps the address from being one; empty: nothing. Only what would make
// its domain meaningless: helpdesks know better what their gateways accept.
absl::string_view EmailFault(absl::string_view email) {
  const size_t at = email.rfind('@');
  if (at == absl::string_view::npos) return "has no @";
  if (at == 0) return "has nothing before the @";
  if (at + 1 == email.size()) return "has nothing after the @";
  const absl::string_view domain = email.substr(at + 1);
  if (domain.front() == '.' || domain.back() == '.' ||
      domain.find("..") != absl::string_view::npos) {
    return "has an empty label in its domain";
  }
  for (const char c : email) {
    if (absl::ascii_iscntrl(c)) return "has a control character";
  }
  for (const char c : domain) {
    if (absl::ascii_isspace(c)) return "has white space in its domain";
  }
  return "";
}

}  // namespace

absl::Status Wrong(absl::string_view path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

absl::Status Missing(absl::string_view path) { return Wrong(path, "missing"); }

absl::Status FirstError(std::initializer_list<absl::Status> statuses) {
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckSize(absl::string_view path, const std::string& value,
                       size_t min, size_t max) {
  if (value.size() >= min && value.size() <= max) return absl::OkStatus();
  if (value.empty()) {
    return Wrong(path, absl::StrCat("missing: ", min, " to ", max, " bytes"));
  }
  return Wrong(path, absl::StrCat(value.size(), " bytes, at most ", max));
}

absl::Status CheckEnum(absl::string_view path,
                       const google::protobuf::EnumDescriptor* type,
                       int value) {
  if (value != 0 && type->FindValueByNumber(value) != nullptr) {
    return absl::OkStatus();
  }
  std::string names;
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() == 0) continue;
    absl::StrAppend(&names, names.empty() ? "" : ", ", type->value(i)->name());
  }
  return Wrong(path, absl::StrCat(value == 0 ? "missing" : absl::StrCat(value),
                                  ", but one of ", names));
}

bool IsTime(const google::protobuf::Timestamp& time) {
  return time.seconds() >= 0 && time.seconds() <= kSecondsMax &&
         time.nanos() >= 0 && time.nanos() <= 999'999'999;
}

absl::Status CheckTime(absl::string_view path, bool present,
                       const google::protobuf::Timestamp& time) {
  if (!present || IsTime(time)) return absl::OkStatus();
  if (time.seconds() < 0 || time.seconds() > kSecondsMax) {
    return Wrong(path, absl::StrCat(time.seconds(),
                                    " seconds since 1970, but from 0 (the "
                                    "year 1970) to ",
                                    kSecondsMax, " (the year 9999)"));
  }
  return Wrong(path, absl::StrCat(time.nanos(), " nanos, but 0 to 999999999"));
}

absl::Status CheckLanguage(absl::string_view path, const std::string& tag) {
  if (tag.empty()) return absl::OkStatus();
  if (absl::Status status = CheckSize(path, tag, 0, kLanguageBytesMax);
      !status.ok()) {
    return status;
  }
  if (IsLanguageTag(tag)) return absl::OkStatus();
  return Wrong(path, absl::StrCat(Quoted(tag),
                                  " is no BCP 47 tag, such as \"en\" or "
                                  "\"zh-CN\""));
}

absl::Status CheckSource(absl::string_view path,
                         const levee::v1::Source& source) {
  const auto at = [&](absl::string_view field) {
    return absl::StrCat(path, ".", field);
  };
  if (source.ip().size() > kIpBytesMax ||
      (!source.ip().empty() && !rules::Address::Parse(source.ip()))) {
    return Wrong(at("ip"), absl::StrCat(Quoted(source.ip()),
                                        " is no IPv4 or IPv6 address, such as "
                                        "\"203.0.113.7\""));
  }
  if (source.email().size() > kEmailBytesMax) {
    return CheckSize(at("email"), source.email(), 0, kEmailBytesMax);
  }
  if (!source.email().empty()) {
    if (const absl::string_view fault = EmailFault(source.email());
        !fault.empty()) {
      return Wrong(at("email"), absl::StrCat(Quoted(source.email()), " ", fault,
                                             "; such as \"a@example.com\""));
    }
  }
  if (source.device_id().size() > kIdBytesMax) {
    return CheckSize(at("device_id"), source.device_id(), 0, kIdBytesMax);
  }
  return absl::OkStatus();
}

absl::Status CheckOwnDomains(
    absl::string_view path,
    const google::protobuf::RepeatedPtrField<std::string>& domains) {
  if (domains.size() > kOwnDomainsMax) {
    return Wrong(path, absl::StrCat(domains.size(), " domains, at most ",
                                    kOwnDomainsMax));
  }
  for (int i = 0; i < domains.size(); ++i) {
    absl::Status status = CheckSize(absl::StrCat(path, "[", i, "]"), domains[i],
                                    1, kDomainBytesMax);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckMailHeaders(
    absl::string_view path,
    const google::protobuf::RepeatedPtrField<levee::v1::MailHeader>& headers) {
  if (headers.size() > kMailHeadersMax) {
    return Wrong(path, absl::StrCat(headers.size(), " headers, at most ",
                                    kMailHeadersMax));
  }
  for (int i = 0; i < headers.size(); ++i) {
    const std::string at = absl::StrCat(path, "[", i, "].");
    const std::string& name = headers[i].name();
    absl::Status status = FirstError(
        {CheckSize(absl::StrCat(at, "name"), name, 1, kHeaderNameBytesMax),
         CheckSize(absl::StrCat(at, "value"), headers[i].value(), 0,
                   kHeaderValueBytesMax)});
    if (!status.ok()) return status;
    // RFC 5322 §2.2.
    if (!std::all_of(name.begin(), name.end(), [](char c) {
          return absl::ascii_isgraph(c) && c != ':';
        })) {
      return Wrong(absl::StrCat(at, "name"),
                   absl::StrCat(Quoted(name),
                                ", but printable ASCII without white space "
                                "and colons"));
    }
  }
  return absl::OkStatus();
}

std::string Quoted(absl::string_view value) {
  std::string out = "\"";
  const std::string shown(value.substr(0, kQuotedBytesMax));
  // Never half a character.
  for (const char c : shown.substr(0, text::FirstNonUtf8(shown))) {
    if (absl::ascii_iscntrl(c) || c == '"' || c == '\\') {
      absl::StrAppendFormat(&out, "\\x%02x", static_cast<uint8_t>(c));
    } else {
      out += c;
    }
  }
  return absl::StrCat(out, value.size() > kQuotedBytesMax ? "...\"" : "\"");
}

}  // namespace levee::rpc
