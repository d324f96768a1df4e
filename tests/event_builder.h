// Builds ticket events, so that a test's line shows only what matters to it.
#ifndef LEVEE_TESTS_EVENT_BUILDER_H_
#define LEVEE_TESTS_EVENT_BUILDER_H_

#include <cstdint>
#include <string>
#include <utility>

#include "levee/v1/event.pb.h"

namespace levee::tests {

// A valid event that says only the kind, by default an act of customer "c1"
// on ticket "t1". The event_id counts up in each process: "e1", "e2", ...
class EventBuilder {
 public:
  explicit EventBuilder(v1::EventKind kind) {
    static int64_t count = 0;
    event_.set_event_id("e" + std::to_string(++count));
    event_.set_kind(kind);
    event_.set_customer_id("c1");
    event_.set_ticket_id("t1");
    switch (kind) {
      case v1::EVENT_KIND_AGENT_REPLIED:
      case v1::EVENT_KIND_SOLVED:
      case v1::EVENT_KIND_ABUSE_REPORTED:
      case v1::EVENT_KIND_WITHDRAWN:
        By(v1::ACTOR_AGENT);
        break;
      default:
        By(v1::ACTOR_CUSTOMER);
    }
  }

  EventBuilder& Id(std::string id) {
    event_.set_event_id(std::move(id));
    return *this;
  }
  EventBuilder& Customer(std::string id) {
    event_.set_customer_id(std::move(id));
    return *this;
  }
  EventBuilder& Ticket(std::string id) {
    event_.set_ticket_id(std::move(id));
    return *this;
  }
  EventBuilder& By(v1::Actor actor) {
    event_.set_actor(actor);
    if (actor == v1::ACTOR_AGENT || actor == v1::ACTOR_AGENT_ON_BEHALF) {
      event_.set_agent_id("a1");
    }
    return *this;
  }
  EventBuilder& Agent(std::string id) {
    event_.set_agent_id(std::move(id));
    return *this;
  }
  EventBuilder& AtMs(int64_t ms) {
    event_.mutable_occurred_at()->set_seconds(ms / 1000);
    event_.mutable_occurred_at()->set_nanos(
        static_cast<int32_t>(ms % 1000 * 1'000'000));
    return *this;
  }
  EventBuilder& AccountCreatedAtMs(int64_t ms) {
    event_.mutable_account_created_at()->set_seconds(ms / 1000);
    return *this;
  }
  EventBuilder& Ip(std::string ip) {
    event_.mutable_source()->set_ip(std::move(ip));
    return *this;
  }
  EventBuilder& Email(std::string email) {
    event_.mutable_source()->set_email(std::move(email));
    return *this;
  }
  EventBuilder& Body(std::string body) {
    event_.set_body(std::move(body));
    return *this;
  }
  EventBuilder& Solution() {
    event_.set_provides_solution(true);
    return *this;
  }
  EventBuilder& Regards(std::string event_id) {
    event_.set_regards_event_id(std::move(event_id));
    return *this;
  }

  operator v1::TicketEvent() const { return event_; }  // NOLINT: by intent
  const v1::TicketEvent& event() const { return event_; }

 private:
  v1::TicketEvent event_;
};

inline EventBuilder Opened() { return EventBuilder(v1::EVENT_KIND_OPENED); }
inline EventBuilder Replied() {
  return EventBuilder(v1::EVENT_KIND_CUSTOMER_REPLIED);
}
inline EventBuilder AgentReplied() {
  return EventBuilder(v1::EVENT_KIND_AGENT_REPLIED);
}
inline EventBuilder Solved() { return EventBuilder(v1::EVENT_KIND_SOLVED); }
inline EventBuilder Reopened() { return EventBuilder(v1::EVENT_KIND_REOPENED); }
inline EventBuilder Withdrawn(std::string event_id) {
  return EventBuilder(v1::EVENT_KIND_WITHDRAWN).Regards(std::move(event_id));
}

}  // namespace levee::tests

#endif  // LEVEE_TESTS_EVENT_BUILDER_H_
