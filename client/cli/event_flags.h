// A TicketEvent from the command line.
#ifndef LEVEE_CLIENT_CLI_EVENT_FLAGS_H_
#define LEVEE_CLIENT_CLI_EVENT_FLAGS_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "levee/v1/event.pb.h"

namespace levee::cli {

// The fields as they were given; empty where they were not.
struct EventFlags {
  std::string json;
  std::string event_id;
  std::string kind;
  std::string actor;
  std::string customer;
  std::string ticket;
  std::string agent;
  std::string occurred_at;
  std::string subject;
  std::string body;
  std::string ip;
  std::string email;
  std::string device;
  bool solution = false;
  std::string account_created;
  std::vector<std::string> attributes;
  std::string department;
  std::string reference;
  std::string regards;
  bool not_abuse = false;
  std::string language;
  bool challenge_passed = false;

  void AddTo(CLI::App* command);

  // The event: what --json brings, then the other flags over it. Without a
  // kind OPENED, without an actor the usual one for the kind. INVALID_ARGUMENT
  // names the flag that is wrong.
  absl::StatusOr<v1::TicketEvent> Build(absl::Time now) const;

 private:
  absl::Status SetTimes(absl::Time now, v1::TicketEvent* event) const;
  absl::Status SetWords(v1::TicketEvent* event) const;
  absl::Status SetAttributes(v1::TicketEvent* event) const;
  void SetTexts(v1::TicketEvent* event) const;
};

// An id that nothing else has: "cli-" and 32 hex digits of chance.
std::string NewEventId();

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_EVENT_FLAGS_H_
