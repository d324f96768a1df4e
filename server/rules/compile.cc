// From text to rule set: parse, then check and compile every list and every
// rule, whatever was wrong with those before, so that all problems are told at
// once.
//
// A condition becomes postfix steps. Its leaves are looked up among those that
// are there already, so that a leaf which many rules share is measured once.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/rules/duration.h"
#include "server/rules/leaf_compiler.h"
#include "server/rules/list_compiler.h"
#include "server/rules/names.h"
#include "server/rules/phrase.h"
#include "server/rules/place.h"
#include "server/rules/rule_set.h"
#include "server/rules/syntax.h"
#include "server/state/standing.h"
#include "server/state/timestamp.h"

namespace levee::rules {
namespace {

using levee::v1::Condition;
using levee::v1::LocalizedMessage;
using levee::v1::Rule;

constexpr size_t kRuleSetNameBytesMax = 128;
constexpr size_t kMessageBytesMax = 1 << 10;
constexpr size_t kLanguageBytesMax = 35;
constexpr int64_t kReviewWithinMinMs = 10LL * 60'000;
constexpr int64_t kReviewWithinMaxMs = 30LL * 86'400'000;

constexpr uint32_t Bit(int number) { return 1u << number; }
// The numbers 1 to `last`.
constexpr uint32_t UpTo(int last) { return Bit(last + 1) - 2; }

// What a customer does, and is judged for.
constexpr uint32_t kJudged = Bit(levee::v1::EVENT_KIND_OPENED) |
                             Bit(levee::v1::EVENT_KIND_CUSTOMER_REPLIED) |
                             Bit(levee::v1::EVENT_KIND_REOPENED) |
                             Bit(levee::v1::EVENT_KIND_SOLVED) |
                             Bit(levee::v1::EVENT_KIND_CLOSED);

// A BCP 47 tag as far as a look at its form tells: parts of 1 to 8 letters or
// digits, joined by hyphens, the first of 2 to 8 letters.
bool IsLanguage(std::string_view tag) {
  if (tag.size() > kLanguageBytesMax) return false;
  bool first = true;
  while (true) {
    const size_t hyphen = tag.find('-');
    const std::string_view part = tag.substr(0, hyphen);
    if (part.size() < (first ? 2 : 1) || part.size() > 8) return false;
    for (const unsigned char c : part) {
      if (!(first ? absl::ascii_isalpha(c) : absl::ascii_isalnum(c))) {
        return false;
      }
    }
    if (hyphen == std::string_view::npos) return true;
    tag.remove_prefix(hyphen + 1);
    first = false;
  }
}

// The kinds of events that a restriction of the rule's may meet.
uint32_t RestrictedKinds(const CompiledRule& rule) {
  uint32_t kinds = 0;
  const auto add = [&](const CompiledAction& action) {
    if (!action.restrict.has_value()) return;
    for (int kind = 1; kind < state::kStoredKinds; ++kind) {
      if (state::Covers(action.restrict->scope,
                        static_cast<levee::v1::EventKind>(kind))) {
        kinds |= Bit(kind);
      }
    }
  };
  add(rule.then);
  for (const CompiledStep& step : rule.escalate.steps) add(step.then);
  return kinds;
}

}  // namespace

class Compiler {
 public:
  explicit Compiler(Problems* problems)
      : problems_(problems), leaf_compiler_(&lists_, problems) {}

  std::shared_ptr<const RuleSet> Compile(const levee::v1::RuleSet& text,
                                         const Place& place, uint64_t revision,
                                         bool shadow);

 private:
  void Add(const Spot& spot, std::string message) {
    problems_->Add(spot, std::move(message));
  }

  void CompileRule(const Rule& rule, const Place& place);
  uint32_t CompileOn(const Rule& rule, const Place& place);
  void CompileThen(const Rule& rule, const Place& place, CompiledRule* to);
  bool IsShared(const std::vector<Step>& steps) const;
  bool IsOfCampaign(const std::vector<Step>& steps) const;
  void CompilePolicies(const levee::v1::RuleSet& text, const Place& place);
  void CompileMessages(const Rule& rule, const Place& place, CompiledRule* to);
  void CompileCondition(const Condition& condition, const Place& place,
                        int depth, CompiledRule* rule, std::vector<Step>* to);
  template <typename Conditions>
  void CompileGroup(const Conditions& group, const Place& place, Step::Op op,
                    int depth, CompiledRule* rule, std::vector<Step>* to);
  void CompileLeaf(const Condition& condition, const Place& place,
                   CompiledRule* rule, std::vector<Step>* to);
  // Which leaves the rules on each kind read.
  void AssignLeaves();

  Problems* problems_;
  Lists lists_;
  LeafCompiler leaf_compiler_;
  Names rule_ids_;
  // What is being compiled makes the rule match where it holds.
  bool makes_match_ = true;
  // Leaves in the text, whether equal or not.
  int leaves_in_text_ = 0;
  absl::flat_hash_map<std::string, uint16_t> leaf_by_key_;
  std::shared_ptr<RuleSet> rule_set_ = std::make_shared<RuleSet>();
};

std::shared_ptr<const RuleSet> Compiler::Compile(const levee::v1::RuleSet& text,
                                                 const Place& place,
                                                 uint64_t revision,
                                                 bool shadow) {
  using levee::v1::RuleSet;
  rule_set_->revision_ = revision;
  rule_set_->name_ = text.name();
  rule_set_->shadow_ = text.shadow() || shadow;
  CheckSize(text.name(), kRuleSetNameBytesMax,
            place.At(RuleSet::kNameFieldNumber), problems_);
  CompilePolicies(text, place);
  CompileLists(text, place, problems_, &lists_);
  for (int i = 0; i < text.rules_size(); ++i) {
    if (i == kRulesMax) {
      Add(place.At(RuleSet::kRulesFieldNumber, i),
          absl::StrCat(text.rules_size(), " rules, but at most ", kRulesMax));
      break;
    }
    CompileRule(text.rules(i), place.In(RuleSet::kRulesFieldNumber, i));
  }
  if (leaves_in_text_ > kLeavesMax) {
    Add(place.At(RuleSet::kRulesFieldNumber),
        absl::StrCat(leaves_in_text_, " leaves in all rules, but at most ",
                     kLeavesMax));
  }
  if (problems_->count() > 0) return nullptr;
  AssignLeaves();
  return std::move(rule_set_);
}

void Compiler::CompileRule(const Rule& rule, const Place& place) {
  CompiledRule compiled;
  compiled.id = rule.id();
  const Spot id = place.At(Rule::kIdFieldNumber);
  CheckName(rule.id(), id, problems_);
  rule_ids_.Add(rule.id(), id, problems_);
  if (!levee::v1::Category_IsValid(rule.category()) || rule.category() == 0) {
    Add(place.At(Rule::kCategoryFieldNumber),
        WrongEnum(levee::v1::Category_descriptor(), rule.category(),
                  UpTo(levee::v1::CATEGORY_PROMOTION)));
  }
  compiled.category = rule.category();
  if (!levee::v1::Mode_IsValid(rule.mode())) {
    Add(place.At(Rule::kModeFieldNumber),
        WrongEnum(levee::v1::Mode_descriptor(), rule.mode(),
                  UpTo(levee::v1::MODE_OFF)));
  }
  compiled.mode = rule.mode() == levee::v1::MODE_UNSPECIFIED
                      ? levee::v1::MODE_ENFORCE
                      : rule.mode();
  compiled.on = CompileOn(rule, place);
  if (rule.has_when()) {
    CompileCondition(rule.when(), place.In(Rule::kWhenFieldNumber), 1,
                     &compiled, &compiled.when);
  } else {
    Add(place.At(Rule::kWhenFieldNumber), "missing: give a condition");
  }
  if (rule.has_unless()) {
    makes_match_ = false;
    CompileCondition(rule.unless(), place.In(Rule::kUnlessFieldNumber), 1,
                     &compiled, &compiled.unless);
    makes_match_ = true;
  }
  CompileThen(rule, place, &compiled);
  compiled.hash = state::RuleHash(rule.id());
  CompileMessages(rule, place, &compiled);
  CheckSize(rule.note(), kNoteBytesMax, place.At(Rule::kNoteFieldNumber),
            problems_);
  if (compiled.mode == levee::v1::MODE_OFF) return;
  compiled.shared = IsShared(compiled.when);
  compiled.of_campaign = IsOfCampaign(compiled.when);
  if (rule_set_->shadow_ && compiled.mode == levee::v1::MODE_ENFORCE) {
    compiled.mode = levee::v1::MODE_SHADOW;
    compiled.shadowed_by_set = true;
  }
  rule_set_->rules_.push_back(std::move(compiled));
}

uint32_t Compiler::CompileOn(const Rule& rule, const Place& place) {
  uint32_t on = 0;
  const auto* const kinds = levee::v1::EventKind_descriptor();
  if (rule.on().empty()) {
    Add(place.At(Rule::kOnFieldNumber), WrongEnum(kinds, 0, kJudged));
  }
  for (int i = 0; i < rule.on_size(); ++i) {
    const int kind = rule.on(i);
    if (kind > 0 && kind < 32 && (kJudged >> kind & 1) != 0) {
      on |= Bit(kind);
    } else {
      Add(place.At(Rule::kOnFieldNumber, i), WrongEnum(kinds, kind, kJudged));
    }
  }
  return on;
}

void Compiler::CompileThen(const Rule& rule, const Place& place,
                           CompiledRule* to) {
  if (rule.has_then()) {
    to->then =
        CompileAction(rule.then(), place.In(Rule::kThenFieldNumber), problems_);
  } else {
    Add(place.At(Rule::kThenFieldNumber), "missing: give a verdict");
  }
  if (rule.has_escalate()) {
    to->escalate = CompileEscalation(
        rule.escalate(), place.In(Rule::kEscalateFieldNumber), problems_);
  }
}

// Whether a condition looks at what many share.
bool Compiler::IsOfCampaign(const std::vector<Step>& steps) const {
  return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
    if (step.op != Step::Op::kLeaf) return false;
    const auto& measure = rule_set_->leaves_[step.argument].measure;
    const auto* const query = std::get_if<state::RateQuery>(&measure);
    return std::holds_alternative<state::CampaignFact>(measure) ||
           (query != nullptr && query->per == levee::v1::SUBJECT_CAMPAIGN);
  });
}

bool Compiler::IsShared(const std::vector<Step>& steps) const {
  return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
    if (step.op != Step::Op::kLeaf) return false;
    const auto& measure = rule_set_->leaves_[step.argument].measure;
    if (std::holds_alternative<state::SurgeQuery>(measure) ||
        std::holds_alternative<state::CampaignFact>(measure)) {
      return true;
    }
    const auto* const query = std::get_if<state::RateQuery>(&measure);
    return query != nullptr && query->per != levee::v1::SUBJECT_CUSTOMER &&
           query->per != levee::v1::SUBJECT_TICKET &&
           query->per != levee::v1::SUBJECT_AGENT;
  });
}

void Compiler::CompilePolicies(const levee::v1::RuleSet& text,
                               const Place& place) {
  using levee::v1::RuleSet;
  if (text.has_safety_valve()) {
    rule_set_->valve_ =
        CompileValve(text.safety_valve(),
                     place.In(RuleSet::kSafetyValveFieldNumber), problems_);
  }
  if (text.review_within().empty()) return;
  const Spot spot = place.At(RuleSet::kReviewWithinFieldNumber);
  const std::optional<int64_t> within_ms = CompileDuration(
      text.review_within(), spot, kReviewWithinMaxMs, problems_);
  if (!within_ms.has_value()) return;
  rule_set_->review_within_ms_ = *within_ms;
  if (*within_ms < kReviewWithinMinMs) {
    Add(spot,
        absl::StrCat(Quoted(text.review_within()), ": it must be 10m to 30d"));
  }
}

void Compiler::CompileMessages(const Rule& rule, const Place& place,
                               CompiledRule* to) {
  Names languages;
  for (int i = 0; i < rule.messages_size(); ++i) {
    const LocalizedMessage& message = rule.messages(i);
    const Place at = place.In(Rule::kMessagesFieldNumber, i);
    const Spot spot = at.At(LocalizedMessage::kLanguageFieldNumber);
    std::string language = message.language();
    absl::AsciiStrToLower(&language);
    if (!IsLanguage(language)) {
      Add(spot, absl::StrCat(
                    language.empty() ? "missing" : Quoted(message.language()),
                    ": it must be a BCP 47 tag, such as \"en\" or "
                    "\"zh-CN\""));
    }
    languages.Add(language, spot, problems_);
    const Spot text = at.At(LocalizedMessage::kTextFieldNumber);
    if (message.text().empty()) Add(text, "missing: give a text");
    CheckSize(message.text(), kMessageBytesMax, text, problems_);
    to->messages.push_back({std::move(language), message.text()});
  }
}

void Compiler::CompileCondition(const Condition& condition, const Place& place,
                                int depth, CompiledRule* rule,
                                std::vector<Step>* to) {
  if (depth > kDepthMax) {
    Add(place.Here(),
        absl::StrCat("more than ", kDepthMax, " conditions deep"));
    return;
  }
  switch (condition.node_case()) {
    case Condition::kAll:
      return CompileGroup(condition.all().of(),
                          place.In(Condition::kAllFieldNumber), Step::Op::kAll,
                          depth, rule, to);
    case Condition::kAny:
      return CompileGroup(condition.any().of(),
                          place.In(Condition::kAnyFieldNumber), Step::Op::kAny,
                          depth, rule, to);
    case Condition::kNot:
      makes_match_ = !makes_match_;
      CompileCondition(condition.not_(), place.In(Condition::kNotFieldNumber),
                       depth + 1, rule, to);
      makes_match_ = !makes_match_;
      to->push_back({Step::Op::kNot, 0});
      return;
    case Condition::NODE_NOT_SET:
      Add(place.Here(),
          "an empty condition: give all, any, not, rate, text, ticket, source, "
          "attribute or list");
      return;
    default:
      CompileLeaf(condition, place, rule, to);
  }
}

template <typename Conditions>
void Compiler::CompileGroup(const Conditions& group, const Place& place,
                            Step::Op op, int depth, CompiledRule* rule,
                            std::vector<Step>* to) {
  // Both All and Any have it as their first and only field.
  constexpr int kOf = levee::v1::All::kOfFieldNumber;
  static_assert(kOf == int{levee::v1::Any::kOfFieldNumber});
  if (group.empty()) {
    Add(place.Here(), "no condition in it: give at least one \"of\"");
  }
  for (int i = 0; i < group.size(); ++i) {
    CompileCondition(group[i], place.In(kOf, i), depth + 1, rule, to);
  }
  to->push_back({op, static_cast<uint16_t>(group.size())});
}

void Compiler::CompileLeaf(const Condition& condition, const Place& place,
                           CompiledRule* rule, std::vector<Step>* to) {
  // What is too much is counted, and told at the end.
  if (++leaves_in_text_ > kLeavesMax) return;
  std::optional<NamedLeaf> compiled =
      leaf_compiler_.Compile(condition, place, rule->on);
  // A rule that is off is checked, but its leaves are measured for nobody.
  if (!compiled.has_value() || rule->mode == levee::v1::MODE_OFF) return;
  if (makes_match_ &&
      std::holds_alternative<state::RateQuery>(compiled->leaf.measure)) {
    compiled->leaf.is_limit = true;
    compiled->key += " limit";
  }
  std::vector<Leaf>& leaves = rule_set_->leaves_;
  const auto [found, inserted] = leaf_by_key_.try_emplace(
      std::move(compiled->key), static_cast<uint16_t>(leaves.size()));
  if (inserted) leaves.push_back(std::move(compiled->leaf));
  to->push_back({Step::Op::kLeaf, found->second});
}

void Compiler::AssignLeaves() {
  std::array<std::vector<bool>, levee::v1::EventKind_ARRAYSIZE> reads;
  for (auto& read : reads) read.resize(rule_set_->leaves_.size());
  const auto read = [&](const std::vector<Step>& steps, uint32_t on) {
    for (const Step& step : steps) {
      if (step.op != Step::Op::kLeaf) continue;
      for (size_t kind = 0; kind < reads.size(); ++kind) {
        if ((on >> kind & 1) != 0) reads[kind][step.argument] = true;
      }
    }
  };
  for (const CompiledRule& rule : rule_set_->rules_) {
    read(rule.when, rule.on);
    // Whom a rule spares, its restrictions spare too.
    read(rule.unless, rule.on | RestrictedKinds(rule));
  }
  rule_set_->leaves_of_.resize(reads.size());
  for (size_t kind = 0; kind < reads.size(); ++kind) {
    for (size_t leaf = 0; leaf < reads[kind].size(); ++leaf) {
      if (reads[kind][leaf]) {
        rule_set_->leaves_of_[kind].push_back(static_cast<uint16_t>(leaf));
      }
    }
  }
}

Compiled Compile(std::string_view text, uint64_t revision, bool shadow) {
  Compiled compiled;
  // A text that is too long is not even looked through for its lines.
  const Lines lines(text.substr(0, kTextBytesMax));
  google::protobuf::TextFormat::ParseInfoTree tree;
  levee::v1::RuleSet parsed;
  if (std::optional<levee::v1::RuleProblem> error =
          ParseText(text, lines, &parsed, &tree);
      error.has_value()) {
    compiled.problems.push_back(std::move(*error));
    return compiled;
  }
  Problems problems;
  const Place place(&lines, &tree, levee::v1::RuleSet::descriptor());
  CheckStrings(parsed, place, &problems);
  compiled.rule_set =
      Compiler(&problems).Compile(parsed, place, revision, shadow);
  compiled.problems = problems.Take();
  return compiled;
}

}  // namespace levee::rules
