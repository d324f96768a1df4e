#include "client/cli/subject.h"

#include <arpa/inet.h>

#include <cstddef>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/cli/printable.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace levee::cli {
namespace {

using Subject = v1::RestrictionSubject;

constexpr size_t kIdBytesMax = 128;
constexpr size_t kEmailBytesMax = 320;

struct Kind {
  const char* word;
  Subject::SubjectCase field;
  const char* about;
};

constexpr Kind kKinds[] = {
    {"customer", Subject::kCustomerId, "A customer's id"},
    {"ticket", Subject::kTicketId, "A ticket's id"},
    {"ip", Subject::kIp, "An address"},
    {"ip_prefix", Subject::kIpPrefix,
     "A /24 of IPv4 or a /64 of IPv6, such as 203.0.113.0/24"},
    {"email", Subject::kEmail, "An e-mail address"},
    {"email_domain", Subject::kEmailDomain, "A domain of e-mail addresses"},
    {"device", Subject::kDeviceId, "A device's id"},
};

const google::protobuf::FieldDescriptor* FieldOf(const Kind& kind) {
  return Subject::descriptor()->FindFieldByNumber(kind.field);
}

std::string Words(absl::string_view before, absl::string_view last_separator) {
  std::vector<std::string> words;
  for (const Kind& kind : kKinds) {
    words.push_back(absl::StrCat(before, kind.word));
  }
  const std::string last = words.back();
  words.pop_back();
  return absl::StrCat(absl::StrJoin(words, ", "), last_separator, last);
}

// Bits of an address: 32, 128, or 0 where it is none.
int AddressBits(const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return 32;
  return inet_pton(AF_INET6, text.c_str(), bytes) == 1 ? 128 : 0;
}

absl::Status CheckPrefix(const std::string& text) {
  const size_t slash = text.find('/');
  const int bits = AddressBits(text.substr(0, slash));
  const std::string length =
      slash == std::string::npos ? "" : text.substr(slash + 1);
  if ((bits == 32 && length == "24") || (bits == 128 && length == "64")) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("value: \"", text,
                   "\" is neither a /24 of IPv4 nor a /64 of IPv6, such as "
                   "203.0.113.0/24"));
}

}  // namespace

absl::StatusOr<Subject> MakeSubject(absl::string_view kind,
                                    absl::string_view value) {
  Subject subject;
  for (const Kind& known : kKinds) {
    if (!absl::EqualsIgnoreCase(kind, known.word) &&
        !absl::EqualsIgnoreCase(kind, FieldOf(known)->name())) {
      continue;
    }
    // Checked before it goes where nothing but UTF-8 may stand.
    if (!IsUtf8(value)) {
      return absl::InvalidArgumentError("value: not UTF-8");
    }
    subject.GetReflection()->SetString(&subject, FieldOf(known),
                                       std::string(value));
    if (absl::Status status = CheckSubject(subject); !status.ok()) {
      return status;
    }
    return subject;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("subject: \"", kind, "\" is none of ", Words("", ", ")));
}

absl::Status CheckSubject(const Subject& subject) {
  for (const Kind& kind : kKinds) {
    if (kind.field != subject.subject_case()) continue;
    const std::string value =
        subject.GetReflection()->GetString(subject, FieldOf(kind));
    const bool email = absl::StartsWith(kind.word, "email");
    const size_t bytes_max = email ? kEmailBytesMax : kIdBytesMax;
    if (value.empty()) {
      return absl::InvalidArgumentError("value: empty");
    }
    if (value.size() > bytes_max) {
      return absl::InvalidArgumentError(
          absl::StrCat("value: ", value.size(), " bytes, at most ", bytes_max));
    }
    if (kind.field == Subject::kIpPrefix) return CheckPrefix(value);
    if (kind.field != Subject::kIp || AddressBits(value) != 0) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "value: \"", value, "\" is no address such as 203.0.113.7"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("subject: none, which is one of ", Words("", ", ")));
}

std::string ShowSubject(const Subject& subject) {
  if (subject.has_campaign_id()) {
    return absl::StrCat("campaign ", subject.campaign_id());
  }
  for (const Kind& kind : kKinds) {
    if (kind.field != subject.subject_case()) continue;
    return absl::StrCat(
        kind.word, " ",
        subject.GetReflection()->GetString(subject, FieldOf(kind)));
  }
  return "-";
}

void SubjectFlags::AddTo(CLI::App* command) {
  for (const Kind& kind : kKinds) {
    command->add_option(absl::StrCat("--", kind.word), values[kind.word],
                        kind.about);
  }
}

absl::StatusOr<Subject> SubjectFlags::Build() const {
  Subject subject;
  std::string flag;
  for (const auto& [kind, value] : values) {
    if (value.empty()) continue;
    if (!flag.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag, " and --", kind, ": one subject at a time"));
    }
    flag = absl::StrCat("--", kind);
    absl::StatusOr<Subject> made = MakeSubject(kind, value);
    if (!made.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          flag, ": ", absl::StripPrefix(made.status().message(), "value: ")));
    }
    subject = *std::move(made);
  }
  return subject;
}

std::string SubjectFlagNames() { return Words("--", " or "); }

}  // namespace levee::cli
