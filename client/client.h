// The client library of Levee: asks the server about ticket events, and lets
// the helpdesk go on where the server cannot be reached in time.
//
//   levee::client::Options options;
//   options.target = "127.0.0.1:7171";
//   options.token = token;
//   auto client = levee::client::Client::Create(options);
//   ...
//   absl::StatusOr<levee::client::Answer> answer = (*client)->Submit(event);
//   if (!answer.ok()) { /* the event is wrong: answer.status() says how */ }
//   if (answer->decision.verdict() == levee::v1::VERDICT_ALLOW) { ... }
#ifndef LEVEE_CLIENT_CLIENT_H_
#define LEVEE_CLIENT_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/answer.h"
#include "client/backlog.h"
#include "client/guard.h"
#include "client/stream.h"
#include "levee/v1/decision.pb.h"
#include "levee/v1/event.pb.h"
#include "levee/v1/guard_service.pb.h"

namespace levee::client {

struct Options {
  // The server, host:port.
  std::string target = "127.0.0.1:7171";
  // Required: 1 to 512 visible ASCII characters.
  std::string token;
  // How long a call may take in all, retries included; 1 ms to 1 h.
  absl::Duration deadline = absl::Milliseconds(300);
  // Attempts of one call within the deadline; 1 to 100. Each but the last may
  // take half of what is left of it.
  int attempts_max = 3;
  // Before the second attempt; doubled before each one after it, and less a
  // random part of up to a half. The server's own advice counts if longer.
  absl::Duration backoff = absl::Milliseconds(10);
  // Where Levee cannot be reached in time: true lets the event pass and
  // submits it later, false returns the error.
  bool fail_open = true;
  // What waits to be submitted later.
  BacklogOptions backlog;
  // How long one attempt to submit it later may take.
  absl::Duration backlog_deadline = absl::Seconds(5);
};

// A connection to one server with one token; make one for the process.
//
// Threads: safe.
class Client {
 public:
  // Does not connect: a server that is away is noticed by each call.
  // INVALID_ARGUMENT names the option that is wrong.
  static absl::StatusOr<std::unique_ptr<Client>> Create(Options options);
  // The same over `guard`, however it reaches the server.
  static absl::StatusOr<std::unique_ptr<Client>> Create(
      Options options, std::unique_ptr<Guard> guard);
  // What waits to be submitted later is lost: Flush first.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Decides one event and records it. Blocks for Options.deadline at most.
  //
  // Tries again, with the same event_id, where the server is away, late or
  // busy; whatever was recorded at an earlier attempt is answered then. With
  // fail_open, an event that could not be told in time is allowed
  // (Answer.from_server is false) and submitted later with the same event_id.
  // Whoever may submit an event twice himself sets its occurred_at: where it
  // is absent, the later submission carries the time of this call.
  //
  // Errors: INVALID_ARGUMENT (event_id is empty, the event is larger than
  // kRequestBytesMax, or the server names a field),
  // ALREADY_EXISTS (the id was used for other content), UNAUTHENTICATED,
  // PERMISSION_DENIED, RESOURCE_EXHAUSTED (someone on the way takes no message
  // of its size); without fail_open also UNAVAILABLE, DEADLINE_EXCEEDED and
  // RESOURCE_EXHAUSTED.
  absl::StatusOr<Answer> Submit(const v1::TicketEvent& event);

  // Decides as Submit would now and records nothing. Retries as Submit; fails
  // open as Submit, but has nothing to tell later. The event_id may be empty.
  absl::StatusOr<Answer> Preview(const v1::TicketEvent& event);

  // What a customer may do now. Retries as Submit, never fails open.
  absl::StatusOr<v1::GetStandingResponse> GetStanding(
      const v1::GetStandingRequest& request);

  // A stream for many events; see client/stream.h. Fails open as Submit does.
  // REQUIRES: the stream is destroyed before the client.
  std::unique_ptr<Stream> OpenStream(StreamOptions options,
                                     Stream::OnAnswer on_answer);

  // Waits until every event left over was told to the server, `timeout` at
  // most. DEADLINE_EXCEEDED: some are left; they go on waiting.
  absl::Status Flush(absl::Duration timeout);

  BacklogStatus backlog() const;

 private:
  Client(Options options, std::unique_ptr<Guard> guard);

  const Options options_;
  const std::unique_ptr<Guard> guard_;
  // Null without fail_open. Uses guard_.
  const std::unique_ptr<Backlog> backlog_;
};

}  // namespace levee::client

#endif  // LEVEE_CLIENT_CLIENT_H_
