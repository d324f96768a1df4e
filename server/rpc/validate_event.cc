// What levee.v1.TicketEvent says of each of its fields.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/rpc/check.h"
#include "server/rpc/validate.h"

namespace levee::rpc {
namespace {

using levee::v1::Actor;
using levee::v1::EventKind;
using levee::v1::TicketEvent;

constexpr uint32_t Bit(Actor actor) { return 1u << actor; }
constexpr uint32_t kAnyone =
    Bit(levee::v1::ACTOR_CUSTOMER) | Bit(levee::v1::ACTOR_AGENT) |
    Bit(levee::v1::ACTOR_AGENT_ON_BEHALF) | Bit(levee::v1::ACTOR_AUTOMATION);
constexpr uint32_t kForCustomer = kAnyone & ~Bit(levee::v1::ACTOR_AGENT);
constexpr uint32_t kStaff =
    Bit(levee::v1::ACTOR_AGENT) | Bit(levee::v1::ACTOR_AUTOMATION);

// Who may do it; by kind.
constexpr std::array<uint32_t, levee::v1::EventKind_ARRAYSIZE> kActors = {
    0,                            // UNSPECIFIED
    kForCustomer,                 // OPENED
    kForCustomer,                 // CUSTOMER_REPLIED
    kStaff,                       // AGENT_REPLIED
    kAnyone,                      // SOLVED
    kAnyone,                      // REOPENED
    kAnyone,                      // CLOSED
    Bit(levee::v1::ACTOR_AGENT),  // ABUSE_REPORTED
    kStaff,                       // WITHDRAWN
};

// The checks of one event; a path is put together only for an error.
class EventCheck {
 public:
  EventCheck(const TicketEvent& event, EventUse use, absl::string_view path,
             int place)
      : event_(event), use_(use), path_(path), place_(place) {}

  absl::Status Run() const {
    absl::Status status = Sizes();
    if (status.ok()) status = KindAndActor();
    if (status.ok()) status = Belonging();
    if (status.ok()) status = Times();
    if (status.ok()) status = Attributes();
    if (status.ok()) status = OwnDomains();
    if (status.ok()) status = MailHeaders();
    if (status.ok() && !event_.language().empty()) {
      status = CheckLanguage(At("language"), event_.language());
    }
    if (status.ok() && event_.has_source()) {
      status = CheckSource(At("source"), event_.source());
    }
    return status;
  }

 private:
  std::string At(absl::string_view field) const {
    if (place_ < 0) return absl::StrCat(path_, ".", field);
    return absl::StrCat(path_, "[", place_, "].", field);
  }

  absl::Status Sizes() const;
  absl::Status KindAndActor() const;
  absl::Status Belonging() const;
  absl::Status Times() const;
  absl::Status Attributes() const;
  absl::Status OneAttribute(int place) const;
  absl::Status OwnDomains() const;
  absl::Status MailHeaders() const;

  const TicketEvent& event_;
  const EventUse use_;
  const absl::string_view path_;
  const int place_;
};

absl::Status EventCheck::Sizes() const {
  struct Size {
    const char* field;
    const std::string& value;
    size_t min;
    size_t max;
  };
  const size_t id_min = use_ == EventUse::kPreview ? 0 : 1;
  const Size sizes[] = {
      {"event_id", event_.event_id(), id_min, kIdBytesMax},
      {"customer_id", event_.customer_id(), 1, kIdBytesMax},
      {"ticket_id", event_.ticket_id(), 1, kIdBytesMax},
      {"agent_id", event_.agent_id(), 0, kIdBytesMax},
      {"subject", event_.subject(), 0, kSubjectBytesMax},
      {"body", event_.body(), 0, kBodyBytesMax},
      {"department", event_.department(), 0, kIdBytesMax},
      {"reference", event_.reference(), 0, kIdBytesMax},
      {"regards_event_id", event_.regards_event_id(), 0, kIdBytesMax},
  };
  for (const Size& size : sizes) {
    if (size.value.size() < size.min || size.value.size() > size.max) {
      return CheckSize(At(size.field), size.value, size.min, size.max);
    }
  }
  return absl::OkStatus();
}

absl::Status EventCheck::KindAndActor() const {
  if (!levee::v1::EventKind_IsValid(event_.kind()) || event_.kind() == 0) {
    return CheckEnum(At("kind"), levee::v1::EventKind_descriptor(),
                     event_.kind());
  }
  if (!levee::v1::Actor_IsValid(event_.actor()) || event_.actor() == 0) {
    return CheckEnum(At("actor"), levee::v1::Actor_descriptor(),
                     event_.actor());
  }
  const uint32_t allowed = kActors[event_.kind()];
  if ((allowed & Bit(event_.actor())) == 0) {
    std::vector<std::string> names;
    for (int i = 1; i < levee::v1::Actor_ARRAYSIZE; ++i) {
      if (allowed >> i & 1) {
        names.push_back(levee::v1::Actor_Name(static_cast<Actor>(i)));
      }
    }
    std::string list = names.back();
    names.pop_back();
    while (!names.empty()) {
      list = absl::StrCat(names.back(), " or ", list);
      names.pop_back();
    }
    return Wrong(At("actor"),
                 absl::StrCat(levee::v1::Actor_Name(event_.actor()), ", but ",
                              levee::v1::EventKind_Name(event_.kind()),
                              " is done by ", list));
  }
  if (event_.agent_id().empty() &&
      (event_.actor() == levee::v1::ACTOR_AGENT ||
       event_.actor() == levee::v1::ACTOR_AGENT_ON_BEHALF)) {
    return Wrong(At("agent_id"),
                 absl::StrCat("missing: required for ",
                              levee::v1::Actor_Name(event_.actor())));
  }
  return absl::OkStatus();
}

// Fields that belong to some kinds only.
absl::Status EventCheck::Belonging() const {
  const EventKind kind = event_.kind();
  const auto elsewhere = [&](const char* field, absl::string_view where) {
    return Wrong(At(field),
                 absl::StrCat("set, but it belongs to ", where, ", not to ",
                              levee::v1::EventKind_Name(kind)));
  };
  if (event_.provides_solution() &&
      kind != levee::v1::EVENT_KIND_AGENT_REPLIED) {
    return elsewhere("provides_solution", "EVENT_KIND_AGENT_REPLIED");
  }
  if (event_.not_abuse() && kind != levee::v1::EVENT_KIND_ABUSE_REPORTED) {
    return elsewhere("not_abuse", "EVENT_KIND_ABUSE_REPORTED");
  }
  const bool regards = kind == levee::v1::EVENT_KIND_ABUSE_REPORTED ||
                       kind == levee::v1::EVENT_KIND_WITHDRAWN;
  if (regards && event_.regards_event_id().empty()) {
    return Wrong(At("regards_event_id"),
                 absl::StrCat("missing: required for ",
                              levee::v1::EventKind_Name(kind)));
  }
  if (!regards && !event_.regards_event_id().empty()) {
    return elsewhere("regards_event_id",
                     "EVENT_KIND_ABUSE_REPORTED and EVENT_KIND_WITHDRAWN");
  }
  if (regards && event_.regards_event_id() == event_.event_id()) {
    return Wrong(At("regards_event_id"),
                 "the event's own event_id, but it names another event");
  }
  return absl::OkStatus();
}

absl::Status EventCheck::Times() const {
  if (use_ == EventUse::kImport && !event_.has_occurred_at()) {
    return Wrong(At("occurred_at"), "missing: required in an import");
  }
  // Absent ones read as 1970, which is in range.
  if (!IsTime(event_.occurred_at())) {
    return CheckTime(At("occurred_at"), true, event_.occurred_at());
  }
  if (!IsTime(event_.account_created_at())) {
    return CheckTime(At("account_created_at"), true,
                     event_.account_created_at());
  }
  return absl::OkStatus();
}

absl::Status EventCheck::Attributes() const {
  if (event_.attributes_size() > kAttributesMax) {
    return Wrong(At("attributes"),
                 absl::StrCat(event_.attributes_size(), " attributes, at most ",
                              kAttributesMax));
  }
  for (int i = 0; i < event_.attributes_size(); ++i) {
    if (absl::Status status = OneAttribute(i); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status EventCheck::OneAttribute(int place) const {
  const levee::v1::Attribute& attribute = event_.attributes(place);
  const auto at = [&](absl::string_view field) {
    return absl::StrCat(At("attributes"), "[", place, "].", field);
  };
  const std::string& key = attribute.key();
  if (key.empty() || key.size() > kAttributeKeyBytesMax) {
    return CheckSize(at("key"), key, 1, kAttributeKeyBytesMax);
  }
  if (!std::all_of(key.begin(), key.end(), [](char c) {
        return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
      })) {
    return Wrong(at("key"), absl::StrCat(Quoted(key),
                                         ", but of a-z, 0-9 and "
                                         "_ only"));
  }
  for (int i = 0; i < place; ++i) {
    if (event_.attributes(i).key() == key) {
      return Wrong(at("key"), absl::StrCat(Quoted(key),
                                           " again, but each key once: it is "
                                           "that of attributes[",
                                           i, "]"));
    }
  }
  if (attribute.value_case() == levee::v1::Attribute::VALUE_NOT_SET) {
    return Wrong(at("value"), "missing: give text or number");
  }
  if (attribute.text().size() > kAttributeTextBytesMax) {
    return CheckSize(at("text"), attribute.text(), 0, kAttributeTextBytesMax);
  }
  return absl::OkStatus();
}

absl::Status EventCheck::OwnDomains() const {
  if (event_.own_domains_size() == 0) return absl::OkStatus();
  return CheckOwnDomains(At("own_domains"), event_.own_domains());
}

absl::Status EventCheck::MailHeaders() const {
  if (event_.mail_headers_size() == 0) return absl::OkStatus();
  return CheckMailHeaders(At("mail_headers"), event_.mail_headers());
}

}  // namespace

absl::Status ValidateEvent(const TicketEvent& event, EventUse use,
                           absl::string_view path, int place) {
  return EventCheck(event, use, path, place).Run();
}

}  // namespace levee::rpc
