// levee load: how much a server bears.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/command.h"
#include "client/cli/crypto.h"
#include "client/cli/progress.h"
#include "client/cli/table.h"
#include "client/cli/times.h"
#include "client/cli/words.h"
#include "client/load/generator.h"

namespace levee::cli {
namespace {

// Set by Ctrl-C.
std::atomic<bool> stopped{false};

constexpr absl::Duration kDurationMax = absl::Hours(1);
constexpr double kQuantiles[] = {0.5, 0.9, 0.99, 0.999};

struct Flags {
  double rate = 1'000;
  std::string duration = "10s";
  uint64_t customers = 10'000;
  uint64_t seed = 1;
  int batch = 0;
  size_t in_flight = 10'000;
  bool allow_remote = false;
};

std::string Milliseconds(absl::Duration latency) {
  return absl::StrFormat("%.2f ms", absl::ToDoubleMilliseconds(latency));
}

double Throughput(const load::LoadReport& report) {
  return static_cast<double>(report.latency.count()) /
         std::max(1e-9, absl::ToDoubleSeconds(report.elapsed));
}

void PrintTable(const load::LoadReport& report, Session* session) {
  Table table;
  table.RightAlign(1);
  table.Add({"events", WithCommas(report.sent)});
  if (report.unsent > 0) table.Add({"not sent", WithCommas(report.unsent)});
  table.Add({"took", Milliseconds(report.elapsed)});
  table.Add({"throughput", absl::StrFormat("%.0f/s", Throughput(report))});
  for (const double share : kQuantiles) {
    table.Add({absl::StrCat("latency ", share * 100, " %"),
               Milliseconds(report.latency.Quantile(share))});
  }
  table.Add({"latency most", Milliseconds(report.latency.Max())});
  for (const auto& [verdict, count] : report.verdicts) {
    table.Add({Word(verdict), WithCommas(count)});
  }
  for (const auto& [code, count] : report.errors) {
    table.Add({absl::StrCat("error ", code), WithCommas(count)});
  }
  session->Print(table.Render());
  for (const auto& [code, message] : report.examples) {
    session->Complain(absl::StrCat(code, ": ", message));
  }
}

std::string Counts(const std::string& name,
                   const std::map<std::string, uint64_t>& counts) {
  std::string json = absl::StrCat("\"", name, "\":{");
  const char* comma = "";
  for (const auto& [key, count] : counts) {
    absl::StrAppend(&json, comma, "\"", key, "\":", count);
    comma = ",";
  }
  return absl::StrCat(json, "}");
}

void PrintJson(const load::LoadReport& report, Session* session) {
  std::map<std::string, uint64_t> verdicts;
  for (const auto& [verdict, count] : report.verdicts) {
    verdicts[v1::Verdict_Name(verdict)] = count;
  }
  std::map<std::string, uint64_t> latency;
  for (const double share : kQuantiles) {
    latency[absl::StrCat("p", share * 100)] =
        absl::ToInt64Microseconds(report.latency.Quantile(share));
  }
  latency["max"] = absl::ToInt64Microseconds(report.latency.Max());
  session->Print(absl::StrFormat(
      "{\"sent\":%d,\"unsent\":%d,\"elapsedSeconds\":%.3f,"
      "\"perSecond\":%.1f,%s,%s,%s}\n",
      report.sent, report.unsent, absl::ToDoubleSeconds(report.elapsed),
      Throughput(report), Counts("latencyMicroseconds", latency),
      Counts("verdicts", verdicts), Counts("errors", report.errors)));
}

absl::StatusOr<absl::Duration> DurationOf(const Flags& flags) {
  absl::StatusOr<absl::Duration> duration = ParseSpan(flags.duration);
  if (duration.ok() && *duration > absl::ZeroDuration() &&
      *duration <= kDurationMax) {
    return duration;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--duration: \"", flags.duration, "\" is no duration of up to 1h"));
}

absl::StatusOr<std::unique_ptr<load::Target>> OpenTarget(const Flags& flags,
                                                         Session* session) {
  if (!flags.allow_remote && !load::IsLoopback(session->server)) {
    return absl::InvalidArgumentError(absl::StrCat(
        session->server,
        " is not this machine; a load against other people's servers is an "
        "attack. --allow_remote if it is yours"));
  }
  load::TargetOptions options;
  options.server = session->server;
  absl::StatusOr<std::string> token = session->FindToken();
  if (!token.ok()) return token.status();
  options.token = *std::move(token);
  absl::StatusOr<absl::Duration> timeout = session->FindTimeout();
  if (!timeout.ok()) return timeout.status();
  options.timeout = *timeout;
  options.in_flight_max = flags.in_flight;
  options.batch_events_max = flags.batch;
  return load::OpenTarget(options);
}

int Load(const Flags& flags, Session* session) {
  absl::StatusOr<absl::Duration> duration = DurationOf(flags);
  if (!duration.ok()) return session->FailUsage(duration.status());
  absl::StatusOr<std::unique_ptr<load::Target>> target =
      OpenTarget(flags, session);
  if (!target.ok()) return session->FailUsage(target.status());
  std::signal(SIGINT, [](int) { stopped = true; });
  // Ids of their own: an id known to the server would only be answered again.
  const load::Traffic traffic(
      absl::StrCat("load-", absl::BytesToHexString(RandomBytes(8))), flags.seed,
      flags.customers);
  const auto report = std::make_unique<load::LoadReport>();
  load::RunLoad({.rate = flags.rate, .duration = *duration}, traffic,
                target->get(), &stopped, report.get());
  if (session->json()) {
    PrintJson(*report, session);
  } else {
    PrintTable(*report, session);
  }
  if (stopped) return kExitInterrupted;
  return report->errors.empty() ? kExitOk : kExitNo;
}

}  // namespace

void AddLoad(CLI::App* app, Action* chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = AddCommand(
      app, "load", "Send made-up events at a steady rate",
      "Tells how they are answered. They are recorded like any others: use a "
      "tenant of its own. Latency "
      "counts from the moment an event was due. Ends with 1 if there were "
      "errors. With -o json one object: sent, unsent, elapsedSeconds, "
      "perSecond, latencyMicroseconds, verdicts, errors.",
      "  levee load --rate 5000 --duration 30s\n"
      "  levee load --rate 50000 --batch 64 --customers 1000000 --seed 7\n");
  command->add_option("--rate", flags->rate, "Events a second")
      ->check(CLI::Range(0.1, 1'000'000.0))
      ->capture_default_str();
  command->add_option("--duration", flags->duration, "How long, up to 1h")
      ->capture_default_str();
  command
      ->add_option("--customers", flags->customers,
                   "How many customers they come from")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  command->add_option("--seed", flags->seed, "Other events for another seed")
      ->capture_default_str();
  command
      ->add_option("--batch,--stream", flags->batch,
                   "Use SubmitStream with up to so many events in a "
                   "request; 0: Submit, a call for each event")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  command
      ->add_option("--in_flight", flags->in_flight,
                   "Events without an answer, at most; more have to wait, "
                   "and the wait counts")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_flag("--allow_remote", flags->allow_remote,
                    "The server may be another machine");
  OnChosen(command, chosen,
           [flags](Session* session) { return Load(*flags, session); });
}

}  // namespace levee::cli
