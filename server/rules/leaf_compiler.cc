#include "server/rules/leaf_compiler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/rules/duration.h"
#include "server/rules/phrase.h"

namespace levee::rules {
namespace {

using levee::v1::AttributeLeaf;
using levee::v1::AttributeNumber;
using levee::v1::AttributeText;
using levee::v1::Condition;
using levee::v1::ListLeaf;
using levee::v1::SourceLeaf;
using levee::v1::SurgeLeaf;
using levee::v1::TicketLeaf;

constexpr int64_t kSurgePercentMin = 110;
constexpr int64_t kSurgePercentMax = 100'000;
constexpr int64_t kSurgeOpeningsMin = 5;
constexpr int64_t kSurgeOpeningsMax = 1'000'000;
constexpr size_t kKeyBytesMax = 64;
constexpr size_t kValueBytesMax = 256;
constexpr size_t kLabelBytesMax = 120;

void CheckKey(const std::string& key, const Spot& spot, Problems* problems) {
  if (!key.empty() && key.size() <= kKeyBytesMax &&
      std::all_of(key.begin(), key.end(), [](unsigned char c) {
        return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
      })) {
    return;
  }
  problems->Add(spot, absl::StrCat(key.empty() ? "missing" : Quoted(key),
                                   ": it must be 1 to ", kKeyBytesMax,
                                   " bytes of a-z, 0-9 and _"));
}

}  // namespace

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) ||
                  c == '-' || c == '_';
         });
}

void CheckName(const std::string& name, const Spot& spot, Problems* problems) {
  if (IsName(name)) return;
  problems->Add(spot, absl::StrCat(name.empty() ? "missing" : Quoted(name),
                                   ": it must be 1 to ", kNameBytesMax,
                                   " bytes of a-z, 0-9, - and _"));
}

std::string BoundWord(const Leaf& leaf) {
  return leaf.at_least == INT64_MIN ? ", at most" : "";
}

std::optional<int64_t> CompileDuration(const std::string& text,
                                       const Spot& spot, int64_t most_ms,
                                       Problems* problems) {
  const std::optional<int64_t> ms = ParseDuration(text);
  const std::string given = text.empty() ? "missing" : Quoted(text);
  if (!ms.has_value()) {
    problems->Add(spot,
                  absl::StrCat(given, text.empty() ? "" : " is no duration",
                               ": it must be a whole number and s, m, h "
                               "or d, such as \"90s\", \"10m\" or \"7d\""));
    return std::nullopt;
  }
  if (*ms >= 1000 && *ms <= most_ms) return ms;
  problems->Add(spot,
                absl::StrCat(given, *ms == 0 ? "" : " is more than state keeps",
                             ": it must be 1s to ", FormatDuration(most_ms)));
  return std::nullopt;
}

std::optional<NamedLeaf> LeafCompiler::Compile(const Condition& condition,
                                               const Place& place,
                                               uint32_t on) {
  NamedLeaf compiled;
  Leaf* const leaf = &compiled.leaf;
  const size_t before = problems_->count();
  const int number = condition.node_case();
  const Place at = place.In(number);
  switch (condition.node_case()) {
    case Condition::kRate:
      CompileRate(condition.rate(), at, on, problems_, leaf);
      break;
    case Condition::kText:
      CompileText(condition.text(), at, leaf);
      break;
    case Condition::kTicket:
      CompileTicket(condition.ticket(), at, leaf);
      break;
    case Condition::kSurge:
      CompileSurge(condition.surge(), at, leaf);
      break;
    case Condition::kSimilar:
      CompileSimilar(condition.similar(), at, leaf);
      break;
    case Condition::kCampaign:
      CompileCampaign(condition.campaign(), at, leaf);
      break;
    case Condition::kSource:
      CompileSource(condition.source(), at, leaf);
      break;
    case Condition::kAttribute:
      CompileAttribute(condition.attribute(), at, leaf);
      break;
    case Condition::kList:
      CompileList(condition.list(), at, leaf);
      break;
    default:
      break;
  }
  if (problems_->count() != before) return std::nullopt;
  compiled.key = absl::StrCat(leaf->measure.index(), " ", leaf->at_least, " ",
                              leaf->at_most, " ", leaf->label);
  leaf->label = Shortened(leaf->label, kLabelBytesMax);
  return compiled;
}

void LeafCompiler::CheckRange(const Spot& spot, int64_t value, int64_t least,
                              int64_t most) {
  if (value >= least && value <= most) return;
  Add(spot, absl::StrCat(value, ": it must be ", least, " to ", most));
}

void LeafCompiler::CompileTicket(const TicketLeaf& ticket, const Place& place,
                                 Leaf* leaf) {
  const Spot spot = place.At(ticket.test_case());
  switch (ticket.test_case()) {
    case TicketLeaf::kSolutionProvided: {
      const int64_t wanted = ticket.solution_provided() ? 1 : 0;
      leaf->measure = state::TicketFact::kSolutionProvided;
      leaf->at_least = wanted;
      leaf->at_most = wanted;
      leaf->label = absl::StrCat("ticket: ", wanted == 1 ? "a" : "no",
                                 " solution was provided");
      return;
    }
    case TicketLeaf::kSolutionWithin: {
      const std::optional<int64_t> within_ms = CompileDuration(
          ticket.solution_within(), spot, state::kWindowMaxMs, problems_);
      leaf->measure = state::TicketFact::kSinceSolutionMs;
      leaf->at_most = within_ms.value_or(0);
      leaf->label = "ticket: seconds since the solution, at most";
      return;
    }
    case TicketLeaf::kReopenedAtLeast:
      CheckRange(spot, ticket.reopened_at_least(), 1, state::kRingMax);
      leaf->measure = state::TicketFact::kReopened;
      leaf->at_least = ticket.reopened_at_least();
      leaf->label = "ticket: times reopened";
      return;
    case TicketLeaf::kRepliesSinceAgentAtLeast:
      CheckRange(spot, ticket.replies_since_agent_at_least(), 1,
                 state::kRingMax);
      leaf->at_least = ticket.replies_since_agent_at_least();
      break;
    case TicketLeaf::kRepliesSinceAgentAtMost:
      CheckRange(spot, ticket.replies_since_agent_at_most(), 0,
                 state::kRingMax - 1);
      leaf->at_most = ticket.replies_since_agent_at_most();
      break;
    case TicketLeaf::TEST_NOT_SET:
      return Add(place.Here(),
                 "no test: give solution_provided, solution_within, "
                 "reopened_at_least, replies_since_agent_at_least or "
                 "replies_since_agent_at_most");
  }
  leaf->measure = state::TicketFact::kRepliesSinceAgent;
  leaf->label =
      absl::StrCat("ticket: replies since the agent's", BoundWord(*leaf));
}

void LeafCompiler::CompileSurge(const SurgeLeaf& surge, const Place& place,
                                Leaf* leaf) {
  CheckRange(place.At(SurgeLeaf::kAtLeastFieldNumber), surge.at_least(),
             kSurgePercentMin, kSurgePercentMax);
  CheckRange(place.At(SurgeLeaf::kOpeningsAtLeastFieldNumber),
             surge.openings_at_least(), kSurgeOpeningsMin, kSurgeOpeningsMax);
  leaf->measure =
      state::SurgeQuery{.of_department = surge.of_department(),
                        .openings_at_least = surge.openings_at_least()};
  leaf->at_least = surge.at_least();
  leaf->label =
      absl::StrCat(surge.openings_at_least(), " openings at least in 15m by ",
                   surge.of_department() ? "DEPARTMENT" : "TENANT",
                   ", in percent of what is usual");
}

void LeafCompiler::CompileSource(const SourceLeaf& source, const Place& place,
                                 Leaf* leaf) {
  const Spot spot = place.At(source.test_case());
  leaf->at_least = 1;
  if (source.test_case() == SourceLeaf::kIpIn) {
    const std::optional<Network> network = Network::Parse(source.ip_in());
    if (!network.has_value()) {
      return Add(spot, absl::StrCat(Quoted(source.ip_in()),
                                    " is no range: it must be like "
                                    "\"203.0.113.0/24\" or \"2001:db8::/32\""));
    }
    if (!network->exact()) {
      return Add(spot, absl::StrCat(Quoted(source.ip_in()),
                                    " has bits set behind its prefix: the "
                                    "range is \"",
                                    network->ToString(), "\""));
    }
    leaf->label = absl::StrCat("address in ", network->ToString());
    leaf->measure = IpIn{*network};
  } else if (source.test_case() == SourceLeaf::kEmailDomain) {
    std::string domain = source.email_domain();
    absl::AsciiStrToLower(&domain);
    if (!IsDomain(domain)) {
      return Add(spot, absl::StrCat(Quoted(source.email_domain()),
                                    " is no domain: it must be like "
                                    "\"example.com\""));
    }
    leaf->label = absl::StrCat("e-mail under ", domain);
    leaf->measure = EmailDomainUnder{std::move(domain)};
  } else {
    Add(place.Here(), "no test: give ip_in or email_domain");
  }
}

void LeafCompiler::CompileAttribute(const AttributeLeaf& attribute,
                                    const Place& place, Leaf* leaf) {
  const int test = attribute.test_case();
  switch (attribute.test_case()) {
    case AttributeLeaf::kAccountYoungerThan:
    case AttributeLeaf::kAccountOlderThan: {
      const bool younger =
          attribute.test_case() == AttributeLeaf::kAccountYoungerThan;
      const std::optional<int64_t> age_ms =
          CompileDuration(younger ? attribute.account_younger_than()
                                  : attribute.account_older_than(),
                          place.At(test), kDurationMaxMs, problems_);
      leaf->measure = AccountAge{};
      if (younger) {
        leaf->at_most = age_ms.value_or(1) - 1;
      } else {
        leaf->at_least = age_ms.value_or(0);
      }
      leaf->label = absl::StrCat("seconds since the account was made",
                                 younger ? ", below" : "");
      return;
    }
    case AttributeLeaf::kText:
      return CompileAttributeText(attribute.text(), place.In(test), leaf);
    case AttributeLeaf::kNumber:
      return CompileAttributeNumber(attribute.number(), place.In(test), leaf);
    case AttributeLeaf::TEST_NOT_SET:
      return Add(place.Here(),
                 "no test: give account_younger_than, account_older_than, "
                 "text or number");
  }
}

void LeafCompiler::CompileAttributeText(const AttributeText& text,
                                        const Place& place, Leaf* leaf) {
  CheckKey(text.key(), place.At(AttributeText::kKeyFieldNumber), problems_);
  if (text.any_of().empty()) {
    return Add(place.At(AttributeText::kAnyOfFieldNumber),
               "can never match: give at least one value");
  }
  AttributeTextIn test{text.key(), {}};
  for (int i = 0; i < text.any_of_size(); ++i) {
    if (text.any_of(i).size() > kValueBytesMax) {
      Add(place.At(AttributeText::kAnyOfFieldNumber, i),
          absl::StrCat("can never match: ", text.any_of(i).size(),
                       " bytes, but an attribute has at most ",
                       kValueBytesMax));
    }
    test.any_of.push_back(text.any_of(i));
  }
  std::sort(test.any_of.begin(), test.any_of.end());
  leaf->at_least = 1;
  leaf->label = absl::StrCat("attribute ", test.key, " is");
  for (size_t i = 0; i < test.any_of.size(); ++i) {
    absl::StrAppend(&leaf->label, i == 0 ? " \"" : " or \"",
                    absl::Utf8SafeCEscape(test.any_of[i]), "\"");
  }
  leaf->measure = std::move(test);
}

void LeafCompiler::CompileAttributeNumber(const AttributeNumber& number,
                                          const Place& place, Leaf* leaf) {
  CheckKey(number.key(), place.At(AttributeNumber::kKeyFieldNumber), problems_);
  if (!number.has_at_least() && !number.has_at_most()) {
    return Add(place.Here(),
               "always matches: give at_least or at_most or both");
  }
  if (number.has_at_least()) leaf->at_least = number.at_least();
  if (number.has_at_most()) leaf->at_most = number.at_most();
  if (leaf->at_least > leaf->at_most) {
    return Add(
        place.At(AttributeNumber::kAtLeastFieldNumber),
        absl::StrCat(leaf->at_least, " can never match: at_most is less, ",
                     leaf->at_most));
  }
  leaf->label = absl::StrCat("attribute ", number.key(), BoundWord(*leaf));
  leaf->measure = AttributeNumberOf{number.key()};
}

void LeafCompiler::CompileList(const ListLeaf& list, const Place& place,
                               Leaf* leaf) {
  const Spot spot = place.At(ListLeaf::kNameFieldNumber);
  if (list.name().empty()) return Add(spot, "missing: give a list's name");
  const auto found = lists_->find(list.name());
  if (found == lists_->end()) {
    std::string names;
    for (const auto& [name, unused] : *lists_) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", name);
    }
    return Add(spot, absl::StrCat("there is no list ", Quoted(list.name()),
                                  names.empty()
                                      ? ", nor any other: add lists { ... }"
                                      : absl::StrCat("; there are: ",
                                                     Shortened(names, 200))));
  }
  leaf->measure = OnList{found->second};
  leaf->at_least = 1;
  leaf->label = absl::StrCat("on list ", list.name());
}

}  // namespace levee::rules
