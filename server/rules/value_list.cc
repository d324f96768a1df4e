#include "server/rules/value_list.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace levee::rules {
namespace {

// As for the ids of an event.
constexpr size_t kIdBytesMax = 128;
constexpr size_t kEmailBytesMax = 320;
// RFC 1035 §2.3.4.
constexpr size_t kLabelMax = 63;
constexpr size_t kDomainMax = 253;

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kLabelMax || label.front() == '-' ||
      label.back() == '-') {
    return false;
  }
  return std::all_of(label.begin(), label.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c >= 0x80;
  });
}

bool IsEmail(std::string_view email) {
  const size_t at = email.rfind('@');
  return at != std::string_view::npos && at > 0 &&
         email.size() <= kEmailBytesMax && IsDomain(email.substr(at + 1));
}

std::string Lower(std::string_view value) {
  std::string lower(value);
  absl::AsciiStrToLower(&lower);
  return lower;
}

}  // namespace

bool IsDomain(std::string_view domain) {
  if (domain.size() > kDomainMax) return false;
  while (true) {
    const size_t dot = domain.find('.');
    if (!IsLabel(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

bool ValueList::Add(std::string_view value, int64_t until_ms,
                    std::string* fault) {
  switch (kind_) {
    case levee::v1::LIST_KIND_IP:
      return AddRange(value, until_ms, fault);
    case levee::v1::LIST_KIND_EMAIL:
      if (!IsEmail(value)) {
        *fault = "no e-mail address, such as \"a@example.com\"";
        return false;
      }
      AddValue(Lower(value), until_ms);
      return true;
    case levee::v1::LIST_KIND_EMAIL_DOMAIN:
      if (!IsDomain(value)) {
        *fault = "no domain, such as \"example.com\"";
        return false;
      }
      AddValue(Lower(value), until_ms);
      return true;
    default:
      if (value.empty() || value.size() > kIdBytesMax) {
        *fault = absl::StrCat(value.size(), " bytes, but 1 to ", kIdBytesMax);
        return false;
      }
      AddValue(std::string(value), until_ms);
      return true;
  }
}

void ValueList::AddValue(const std::string& value, int64_t until_ms) {
  int64_t& until = values_[value];
  until = std::max(until, until_ms);
}

bool ValueList::AddRange(std::string_view value, int64_t until_ms,
                         std::string* fault) {
  const std::optional<Network> network = Network::Parse(value);
  if (!network.has_value()) {
    *fault = "no address or range, such as \"203.0.113.0/24\"";
    return false;
  }
  if (!network->exact()) {
    *fault = absl::StrCat("bits behind the prefix are set: the range is \"",
                          network->ToString(), "\"");
    return false;
  }
  (until_ms == kForEver ? ranges_ : ranges_with_end_)
      .push_back({network->first(), network->last(), until_ms});
  return true;
}

void ValueList::Finish() {
  // Networks lie apart or within one another; the widest comes first.
  std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) {
    return a.first != b.first ? a.first < b.first : b.last < a.last;
  });
  std::vector<Range> apart;
  for (const Range& range : ranges_) {
    if (apart.empty() || apart.back().last < range.first) {
      apart.push_back(range);
    }
  }
  ranges_ = std::move(apart);
}

int64_t ValueList::Until(std::string_view value) const {
  int64_t until_ms = 0;
  while (true) {
    const auto found = values_.find(value);
    if (found != values_.end()) until_ms = std::max(until_ms, found->second);
    if (kind_ != levee::v1::LIST_KIND_EMAIL_DOMAIN) return until_ms;
    const size_t dot = value.find('.');
    if (dot == std::string_view::npos) return until_ms;
    value.remove_prefix(dot + 1);
  }
}

int64_t ValueList::Until(const Address& address) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), address,
                       [](const Address& sought, const Range& range) {
                         return sought < range.first;
                       });
  const auto holds = [&](const Range& range) {
    return !(address < range.first) && !(range.last < address) &&
           range.first.is_v4() == address.is_v4();
  };
  if (after != ranges_.begin() && holds(*(after - 1))) return kForEver;
  int64_t until_ms = 0;
  for (const Range& range : ranges_with_end_) {
    if (holds(range)) until_ms = std::max(until_ms, range.until_ms);
  }
  return until_ms;
}

}  // namespace levee::rules
