// levee preview: what would be decided.
#include <memory>

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

int Preview(const Flags& flags, Session* session) {
  absl::StatusOr<v1::TicketEvent> event = flags.event.Build(absl::Now());
  if (!event.ok()) return session->FailUsage(event.status());
  v1::PreviewRequest request;
  *request.mutable_event() = *event;
  v1::PreviewResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
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

void AddPreview(CLI::App* app, Action* chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = AddCommand(
      app, "preview", "Decide one event, record nothing",
      "Decides as submit would now. Prints the Decision.",
      "  levee preview --customer c-17 --ticket t-4712 --body 'Me again'\n"
      "  levee preview --json - --exit_verdict < event.json\n");
  flags->event.AddTo(command);
  command->add_flag("--exit_verdict", flags->exit_verdict,
                    "End with 10 + the verdict's number: 11 for ALLOW");
  OnChosen(command, chosen,
           [flags](Session* session) { return Preview(*flags, session); });
}

}  // namespace levee::cli
