#include "client/load/traffic.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace levee::load {
namespace {

// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number
// Generators", 2014): a number from any state, without going through those
// before.
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

constexpr const char* kBodies[] = {
    "My server has not answered since this morning. Can you have a look?",
    "The address I was given is blocked again; I need another one.",
    "I would like to move to a larger plan at the end of the month.",
    "The invoice of last month shows a server that I gave back in spring.",
    "\u6211\u7684\u670d\u52a1\u5668\u4ece\u65e9\u4e0a\u5f00\u59cb\u65e0\u6cd5"
    "\u8bbf\u95ee\uff0c\u8bf7\u5e2e\u5fd9\u770b\u4e00\u4e0b\u3002",
    "Thank you. It works for an hour and then stops as before; here is what "
    "the console says: link is down, then up again, every few minutes.",
};

}  // namespace

Traffic::Traffic(std::string run, uint64_t seed, uint64_t customers)
    : run_(std::move(run)), seed_(seed), customers_(customers) {}

v1::TicketEvent Traffic::Make(uint64_t number) const {
  const uint64_t chance = Mix(seed_ ^ Mix(number));
  const uint64_t customer = Mix(chance) % customers_;
  v1::TicketEvent event;
  event.set_event_id(absl::StrCat(run_, "-", number));
  event.set_customer_id(absl::StrCat("load-customer-", customer));
  // A customer's events fall on a few tickets.
  event.set_ticket_id(
      absl::StrCat("load-ticket-", customer, "-", chance / 16 % 4));
  event.set_actor(v1::ACTOR_CUSTOMER);
  switch (chance % 10) {
    case 6:
    case 7:
      event.set_kind(v1::EVENT_KIND_CUSTOMER_REPLIED);
      break;
    case 8:
      event.set_kind(v1::EVENT_KIND_AGENT_REPLIED);
      event.set_provides_solution(chance % 20 >= 10);
      break;
    case 9:
      event.set_kind(v1::EVENT_KIND_SOLVED);
      break;
    default:
      event.set_kind(v1::EVENT_KIND_OPENED);
      event.set_subject("Trouble with my server");
  }
  if (chance % 10 >= 8) {
    event.set_actor(v1::ACTOR_AGENT);
    event.set_agent_id(absl::StrCat("load-agent-", chance / 64 % 20));
  } else {
    event.set_body(kBodies[chance / 1024 % std::size(kBodies)]);
    // 198.18.0.0/15 is set aside for benchmarks (RFC 2544).
    event.mutable_source()->set_ip(
        absl::StrCat("198.", 18 + customer / 65'536 % 2, ".",
                     customer / 256 % 256, ".", customer % 256));
    event.mutable_source()->set_email(
        absl::StrCat("load-", customer, "@example.net"));
  }
  return event;
}

}  // namespace levee::load
