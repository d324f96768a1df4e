#include "server/sequencer/subject.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/rules/decide.h"
#include "server/rules/network.h"

namespace levee::sequencer {
namespace {

using levee::v1::RestrictionSubject;

constexpr size_t kIdBytesMax = 128;
// Of an address of 320 bytes all but "a@".
constexpr size_t kDomainBytesMax = 318;

absl::Status Wrong(const char* field, const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat("subject.", field, ": ", what));
}

absl::StatusOr<NamedSubject> OfId(levee::v1::Subject subject,
                                  storage::v1::NameKind name, const char* field,
                                  const std::string& id) {
  if (id.empty() || id.size() > kIdBytesMax) {
    return Wrong(field, absl::StrCat(id.size(), " bytes, but 1 to ",
                                     kIdBytesMax, " are right"));
  }
  return NamedSubject{subject, name, id};
}

absl::StatusOr<NamedSubject> OfIp(const std::string& text) {
  const auto address = rules::Address::Parse(text);
  if (!address.has_value()) {
    return Wrong("ip", "no address, such as \"203.0.113.7\"");
  }
  return NamedSubject{levee::v1::SUBJECT_IP, storage::v1::NAME_KIND_IP,
                      address->ToString()};
}

absl::StatusOr<NamedSubject> OfPrefix(const std::string& text) {
  const auto network = rules::Network::Parse(text);
  if (!network.has_value() || !network->exact() ||
      network->ToString() != network->first().Prefix().ToString()) {
    return Wrong("ip_prefix",
                 "no /24 of IPv4 or /64 of IPv6, such as \"203.0.113.0/24\"");
  }
  return NamedSubject{levee::v1::SUBJECT_IP_PREFIX,
                      storage::v1::NAME_KIND_IP_PREFIX, network->ToString()};
}

// As much as is asked of an event's own: whatever came in can be restricted.
bool IsWhole(std::string_view domain) {
  return !domain.empty() && domain.size() <= kDomainBytesMax &&
         domain.front() != '.' && domain.back() != '.' &&
         domain.find("..") == std::string_view::npos &&
         std::none_of(domain.begin(), domain.end(), [](unsigned char c) {
           return absl::ascii_isspace(c) || absl::ascii_iscntrl(c);
         });
}

absl::StatusOr<NamedSubject> OfEmail(const std::string& text) {
  levee::v1::Source source;
  source.set_email(text);
  rules::CanonicalSource canonical = rules::Canonical(source);
  if (!IsWhole(canonical.email_domain)) {
    return Wrong("email", "no e-mail address, such as \"a@example.com\"");
  }
  return NamedSubject{levee::v1::SUBJECT_EMAIL, storage::v1::NAME_KIND_EMAIL,
                      std::move(canonical.email)};
}

absl::StatusOr<NamedSubject> OfDomain(const std::string& text) {
  if (!IsWhole(text) || text.find('@') != std::string::npos) {
    return Wrong("email_domain", "no domain, such as \"example.com\"");
  }
  std::string domain = text;
  absl::AsciiStrToLower(&domain);
  return NamedSubject{levee::v1::SUBJECT_EMAIL_DOMAIN,
                      storage::v1::NAME_KIND_EMAIL_DOMAIN, std::move(domain)};
}

}  // namespace

absl::StatusOr<NamedSubject> ToNamed(const RestrictionSubject& subject) {
  switch (subject.subject_case()) {
    case RestrictionSubject::kCustomerId:
      return OfId(levee::v1::SUBJECT_CUSTOMER, storage::v1::NAME_KIND_CUSTOMER,
                  "customer_id", subject.customer_id());
    case RestrictionSubject::kTicketId:
      return OfId(levee::v1::SUBJECT_TICKET, storage::v1::NAME_KIND_TICKET,
                  "ticket_id", subject.ticket_id());
    case RestrictionSubject::kIp:
      return OfIp(subject.ip());
    case RestrictionSubject::kIpPrefix:
      return OfPrefix(subject.ip_prefix());
    case RestrictionSubject::kEmail:
      return OfEmail(subject.email());
    case RestrictionSubject::kEmailDomain:
      return OfDomain(subject.email_domain());
    case RestrictionSubject::kDeviceId:
      return OfId(levee::v1::SUBJECT_DEVICE, storage::v1::NAME_KIND_DEVICE,
                  "device_id", subject.device_id());
    case RestrictionSubject::kCampaignId:
      if (subject.campaign_id() == 0) return Wrong("campaign_id", "0: no id");
      return NamedSubject{.subject = levee::v1::SUBJECT_CAMPAIGN,
                          .name = storage::v1::NAME_KIND_UNSPECIFIED,
                          .id = "",
                          .handle = subject.campaign_id()};
    default:
      return absl::InvalidArgumentError(
          "subject: missing: give one of customer_id, ticket_id, ip, "
          "ip_prefix, email, email_domain, device_id and campaign_id");
  }
}

storage::v1::NameKind NameKindOf(levee::v1::Subject subject) {
  switch (subject) {
    case levee::v1::SUBJECT_CUSTOMER:
      return storage::v1::NAME_KIND_CUSTOMER;
    case levee::v1::SUBJECT_TICKET:
      return storage::v1::NAME_KIND_TICKET;
    case levee::v1::SUBJECT_IP:
      return storage::v1::NAME_KIND_IP;
    case levee::v1::SUBJECT_IP_PREFIX:
      return storage::v1::NAME_KIND_IP_PREFIX;
    case levee::v1::SUBJECT_EMAIL:
      return storage::v1::NAME_KIND_EMAIL;
    case levee::v1::SUBJECT_EMAIL_DOMAIN:
      return storage::v1::NAME_KIND_EMAIL_DOMAIN;
    case levee::v1::SUBJECT_DEVICE:
      return storage::v1::NAME_KIND_DEVICE;
    default:
      return storage::v1::NAME_KIND_UNSPECIFIED;
  }
}

void SetId(levee::v1::Subject kind, std::string id,
           RestrictionSubject* subject) {
  switch (kind) {
    case levee::v1::SUBJECT_CUSTOMER:
      return subject->set_customer_id(std::move(id));
    case levee::v1::SUBJECT_TICKET:
      return subject->set_ticket_id(std::move(id));
    case levee::v1::SUBJECT_IP:
      return subject->set_ip(std::move(id));
    case levee::v1::SUBJECT_IP_PREFIX:
      return subject->set_ip_prefix(std::move(id));
    case levee::v1::SUBJECT_EMAIL:
      return subject->set_email(std::move(id));
    case levee::v1::SUBJECT_EMAIL_DOMAIN:
      return subject->set_email_domain(std::move(id));
    case levee::v1::SUBJECT_DEVICE:
      return subject->set_device_id(std::move(id));
    default:
      return;
  }
}

}  // namespace levee::sequencer
