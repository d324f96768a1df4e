// A rule set, compiled once into an immutable form that is quick to decide
// by. Threads: any, once made.
#ifndef LEVEE_SERVER_RULES_RULE_SET_H_
#define LEVEE_SERVER_RULES_RULE_SET_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "levee/v1/rule.pb.h"
#include "levee/v1/rule_service.pb.h"
#include "server/rules/action.h"
#include "server/rules/leaf.h"

namespace levee::rules {

// Limits of a rule set's text, each so that compiling stays within
// milliseconds and an event's decision within microseconds.
inline constexpr size_t kTextBytesMax = 1 << 20;
inline constexpr int kRulesMax = 256;
inline constexpr int kLeavesMax = 1024;
inline constexpr int kDepthMax = 32;
inline constexpr int kListValuesMax = 100'000;
// Of a list of addresses, with an end: each is looked at.
inline constexpr int kListRangesWithEndMax = 1'000;

// How long what is on HOLD waits for a person, unless the rule set says.
inline constexpr int64_t kReviewWithinDefaultMs = 24LL * 3'600'000;

// One step of a rule's condition in postfix order: pushes a leaf, or combines
// the topmost `count` values.
struct Step {
  enum class Op : uint8_t { kLeaf, kAll, kAny, kNot };
  Op op = Op::kLeaf;
  // kLeaf: the leaf's index in RuleSet::leaves(); kAll, kAny: how many.
  uint16_t argument = 0;
};

// A customer's text in one language, its tag in small letters.
struct Message {
  std::string language;
  std::string text;
};

struct CompiledRule {
  std::string id;
  levee::v1::Category category;
  // SHADOW where the whole set is in shadow; OFF rules are not compiled in.
  levee::v1::Mode mode;
  // In shadow only because the whole set is.
  bool shadowed_by_set = false;
  // Bit 1 << kind.
  uint32_t on = 0;
  std::vector<Step> when;
  // Empty: nothing.
  std::vector<Step> unless;
  CompiledAction then;
  CompiledEscalation escalate;
  // `when` looks at what many share: an address, a domain, the desk.
  bool shared = false;
  // `when` looks at the text's campaign.
  bool of_campaign = false;
  // state::RuleHash(id).
  uint64_t hash = 0;
  std::vector<Message> messages;
};

class RuleSet {
 public:
  // 0: not applied (a check or a preview).
  uint64_t revision() const { return revision_; }
  const std::string& name() const { return name_; }
  bool shadow() const { return shadow_; }
  // Without the rules that are off.
  absl::Span<const CompiledRule> rules() const { return rules_; }
  // Equal leaves stand once.
  absl::Span<const Leaf> leaves() const { return leaves_; }
  // Ascending indices of the leaves that rules on `kind` read: the order of
  // EventEntry.leaf_values.
  absl::Span<const uint16_t> LeavesOf(levee::v1::EventKind kind) const;
  // Empty: there is none.
  const std::optional<CompiledValve>& valve() const { return valve_; }
  int64_t review_within_ms() const { return review_within_ms_; }
  // Null: there is no such rule, or it is off.
  const CompiledRule* Find(std::string_view rule_id) const;

 private:
  friend class Compiler;
  uint64_t revision_ = 0;
  std::string name_;
  bool shadow_ = false;
  std::vector<CompiledRule> rules_;
  std::vector<Leaf> leaves_;
  std::vector<std::vector<uint16_t>> leaves_of_;  // by kind
  std::optional<CompiledValve> valve_;
  int64_t review_within_ms_ = kReviewWithinDefaultMs;
};

// What Compile came to: a rule set, or at least one problem.
struct Compiled {
  std::shared_ptr<const RuleSet> rule_set;
  // The first error of syntax, or all others, in the order of the text.
  std::vector<levee::v1::RuleProblem> problems;
};

// Compiles a levee.v1.RuleSet in protobuf text format. `revision` is only
// noted; with `shadow` the whole set is in shadow, whatever the text says.
Compiled Compile(std::string_view text, uint64_t revision, bool shadow = false);

// The problems, a line each: "12:5 rules[0].when.rate.window: ...".
std::string ToString(absl::Span<const levee::v1::RuleProblem> problems);

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_RULE_SET_H_
