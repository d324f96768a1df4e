// levee submit and preview: one event, decided, and recorded or not.
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

// Prints the decision; the exit code.
int Tell(const Flags& flags, const v1::Decision& decision, Session* session) {
  if (session->json()) {
    session->PrintJson(decision);
  } else {
    session->Print(Describe(decision));
  }
  return flags.exit_verdict
             ? kExitVerdict + static_cast<int>(decision.verdict())
             : static_cast<int>(kExitOk);
}

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
  return Tell(flags, response.decision(), session);
}

int Preview(const Flags& flags, Session* session) {
  absl::StatusOr<v1::TicketEvent> event = flags.event.Build(absl::Now());
  if (!event.ok()) return session->FailUsage(event.status());
  v1::PreviewRequest request;
  *request.mutable_event() = *event;
  v1::PreviewResponse response;
  const int code = CallServer(session, request, &response);
  return code == kExitOk ? Tell(flags, response.decision(), session) : code;
}

// Adds the command's flags, and `run` for when it is chosen.
void Complete(CLI::App* command, Action* chosen,
              int (*run)(const Flags& flags, Session* session)) {
  auto flags = std::make_shared<Flags>();
  flags->event.AddTo(command);
  command->add_flag("--exit_verdict", flags->exit_verdict,
                    "End with 10 + the verdict's number: 11 for ALLOW");
  OnChosen(command, chosen,
           [flags, run](Session* session) { return run(*flags, session); });
}

}  // namespace

void AddSubmit(CLI::App* app, Action* chosen) {
  Complete(
      AddCommand(
          app, "submit", "Decide one event and record it",
          "Prints the Decision. Ends with 0 whatever it is, unless "
          "--exit_verdict.",
          "  levee submit --customer c-17 --ticket t-4711 --subject 'No "
          "network' \\\n"
          "    --body 'My server does not answer' --ip 203.0.113.9\n"
          "  levee submit --kind agent_replied --customer c-17 --ticket t-4711 "
          "\\\n"
          "    --agent kim --solution --body 'Please restart it'\n"
          "  levee submit --json event.json --exit_verdict\n"),
      chosen, Submit);
}

void AddPreview(CLI::App* app, Action* chosen) {
  Complete(
      AddCommand(app, "preview", "Decide one event, record nothing",
                 "Decides as submit would now. Prints the Decision.",
                 "  levee preview --customer c-17 --ticket t-4712 --body 'Me "
                 "again'\n"
                 "  levee preview --json - --exit_verdict < event.json\n"),
      chosen, Preview);
}

}  // namespace levee::cli
