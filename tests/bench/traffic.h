// Seeded traffic for the speed figures: openings and replies of a population
// of customers, half of them English and half of them Chinese, sized as a
// hosting company's messages are (quartiles of 8, 150 and 592 characters).
#ifndef LEVEE_TESTS_BENCH_TRAFFIC_H_
#define LEVEE_TESTS_BENCH_TRAFFIC_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

#include "levee/v1/event.pb.h"
#include "tests/bench/chatter.h"

namespace levee::bench {

class Traffic {
 public:
  // Ids start with `prefix`. `in_turn`: each event is the next customer's
  // first; otherwise customers come at random. Without `texts` nobody says
  // anything.
  Traffic(std::string prefix, uint64_t seed, uint64_t first_customer,
          uint64_t customers, bool in_turn, bool texts)
      : prefix_(std::move(prefix)),
        random_(seed),
        first_customer_(first_customer),
        customers_(customers),
        in_turn_(in_turn),
        texts_(texts) {}

  void Fill(v1::TicketEvent* event) {
    const uint64_t customer =
        first_customer_ + (in_turn_ ? count_ : random_()) % customers_;
    ++count_;
    event->set_event_id(prefix_ + std::to_string(count_));
    const bool opens = in_turn_ || random_() % 2 == 0;
    event->set_kind(opens ? v1::EVENT_KIND_OPENED
                          : v1::EVENT_KIND_CUSTOMER_REPLIED);
    event->set_actor(v1::ACTOR_CUSTOMER);
    const std::string id = std::to_string(customer);
    event->set_customer_id("customer-" + id);
    event->set_ticket_id("ticket-" + id + "-" + std::to_string(random_() % 4));
    if (texts_) Say(customer % 2 == 0, event);
    v1::Source* source = event->mutable_source();
    source->set_ip("10." + std::to_string(customer >> 16 & 255) + "." +
                   std::to_string(customer >> 8 & 255) + "." +
                   std::to_string(customer & 255));
    source->set_email("customer-" + id + "@mail.example");
  }

 private:
  void Say(bool english, v1::TicketEvent* event) {
    const Chatter& chatter = english ? Chatter::English() : Chatter::Chinese();
    static constexpr size_t kLengths[] = {8, 40, 150, 592};
    chatter.Say(20, &random_, event->mutable_subject());
    chatter.Say(kLengths[random_() % 4], &random_, event->mutable_body());
  }

  const std::string prefix_;
  std::mt19937_64 random_;
  const uint64_t first_customer_;
  const uint64_t customers_;
  const bool in_turn_;
  const bool texts_;
  uint64_t count_ = 0;
};

}  // namespace levee::bench

#endif  // LEVEE_TESTS_BENCH_TRAFFIC_H_
