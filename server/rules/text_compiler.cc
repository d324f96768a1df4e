// Leaves about words: patterns, lengths, links, scores, likeness, campaigns.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/rules/leaf_compiler.h"
#include "server/rules/phrase.h"

namespace levee::rules {
namespace {

using levee::v1::CampaignLeaf;
using levee::v1::SimilarLeaf;
using levee::v1::TextField;
using levee::v1::TextLeaf;

constexpr size_t kPatternBytesMax = 1 << 10;
// Of one compiled pattern and its caches; the program alone may take a sixth
// of it, some 5,000 instructions.
constexpr int64_t kPatternMemoryMax = 512 << 10;
// What a body may hold, in bytes and therefore in code points, and a subject.
constexpr int64_t kLengthMax = 1 << 20;
constexpr int64_t kSubjectLengthMax = 4 << 10;
constexpr int64_t kLinksMax = 1000;
constexpr int64_t kThousand = 1000;
constexpr int64_t kSimilarMin = 500;
constexpr int64_t kSeverityMax = 3;
constexpr int64_t kCampaignCustomersMin = 3;
constexpr int64_t kCampaignCustomersMax = 100'000;
constexpr int64_t kPerPrefixMin = 100;
constexpr int64_t kPerPrefixMax = 100'000;

const char* FieldWord(TextField field) {
  switch (field) {
    case levee::v1::TEXT_FIELD_SUBJECT:
      return "subject";
    case levee::v1::TEXT_FIELD_BODY:
      return "body";
    default:
      return "text";
  }
}

}  // namespace

void LeafCompiler::CompileText(const TextLeaf& text, const Place& place,
                               Leaf* leaf) {
  const TextField field = text.field();
  if (!levee::v1::TextField_IsValid(field)) {
    Add(place.At(TextLeaf::kFieldFieldNumber),
        WrongEnum(levee::v1::TextField_descriptor(), field,
                  1u << levee::v1::TEXT_FIELD_SUBJECT |
                      1u << levee::v1::TEXT_FIELD_BODY));
  }
  const Spot spot = place.At(text.test_case());
  switch (text.test_case()) {
    case TextLeaf::kPattern:
      return CompilePattern(text, place, leaf);
    case TextLeaf::kLengthAtLeast: {
      const bool subject = field == levee::v1::TEXT_FIELD_SUBJECT;
      const int64_t most = subject ? kSubjectLengthMax : kLengthMax;
      if (text.length_at_least() > most) {
        return Add(spot,
                   absl::StrCat(text.length_at_least(), " can never match: a ",
                                subject ? "subject" : "body", " has at most ",
                                most, " code points"));
      }
      CheckRange(spot, text.length_at_least(), 0, most);
      leaf->measure = LengthOf{field};
      leaf->at_least = text.length_at_least();
      break;
    }
    case TextLeaf::kLengthAtMost:
      CheckRange(spot, text.length_at_most(), 0, kLengthMax);
      leaf->measure = LengthOf{field};
      leaf->at_most = text.length_at_most();
      break;
    case TextLeaf::kLinksAtLeast:
      CheckRange(spot, text.links_at_least(), 1, kLinksMax);
      leaf->measure = LinksOf{field};
      leaf->at_least = text.links_at_least();
      leaf->label = absl::StrCat("links in the ", FieldWord(field));
      return;
    case TextLeaf::kMeaninglessAtLeast:
    case TextLeaf::kInsultAtLeast:
    case TextLeaf::kPromotionAtLeast:
    case TextLeaf::kInsultSeverityAtLeast:
    case TextLeaf::kAutomatic:
      return CompileScore(text, place, leaf);
    case TextLeaf::TEST_NOT_SET:
      return Add(place.Here(),
                 "no test: give pattern, length_at_least, length_at_most, "
                 "links_at_least, meaningless_at_least, insult_at_least, "
                 "insult_severity_at_least, promotion_at_least or automatic");
  }
  leaf->label =
      absl::StrCat("length of the ", FieldWord(field), BoundWord(*leaf));
}

void LeafCompiler::CompilePattern(const TextLeaf& text, const Place& place,
                                  Leaf* leaf) {
  const Spot spot = place.At(TextLeaf::kPatternFieldNumber);
  const std::string& pattern = text.pattern();
  if (pattern.empty()) {
    return Add(spot, "empty, so that it always matches: give an RE2 pattern");
  }
  if (pattern.size() > kPatternBytesMax) {
    return Add(spot, absl::StrCat(pattern.size(), " bytes, but at most ",
                                  kPatternBytesMax));
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kPatternMemoryMax);
  auto compiled = std::make_shared<const re2::RE2>(pattern, options);
  if (!compiled->ok()) {
    return Add(spot, absl::StrCat("no RE2 pattern: ", compiled->error()));
  }
  leaf->measure = PatternTest{text.field(), std::move(compiled)};
  leaf->at_least = 1;
  leaf->label =
      absl::StrCat(FieldWord(text.field()), " matches /", pattern, "/");
}

void LeafCompiler::CompileScore(const TextLeaf& text, const Place& place,
                                Leaf* leaf) {
  if (text.field() != levee::v1::TEXT_FIELD_UNSPECIFIED) {
    Add(place.At(TextLeaf::kFieldFieldNumber),
        "subject and body are judged together: leave it out");
  }
  const Spot spot = place.At(text.test_case());
  const auto score = [&](TextScore what, int64_t at_least, int64_t most,
                         const char* label) {
    CheckRange(spot, at_least, 1, most);
    leaf->measure = what;
    leaf->at_least = at_least;
    leaf->label = label;
  };
  switch (text.test_case()) {
    case TextLeaf::kMeaninglessAtLeast:
      return score(TextScore::kMeaningless, text.meaningless_at_least(),
                   kThousand, "text: meaningless, in thousandths");
    case TextLeaf::kInsultAtLeast:
      return score(TextScore::kInsult, text.insult_at_least(), kThousand,
                   "text: insults staff, in thousandths");
    case TextLeaf::kInsultSeverityAtLeast:
      return score(TextScore::kInsultSeverity, text.insult_severity_at_least(),
                   kSeverityMax, "text: severity of the insult, 1 to 3");
    case TextLeaf::kPromotionAtLeast:
      return score(TextScore::kPromotion, text.promotion_at_least(), kThousand,
                   "text: promotion, in thousandths");
    default:
      leaf->measure = TextScore::kAutomatic;
      leaf->at_least = leaf->at_most = text.automatic() ? 1 : 0;
      leaf->label = absl::StrCat("text: written by a ",
                                 text.automatic() ? "machine" : "person");
  }
}

void LeafCompiler::CompileSimilar(const SimilarLeaf& similar,
                                  const Place& place, Leaf* leaf) {
  CheckRange(place.At(SimilarLeaf::kAtLeastFieldNumber), similar.at_least(),
             kSimilarMin, kThousand);
  leaf->measure = TextScore::kSimilar;
  leaf->at_least = similar.at_least();
  leaf->label = "text: like one of the customer's own, in thousandths";
}

void LeafCompiler::CompileCampaign(const CampaignLeaf& campaign,
                                   const Place& place, Leaf* leaf) {
  const Spot spot = place.At(campaign.test_case());
  const auto fact = [&](state::CampaignFact what, int64_t at_least,
                        int64_t least, int64_t most, const char* label) {
    CheckRange(spot, at_least, least, most);
    leaf->measure = what;
    leaf->at_least = at_least;
    leaf->label = label;
  };
  switch (campaign.test_case()) {
    case CampaignLeaf::kCustomersAtLeast:
      return fact(state::CampaignFact::kCustomers,
                  campaign.customers_at_least(), kCampaignCustomersMin,
                  kCampaignCustomersMax, "campaign: customers in 7d");
    case CampaignLeaf::kYoungPercentAtLeast:
      return fact(state::CampaignFact::kYoungPercent,
                  campaign.young_percent_at_least(), 1, 100,
                  "campaign: accounts younger than 30d, in percent");
    case CampaignLeaf::kCustomersPerPrefixAtLeast:
      return fact(state::CampaignFact::kCustomersPerPrefix,
                  campaign.customers_per_prefix_at_least(), kPerPrefixMin,
                  kPerPrefixMax,
                  "campaign: customers behind each prefix, in hundredths");
    case CampaignLeaf::TEST_NOT_SET:
      return Add(place.Here(),
                 "no test: give customers_at_least, young_percent_at_least or "
                 "customers_per_prefix_at_least");
  }
}

}  // namespace levee::rules
