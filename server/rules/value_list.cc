#include "server/rules/value_list.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace levee::rules {
namespace {

using levee::v1::ListKind;

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

bool ValueList::Add(std::string_view value, std::string* fault) {
  switch (kind_) {
    case levee::v1::LIST_KIND_IP:
      return AddRange(value, fault);
    case levee::v1::LIST_KIND_EMAIL:
      if (!IsEmail(value)) {
        *fault = "no e-mail address, such as \"a@example.com\"";
        return false;
      }
      values_.insert(Lower(value));
      return true;
    case levee::v1::LIST_KIND_EMAIL_DOMAIN:
      if (!IsDomain(value)) {
        *fault = "no domain, such as \"example.com\"";
        return false;
      }
      values_.insert(Lower(value));
      return true;
    default:
      if (value.empty() || value.size() > kIdBytesMax) {
        *fault = absl::StrCat(value.size(), " bytes, but 1 to ", kIdBytesMax);
        return false;
      }
      values_.emplace(value);
      return true;
  }
}

bool ValueList::AddRange(std::string_view value, std::string* fault) {
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
  ranges_.push_back({network->first(), network->last()});
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

bool ValueList::Contains(std::string_view value) const {
  if (kind_ != levee::v1::LIST_KIND_EMAIL_DOMAIN) {
    return values_.contains(value);
  }
  while (true) {
    if (values_.contains(value)) return true;
    const size_t dot = value.find('.');
    if (dot == std::string_view::npos) return false;
    value.remove_prefix(dot + 1);
  }
}

bool ValueList::Contains(const Address& address) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), address,
                       [](const Address& sought, const Range& range) {
                         return sought < range.first;
                       });
  return after != ranges_.begin() && !((after - 1)->last < address) &&
         (after - 1)->first.is_v4() == address.is_v4();
}

}  // namespace levee::rules
