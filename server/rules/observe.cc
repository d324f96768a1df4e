#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "server/rules/decide.h"
#include "server/text/facts.h"

namespace levee::rules {
namespace {

using levee::v1::TextField;
using levee::v1::TicketEvent;
using state::Measurement;

constexpr size_t kEmailBytesMax = 320;

Measurement Known(int64_t value) { return {.known = true, .value = value}; }
Measurement YesOrNo(bool yes) { return Known(yes ? 1 : 0); }

// Measures the leaves of one event; a part that several of them need is made
// once.
class Observer {
 public:
  Observer(const TicketEvent& event, const CanonicalSource& source,
           const storage::v1::TextFacts& text)
      : event_(event), source_(source), text_(text) {}

  // What asks about state is unknown here.
  Measurement operator()(const state::RateQuery&) { return {}; }
  Measurement operator()(state::TicketFact) { return {}; }
  Measurement operator()(const state::SurgeQuery&) { return {}; }
  Measurement operator()(state::CampaignFact) { return {}; }
  Measurement operator()(const AccountAge&) { return {}; }
  // It stands in the entry.
  Measurement operator()(TextScore) { return {}; }

  Measurement operator()(const PatternTest& test) {
    if (!HasText()) return {};
    const std::string_view part = Part(test.field);
    return YesOrNo(re2::RE2::PartialMatch(
        re2::StringPiece(part.data(), part.size()), *test.pattern));
  }

  Measurement operator()(const LengthOf& length) {
    if (!HasText()) return {};
    const int64_t subject = text_.subject_length();
    const int64_t body = text_.body_length();
    if (length.field == levee::v1::TEXT_FIELD_SUBJECT) return Known(subject);
    if (length.field == levee::v1::TEXT_FIELD_BODY) return Known(body);
    return Known(subject + body + (subject > 0 && body > 0 ? 1 : 0));
  }

  Measurement operator()(const LinksOf& links) {
    if (!HasText()) return {};
    switch (links.field) {
      case levee::v1::TEXT_FIELD_SUBJECT:
        return Known(text::CountLinks(event_.subject()));
      case levee::v1::TEXT_FIELD_BODY:
        return Known(text::CountLinks(event_.body()));
      default:
        return Known(text_.links());
    }
  }

  Measurement operator()(const IpIn& range) {
    const std::optional<Address>& address = Ip();
    if (!address.has_value()) return {};
    return YesOrNo(range.network.Contains(*address));
  }

  Measurement operator()(const EmailDomainUnder& under) {
    const std::string& domain = source_.email_domain;
    if (domain.empty()) return {};
    const size_t size = under.domain.size();
    const bool ends =
        domain.size() >= size &&
        domain.compare(domain.size() - size, size, under.domain) == 0;
    return YesOrNo(ends && (domain.size() == size ||
                            domain[domain.size() - size - 1] == '.'));
  }

  Measurement operator()(const AttributeTextIn& in) {
    const levee::v1::Attribute* const found = Find(in.key);
    if (found == nullptr || !found->has_text()) return {};
    return YesOrNo(
        std::binary_search(in.any_of.begin(), in.any_of.end(), found->text()));
  }

  Measurement operator()(const AttributeNumberOf& of) {
    const levee::v1::Attribute* const found = Find(of.key);
    if (found == nullptr || !found->has_number()) return {};
    return Known(found->number());
  }

  // Until when it is there: the time at which the event counts is not known
  // yet (MeasureLeaves).
  Measurement operator()(const OnList& on) {
    switch (on.list->kind()) {
      case levee::v1::LIST_KIND_CUSTOMER:
        return Lookup(*on.list, event_.customer_id());
      case levee::v1::LIST_KIND_EMAIL:
        return Lookup(*on.list, source_.email);
      case levee::v1::LIST_KIND_EMAIL_DOMAIN:
        return Lookup(*on.list, source_.email_domain);
      case levee::v1::LIST_KIND_DEVICE:
        return Lookup(*on.list, source_.device);
      case levee::v1::LIST_KIND_DEPARTMENT:
        return Lookup(*on.list, event_.department());
      default:
        if (!Ip().has_value()) return {};
        return Known(on.list->Until(*Ip()));
    }
  }

 private:
  bool HasText() const {
    return !event_.subject().empty() || !event_.body().empty();
  }

  // What a pattern sees of the event.
  std::string_view Part(TextField field) {
    const std::string_view subject = text::Scanned(event_.subject());
    const std::string_view body = text::Scanned(event_.body());
    if (field == levee::v1::TEXT_FIELD_SUBJECT) return subject;
    if (field == levee::v1::TEXT_FIELD_BODY) return body;
    // A pattern may reach over both.
    if (subject.empty()) return body;
    if (body.empty()) return subject;
    if (joined_.empty()) {
      joined_.reserve(subject.size() + 1 + body.size());
      joined_.append(subject).append(1, '\n').append(body);
    }
    return joined_;
  }

  const std::optional<Address>& Ip() {
    if (!ip_parsed_ && !source_.ip.empty()) ip_ = Address::Parse(source_.ip);
    ip_parsed_ = true;
    return ip_;
  }

  const levee::v1::Attribute* Find(const std::string& key) const {
    for (const levee::v1::Attribute& attribute : event_.attributes()) {
      if (attribute.key() == key) return &attribute;
    }
    return nullptr;
  }

  static Measurement Lookup(const ValueList& list, const std::string& value) {
    if (value.empty()) return {};
    return Known(list.Until(value));
  }

  const TicketEvent& event_;
  const CanonicalSource& source_;
  const storage::v1::TextFacts& text_;
  std::string joined_;
  bool ip_parsed_ = false;
  std::optional<Address> ip_;
};

}  // namespace

CanonicalSource Canonical(const levee::v1::Source& source) {
  CanonicalSource canonical;
  if (!source.ip().empty()) {
    if (const auto address = Address::Parse(source.ip())) {
      canonical.ip = address->ToString();
      canonical.ip_prefix = address->Prefix().ToString();
    }
  }
  const std::string& email = source.email();
  const size_t at = email.rfind('@');
  if (at != std::string::npos && at > 0 && at + 1 < email.size() &&
      email.size() <= kEmailBytesMax) {
    canonical.email = email;
    absl::AsciiStrToLower(&canonical.email);
    canonical.email_domain = canonical.email.substr(at + 1);
  }
  canonical.device = source.device_id();
  return canonical;
}

Observed Observe(const RuleSet& rules, const TicketEvent& event,
                 const CanonicalSource& source,
                 const storage::v1::TextFacts& text) {
  // Nobody else is judged.
  if (event.actor() != levee::v1::ACTOR_CUSTOMER) return {};
  const absl::Span<const uint16_t> leaves = rules.LeavesOf(event.kind());
  Observed observed(leaves.size());
  Observer observer(event, source, text);
  for (size_t i = 0; i < leaves.size(); ++i) {
    observed[i] = std::visit(observer, rules.leaves()[leaves[i]].measure);
  }
  return observed;
}

}  // namespace levee::rules
