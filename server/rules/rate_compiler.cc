// Rates: what may be counted by what, and the label that says so.
#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/rules/duration.h"
#include "server/rules/leaf_compiler.h"
#include "server/rules/phrase.h"
#include "server/state/happening.h"

namespace levee::rules {
namespace {

using levee::v1::RateLeaf;
using levee::v1::Subject;

constexpr int64_t kAtLeastMax = 1'000'000;

constexpr uint32_t Bit(int number) { return 1u << number; }

// What state counts: every kind but WITHDRAWN.
constexpr uint32_t kKinds = Bit(state::kStoredKinds) - 2;
constexpr uint32_t kSubjects = Bit(levee::v1::SUBJECT_TENANT + 1) - 2;
// Where the customer came from; known only where he acted.
constexpr uint32_t kSources =
    Bit(levee::v1::SUBJECT_IP) | Bit(levee::v1::SUBJECT_IP_PREFIX) |
    Bit(levee::v1::SUBJECT_EMAIL) | Bit(levee::v1::SUBJECT_EMAIL_DOMAIN) |
    Bit(levee::v1::SUBJECT_DEVICE) | Bit(levee::v1::SUBJECT_CAMPAIGN);
// Kinds that a customer can bring about.
constexpr uint32_t kActs = Bit(levee::v1::EVENT_KIND_OPENED) |
                           Bit(levee::v1::EVENT_KIND_CUSTOMER_REPLIED) |
                           Bit(levee::v1::EVENT_KIND_REOPENED) |
                           Bit(levee::v1::EVENT_KIND_SOLVED) |
                           Bit(levee::v1::EVENT_KIND_CLOSED);

// Those of them that bring a text, and what is told by it.
constexpr uint32_t kMessages = Bit(levee::v1::EVENT_KIND_OPENED) |
                               Bit(levee::v1::EVENT_KIND_CUSTOMER_REPLIED) |
                               Bit(levee::v1::EVENT_KIND_REOPENED);
constexpr uint32_t kOfText = state::kNearDuplicate | state::kMeaningless |
                             state::kInsulting | state::kPromotional |
                             state::kAutomatic;

constexpr const char* kKindWords[] = {
    "",       "opened",   "replied", "answered by an agent",
    "solved", "reopened", "closed",  "reported as abuse"};
static_assert(std::size(kKindWords) == state::kStoredKinds);

bool IsOfRing(Subject subject) {
  return subject == levee::v1::SUBJECT_CUSTOMER ||
         subject == levee::v1::SUBJECT_TICKET;
}

std::string SubjectWord(Subject subject) {
  return Subject_Name(subject).substr(sizeof("SUBJECT_") - 1);
}

// The checks of one rate.
class RateCompiler {
 public:
  RateCompiler(const RateLeaf& rate, const Place& place, uint32_t on,
               Problems* problems)
      : rate_(rate), place_(place), on_(on), problems_(problems) {}

  void Compile(Leaf* leaf) {
    SetSubject();
    SetKinds();
    SetWindow();
    SetThreshold();
    SetDistinct();
    SetQualifiers();
    CheckSense();
    leaf->measure = query_;
    leaf->at_least = query_.at_least;
    leaf->label = Label();
  }

 private:
  void Add(int field, std::string message, int index = -1) {
    wrong_ = true;
    problems_->Add(place_.At(field, index), std::move(message));
  }

  void SetSubject();
  void SetKinds();
  void SetWindow();
  void SetThreshold();
  void SetDistinct();
  void SetQualifiers();
  void SetAge();
  void CheckSense();
  std::string Label() const;

  const RateLeaf& rate_;
  const Place& place_;
  const uint32_t on_;
  Problems* problems_;
  state::RateQuery query_;
  bool wrong_ = false;
};

void RateCompiler::SetSubject() {
  if (!levee::v1::Subject_IsValid(rate_.per()) || rate_.per() == 0) {
    Add(RateLeaf::kPerFieldNumber,
        WrongEnum(levee::v1::Subject_descriptor(), rate_.per(), kSubjects));
  } else {
    query_.per = rate_.per();
  }
}

void RateCompiler::SetKinds() {
  if (rate_.kinds().empty()) {
    Add(RateLeaf::kKindsFieldNumber,
        WrongEnum(levee::v1::EventKind_descriptor(), 0, kKinds));
  }
  for (int i = 0; i < rate_.kinds_size(); ++i) {
    const int kind = rate_.kinds(i);
    if (state::IsStoredKind(kind)) {
      query_.kinds |= Bit(kind);
      continue;
    }
    Add(RateLeaf::kKindsFieldNumber,
        WrongEnum(levee::v1::EventKind_descriptor(), kind, kKinds), i);
  }
}

void RateCompiler::SetWindow() {
  const std::optional<int64_t> window_ms =
      CompileDuration(rate_.window(), place_.At(RateLeaf::kWindowFieldNumber),
                      state::kWindowMaxMs, problems_);
  wrong_ |= !window_ms.has_value();
  query_.window_ms = window_ms.value_or(0);
}

void RateCompiler::SetThreshold() {
  query_.at_least = rate_.at_least();
  if (rate_.at_least() < 1 || rate_.at_least() > kAtLeastMax) {
    Add(RateLeaf::kAtLeastFieldNumber,
        absl::StrCat(rate_.at_least(), ": it must be 1 to ", kAtLeastMax));
  } else if (IsOfRing(query_.per) && rate_.at_least() > state::kRingMax) {
    Add(RateLeaf::kAtLeastFieldNumber,
        absl::StrCat(rate_.at_least(), " is more than state keeps: the latest ",
                     state::kRingMax, " events of each kind per ",
                     SubjectWord(query_.per), ", so it must be at most ",
                     state::kRingMax));
  }
}

void RateCompiler::SetDistinct() {
  query_.distinct = rate_.distinct();
  if (!levee::v1::Distinct_IsValid(rate_.distinct())) {
    Add(RateLeaf::kDistinctFieldNumber,
        WrongEnum(levee::v1::Distinct_descriptor(), rate_.distinct(),
                  Bit(levee::v1::DISTINCT_CUSTOMERS) |
                      Bit(levee::v1::DISTINCT_TICKETS) |
                      Bit(levee::v1::DISTINCT_AGENTS)));
  }
  if (query_.per == levee::v1::SUBJECT_UNSPECIFIED) return;
  const bool of_customer = query_.per == levee::v1::SUBJECT_CUSTOMER;
  if (rate_.distinct() == levee::v1::DISTINCT_CUSTOMERS && of_customer) {
    Add(RateLeaf::kDistinctFieldNumber,
        "a customer is one customer: with SUBJECT_CUSTOMER it must be "
        "DISTINCT_TICKETS");
  }
  if (rate_.distinct() == levee::v1::DISTINCT_TICKETS && !of_customer) {
    Add(RateLeaf::kDistinctFieldNumber,
        absl::StrCat("with SUBJECT_", SubjectWord(query_.per),
                     " it must be DISTINCT_CUSTOMERS: tickets are told apart "
                     "for SUBJECT_CUSTOMER only"));
  }
  if (rate_.distinct() == levee::v1::DISTINCT_AGENTS && !IsOfRing(query_.per)) {
    Add(RateLeaf::kDistinctFieldNumber,
        absl::StrCat("not with SUBJECT_", SubjectWord(query_.per),
                     ": agents are told apart for SUBJECT_CUSTOMER and "
                     "SUBJECT_TICKET only"));
  }
}

void RateCompiler::SetQualifiers() {
  if (rate_.after_solution()) query_.flags |= state::kAfterSolution;
  if (rate_.near_duplicates()) query_.flags |= state::kNearDuplicate;
  if (rate_.meaningless()) query_.flags |= state::kMeaningless;
  if (rate_.insulting()) query_.flags |= state::kInsulting;
  if (rate_.promotional()) query_.flags |= state::kPromotional;
  if (rate_.automatic()) query_.flags |= state::kAutomatic;
  query_.let_through = rate_.let_through();
  query_.same_agent = rate_.same_agent();
  if (rate_.same_agent() && query_.per != levee::v1::SUBJECT_UNSPECIFIED &&
      query_.per != levee::v1::SUBJECT_CUSTOMER) {
    Add(RateLeaf::kSameAgentFieldNumber,
        absl::StrCat("not with SUBJECT_", SubjectWord(query_.per),
                     ": agents are told apart for SUBJECT_CUSTOMER only"));
  }
  if (!rate_.accounts_younger_than().empty()) SetAge();
}

void RateCompiler::SetAge() {
  const std::string& given = rate_.accounts_younger_than();
  const std::optional<int64_t> age_ms = ParseDuration(given);
  std::string steps;
  for (int i = 0; i < state::kAgeSteps; ++i) {
    if (state::kAgeStepMs[i] == age_ms) {
      query_.age_below = static_cast<state::AgeStep>(i + 1);
      return;
    }
    absl::StrAppend(&steps,
                    i == 0                      ? ""
                    : i + 1 == state::kAgeSteps ? " or "
                                                : ", ",
                    FormatDuration(state::kAgeStepMs[i]));
  }
  Add(RateLeaf::kAccountsYoungerThanFieldNumber,
      absl::StrCat(Quoted(given),
                   age_ms.has_value() ? " is no age that state keeps" : "",
                   ": it must be ", steps));
}

// What can never be true, or never false.
void RateCompiler::CheckSense() {
  if (wrong_) return;
  if ((Bit(query_.per) & kSources) != 0 && (query_.kinds & kActs) == 0) {
    Add(RateLeaf::kKindsFieldNumber,
        absl::StrCat("can never match: none of these kinds is a customer's "
                     "act, and only those have a source (SUBJECT_",
                     SubjectWord(query_.per), ")"),
        0);
  }
  if ((query_.flags & kOfText) != 0 && (query_.kinds & kMessages) == 0) {
    Add(RateLeaf::kKindsFieldNumber,
        "can never match: none of these kinds brings a customer's text, by "
        "which it should count",
        0);
  }
  if (rate_.after_solution() &&
      query_.kinds == Bit(levee::v1::EVENT_KIND_OPENED)) {
    Add(RateLeaf::kAfterSolutionFieldNumber,
        "can never match: a ticket that is being opened was given no solution "
        "before");
  }
  const bool counts_itself =
      on_ != 0 && (on_ & ~query_.kinds) == 0 && query_.flags == 0 &&
      query_.age_below == state::AgeStep::kUnknown && !query_.same_agent;
  if (query_.at_least == 1 && counts_itself) {
    Add(RateLeaf::kAtLeastFieldNumber,
        "always matches: the event in question counts itself, so it must be "
        "at least 2");
  }
}

std::string RateCompiler::Label() const {
  std::string label;
  if (query_.distinct == levee::v1::DISTINCT_CUSTOMERS) {
    label = "different customers: ";
  } else if (query_.distinct == levee::v1::DISTINCT_TICKETS) {
    label = "different tickets: ";
  } else if (query_.distinct == levee::v1::DISTINCT_AGENTS) {
    label = "different agents: ";
  }
  bool first = true;
  for (int kind = 1; kind < state::kStoredKinds; ++kind) {
    if ((query_.kinds & Bit(kind)) == 0) continue;
    absl::StrAppend(&label, first ? "" : " or ", kKindWords[kind]);
    first = false;
  }
  absl::StrAppend(&label, " by ", SubjectWord(query_.per), " in ",
                  FormatDuration(query_.window_ms));
  if (rate_.after_solution()) label += " after a solution";
  if (query_.age_below != state::AgeStep::kUnknown) {
    const int step = static_cast<int>(query_.age_below) - 1;
    absl::StrAppend(&label, " from accounts younger than ",
                    FormatDuration(state::kAgeStepMs[step]));
  }
  if (rate_.near_duplicates()) label += ", nearly the same text";
  if (rate_.meaningless()) label += ", meaningless";
  if (rate_.insulting()) label += ", insulting";
  if (rate_.promotional()) label += ", promotion";
  if (rate_.automatic()) label += ", by a machine";
  if (query_.let_through) label += ", let through";
  if (query_.same_agent) label += ", with the same agent";
  return label;
}

}  // namespace

void CompileRate(const RateLeaf& rate, const Place& place, uint32_t on,
                 Problems* problems, Leaf* leaf) {
  RateCompiler(rate, place, on, problems).Compile(leaf);
}

}  // namespace levee::rules
