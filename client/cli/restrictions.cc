// levee restrictions: standing verdicts on subjects.
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/command.h"
#include "client/cli/pages.h"
#include "client/cli/restriction_import.h"
#include "client/cli/restriction_terms.h"
#include "client/cli/restriction_text.h"
#include "client/cli/subject.h"
#include "client/cli/until.h"

namespace levee::cli {
namespace {

void Tell(const v1::Restriction& restriction, Session* session) {
  if (session->json()) {
    session->PrintJson(restriction);
  } else {
    session->Print(Describe(restriction));
  }
}

struct ListFlags {
  SubjectFlags subject;
  std::string rule;
  bool by_operators = false;
  int64_t limit = 50;
};

int List(const ListFlags& flags, Session* session) {
  v1::ListRestrictionsRequest request;
  absl::StatusOr<v1::RestrictionSubject> subject = flags.subject.Build();
  if (!subject.ok()) return session->FailUsage(subject.status());
  if (subject->subject_case() != v1::RestrictionSubject::SUBJECT_NOT_SET) {
    *request.mutable_subject() = *subject;
  }
  request.set_rule_id(flags.rule);
  request.set_by_operators(flags.by_operators);
  return PrintList<v1::ListRestrictionsResponse>(
      session, request, flags.limit, RestrictionTable(),
      "no restriction matches\n",
      [](const auto& page) -> const auto& { return page.restrictions(); });
}

int Show(uint64_t id, Session* session) {
  v1::GetRestrictionRequest request;
  request.set_id(id);
  v1::GetRestrictionResponse response;
  const int code = CallServer(session, request, &response);
  if (code == kExitOk) Tell(response.restriction(), session);
  return code;
}

struct AddFlags {
  SubjectFlags subject;
  std::string verdict;
  std::string scope;
  UntilFlags until;
  std::string reason;
};

absl::StatusOr<v1::AddRestrictionRequest> RequestOf(const AddFlags& flags) {
  absl::StatusOr<v1::RestrictionSubject> subject = flags.subject.Build();
  if (!subject.ok()) return subject.status();
  if (subject->subject_case() == v1::RestrictionSubject::SUBJECT_NOT_SET) {
    return absl::InvalidArgumentError(
        absl::StrCat("whom? give ", SubjectFlagNames()));
  }
  const RestrictionTerms terms = {.verdict = flags.verdict,
                                  .scope = flags.scope,
                                  .span = flags.until.span,
                                  .until = flags.until.until,
                                  .reason = flags.reason};
  absl::StatusOr<v1::AddRestrictionRequest> request =
      MakeRestriction(*subject, terms, absl::Now(), absl::LocalTimeZone());
  if (request.ok()) return request;
  return absl::InvalidArgumentError(
      absl::StrCat("--", request.status().message()));
}

int Add(const AddFlags& flags, Session* session) {
  absl::StatusOr<v1::AddRestrictionRequest> request = RequestOf(flags);
  if (!request.ok()) return session->FailUsage(request.status());
  v1::AddRestrictionResponse response;
  const int code = CallServer(session, *request, &response);
  if (code == kExitOk) Tell(response.restriction(), session);
  return code;
}

struct LiftFlags {
  uint64_t id = 0;
  std::string reason;
};

int Lift(const LiftFlags& flags, Session* session) {
  v1::LiftRestrictionRequest request;
  request.set_id(flags.id);
  request.set_reason(flags.reason);
  v1::LiftRestrictionResponse response;
  const int code = CallServer(session, request, &response);
  if (code == kExitOk) Tell(response.restriction(), session);
  return code;
}

void AddList(CLI::App* restrictions, Action* chosen) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* list = AddCommand(
      restrictions, "list", "List restrictions",
      "Those that match every filter given, newest first. JSON: a Restriction "
      "a line.",
      "  levee restrictions list\n"
      "  levee restrictions list --customer c-17\n"
      "  levee restrictions list --by_operators --limit 1000 -o json\n");
  flags->subject.AddTo(list);
  list->add_option("--rule", flags->rule, "That this rule made");
  list->add_flag("--by_operators", flags->by_operators,
                 "That an operator made");
  AddLimit(list, &flags->limit);
  CheckAllUtf8(list);
  OnChosen(list, chosen,
           [flags](Session* session) { return List(*flags, session); });
}

void AddShow(CLI::App* restrictions, Action* chosen) {
  auto id = std::make_shared<uint64_t>(0);
  CLI::App* show =
      AddCommand(restrictions, "show", "One restriction, and who made it",
                 "JSON: a Restriction.", "  levee restrictions show 12\n");
  show->add_option("id", *id, "Its id")->required()->check(CheckId);
  OnChosen(show, chosen, [id](Session* session) { return Show(*id, session); });
}

void AddAdd(CLI::App* restrictions, Action* chosen) {
  auto flags = std::make_shared<AddFlags>();
  CLI::App* add = AddCommand(
      restrictions, "add", "Restrict a subject",
      "Whether Levee has seen it before or not. JSON: the Restriction.",
      "  levee restrictions add --customer c-17 --verdict hold --for 2h \\\n"
      "    --reason 'threatened an agent'\n"
      "  levee restrictions add --ip_prefix 203.0.113.0/24 --verdict challenge "
      "\\\n"
      "    --scope new_tickets --until '2030-05-01 08:00' --reason 'botnet'\n");
  flags->subject.AddTo(add);
  add->add_option("--verdict", flags->verdict,
                  "challenge, throttle, hold or reject")
      ->required();
  add->add_option("--scope", flags->scope,
                  "What it covers: new_tickets, or all_messages (the default)");
  flags->until.AddTo(add);
  add->add_option("--reason", flags->reason,
                  "Why; name no customer where the subject is an address, a "
                  "network, an e-mail address or a device: it is kept for good")
      ->required();
  CheckAllUtf8(add);
  OnChosen(add, chosen,
           [flags](Session* session) { return Add(*flags, session); });
}

void AddLift(CLI::App* restrictions, Action* chosen) {
  auto flags = std::make_shared<LiftFlags>();
  CLI::App* lift = AddCommand(
      restrictions, "lift", "End a restriction before its time",
      "What happened up to now no longer counts against its subject. JSON: the "
      "Restriction.",
      "  levee restrictions lift 12 --reason 'was an outage'\n");
  lift->add_option("id", flags->id, "Its id")->required()->check(CheckId);
  lift->add_option("--reason", flags->reason, "Why")
      ->required()
      ->check(CheckUtf8);
  OnChosen(lift, chosen,
           [flags](Session* session) { return Lift(*flags, session); });
}

}  // namespace

void AddRestrictions(CLI::App* app, Action* chosen) {
  CLI::App* restrictions = AddCommand(
      app, "restrictions", "Restrict customers, addresses and more for a time",
      "",
      "  levee restrictions list --customer c-17\n"
      "  levee restrictions add --ip 203.0.113.7 --verdict reject --for 36h "
      "\\\n"
      "    --reason 'bombs us'\n"
      "  levee restrictions lift 12 --reason 'a mistake'\n");
  restrictions->require_subcommand(1);
  AddList(restrictions, chosen);
  AddShow(restrictions, chosen);
  AddAdd(restrictions, chosen);
  AddLift(restrictions, chosen);
  AddRestrictionImport(restrictions, chosen);
}

}  // namespace levee::cli
