// levee decisions: what was decided.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/command.h"
#include "client/cli/decision_text.h"
#include "client/cli/pages.h"
#include "client/cli/times.h"
#include "client/cli/words.h"

namespace levee::cli {
namespace {

struct ListFlags {
  std::string customer;
  std::string ticket;
  std::vector<std::string> verdicts;
  std::string rule;
  std::string category;
  std::vector<std::string> kinds;
  std::string since;
  std::string until;
  bool acts = false;
  int64_t limit = 50;
};

absl::Status Named(const char* flag, const absl::Status& status) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", status.message()));
}

absl::Status SetWords(const ListFlags& flags,
                      v1::ListDecisionsRequest* request) {
  for (const std::string& word : flags.verdicts) {
    absl::StatusOr<v1::Verdict> verdict = ParseVerdict(word);
    if (!verdict.ok()) return Named("--verdict", verdict.status());
    request->add_verdicts(*verdict);
  }
  for (const std::string& word : flags.kinds) {
    absl::StatusOr<v1::EventKind> kind = ParseKind(word);
    if (!kind.ok()) return Named("--kind", kind.status());
    request->add_kinds(*kind);
  }
  if (flags.category.empty()) return absl::OkStatus();
  absl::StatusOr<v1::Category> category = ParseCategory(flags.category);
  if (!category.ok()) return Named("--category", category.status());
  request->set_category(*category);
  return absl::OkStatus();
}

absl::Status SetTime(const char* flag, const std::string& text,
                     google::protobuf::Timestamp* time) {
  absl::StatusOr<absl::Time> moment =
      ParseMoment(text, absl::Now(), absl::LocalTimeZone());
  if (!moment.ok()) return Named(flag, moment.status());
  *time = ToTimestamp(*moment);
  return absl::OkStatus();
}

absl::StatusOr<v1::ListDecisionsRequest> RequestOf(const ListFlags& flags) {
  v1::ListDecisionsRequest request;
  request.set_customer_id(flags.customer);
  request.set_ticket_id(flags.ticket);
  request.set_rule_id(flags.rule);
  request.set_include_acts(flags.acts);
  if (absl::Status status = SetWords(flags, &request); !status.ok()) {
    return status;
  }
  if (!flags.since.empty()) {
    absl::Status status =
        SetTime("--since", flags.since, request.mutable_since());
    if (!status.ok()) return status;
  }
  if (!flags.until.empty()) {
    absl::Status status =
        SetTime("--until", flags.until, request.mutable_until());
    if (!status.ok()) return status;
  }
  return request;
}

// Tells `print` of the first `left` of a page's records and acts, which both
// are newest first, in the one order of their sequences.
template <typename Print>
void Interleave(const v1::ListDecisionsResponse& page, int64_t left,
                Print print) {
  int record = 0;
  int act = 0;
  for (; left > 0; --left) {
    const bool has_record = record < page.records_size();
    const bool has_act = act < page.acts_size();
    if (!has_record && !has_act) return;
    if (has_record && (!has_act || page.records(record).decision().sequence() >
                                       page.acts(act).sequence())) {
      print(page.records(record++));
    } else {
      print(page.acts(act++));
    }
  }
}

int List(const ListFlags& flags, Session* session) {
  absl::StatusOr<v1::ListDecisionsRequest> request = RequestOf(flags);
  if (!request.ok()) return session->FailUsage(request.status());
  Table table = DecisionTable();
  bool more = false;
  const int code = ReadPages<v1::ListDecisionsResponse>(
      session, *request, flags.limit, &more,
      [&](const v1::ListDecisionsResponse& page, int64_t left) {
        Interleave(page, left, [&](const auto& entry) {
          if (session->json()) {
            session->PrintJson(entry);
          } else {
            AddRow(entry, &table);
          }
        });
        return page.records_size() + page.acts_size();
      });
  if (code != kExitOk || session->json()) return code;
  session->Print(table.empty() ? "no decision matches\n" : table.Render());
  if (more) session->Print(CutAt(flags.limit));
  return kExitOk;
}

struct ShowFlags {
  std::string key;
  bool event = false;
  bool text = false;
};

int Show(const ShowFlags& flags, Session* session) {
  v1::GetDecisionRequest request;
  uint64_t sequence = 0;
  if (!flags.event && absl::SimpleAtoi(flags.key, &sequence)) {
    request.set_sequence(sequence);
  } else {
    request.set_event_id(flags.key);
  }
  request.set_include_text(flags.text);
  v1::GetDecisionResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  if (session->json()) {
    session->PrintJson(response.record());
  } else {
    session->Print(Describe(response.record()));
  }
  return kExitOk;
}

void AddList(CLI::App* decisions, Action* chosen) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* list = AddCommand(
      decisions, "list", "List decisions",
      "Those that match every filter given, newest first. JSON: a "
      "DecisionRecord a line; with --acts also an ActRecord, which has a what.",
      "  levee decisions list --since 2h --verdict throttle --verdict reject\n"
      "  levee decisions list --customer c-17 --limit 1000 -o json\n"
      "  levee decisions list --rule many-openings --since 2024-05-01 \\\n"
      "    --until '2024-05-02 06:00'\n"
      "  levee decisions list --acts --customer c-17\n");
  list->add_option("--customer", flags->customer, "Of this customer");
  list->add_option("--ticket", flags->ticket, "Of this ticket");
  list->add_option("--verdict", flags->verdicts,
                   "allow, challenge, throttle, hold or reject; any of several")
      ->delimiter(',')
      ->allow_extra_args(false);
  list->add_option("--rule", flags->rule, "With a finding of this rule");
  list->add_option("--category", flags->category,
                   "With a finding of this category: insult, meaningless, "
                   "harassment, bombing or promotion");
  list->add_option("--kind", flags->kinds,
                   "opened, customer_replied, ...; any of several")
      ->delimiter(',')
      ->allow_extra_args(false);
  list->add_option("--since", flags->since,
                   "Decided at or after: 2h (ago), 7d, 2024-05-01, "
                   "\"2024-05-01 13:04\" or RFC 3339");
  list->add_option("--until", flags->until, "Decided before, as --since");
  list->add_flag("--acts", flags->acts,
                 "Also what operators, the helpdesk and Levee itself did "
                 "beside; filters on decisions leave it out");
  AddLimit(list, &flags->limit);
  CheckAllUtf8(list);
  OnChosen(list, chosen,
           [flags](Session* session) { return List(*flags, session); });
}

void AddShow(CLI::App* decisions, Action* chosen) {
  auto flags = std::make_shared<ShowFlags>();
  CLI::App* show = AddCommand(
      decisions, "show", "One decision, and all it rests on",
      "With all findings and their evidence. JSON: a DecisionRecord.",
      "  levee decisions show 4711\n"
      "  levee decisions show e-2024-05-01-17 --text\n");
  show->add_option("key", flags->key,
                   "Its sequence, or the id of its event (for 7 days)")
      ->check(CheckUtf8)
      ->required();
  show->add_flag("--event", flags->event,
                 "The key is an event's id although it is a number");
  show->add_flag("--text", flags->text,
                 "Subject and body too, where they are still kept");
  OnChosen(show, chosen,
           [flags](Session* session) { return Show(*flags, session); });
}

}  // namespace

void AddDecisions(CLI::App* app, Action* chosen) {
  CLI::App* decisions =
      AddCommand(app, "decisions", "Look at what was decided, and why", "",
                 "  levee decisions list --since 2h --verdict throttle\n"
                 "  levee decisions show 4711\n");
  decisions->require_subcommand(1);
  AddList(decisions, chosen);
  AddShow(decisions, chosen);
}

}  // namespace levee::cli
