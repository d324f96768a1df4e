// The rule sets of a tenant, as the sequencer's state holds them. All
// functions block: only for workers and for the start.
#ifndef LEVEE_SERVER_RPC_RULE_SETS_H_
#define LEVEE_SERVER_RPC_RULE_SETS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "levee/v1/rule.pb.h"
#include "levee/v1/rule_service.pb.h"
#include "server/sequencer/sequencer.h"

namespace levee::rpc {

// Ascending; without the texts. Errors: those of LookAt.
absl::StatusOr<std::vector<levee::v1::RuleSetRevision>> ListRevisions(
    sequencer::Sequencer* sequencer, const sequencer::Tenant& tenant);

// One revision with its text; 0: the one in force. NOT_FOUND: none, or no
// longer kept; those of LookAt.
absl::StatusOr<levee::v1::RuleSetRevision> FindRevision(
    sequencer::Sequencer* sequencer, const sequencer::Tenant& tenant,
    uint64_t revision);

// A rule set to put in force.
struct Application {
  std::string text;
  // The name of the token, or of what else applied it.
  std::string author;
  std::string comment;
  // Apply only if this revision is in force.
  std::optional<uint64_t> expected_revision;
  uint64_t rolled_back_to = 0;
  // In shadow, whatever the text says. Empty: as the revision in force.
  std::optional<bool> shadow;
};

// Compiles and applies it, and logs that. INVALID_ARGUMENT: a line for each
// problem; FAILED_PRECONDITION: another revision is in force than expected;
// ABORTED: others applied theirs all the while; those of LookAt.
absl::StatusOr<levee::v1::RuleSetRevision> ApplyRuleSet(
    sequencer::Sequencer* sequencer, const sequencer::Tenant& tenant,
    const std::string& tenant_name, const Application& application);

// The problems as an error's message: a line each, as many as a client can
// take, and how many more there are.
std::string Describe(absl::Span<const levee::v1::RuleProblem> problems);

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_RULE_SETS_H_
