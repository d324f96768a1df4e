#include "server/rules/rule_set.h"

#include "absl/strings/str_cat.h"

namespace levee::rules {

absl::Span<const uint16_t> RuleSet::LeavesOf(levee::v1::EventKind kind) const {
  const auto index = static_cast<size_t>(kind);
  if (index >= leaves_of_.size()) return {};
  return leaves_of_[index];
}

const CompiledRule* RuleSet::Find(std::string_view rule_id) const {
  for (const CompiledRule& rule : rules_) {
    if (rule.id == rule_id) return &rule;
  }
  return nullptr;
}

std::string ToString(absl::Span<const levee::v1::RuleProblem> problems) {
  std::string lines;
  for (const levee::v1::RuleProblem& problem : problems) {
    absl::StrAppend(&lines, problem.line(), ":", problem.column(), " ",
                    problem.field(), problem.field().empty() ? "" : ": ",
                    problem.message(), "\n");
  }
  return lines;
}

}  // namespace levee::rules
