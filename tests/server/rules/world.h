// Rules over state, without a sequencer or a store: events are judged one by
// one, and applied at once.
#ifndef LEVEE_TESTS_SERVER_RULES_WORLD_H_
#define LEVEE_TESTS_SERVER_RULES_WORLD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "levee/storage/v1/entry.pb.h"
#include "levee/v1/event.pb.h"
#include "server/rules/decide.h"
#include "server/rules/rule_set.h"
#include "server/state/entity.h"
#include "server/state/measure.h"
#include "server/state/standing.h"
#include "server/text/facts.h"

namespace levee::tests {

class World {
 public:
  static constexpr uint64_t kTenant = 1;

  explicit World(std::shared_ptr<const rules::RuleSet> rules)
      : rules_(std::move(rules)) {}

  // The entry of an event that counts at its occurred_at, decided and applied.
  // REQUIRES: the event is valid, has a time and takes nothing back.
  storage::v1::Entry Judge(const v1::TicketEvent& event) {
    storage::v1::Entry entry = EntryOf(event);
    storage::v1::EventEntry& recorded = *entry.mutable_event();
    storage::v1::Happening& happening = *recorded.mutable_happening();
    std::optional<int64_t> created_ms;
    if (recorded.has_account_created_at_ms()) {
      created_ms = recorded.account_created_at_ms();
    }
    happening.set_flags(state::MeasureFlags(
        happening, event.actor(), event.provides_solution(), event.not_abuse(),
        created_ms, recorded.has_text() ? &recorded.text() : nullptr,
        Find({storage::v1::ENTITY_KIND_TICKET, kTenant,
              happening.subjects().ticket()})));
    const auto find = [this](const state::EntityKey& key) { return Find(key); };
    storage::v1::StandingFacts standing;
    state::MeasureStanding(happening, kTenant, entry.decided_at_ms(), "",
                           /*wants_solved=*/true, find, &standing);
    *recorded.mutable_standing() = standing;
    rules::MeasureLeaves(
        *rules_,
        rules::Observe(*rules_, event, rules::Canonical(event.source()),
                       recorded.text()),
        kTenant, find, &recorded);
    rules::Decide(rules_.get(), recorded, recorded.mutable_outcome());
    Apply(entry);
    return entry;
  }

  v1::Verdict VerdictOf(const v1::TicketEvent& event) {
    return Judge(event).event().outcome().verdict();
  }

 private:
  static int64_t ToMs(const google::protobuf::Timestamp& time) {
    return time.seconds() * 1000 + time.nanos() / 1'000'000;
  }

  // 0 for the empty name.
  uint64_t HandleOf(storage::v1::EntityKind kind, const std::string& name) {
    if (name.empty()) return 0;
    return handles_.try_emplace({kind, name}, handles_.size() + 1)
        .first->second;
  }

  storage::v1::Entry EntryOf(const v1::TicketEvent& event) {
    storage::v1::Entry entry;
    entry.set_tenant(kTenant);
    storage::v1::EventEntry& recorded = *entry.mutable_event();
    recorded.set_actor(event.actor());
    recorded.set_language(event.language());
    storage::v1::Happening& happening = *recorded.mutable_happening();
    happening.set_kind(event.kind());
    happening.set_effective_ms(ToMs(event.occurred_at()));
    entry.set_decided_at_ms(happening.effective_ms());
    if (event.has_account_created_at()) {
      recorded.set_account_created_at_ms(ToMs(event.account_created_at()));
    }
    storage::v1::Subjects& subjects = *happening.mutable_subjects();
    using storage::v1::EntityKind;
    subjects.set_customer(
        HandleOf(storage::v1::ENTITY_KIND_CUSTOMER, event.customer_id()));
    subjects.set_ticket(
        HandleOf(storage::v1::ENTITY_KIND_TICKET, event.ticket_id()));
    subjects.set_agent(
        HandleOf(storage::v1::ENTITY_KIND_AGENT, event.agent_id()));
    if (event.actor() != v1::ACTOR_CUSTOMER) return entry;
    if (!event.subject().empty() || !event.body().empty()) {
      *recorded.mutable_text() = text::Examine(event).facts;
    }
    const rules::CanonicalSource source = rules::Canonical(event.source());
    subjects.set_ip(HandleOf(storage::v1::ENTITY_KIND_IP, source.ip));
    subjects.set_ip_prefix(
        HandleOf(storage::v1::ENTITY_KIND_IP_PREFIX, source.ip_prefix));
    subjects.set_email(HandleOf(storage::v1::ENTITY_KIND_EMAIL, source.email));
    subjects.set_email_domain(
        HandleOf(storage::v1::ENTITY_KIND_EMAIL_DOMAIN, source.email_domain));
    subjects.set_device(
        HandleOf(storage::v1::ENTITY_KIND_DEVICE, source.device));
    return entry;
  }

  const state::Entity* Find(const state::EntityKey& key) const {
    const auto found = entities_.find(key);
    return found == entities_.end() ? nullptr : &found->second;
  }

  void Apply(const storage::v1::Entry& entry) {
    ++sequence_;
    std::vector<state::EntityKey> keys;
    state::AppendKeysOf(entry, sequence_, &keys);
    for (const state::EntityKey& key : keys) {
      entities_.try_emplace(key, key.kind)
          .first->second.Apply(entry, sequence_, key);
    }
  }

  std::shared_ptr<const rules::RuleSet> rules_;
  std::map<std::pair<int, std::string>, uint64_t> handles_;
  std::map<state::EntityKey, state::Entity> entities_;
  uint64_t sequence_ = 0;
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_SERVER_RULES_WORLD_H_
