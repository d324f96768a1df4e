// A seeded life of a help desk: every event kind and actor, repeats,
// withdrawals, late deliveries, previews of nothing. For tests that care that
// everything happens, not that it is realistic.
#ifndef LEVEE_TESTS_LIFE_H_
#define LEVEE_TESTS_LIFE_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "levee/v1/event.pb.h"

namespace levee::tests {

class Life {
 public:
  explicit Life(uint64_t seed) : random_(seed) {}

  // The next event at about `now_ms`. Ids of earlier events come again now and
  // then: with the same content as before.
  v1::TicketEvent Next(int64_t now_ms) {
    if (!past_.empty() && Chance(20)) return past_[Below(past_.size())];
    v1::TicketEvent event;
    event.set_event_id("e" + std::to_string(++count_));
    const std::string customer = std::to_string(Below(12));
    event.set_customer_id("c" + customer);
    event.set_ticket_id("t" + customer + "." + std::to_string(Below(4)));
    SetKind(&event);
    if (event.actor() == v1::ACTOR_AGENT ||
        event.actor() == v1::ACTOR_AGENT_ON_BEHALF || Chance(3)) {
      event.set_agent_id("a" + std::to_string(Below(3)));
    }
    if (Chance(4)) SetTime(now_ms, &event);
    if (Chance(2)) {
      event.mutable_account_created_at()->set_seconds(
          now_ms / 1000 - static_cast<int64_t>(Below(100)) * 86'400);
    }
    if (event.actor() == v1::ACTOR_CUSTOMER) SetWords(&event);
    past_.push_back(event);
    return event;
  }

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  // One time in `n`.
  bool Chance(uint64_t n) { return Below(n) == 0; }

 private:
  void SetKind(v1::TicketEvent* event) {
    static constexpr v1::EventKind kKinds[] = {
        v1::EVENT_KIND_OPENED,           v1::EVENT_KIND_OPENED,
        v1::EVENT_KIND_CUSTOMER_REPLIED, v1::EVENT_KIND_CUSTOMER_REPLIED,
        v1::EVENT_KIND_CUSTOMER_REPLIED, v1::EVENT_KIND_AGENT_REPLIED,
        v1::EVENT_KIND_SOLVED,           v1::EVENT_KIND_REOPENED,
        v1::EVENT_KIND_CLOSED,           v1::EVENT_KIND_ABUSE_REPORTED,
        v1::EVENT_KIND_WITHDRAWN};
    v1::EventKind kind = kKinds[Below(std::size(kKinds))];
    const bool regards = kind == v1::EVENT_KIND_ABUSE_REPORTED ||
                         kind == v1::EVENT_KIND_WITHDRAWN;
    if (regards && past_.empty()) kind = v1::EVENT_KIND_OPENED;
    event->set_kind(kind);
    event->set_actor(Chance(5) ? v1::ACTOR_AUTOMATION : v1::ACTOR_CUSTOMER);
    switch (kind) {
      case v1::EVENT_KIND_AGENT_REPLIED:
        event->set_provides_solution(Chance(2));
        event->set_actor(v1::ACTOR_AGENT);
        break;
      case v1::EVENT_KIND_SOLVED:
        event->set_actor(v1::ACTOR_AGENT);
        break;
      case v1::EVENT_KIND_ABUSE_REPORTED:
      case v1::EVENT_KIND_WITHDRAWN: {
        if (!regards || past_.empty()) break;
        const v1::TicketEvent& regarded = past_[Below(past_.size())];
        event->set_regards_event_id(regarded.event_id());
        event->set_customer_id(regarded.customer_id());
        event->set_ticket_id(regarded.ticket_id());
        event->set_actor(v1::ACTOR_AGENT);
        event->set_not_abuse(kind == v1::EVENT_KIND_ABUSE_REPORTED &&
                             Chance(2));
        break;
      }
      default:
        break;
    }
  }

  void SetTime(int64_t now_ms, v1::TicketEvent* event) {
    const int64_t late_ms = static_cast<int64_t>(Below(30 * 3'600'000));
    event->mutable_occurred_at()->set_seconds((now_ms - late_ms) / 1000);
  }

  void SetWords(v1::TicketEvent* event) {
    if (Chance(4)) event->set_subject("server down");
    if (Chance(3)) event->set_body("see https://example.com/ 连不上");
    if (Chance(8)) event->set_language("zh-CN");
    v1::Source* source = event->mutable_source();
    if (!Chance(3)) source->set_ip("203.0.113." + std::to_string(Below(6)));
    if (!Chance(3)) {
      source->set_email(event->customer_id() + "@mail" +
                        std::to_string(Below(2)) + ".example");
    }
    if (Chance(3)) source->set_device_id("d" + std::to_string(Below(4)));
  }

  std::mt19937_64 random_;
  std::vector<v1::TicketEvent> past_;
  uint64_t count_ = 0;
};

// A rule set that asks for every subject and most qualifiers, so that each
// kind of leaf is measured.
inline constexpr char kLifeRules[] = R"pb(
  rules {
    id: "customer"
    category: CATEGORY_BOMBING
    on: EVENT_KIND_OPENED
    on: EVENT_KIND_CUSTOMER_REPLIED
    when {
      any {
        of {
          rate {
            per: SUBJECT_CUSTOMER
            kinds: EVENT_KIND_OPENED
            window: "1h"
            at_least: 4
          }
        }
        of {
          rate {
            per: SUBJECT_CUSTOMER
            kinds: EVENT_KIND_CUSTOMER_REPLIED
            window: "10m"
            at_least: 5
            let_through: true
          }
        }
      }
    }
    then { verdict: VERDICT_THROTTLE }
  }
  rules {
    id: "sources"
    category: CATEGORY_BOMBING
    on: EVENT_KIND_OPENED
    when {
      any {
        of {
          rate {
            per: SUBJECT_IP
            kinds: EVENT_KIND_OPENED
            window: "2h"
            at_least: 6
            accounts_younger_than: "30d"
          }
        }
        of {
          rate {
            per: SUBJECT_IP_PREFIX
            kinds: EVENT_KIND_OPENED
            window: "1d"
            at_least: 9
            distinct: DISTINCT_CUSTOMERS
          }
        }
        of {
          rate {
            per: SUBJECT_EMAIL_DOMAIN
            kinds: EVENT_KIND_OPENED
            window: "7d"
            at_least: 40
          }
        }
        of {
          rate {
            per: SUBJECT_TENANT
            kinds: EVENT_KIND_OPENED
            window: "10m"
            at_least: 30
          }
        }
      }
    }
    unless { text { pattern: "连不上" } }
    then { verdict: VERDICT_CHALLENGE }
  }
  rules {
    id: "entangled"
    category: CATEGORY_HARASSMENT
    on: EVENT_KIND_CUSTOMER_REPLIED
    on: EVENT_KIND_REOPENED
    when {
      all {
        of {
          rate {
            per: SUBJECT_TICKET
            kinds: EVENT_KIND_CUSTOMER_REPLIED
            kinds: EVENT_KIND_REOPENED
            window: "1d"
            at_least: 3
            after_solution: true
          }
        }
        of { ticket { solution_within: "2d" } }
        of { ticket { replies_since_agent_at_least: 2 } }
      }
    }
    then { verdict: VERDICT_HOLD }
    messages { language: "en" text: "Wait {retry_after}." }
    messages { language: "zh" text: "请稍候 {retry_after}。" }
  }
  rules {
    id: "links"
    category: CATEGORY_PROMOTION
    mode: MODE_SHADOW
    on: EVENT_KIND_OPENED
    when {
      all {
        of { text { links_at_least: 1 } }
        of { attribute { account_younger_than: "10d" } }
      }
    }
    then { verdict: VERDICT_REJECT }
  }
)pb";

}  // namespace levee::tests

#endif  // LEVEE_TESTS_LIFE_H_
