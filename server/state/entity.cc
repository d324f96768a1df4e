#include "server/state/entity.h"

#include <algorithm>
#include <utility>

#include "server/state/happening.h"

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

bool IsRing(sv1::EntityKind kind) {
  return kind == sv1::ENTITY_KIND_CUSTOMER || kind == sv1::ENTITY_KIND_TICKET;
}

bool IsSource(sv1::EntityKind kind) {
  return kind >= sv1::ENTITY_KIND_IP && kind <= sv1::ENTITY_KIND_DEVICE;
}

// 0: the subjects have none of that kind. The tenant's own handle is that of
// every key, so that 0 does for it.
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
    default:
      return 0;
  }
}

// True where `happening` counts for the entity: it is one of its subjects, and
// for a source the customer acted.
bool Touches(const sv1::Happening& happening, const EntityKey& key) {
  if (!IsStoredKind(happening.kind())) return false;
  if (key.kind == sv1::ENTITY_KIND_TENANT) return true;
  if (IsSource(key.kind) && (happening.flags() & kByCustomer) == 0) {
    return false;
  }
  const uint64_t handle = HandleOf(key.kind, happening.subjects());
  return handle != 0 && handle == key.handle;
}

bool LetThrough(const sv1::EventEntry& event) {
  return event.outcome().verdict() == levee::v1::VERDICT_ALLOW;
}

void ApplyToRing(const sv1::EventEntry& event, uint64_t sequence,
                 const EntityKey& key, Ring* ring) {
  const sv1::Happening& happening = event.happening();
  const sv1::Subjects& subjects = happening.subjects();
  if (Touches(happening, key)) {
    const bool is_customer = key.kind == sv1::ENTITY_KIND_CUSTOMER;
    ring->Add({.effective_ms = ClampTime(happening.effective_ms()),
               .sequence = sequence,
               .peer = is_customer ? subjects.ticket() : subjects.customer(),
               .agent = subjects.agent(),
               .flags = happening.flags() & kFlagsAll,
               .kind = static_cast<uint8_t>(happening.kind()),
               .let_through = LetThrough(event)});
  }
  if (event.has_withdrawn() && Touches(event.withdrawn(), key)) {
    ring->Remove(event.regards_sequence());
  }
  if (HandleOf(key.kind, subjects) == key.handle) ring->Note(sequence);
}

void ApplyToShared(const sv1::EventEntry& event, const EntityKey& key,
                   Shared* shared) {
  const sv1::Happening& happening = event.happening();
  if (Touches(happening, key)) {
    const int64_t at_ms = ClampTime(happening.effective_ms());
    const uint32_t what = WhatOf(happening.kind(), happening.flags());
    const uint64_t customer = happening.subjects().customer();
    shared->facts.Add(at_ms, what, customer);
    if (LetThrough(event)) shared->let_through.Add(at_ms, what, customer);
  }
  const sv1::Happening& withdrawn = event.withdrawn();
  if (event.has_withdrawn() && Touches(withdrawn, key)) {
    const int64_t at_ms = ClampTime(withdrawn.effective_ms());
    const uint32_t what = WhatOf(withdrawn.kind(), withdrawn.flags());
    const uint64_t customer = withdrawn.subjects().customer();
    shared->facts.Remove(at_ms, what, customer);
    if (event.withdrawn_let_through()) {
      shared->let_through.Remove(at_ms, what, customer);
    }
  }
}

void ApplyToImport(const sv1::EventEntry& event, Import* import) {
  import->position = std::max(import->position, event.import_position());
  import->last_effective_ms = std::max(
      import->last_effective_ms, ClampTime(event.happening().effective_ms()));
}

void ApplyToRuleSetList(const sv1::RuleSetEntry& entry, int64_t decided_at_ms,
                        RuleSetList* list) {
  if (!list->revisions.empty() &&
      entry.revision() <= list->revisions.back().revision()) {
    return;
  }
  sv1::RuleSetHead head;
  head.set_revision(entry.revision());
  head.set_applied_at_ms(decided_at_ms);
  head.set_author(entry.author());
  head.set_comment(entry.comment());
  head.set_name(entry.name());
  head.set_rolled_back_to(entry.rolled_back_to());
  list->revisions.push_back(std::move(head));
  if (list->revisions.size() > kRevisionsMax) {
    list->revisions.erase(list->revisions.begin());
  }
}

}  // namespace

// --- Keys -------------------------------------------------------------------

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

void AppendKeysOf(const sv1::Entry& entry, std::vector<EntityKey>* keys) {
  const size_t first = keys->size();
  const auto append = [&](sv1::EntityKind kind, uint64_t handle) {
    const EntityKey key{kind, entry.tenant(), handle};
    if (std::find(keys->begin() + first, keys->end(), key) == keys->end()) {
      keys->push_back(key);
    }
  };
  const auto append_subjects = [&](const sv1::Subjects& subjects) {
    for (int kind = sv1::ENTITY_KIND_CUSTOMER; kind <= sv1::ENTITY_KIND_AGENT;
         ++kind) {
      const auto entity_kind = static_cast<sv1::EntityKind>(kind);
      const uint64_t handle = HandleOf(entity_kind, subjects);
      if (handle != 0) append(entity_kind, handle);
    }
  };
  if (entry.has_event()) {
    const sv1::EventEntry& event = entry.event();
    append_subjects(event.happening().subjects());
    if (event.has_withdrawn()) append_subjects(event.withdrawn().subjects());
    append(sv1::ENTITY_KIND_TENANT, 0);
    if (event.import() != 0) append(sv1::ENTITY_KIND_IMPORT, event.import());
  } else if (entry.has_rule_set() && entry.rule_set().revision() > 0) {
    const uint64_t revision = entry.rule_set().revision();
    append(sv1::ENTITY_KIND_RULE_SET, 0);
    append(sv1::ENTITY_KIND_RULE_SET, revision);
    if (revision > kRevisionsMax) {
      append(sv1::ENTITY_KIND_RULE_SET, revision - kRevisionsMax);
    }
  } else if (entry.has_import() && entry.import().import() != 0) {
    append(sv1::ENTITY_KIND_IMPORT, entry.import().import());
  }
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
    case levee::v1::SUBJECT_TENANT:
      return EntityKey{sv1::ENTITY_KIND_TENANT, tenant, 0};
    default:
      return std::nullopt;
  }
}

// --- Entities ---------------------------------------------------------------

Entity::Entity(sv1::EntityKind kind) {
  if (IsRing(kind)) {
    what_.emplace<Ring>();
  } else if (kind == sv1::ENTITY_KIND_IMPORT) {
    what_.emplace<Import>();
  } else if (kind == sv1::ENTITY_KIND_RULE_SET) {
    what_.emplace<RuleSetList>();
  } else {
    what_.emplace<Shared>();
  }
}

void Entity::Apply(const sv1::Entry& entry, uint64_t sequence,
                   const EntityKey& key) {
  if (sequence <= applied_) return;
  applied_ = sequence;
  if (entry.has_rule_set()) {
    ApplyRuleSet(entry, key);
  } else if (entry.has_event()) {
    const sv1::EventEntry& event = entry.event();
    if (Ring* ring = std::get_if<Ring>(&what_)) {
      ApplyToRing(event, sequence, key, ring);
    } else if (Shared* shared = std::get_if<Shared>(&what_)) {
      ApplyToShared(event, key, shared);
    } else if (Import* import = std::get_if<Import>(&what_)) {
      ApplyToImport(event, import);
    }
  } else if (entry.has_import()) {
    if (Import* import = std::get_if<Import>(&what_)) {
      import->position = std::max(import->position, entry.import().position());
    }
  }
}

void Entity::ApplyRuleSet(const sv1::Entry& entry, const EntityKey& key) {
  const sv1::RuleSetEntry& rule_set = entry.rule_set();
  if (key.handle == 0) {
    RuleSetList* const list = std::get_if<RuleSetList>(&what_);
    if (list != nullptr) {
      ApplyToRuleSetList(rule_set, entry.decided_at_ms(), list);
    }
  } else if (key.handle == rule_set.revision()) {
    what_ = RuleSetText{rule_set.text()};
  } else {
    what_ = RuleSetText{};  // It left the list.
  }
}

size_t Entity::memory_bytes() const {
  size_t bytes = sizeof(Entity);
  if (const Ring* of = ring()) {
    bytes += of->heap_bytes();
  } else if (const Shared* of = shared()) {
    bytes += of->facts.heap_bytes() + of->let_through.heap_bytes();
  } else if (const RuleSetList* of = rule_sets()) {
    for (const sv1::RuleSetHead& head : of->revisions) {
      bytes += head.SpaceUsedLong();
    }
  } else if (const RuleSetText* of = rule_set_text()) {
    bytes += of->text.capacity();
  }
  return bytes;
}

}  // namespace levee::state
