// Which entities an entry changes, and the keys under which they lie.
#include <algorithm>

#include "server/state/entity.h"
#include "server/state/records.h"
#include "server/state/standing.h"

namespace levee::state {
namespace {

namespace sv1 = storage::v1;

void AppendBigEndian(uint64_t value, std::string* bytes) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes->push_back(static_cast<char>(value >> shift));
  }
}

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

}  // namespace

uint64_t HandleOf(sv1::EntityKind kind, const sv1::Subjects& subjects) {
  switch (kind) {
    case sv1::ENTITY_KIND_CUSTOMER:
      return subjects.customer();
    case sv1::ENTITY_KIND_TICKET:
      return subjects.ticket();
    case sv1::ENTITY_KIND_IP:
      return subjects.ip();
    case sv1::ENTITY_KIND_IP_PREFIX:
      return subjects.ip_prefix();
    case sv1::ENTITY_KIND_EMAIL:
      return subjects.email();
    case sv1::ENTITY_KIND_EMAIL_DOMAIN:
      return subjects.email_domain();
    case sv1::ENTITY_KIND_DEVICE:
      return subjects.device();
    case sv1::ENTITY_KIND_AGENT:
      return subjects.agent();
    case sv1::ENTITY_KIND_DEPARTMENT:
      return subjects.department();
    case sv1::ENTITY_KIND_CAMPAIGN:
      return subjects.campaign();
    default:
      return 0;
  }
}

std::string EntityKey::Encode() const {
  std::string bytes;
  bytes.reserve(kBytes);
  bytes.push_back(static_cast<char>(kind));
  AppendBigEndian(tenant, &bytes);
  AppendBigEndian(handle, &bytes);
  return bytes;
}

std::optional<EntityKey> EntityKey::Decode(std::string_view bytes) {
  if (bytes.size() != kBytes) return std::nullopt;
  const int kind = static_cast<unsigned char>(bytes[0]);
  if (kind == 0 || !sv1::EntityKind_IsValid(kind)) return std::nullopt;
  return EntityKey{static_cast<sv1::EntityKind>(kind),
                   BigEndian(bytes.substr(1)), BigEndian(bytes.substr(9))};
}

namespace {

// Keys of one entry's entities, each once.
class Keys {
 public:
  Keys(uint64_t tenant, std::vector<EntityKey>* keys)
      : tenant_(tenant), keys_(keys) {}

  void Append(const EntityKey& key) {
    if (std::find(keys_->begin(), keys_->end(), key) == keys_->end()) {
      keys_->push_back(key);
    }
  }
  void Append(sv1::EntityKind kind, uint64_t handle) {
    Append(EntityKey{kind, tenant_, handle});
  }
  void AppendSubjects(const sv1::Subjects& subjects) {
    for (int kind = sv1::ENTITY_KIND_CUSTOMER;
         kind <= sv1::ENTITY_KIND_CAMPAIGN; ++kind) {
      const auto entity_kind = static_cast<sv1::EntityKind>(kind);
      const uint64_t handle = HandleOf(entity_kind, subjects);
      if (handle != 0) Append(entity_kind, handle);
    }
    if (subjects.department() != 0) {
      Append(sv1::ENTITY_KIND_DEPARTMENT, subjects.department());
    }
  }
  void AppendRefunds(const sv1::Entry& entry) {
    for (const sv1::Refund& refund : RefundsOf(entry)) AppendRefund(refund);
  }
  void AppendAct(const sv1::Entry& entry, uint64_t sequence);

 private:
  void AppendRefund(const sv1::Refund& refund) {
    AppendSubjects(refund.happening().subjects());
    Append(sv1::ENTITY_KIND_TENANT, 0);
    for (uint32_t i = 0; i < refund.restricted() && i < kRestrictedMax; ++i) {
      Append(sv1::ENTITY_KIND_RESTRICTION,
             RestrictionId(refund.sequence(), static_cast<int>(i)));
    }
    if (refund.reviewed()) {
      Append(sv1::ENTITY_KIND_REVIEW, refund.sequence());
    }
  }

  const uint64_t tenant_;
  std::vector<EntityKey>* const keys_;
};

void Keys::AppendAct(const sv1::Entry& entry, uint64_t sequence) {
  const sv1::ActEntry& act = entry.act();
  const auto subject = [&](const sv1::SubjectRef& ref) {
    const std::optional<EntityKey> key = state::KeyOf(ref, tenant_);
    if (key.has_value()) Append(*key);
  };
  switch (act.what_case()) {
    case sv1::ActEntry::kRestrict:
      subject(act.restrict().restricted().on());
      Append(sv1::ENTITY_KIND_RESTRICTION, RestrictionId(sequence, 0));
      return;
    case sv1::ActEntry::kLift:
      subject(act.lift().on());
      Append(sv1::ENTITY_KIND_RESTRICTION, act.lift().id());
      for (const uint64_t id : act.lift().also()) {
        Append(sv1::ENTITY_KIND_RESTRICTION, id);
      }
      if (act.lift().customer() != 0) {
        Append(sv1::ENTITY_KIND_CUSTOMER, act.lift().customer());
      }
      return;
    case sv1::ActEntry::kOverrule:
      Append(sv1::ENTITY_KIND_CUSTOMER, act.overrule().customer());
      return;
    case sv1::ActEntry::kGrant:
      Append(sv1::ENTITY_KIND_CUSTOMER, act.grant().customer());
      return;
    case sv1::ActEntry::kBeginIncident:
    case sv1::ActEntry::kEndIncident:
    case sv1::ActEntry::kProposeIncident:
      Append(sv1::ENTITY_KIND_INCIDENTS, 0);
      return;
    case sv1::ActEntry::kCampaign:
      Append(sv1::ENTITY_KIND_CAMPAIGN, act.campaign().id());
      return;
    case sv1::ActEntry::kResolveReview:
      Append(sv1::ENTITY_KIND_REVIEW, act.resolve_review().review());
      Append(sv1::ENTITY_KIND_CUSTOMER, act.resolve_review().customer());
      if (!act.resolve_review().rule_id().empty()) {
        Append(sv1::ENTITY_KIND_RULE, RuleHash(act.resolve_review().rule_id()));
      }
      AppendRefunds(entry);
      return;
    default:
      return;
  }
}

}  // namespace

void AppendSubjectKeysOf(const sv1::Entry& entry,
                         std::vector<EntityKey>* keys) {
  if (!entry.has_event()) return;
  const sv1::EventEntry& event = entry.event();
  Keys to(entry.tenant(), keys);
  to.AppendSubjects(event.happening().subjects());
  to.Append(sv1::ENTITY_KIND_TENANT, 0);
  if (event.import() != 0) to.Append(sv1::ENTITY_KIND_IMPORT, event.import());
}

void AppendConsequenceKeysOf(const sv1::Entry& entry, uint64_t sequence,
                             std::vector<EntityKey>* keys) {
  Keys to(entry.tenant(), keys);
  if (entry.has_event()) {
    const sv1::EventEntry& event = entry.event();
    to.AppendRefunds(entry);
    for (int i = 0; i < event.outcome().restricted_size(); ++i) {
      to.Append(sv1::ENTITY_KIND_RESTRICTION, RestrictionId(sequence, i));
    }
    if (event.outcome().review_within_ms() != 0) {
      to.Append(sv1::ENTITY_KIND_REVIEW, sequence);
    }
  } else if (entry.has_rule_set() && entry.rule_set().revision() > 0) {
    const uint64_t revision = entry.rule_set().revision();
    to.Append(sv1::ENTITY_KIND_RULE_SET, 0);
    to.Append(sv1::ENTITY_KIND_RULE_SET, revision);
    if (revision > kRevisionsMax) {
      to.Append(sv1::ENTITY_KIND_RULE_SET, revision - kRevisionsMax);
    }
  } else if (entry.has_import() && entry.import().import() != 0) {
    to.Append(sv1::ENTITY_KIND_IMPORT, entry.import().import());
  } else if (entry.has_act()) {
    to.AppendAct(entry, sequence);
  }
}

void AppendKeysOf(const sv1::Entry& entry, uint64_t sequence,
                  std::vector<EntityKey>* keys) {
  AppendSubjectKeysOf(entry, keys);
  AppendConsequenceKeysOf(entry, sequence, keys);
}

std::optional<EntityKey> KeyOf(levee::v1::Subject subject, uint64_t tenant,
                               const sv1::Subjects& subjects) {
  const auto key = [&](sv1::EntityKind kind) -> std::optional<EntityKey> {
    const uint64_t handle = HandleOf(kind, subjects);
    if (handle == 0) return std::nullopt;
    return EntityKey{kind, tenant, handle};
  };
  switch (subject) {
    case levee::v1::SUBJECT_CUSTOMER:
      return key(sv1::ENTITY_KIND_CUSTOMER);
    case levee::v1::SUBJECT_TICKET:
      return key(sv1::ENTITY_KIND_TICKET);
    case levee::v1::SUBJECT_IP:
      return key(sv1::ENTITY_KIND_IP);
    case levee::v1::SUBJECT_IP_PREFIX:
      return key(sv1::ENTITY_KIND_IP_PREFIX);
    case levee::v1::SUBJECT_EMAIL:
      return key(sv1::ENTITY_KIND_EMAIL);
    case levee::v1::SUBJECT_EMAIL_DOMAIN:
      return key(sv1::ENTITY_KIND_EMAIL_DOMAIN);
    case levee::v1::SUBJECT_DEVICE:
      return key(sv1::ENTITY_KIND_DEVICE);
    case levee::v1::SUBJECT_AGENT:
      return key(sv1::ENTITY_KIND_AGENT);
    case levee::v1::SUBJECT_CAMPAIGN:
      return key(sv1::ENTITY_KIND_CAMPAIGN);
    case levee::v1::SUBJECT_TENANT:
      return EntityKey{sv1::ENTITY_KIND_TENANT, tenant, 0};
    default:
      return std::nullopt;
  }
}

}  // namespace levee::state
