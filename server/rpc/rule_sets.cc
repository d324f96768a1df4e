#include "server/rpc/rule_sets.h"

#include <future>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/observe/log.h"
#include "server/rpc/groups.h"
#include "server/rpc/status.h"
#include "server/rules/rule_set.h"
#include "server/sequencer/reader.h"
#include "server/state/timestamp.h"

namespace levee::rpc {
namespace {

using levee::v1::RuleSetRevision;
using sequencer::Sequencer;
using sequencer::Tenant;

// Times that an application begins anew because another one was quicker.
constexpr int kAttemptsMax = 8;
// Problems told in one error.
constexpr size_t kProblemsMax = 50;

RuleSetRevision FromHead(const storage::v1::RuleSetHead& head) {
  RuleSetRevision revision;
  revision.set_revision(head.revision());
  state::SetTime(head.applied_at_ms(), revision.mutable_applied_at());
  revision.set_author(head.author());
  revision.set_comment(head.comment());
  revision.set_name(head.name());
  revision.set_rolled_back_to(head.rolled_back_to());
  revision.set_shadow(head.shadow());
  return revision;
}

absl::StatusOr<RuleSetRevision> Put(Sequencer* sequencer, const Tenant& tenant,
                                    std::shared_ptr<const rules::RuleSet> rules,
                                    bool shadow, const Application& given) {
  // Shared: setting the value may still be under way when the wait ends.
  auto applied =
      std::make_shared<std::promise<absl::StatusOr<RuleSetRevision>>>();
  auto answer = applied->get_future();
  auto act = std::make_unique<sequencer::RuleSetAct>();
  act->tenant = &tenant;
  act->rules = std::move(rules);
  act->text = given.text;
  act->author = given.author;
  act->comment = given.comment;
  act->rolled_back_to = given.rolled_back_to;
  act->shadow = shadow;
  act->done = [applied](absl::StatusOr<RuleSetRevision> revision) {
    applied->set_value(std::move(revision));
  };
  sequencer::Job job = std::move(act);
  if (absl::Status status = sequencer->Enqueue(job); !status.ok()) {
    return status;
  }
  return answer.get();
}

// Compiles against the revision in force now and applies it. ABORTED: another
// one is in force meanwhile.
absl::StatusOr<RuleSetRevision> TryApply(Sequencer* sequencer,
                                         const Tenant& tenant,
                                         const Application& given) {
  absl::StatusOr<std::vector<RuleSetRevision>> revisions =
      ListRevisions(sequencer, tenant);
  if (!revisions.ok()) return revisions.status();
  const uint64_t in_force =
      revisions->empty() ? 0 : revisions->back().revision();
  if (given.expected_revision && *given.expected_revision != in_force) {
    return absl::FailedPreconditionError(
        absl::StrCat("expected_revision: ", *given.expected_revision, ", but ",
                     in_force == 0 ? std::string("none is in force")
                                   : absl::StrCat(in_force, " is in force")));
  }
  const bool shadow =
      given.shadow.value_or(!revisions->empty() && revisions->back().shadow());
  rules::Compiled compiled = rules::Compile(given.text, in_force + 1, shadow);
  if (compiled.rule_set == nullptr) {
    return absl::InvalidArgumentError(Describe(compiled.problems));
  }
  return Put(sequencer, tenant, std::move(compiled.rule_set), shadow, given);
}

}  // namespace

absl::StatusOr<std::vector<RuleSetRevision>> ListRevisions(
    Sequencer* sequencer, const Tenant& tenant) {
  std::vector<RuleSetRevision> revisions;
  absl::Status status =
      LookAt(sequencer, sequencer::Reader::RuleSetKey(tenant, 0),
             [&](const state::Entity* entity) {
               if (entity == nullptr || entity->rule_sets() == nullptr) {
                 return absl::OkStatus();
               }
               for (const auto& head : entity->rule_sets()->revisions) {
                 revisions.push_back(FromHead(head));
               }
               return absl::OkStatus();
             });
  if (!status.ok()) return status;
  return revisions;
}

absl::StatusOr<RuleSetRevision> FindRevision(Sequencer* sequencer,
                                             const Tenant& tenant,
                                             uint64_t revision) {
  absl::StatusOr<std::vector<RuleSetRevision>> revisions =
      ListRevisions(sequencer, tenant);
  if (!revisions.ok()) return revisions.status();
  if (revisions->empty()) {
    return absl::NotFoundError("no rule set was applied yet");
  }
  if (revision == 0) revision = revisions->back().revision();
  for (RuleSetRevision& candidate : *revisions) {
    if (candidate.revision() != revision) continue;
    absl::Status status =
        LookAt(sequencer, sequencer::Reader::RuleSetKey(tenant, revision),
               [&](const state::Entity* entity) {
                 if (entity == nullptr || entity->rule_set_text() == nullptr) {
                   return absl::DataLossError(
                       absl::StrCat("revision ", revision, " has no text"));
                 }
                 candidate.set_text(entity->rule_set_text()->text);
                 return absl::OkStatus();
               });
    if (!status.ok()) return status;
    return std::move(candidate);
  }
  return absl::NotFoundError(absl::StrCat(
      "no revision ", revision, ": those from ", revisions->front().revision(),
      " to ", revisions->back().revision(), " are kept"));
}

absl::StatusOr<RuleSetRevision> ApplyRuleSet(Sequencer* sequencer,
                                             const Tenant& tenant,
                                             const std::string& tenant_name,
                                             const Application& application) {
  absl::StatusOr<RuleSetRevision> applied = absl::AbortedError("not tried");
  for (int i = 0; i < kAttemptsMax && absl::IsAborted(applied.status()); ++i) {
    applied = TryApply(sequencer, tenant, application);
  }
  if (applied.ok()) {
    observe::Log(observe::Level::kInfo, observe::Event::kRuleSetApplied,
                 {observe::Field::Tenant(tenant_name),
                  observe::Field::Token(application.author),
                  observe::Field::Revision(applied->revision()),
                  observe::Field::RuleSet(applied->name())});
  }
  return applied;
}

std::string Describe(absl::Span<const levee::v1::RuleProblem> problems) {
  std::string lines;
  size_t told = 0;
  while (told < problems.size() && told < kProblemsMax) {
    const std::string line = rules::ToString(problems.subspan(told, 1));
    if (told > 0 && lines.size() + line.size() > kMessageBytesMax / 2) break;
    absl::StrAppend(&lines, lines.empty() || lines.back() == '\n' ? "" : "\n",
                    line);
    ++told;
  }
  if (told < problems.size()) {
    absl::StrAppend(&lines, lines.back() == '\n' ? "" : "\n",
                    problems.size() - told,
                    " problems more: CheckRuleSet tells them all");
  }
  return lines;
}

}  // namespace levee::rpc
