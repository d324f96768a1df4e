// The events of a load: made up, the same for the same seed.
#ifndef LEVEE_CLIENT_LOAD_TRAFFIC_H_
#define LEVEE_CLIENT_LOAD_TRAFFIC_H_

#include <cstdint>
#include <string>

#include "levee/v1/event.pb.h"

namespace levee::load {

// Makes event `number` of a run from the number alone, so that events need not
// be kept: of ten, six open tickets, two are customers' replies, one is an
// agent's answer and one solves a ticket.
//
// Threads: safe.
class Traffic {
 public:
  // `run` begins every event id, `customers` (at least 1) share the events.
  Traffic(std::string run, uint64_t seed, uint64_t customers);

  v1::TicketEvent Make(uint64_t number) const;

 private:
  const std::string run_;
  const uint64_t seed_;
  const uint64_t customers_;
};

}  // namespace levee::load

#endif  // LEVEE_CLIENT_LOAD_TRAFFIC_H_
