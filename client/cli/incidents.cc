// levee incidents: times at which many honest customers write at once.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/cli/command.h"
#include "client/cli/table.h"
#include "client/cli/times.h"
#include "client/cli/until.h"

namespace levee::cli {
namespace {

std::string Scope(const v1::Incident& incident) {
  return incident.departments().empty()
             ? "the whole desk"
             : absl::StrJoin(incident.departments(), ", ");
}

std::string Until(const v1::Incident& incident) {
  return incident.has_until() ? ShowTime(incident.until()) : "ended by hand";
}

std::string Describe(const v1::Incident& incident) {
  Table table;
  table.Add({"incident", absl::StrCat(incident.id())});
  table.Add({"state", incident.running() ? "running" : "over"});
  table.Add({"from", ShowTime(incident.from())});
  table.Add({"until", Until(incident)});
  table.Add({"scope", Scope(incident)});
  table.Add({"begun by", incident.author()});
  table.Add({"reason", incident.reason()});
  if (incident.proposal_id() != 0) {
    table.Add({"proposal", absl::StrCat(incident.proposal_id())});
  }
  if (!incident.ended_by().empty()) {
    table.Add({"ended by", incident.ended_by()});
    table.Add({"ended for", incident.end_reason()});
  }
  return table.Render();
}

void Tell(const v1::Incident& incident, Session* session) {
  if (session->json()) {
    session->PrintJson(incident);
  } else {
    session->Print(Describe(incident));
  }
}

struct BeginFlags {
  std::vector<std::string> departments;
  std::string from;
  UntilFlags until;
  uint64_t proposal = 0;
  std::string reason;
};

absl::StatusOr<v1::BeginIncidentRequest> RequestOf(const BeginFlags& flags,
                                                   absl::Time now) {
  v1::BeginIncidentRequest request;
  if (!flags.from.empty()) {
    absl::StatusOr<absl::Time> from =
        ParseMoment(flags.from, now, absl::LocalTimeZone());
    if (!from.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--from: ", from.status().message()));
    }
    *request.mutable_from() = ToTimestamp(*from);
  }
  if (flags.until.given()) {
    absl::StatusOr<google::protobuf::Timestamp> until = flags.until.Build(now);
    if (!until.ok()) return until.status();
    *request.mutable_until() = *until;
  }
  for (const std::string& department : flags.departments) {
    request.add_departments(department);
  }
  request.set_proposal_id(flags.proposal);
  request.set_reason(flags.reason);
  return request;
}

int Begin(const BeginFlags& flags, Session* session) {
  absl::StatusOr<v1::BeginIncidentRequest> request =
      RequestOf(flags, absl::Now());
  if (!request.ok()) return session->FailUsage(request.status());
  v1::BeginIncidentResponse response;
  const int code = CallServer(session, *request, &response);
  if (code == kExitOk) Tell(response.incident(), session);
  return code;
}

struct EndFlags {
  uint64_t id = 0;
  std::string reason;
};

int End(const EndFlags& flags, Session* session) {
  v1::EndIncidentRequest request;
  request.set_id(flags.id);
  request.set_reason(flags.reason);
  v1::EndIncidentResponse response;
  const int code = CallServer(session, request, &response);
  if (code == kExitOk) Tell(response.incident(), session);
  return code;
}

// "an outage; ended by kim: it is over".
std::string Reasons(const v1::Incident& incident) {
  std::string text = incident.reason();
  if (incident.ended_by().empty()) return text;
  absl::StrAppend(&text, "; ended by ", incident.ended_by());
  if (!incident.end_reason().empty()) {
    absl::StrAppend(&text, ": ", incident.end_reason());
  }
  return text;
}

void PrintTable(const v1::ListIncidentsResponse& response, Session* session) {
  Table table({"ID", "STATE", "FROM", "UNTIL", "SCOPE", "BEGUN BY", "REASON"});
  table.RightAlign(0);
  for (const v1::Incident& incident : response.incidents()) {
    table.Add({absl::StrCat(incident.id()),
               incident.running() ? "running" : "over",
               ShowTime(incident.from()), Until(incident), Scope(incident),
               incident.author(), Reasons(incident)});
  }
  session->Print(table.empty() ? "no incident\n" : table.Render());
  if (response.proposals().empty()) return;
  session->Print(absl::StrCat(response.proposals_size(),
                              " proposed; see levee incidents proposals\n"));
}

int List(bool running, Session* session) {
  v1::ListIncidentsRequest request;
  request.set_running(running);
  v1::ListIncidentsResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  if (!session->json()) {
    PrintTable(response, session);
    return kExitOk;
  }
  for (const v1::Incident& incident : response.incidents()) {
    session->PrintJson(incident);
  }
  return kExitOk;
}

int Proposals(Session* session) {
  v1::ListIncidentsRequest request;
  // Nothing of the incidents themselves is of interest here.
  request.set_running(true);
  v1::ListIncidentsResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  Table table({"ID", "AT", "SCOPE", "WHY"});
  table.RightAlign(0);
  for (const v1::IncidentProposal& proposal : response.proposals()) {
    if (session->json()) {
      session->PrintJson(proposal);
      continue;
    }
    table.Add({absl::StrCat(proposal.id()), ShowTime(proposal.at()),
               proposal.department().empty() ? "the whole desk"
                                             : proposal.department(),
               proposal.why()});
  }
  if (!session->json()) {
    session->Print(table.empty() ? "nothing is proposed\n" : table.Render());
  }
  return kExitOk;
}

void AddBegin(CLI::App* incidents, Action* chosen) {
  auto flags = std::make_shared<BeginFlags>();
  CLI::App* begin = AddCommand(
      incidents, "begin", "Declare an incident",
      "Rules and restrictions on what many share change nothing in its scope "
      "until it ends: at its time, or by `levee incidents end`. JSON: the "
      "Incident.",
      "  levee incidents begin --for 4h --reason 'fibre cut in Vienna'\n"
      "  levee incidents begin --department network --from 30m \\\n"
      "    --reason 'addresses blocked'\n"
      "  levee incidents begin --proposal 3 --for 2h --reason 'it is one'\n");
  begin
      ->add_option("--department", flags->departments,
                   "Only there, any number of times; by default the whole "
                   "desk, or that of the proposal")
      ->allow_extra_args(false);
  begin->add_option("--from", flags->from,
                    "Since when: 30m (ago), \"2024-05-01 13:04\" or RFC 3339; "
                    "by default now");
  flags->until.AddTo(begin);
  begin
      ->add_option("--reason", flags->reason,
                   "Why; kept for good, so name no customer")
      ->required();
  CheckAllUtf8(begin);
  begin
      ->add_option("--proposal", flags->proposal,
                   "The proposal that it follows")
      ->check(CheckId);
  OnChosen(begin, chosen,
           [flags](Session* session) { return Begin(*flags, session); });
}

void AddEnd(CLI::App* incidents, Action* chosen) {
  auto flags = std::make_shared<EndFlags>();
  CLI::App* end =
      AddCommand(incidents, "end", "End an incident now", "JSON: the Incident.",
                 "  levee incidents end 2 --reason 'the fibre is mended'\n");
  end->add_option("id", flags->id, "Its id")->required()->check(CheckId);
  end->add_option("--reason", flags->reason,
                  "Why; kept for good, so name no customer")
      ->check(CheckUtf8);
  OnChosen(end, chosen,
           [flags](Session* session) { return End(*flags, session); });
}

}  // namespace

void AddIncidents(CLI::App* app, Action* chosen) {
  CLI::App* incidents = AddCommand(
      app, "incidents", "Declare outages, so that nobody is throttled for them",
      "",
      "  levee incidents begin --for 4h --reason 'fibre cut in Vienna'\n"
      "  levee incidents list --running\n"
      "  levee incidents end 2\n");
  incidents->require_subcommand(1);
  AddBegin(incidents, chosen);
  AddEnd(incidents, chosen);
  auto running = std::make_shared<bool>(false);
  CLI::App* list =
      AddCommand(incidents, "list", "List incidents",
                 "The latest 100, newest first. JSON: an Incident a line.",
                 "  levee incidents list --running\n");
  list->add_flag("--running", *running, "Only those that run");
  OnChosen(list, chosen,
           [running](Session* session) { return List(*running, session); });
  CLI::App* proposals =
      AddCommand(incidents, "proposals", "What looks like an outage",
                 "`levee incidents begin --proposal` follows one. JSON: an "
                 "IncidentProposal a line.",
                 "  levee incidents proposals\n");
  OnChosen(proposals, chosen,
           [](Session* session) { return Proposals(session); });
}

}  // namespace levee::cli
