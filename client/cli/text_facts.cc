#include "client/cli/text_facts.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/cli/printable.h"
#include "client/cli/table.h"

namespace levee::cli {
namespace {

constexpr size_t kExcerptColumns = 60;

// "IME_MASH": "ime mash".
std::string Spoken(const std::string& name, absl::string_view prefix) {
  return absl::AsciiStrToLower(
      absl::StrReplaceAll(name.substr(prefix.size()), {{"_", " "}}));
}

std::string Shown(const v1::TextFacts& facts, v1::TextFinding finding,
                  absl::string_view subject, absl::string_view body) {
  std::vector<std::string> excerpts;
  for (const v1::TextSpan& span : facts.spans()) {
    if (span.finding() != finding) continue;
    std::string excerpt = Excerpt(span, subject, body);
    if (excerpt.empty()) {
      excerpt =
          absl::StrCat("bytes ", span.begin(), " to ", span.end(),
                       span.in_subject() ? " of the subject" : " of the body");
    }
    excerpts.push_back(std::move(excerpt));
  }
  return absl::StrJoin(excerpts, "; ");
}

std::string InsultWords(const v1::TextFacts& facts) {
  static constexpr const char* kSeverities[] = {"", "mild", "clear", "severe"};
  if (facts.insult_target() == v1::INSULT_TARGET_UNSPECIFIED) return "";
  const uint32_t severity = facts.insult_severity();
  const std::string how =
      severity == 0 || severity > 3 ? "" : kSeverities[severity];
  return absl::StrCat(
      how, how.empty() ? "" : ", ", "at ",
      Spoken(v1::InsultTarget_Name(facts.insult_target()), "INSULT_TARGET_"));
}

}  // namespace

std::string Excerpt(const v1::TextSpan& span, absl::string_view subject,
                    absl::string_view body) {
  const absl::string_view text = span.in_subject() ? subject : body;
  if (span.begin() >= span.end() || span.end() > text.size()) return "";
  return absl::StrCat(
      "\"",
      Shortened(Printable(text.substr(span.begin(), span.end() - span.begin())),
                kExcerptColumns),
      "\"");
}

std::string DescribeFacts(const v1::TextFacts& facts, absl::string_view subject,
                          absl::string_view body) {
  Table table;
  const auto add = [&](const char* what, uint32_t score, std::string detail,
                       v1::TextFinding finding) {
    table.Add({what, absl::StrCat(score), std::move(detail),
               Shown(facts, finding, subject, body)});
  };
  table.RightAlign(1);
  add("meaningless", facts.meaningless(),
      facts.meaningless_kind() == v1::MEANINGLESS_KIND_UNSPECIFIED
          ? ""
          : Spoken(v1::MeaninglessKind_Name(facts.meaningless_kind()),
                   "MEANINGLESS_KIND_"),
      v1::TEXT_FINDING_MEANINGLESS);
  add("insult", facts.insult(), InsultWords(facts), v1::TEXT_FINDING_INSULT);
  add("promotion", facts.promotion(), "", v1::TEXT_FINDING_PROMOTION);
  if (facts.automatic() != v1::AUTOMATIC_KIND_UNSPECIFIED) {
    table.Add(
        {"by a machine", "",
         Spoken(v1::AutomaticKind_Name(facts.automatic()), "AUTOMATIC_KIND_"),
         Shown(facts, v1::TEXT_FINDING_AUTOMATIC, subject, body)});
  }
  table.Add({"links", absl::StrCat(facts.links()), "", ""});
  return table.Render();
}

}  // namespace levee::cli
