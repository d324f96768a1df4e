// levee status: how the server is.
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/table.h"
#include "client/cli/times.h"

namespace levee::cli {
namespace {

std::string Mebibytes(uint64_t bytes) {
  return absl::StrCat((bytes + (1 << 19)) >> 20, " MiB");
}

std::string RuleSet(const v1::StatusResponse& status) {
  if (status.rule_set_revision() == 0) return "none";
  return absl::StrCat("revision ", status.rule_set_revision(),
                      status.rule_set_name().empty() ? "" : ": ",
                      status.rule_set_name(),
                      status.rule_set_shadow() ? " (in shadow)" : "");
}

void AddServer(const v1::StatusResponse& status, Table* table) {
  table->Add({"version", status.version()});
  table->Add({"started", ShowTime(status.started_at())});
  table->Add({"server's time", ShowTime(status.now())});
  table->Add({"takes writes",
              status.writable()
                  ? std::string("yes")
                  : absl::StrCat("NO: ", status.not_writable_reason())});
  table->Add({"tenant", status.tenant()});
  table->Add({"rule set", RuleSet(status)});
}

std::string Entries(const v1::StatusResponse& status) {
  if (status.last_sequence() < status.first_sequence() ||
      status.last_sequence() == 0) {
    return "no entries";
  }
  return absl::StrCat("entries ", status.first_sequence(), " to ",
                      status.last_sequence(), ", replay from ",
                      status.replay_from());
}

void AddJournal(const v1::StatusResponse& status, Table* table) {
  table->Add({"journal", Entries(status)});
  table->Add({"head", absl::BytesToHexString(status.head_hash())});
  table->Add({"on disk", Mebibytes(status.disk_bytes())});
}

void AddWork(const v1::StatusResponse& status, Table* table) {
  table->Add({"decided", absl::StrCat(status.decided())});
  table->Add({"  allow", absl::StrCat(status.allowed())});
  table->Add({"  challenge", absl::StrCat(status.challenged())});
  table->Add({"  throttle", absl::StrCat(status.throttled())});
  table->Add({"  hold", absl::StrCat(status.held())});
  table->Add({"  reject", absl::StrCat(status.rejected())});
  const uint64_t would = status.would_challenge() + status.would_throttle() +
                         status.would_hold() + status.would_reject();
  if (would > 0) {
    table->Add({"in shadow", absl::StrCat(would, " would have got more")});
    table->Add({"  challenge", absl::StrCat(status.would_challenge())});
    table->Add({"  throttle", absl::StrCat(status.would_throttle())});
    table->Add({"  hold", absl::StrCat(status.would_hold())});
    table->Add({"  reject", absl::StrCat(status.would_reject())});
  }
  table->Add({"turned away", absl::StrCat(status.shed())});
  table->Add({"queue", absl::StrCat(status.queue_length(), " of ",
                                    status.queue_capacity())});
  table->Add(
      {"latency",
       absl::StrCat(
           "median ", absl::FormatDuration(ToDuration(status.latency().p50())),
           ", 99 % ", absl::FormatDuration(ToDuration(status.latency().p99())),
           ", most ",
           absl::FormatDuration(ToDuration(status.latency().max())))});
  table->Add(
      {"entities", absl::StrCat(status.entities_cached(), " of ",
                                status.entities_cache_max(), " in memory")});
}

int Status(Session* session) {
  v1::StatusResponse status;
  if (int code = CallServer(session, v1::StatusRequest(), &status);
      code != kExitOk) {
    return code;
  }
  if (session->json()) {
    session->PrintJson(status);
  } else {
    Table table;
    AddServer(status, &table);
    AddJournal(status, &table);
    AddWork(status, &table);
    session->Print(table.Render());
  }
  return status.writable() ? kExitOk : kExitNo;
}

}  // namespace

void AddStatus(CLI::App* app, Action* chosen) {
  CLI::App* command = AddCommand(
      app, "status", "How the server is",
      "Ends with 1 where it takes no writes. JSON: a StatusResponse.",
      "  levee status\n"
      "  levee status -o json --timeout 1s\n");
  OnChosen(command, chosen, [](Session* session) { return Status(session); });
}

}  // namespace levee::cli
