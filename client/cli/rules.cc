// levee rules: the rule set of the token's tenant.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/cli/command.h"
#include "client/cli/diff.h"
#include "client/cli/printable.h"
#include "client/cli/table.h"
#include "client/cli/times.h"

namespace levee::cli {
namespace {

// RuleSet: at most 1 MiB of text; the server tells if it is more.
constexpr size_t kRulesBytesMax = 2 << 20;

constexpr int kRevisionsPage = 100;

struct Flags {
  std::string file;
  uint64_t revision = 0;
  std::string comment;
  std::optional<uint64_t> expected_revision;
  bool allow_empty = false;
  std::string shadow;
  int limit = 20;
};

int Show(const Flags& flags, Session* session) {
  v1::GetRuleSetRequest request;
  request.set_revision(flags.revision);
  v1::GetRuleSetResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  if (session->json()) {
    session->PrintJson(response.revision());
    return kExitOk;
  }
  const std::string& text = response.revision().text();
  session->Print(PrintableLines(text));
  if (!text.empty() && text.back() != '\n') session->Print("\n");
  return kExitOk;
}

// "file:line:column: field: what is wrong" for each problem.
std::string ProblemLines(const std::string& file,
                         const v1::CheckRuleSetResponse& response) {
  std::string lines;
  for (const v1::RuleProblem& problem : response.problems()) {
    absl::StrAppend(&lines, file, ":", problem.line(), ":", problem.column(),
                    ": ", Printable(problem.field()),
                    problem.field().empty() ? "" : ": ",
                    Printable(problem.message()), "\n");
  }
  return lines;
}

// Asks the server what is wrong with a text.
int FindProblems(const std::string& text, Session* session,
                 v1::CheckRuleSetResponse* response) {
  const size_t right_bytes = Utf8Prefix(text);
  if (right_bytes == text.size()) {
    v1::CheckRuleSetRequest request;
    request.set_text(text);
    return CallServer(session, request, response);
  }
  // No request can carry it.
  const absl::string_view before(text.data(), right_bytes);
  const size_t line_begin = before.rfind('\n') + 1;
  v1::RuleProblem* problem = response->add_problems();
  problem->set_line(
      static_cast<int32_t>(std::count(before.begin(), before.end(), '\n')) + 1);
  problem->set_column(static_cast<int32_t>(right_bytes - line_begin) + 1);
  problem->set_message("not UTF-8, which a rule set must be");
  return kExitOk;
}

int Check(const Flags& flags, Session* session) {
  absl::StatusOr<std::string> text = ReadFile(flags.file, kRulesBytesMax);
  if (!text.ok()) return session->FailUsage(text.status());
  v1::CheckRuleSetResponse response;
  if (int code = FindProblems(*text, session, &response); code != kExitOk) {
    return code;
  }
  if (session->json()) {
    session->PrintJson(response);
  } else if (response.problems().empty()) {
    session->Print(absl::StrCat(flags.file, ": right; ", response.rules(),
                                " rules, ", response.leaves(), " leaves\n"));
  }
  if (!session->json()) session->Print(ProblemLines(flags.file, response));
  return response.problems().empty() ? kExitOk : kExitNo;
}

int Diff(const Flags& flags, Session* session) {
  absl::StatusOr<std::string> text = ReadFile(flags.file, kRulesBytesMax);
  if (!text.ok()) return session->FailUsage(text.status());
  v1::GetRuleSetRequest request;
  request.set_revision(flags.revision);
  v1::GetRuleSetResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  const std::string diff = DiffLines(response.revision().text(), *text);
  if (diff.empty()) return kExitOk;
  session->Print(absl::StrCat("--- revision ", response.revision().revision(),
                              "\n+++ ", flags.file, "\n",
                              PrintableLines(diff)));
  return kExitNo;
}

void PrintRevision(const v1::RuleSetRevision& revision, Session* session) {
  if (session->json()) {
    session->PrintJson(revision);
    return;
  }
  session->Print(absl::StrCat(
      "revision ", revision.revision(), " is in force",
      revision.shadow() ? ", in shadow" : "",
      revision.name().empty() ? ""
                              : absl::StrCat(": ", Printable(revision.name())),
      "\n"));
}

// What keeps a text from being applied; kExitOk: nothing.
int CheckBeforeApply(const Flags& flags, const std::string& text,
                     Session* session) {
  v1::CheckRuleSetResponse response;
  if (int code = FindProblems(text, session, &response); code != kExitOk) {
    return code;
  }
  if (!response.problems().empty()) {
    session->Complain(absl::StrCat(
        "the rule set is wrong, nothing is applied\n",
        absl::StripSuffix(ProblemLines(flags.file, response), "\n")));
    return kExitNo;
  }
  // What comes out of a pipe that broke is empty, and would let all through.
  if (response.rules() == 0 && !flags.allow_empty) {
    session->Complain(
        absl::StrCat(flags.file,
                     ": has no rule, nothing is applied; --allow_empty puts a "
                     "set in force that stops nobody"));
    return kExitNo;
  }
  return kExitOk;
}

int Apply(const Flags& flags, Session* session) {
  absl::StatusOr<std::string> text = ReadFile(flags.file, kRulesBytesMax);
  if (!text.ok()) return session->FailUsage(text.status());
  if (int code = CheckBeforeApply(flags, *text, session); code != kExitOk) {
    return code;
  }
  v1::ApplyRuleSetRequest request;
  request.set_text(*std::move(text));
  request.set_comment(flags.comment);
  if (flags.expected_revision.has_value()) {
    request.set_expected_revision(*flags.expected_revision);
  }
  v1::ApplyRuleSetResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  PrintRevision(response.revision(), session);
  return kExitOk;
}

int History(const Flags& flags, Session* session) {
  Table table({"REVISION", "APPLIED", "AUTHOR", "NAME", "MODE", "COMMENT"});
  table.RightAlign(0);
  v1::ListRevisionsRequest request;
  int left = flags.limit;
  do {
    request.set_page_size(std::min(left, kRevisionsPage));
    v1::ListRevisionsResponse response;
    if (int code = CallServer(session, request, &response); code != kExitOk) {
      return code;
    }
    for (const v1::RuleSetRevision& revision : response.revisions()) {
      if (left-- <= 0) break;
      if (session->json()) {
        session->PrintJson(revision);
        continue;
      }
      std::string comment = revision.comment();
      if (revision.rolled_back_to() != 0) {
        comment = absl::StrCat("back to ", revision.rolled_back_to(),
                               comment.empty() ? "" : ": ", comment);
      }
      table.Add({absl::StrCat(revision.revision()),
                 ShowTime(revision.applied_at()), revision.author(),
                 revision.name(), revision.shadow() ? "shadow" : "enforced",
                 comment});
    }
    request.set_page_token(response.next_page_token());
  } while (left > 0 && !request.page_token().empty());
  if (!session->json()) {
    session->Print(table.empty() ? "no rule set was ever applied\n"
                                 : table.Render());
  }
  return kExitOk;
}

int Rollback(const Flags& flags, Session* session) {
  v1::RollbackRequest request;
  request.set_revision(flags.revision);
  request.set_comment(flags.comment);
  v1::RollbackResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  PrintRevision(response.revision(), session);
  return kExitOk;
}

int SetShadow(const Flags& flags, Session* session) {
  v1::SetShadowRequest request;
  request.set_shadow(flags.shadow == "on");
  request.set_comment(flags.comment);
  v1::SetShadowResponse response;
  if (int code = CallServer(session, request, &response); code != kExitOk) {
    return code;
  }
  PrintRevision(response.revision(), session);
  return kExitOk;
}

// "75 %"; "-" where nobody looked at any.
std::string Share(uint64_t confirmed, uint64_t released) {
  const uint64_t looked_at = confirmed + released;
  if (looked_at == 0) return "-";
  return absl::StrCat(100 * confirmed / looked_at, " %");
}

int Precision(Session* session) {
  v1::ListPrecisionResponse response;
  if (int code = CallServer(session, v1::ListPrecisionRequest(), &response);
      code != kExitOk) {
    return code;
  }
  Table table({"CONFIRMED", "RELEASED", "RIGHT", "UNATTENDED", "RULE"});
  for (size_t column = 0; column < 4; ++column) table.RightAlign(column);
  for (const v1::RulePrecision& rule : response.rules()) {
    if (session->json()) {
      session->PrintJson(rule);
      continue;
    }
    table.Add({absl::StrCat(rule.confirmed()), absl::StrCat(rule.released()),
               Share(rule.confirmed(), rule.released()),
               absl::StrCat(rule.unattended()), rule.rule_id()});
  }
  if (!session->json()) {
    session->Print(table.empty() ? "no decision was reviewed so far\n"
                                 : table.Render());
  }
  return kExitOk;
}

void AddFile(CLI::App* command, Flags* flags) {
  command
      ->add_option("file", flags->file,
                   "A RuleSet in protobuf text format, - for standard input")
      ->required();
}

void AddReadingVerbs(CLI::App* rules, const std::shared_ptr<Flags>& flags,
                     Action* chosen) {
  CLI::App* show =
      AddCommand(rules, "show", "Print a rule set as it was applied",
                 "JSON: a RuleSetRevision.",
                 "  levee rules show > rules.textproto\n"
                 "  levee rules show 3\n");
  show->add_option("revision", flags->revision,
                   "Which one; by default the one in force");
  OnChosen(show, chosen,
           [flags](Session* session) { return Show(*flags, session); });

  CLI::App* check =
      AddCommand(rules, "check", "Ask the server whether a rule set is right",
                 "Changes nothing. Problems are printed as file:line:column: "
                 "field: message; ends with 1 if there "
                 "are any. JSON: a CheckRuleSetResponse.",
                 "  levee rules check rules.textproto\n");
  AddFile(check, flags.get());
  OnChosen(check, chosen,
           [flags](Session* session) { return Check(*flags, session); });

  CLI::App* diff =
      AddCommand(rules, "diff", "What a file would change",
                 "As a unified diff. Ends with 1 if anything.",
                 "  levee rules diff rules.textproto\n"
                 "  levee rules diff rules.textproto --revision 3\n");
  AddFile(diff, flags.get());
  diff->add_option("--revision", flags->revision,
                   "Compare with this one; by default the one in force");
  OnChosen(diff, chosen,
           [flags](Session* session) { return Diff(*flags, session); });

  CLI::App* history =
      AddCommand(rules, "history", "What was applied",
                 "Newest first. JSON: a RuleSetRevision a line.",
                 "  levee rules history --limit 5\n");
  AddLimit(history, &flags->limit, "At most so many", 1'000);
  OnChosen(history, chosen,
           [flags](Session* session) { return History(*flags, session); });

  CLI::App* precision = AddCommand(
      rules, "precision", "What reviews said of each rule",
      "How many of its decisions were confirmed, how many released, and how "
      "many nobody looked at in time. JSON: a RulePrecision a line.",
      "  levee rules precision\n");
  OnChosen(precision, chosen,
           [](Session* session) { return Precision(session); });
}

void AddChangingVerbs(CLI::App* rules, const std::shared_ptr<Flags>& flags,
                      Action* chosen) {
  CLI::App* apply = AddCommand(
      rules, "apply", "Put a rule set in force",
      "A wrong one is refused whole, and its problems are told as by check. "
      "JSON: the RuleSetRevision.",
      "  levee rules apply rules.textproto --comment 'calmer at night'\n"
      "  levee rules apply rules.textproto --expected_revision 4\n");
  AddFile(apply, flags.get());
  apply->add_option("--comment", flags->comment, "Why")->check(CheckUtf8);
  apply->add_option("--expected_revision", flags->expected_revision,
                    "Only if this one is in force (0: none)");
  apply->add_flag("--allow_empty", flags->allow_empty,
                  "Apply a text without any rule, too");
  OnChosen(apply, chosen,
           [flags](Session* session) { return Apply(*flags, session); });

  CLI::App* rollback =
      AddCommand(rules, "rollback", "Put an older revision in force again",
                 "Its text becomes a new revision. JSON: the RuleSetRevision.",
                 "  levee rules rollback 3 --comment 'too strict'\n");
  rollback->add_option("revision", flags->revision, "Which one")
      ->required()
      ->check(CLI::PositiveNumber);
  rollback->add_option("--comment", flags->comment, "Why")->check(CheckUtf8);
  OnChosen(rollback, chosen,
           [flags](Session* session) { return Rollback(*flags, session); });

  CLI::App* shadow = AddCommand(
      rules, "shadow", "Put the whole rule set in shadow, or out of it",
      "In shadow all rules are evaluated, and let everything through. off "
      "leaves it to the set's own text. The same text becomes a new revision. "
      "JSON: the RuleSetRevision.",
      "  levee rules shadow on --comment 'looking into complaints'\n"
      "  levee rules shadow off\n");
  shadow->add_option("state", flags->shadow, "on or off")
      ->required()
      ->check(CLI::IsMember({"on", "off"}));
  shadow->add_option("--comment", flags->comment, "Why")->check(CheckUtf8);
  OnChosen(shadow, chosen,
           [flags](Session* session) { return SetShadow(*flags, session); });
}

}  // namespace

void AddRules(CLI::App* app, Action* chosen) {
  CLI::App* rules =
      AddCommand(app, "rules", "Look at, check and change the rules", "",
                 "  levee rules check rules.textproto\n"
                 "  levee rules diff rules.textproto\n"
                 "  levee rules apply rules.textproto\n");
  rules->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  AddReadingVerbs(rules, flags, chosen);
  AddChangingVerbs(rules, flags, chosen);
}

}  // namespace levee::cli
