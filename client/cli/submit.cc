// levee submit: one event, decided and recorded.
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/command.h"
#include "client/cli/decision_text.h"
#include "client/cli/event_flags.h"

namespace levee::cli {
namespace {

struct Flags {
  EventFlags event;
  bool exit_verdict = false;
};

int Submit(const Flags& flags, Session* session) {
  absl::StatusOr<v1::TicketEvent> event = flags.event.Build(absl::Now());
  if (!event.ok()) return session->FailUsage(event.status());
  if (event->event_id().empty()) event->set_event_id(NewEventId());
  v1::SubmitRequest request;
  *request.mutable_event() = *event;
  v1::SubmitResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    if (code == kExitUnreachable) {
      session->Complain(absl::StrCat(
          "it may have been recorded; submit it again with the same fields and "
          "--event_id ",
          event->event_id()));
    }
    return code;
  }
  if (session->json()) {
    session->PrintJson(response.decision());
  } else {
    session->Print(Describe(response.decision()));
  }
  return flags.exit_verdict
             ? kExitVerdict + static_cast<int>(response.decision().verdict())
             : static_cast<int>(kExitOk);
}

}  // namespace

void AddSubmit(CLI::App* app, Action* chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = AddCommand(
      app, "submit", "Decide one event and record it",
      "Prints the Decision. Ends with 0 whatever it is, unless --exit_verdict.",
      "  levee submit --customer c-17 --ticket t-4711 --subject 'No network' "
      "\\\n"
      "    --body 'My server does not answer' --ip 203.0.113.9\n"
      "  levee submit --kind agent_replied --customer c-17 --ticket t-4711 \\\n"
      "    --agent kim --solution --body 'Please restart it'\n"
      "  levee submit --json event.json --exit_verdict\n");
  flags->event.AddTo(command);
  command->add_flag("--exit_verdict", flags->exit_verdict,
                    "End with 10 + the verdict's number: 11 for ALLOW");
  OnChosen(command, chosen,
           [flags](Session* session) { return Submit(*flags, session); });
}

}  // namespace levee::cli
