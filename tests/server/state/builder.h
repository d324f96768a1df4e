// Builds journal entries for tests, so that a line shows only what matters:
//
//   Opened().Customer(7).Ip(3).At(5 * kMinute)
//
// Whatever is not said: tenant, customer and ticket 1, at kStart, done by who
// usually does it, let through.
#ifndef LEVEE_TESTS_SERVER_STATE_BUILDER_H_
#define LEVEE_TESTS_SERVER_STATE_BUILDER_H_

#include <cstdint>
#include <string>

#include "levee/storage/v1/entry.pb.h"
#include "levee/v1/event.pb.h"
#include "server/state/happening.h"
#include "server/state/standing.h"

namespace levee::builder {

inline constexpr int64_t kSecond = 1000;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;
inline constexpr int64_t kDay = 24 * kHour;
// 2023-11-14 00:00:00 UTC: the start of a cell of every width.
inline constexpr int64_t kStart = 1'699'920'000'000;
inline constexpr uint64_t kTenant = 1;

class Event {
 public:
  explicit Event(v1::EventKind kind) {
    happening().set_kind(kind);
    entry_.set_tenant(kTenant);
    Customer(1).Ticket(1).At(0).Verdict(v1::VERDICT_ALLOW);
    const bool by_agent = kind == v1::EVENT_KIND_AGENT_REPLIED ||
                          kind == v1::EVENT_KIND_SOLVED ||
                          kind == v1::EVENT_KIND_ABUSE_REPORTED ||
                          kind == v1::EVENT_KIND_WITHDRAWN;
    By(by_agent ? v1::ACTOR_AGENT : v1::ACTOR_CUSTOMER);
    if (kind == v1::EVENT_KIND_SOLVED) Flag(state::kProvidesSolution);
  }

  Event& Tenant(uint64_t handle) { return entry_.set_tenant(handle), *this; }
  // Milliseconds after kStart.
  Event& At(int64_t after_start_ms) {
    entry_.set_decided_at_ms(kStart + after_start_ms);
    happening().set_effective_ms(kStart + after_start_ms);
    return *this;
  }
  // Who did it; only what the customer did keeps its sources.
  Event& By(v1::Actor actor) {
    event().set_actor(actor);
    const uint32_t others = happening().flags() & ~uint32_t{state::kByCustomer};
    const bool own = actor == v1::ACTOR_CUSTOMER;
    happening().set_flags(others | (own ? uint32_t{state::kByCustomer} : 0));
    return *this;
  }
  Event& Customer(uint64_t h) { return subjects().set_customer(h), *this; }
  Event& Ticket(uint64_t h) { return subjects().set_ticket(h), *this; }
  Event& Agent(uint64_t h) { return subjects().set_agent(h), *this; }
  Event& Ip(uint64_t h) { return subjects().set_ip(h), *this; }
  Event& IpPrefix(uint64_t h) { return subjects().set_ip_prefix(h), *this; }
  Event& Email(uint64_t h) { return subjects().set_email(h), *this; }
  Event& Domain(uint64_t h) { return subjects().set_email_domain(h), *this; }
  Event& Device(uint64_t h) { return subjects().set_device(h), *this; }
  Event& Campaign(uint64_t h) { return subjects().set_campaign(h), *this; }
  Event& Flag(uint32_t flags) {
    return happening().set_flags(happening().flags() | flags), *this;
  }
  Event& Solution() { return Flag(state::kProvidesSolution); }
  Event& Age(state::AgeStep step) {
    const uint32_t others = happening().flags() & ~uint32_t{state::kAgeMask};
    happening().set_flags(others | static_cast<uint32_t>(step)
                                       << state::kAgeShift);
    return *this;
  }
  Event& Verdict(v1::Verdict verdict) {
    return event().mutable_outcome()->set_verdict(verdict), *this;
  }
  Event& Import(uint64_t handle, uint64_t position) {
    event().set_import(handle);
    event().set_import_position(position);
    return *this;
  }

  storage::v1::Entry Entry() const {
    storage::v1::Entry entry = entry_;
    storage::v1::Happening* const of =
        entry.mutable_event()->mutable_happening();
    if ((of->flags() & state::kByCustomer) == 0) {
      of->mutable_subjects()->clear_ip();
      of->mutable_subjects()->clear_ip_prefix();
      of->mutable_subjects()->clear_email();
      of->mutable_subjects()->clear_email_domain();
      of->mutable_subjects()->clear_device();
    }
    return entry;
  }
  storage::v1::Happening Happening() const {
    return Entry().event().happening();
  }
  // NOLINTNEXTLINE(google-explicit-constructor): that a line stays short.
  operator storage::v1::Entry() const { return Entry(); }

 private:
  storage::v1::EventEntry& event() { return *entry_.mutable_event(); }
  storage::v1::Happening& happening() { return *event().mutable_happening(); }
  storage::v1::Subjects& subjects() { return *happening().mutable_subjects(); }

  storage::v1::Entry entry_;
};

inline Event Opened() { return Event(v1::EVENT_KIND_OPENED); }
inline Event Replied() { return Event(v1::EVENT_KIND_CUSTOMER_REPLIED); }
inline Event AgentReplied() { return Event(v1::EVENT_KIND_AGENT_REPLIED); }
inline Event Solved() { return Event(v1::EVENT_KIND_SOLVED); }
inline Event Reopened() { return Event(v1::EVENT_KIND_REOPENED); }
inline Event Closed() { return Event(v1::EVENT_KIND_CLOSED); }
inline Event AbuseReported() { return Event(v1::EVENT_KIND_ABUSE_REPORTED); }

// Takes back entry `sequence`, which was `of` and counts, at the same time as
// it.
inline storage::v1::Entry Withdrawn(const storage::v1::Entry& of,
                                    uint64_t sequence) {
  storage::v1::Entry entry = Event(v1::EVENT_KIND_WITHDRAWN);
  entry.set_tenant(of.tenant());
  entry.set_decided_at_ms(of.decided_at_ms());
  storage::v1::EventEntry& event = *entry.mutable_event();
  const storage::v1::Happening& taken_back = of.event().happening();
  storage::v1::Happening& happening = *event.mutable_happening();
  happening.set_effective_ms(taken_back.effective_ms());
  happening.mutable_subjects()->set_customer(taken_back.subjects().customer());
  happening.mutable_subjects()->set_ticket(taken_back.subjects().ticket());
  event.set_regards_sequence(sequence);
  *event.add_refunds() = state::MakeRefund(of, sequence, nullptr);
  event.mutable_refunds(0)->set_uncounted(false);
  return entry;
}

// Puts a rule set in force.
inline storage::v1::Entry RuleSetApplied(uint64_t revision,
                                         const std::string& text) {
  storage::v1::Entry entry;
  entry.set_tenant(kTenant);
  entry.set_decided_at_ms(kStart);
  entry.mutable_rule_set()->set_revision(revision);
  entry.mutable_rule_set()->set_text(text);
  return entry;
}

}  // namespace levee::builder

#endif  // LEVEE_TESTS_SERVER_STATE_BUILDER_H_
