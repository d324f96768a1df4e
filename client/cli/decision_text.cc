#include "client/cli/decision_text.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/cli/printable.h"
#include "client/cli/text_facts.h"
#include "client/cli/times.h"
#include "client/cli/words.h"

namespace levee::cli {
namespace {

constexpr char kSuspended[] = ", suspended by the incident";

std::string Lower(const std::string& word) {
  return absl::AsciiStrToLower(word);
}

// "opened by CUSTOMER in 10m: 6, limit 5, free again 2024-05-01 13:04:05 +00".
std::string EvidenceLine(const v1::Evidence& evidence) {
  std::string line =
      absl::StrCat(Printable(evidence.label()), ": ", evidence.value(),
                   ", limit ", evidence.threshold());
  if (evidence.has_free_again_at()) {
    absl::StrAppend(&line, ", free again at ",
                    ShowTime(evidence.free_again_at()));
  }
  return line;
}

void AppendFindings(const v1::Decision& decision, std::string* text) {
  for (const v1::Finding& finding : decision.findings()) {
    absl::StrAppend(
        text, "  rule ", Printable(finding.rule_id()), " (",
        Lower(Word(finding.category())), ") asks for ", Word(finding.verdict()),
        finding.mode() == v1::MODE_SHADOW ? ", in shadow" : "",
        finding.offence() == 0 ? ""
                               : absl::StrCat(", offence ", finding.offence()),
        finding.suspended() ? kSuspended : "", "\n");
    for (const v1::Evidence& evidence : finding.evidence()) {
      absl::StrAppend(text, "    ", EvidenceLine(evidence), "\n");
    }
  }
}

// "restriction 12 of rule many-openings (bombing)".
std::string Name(const v1::MetRestriction& met) {
  if (met.rule_id().empty()) {
    return absl::StrCat("restriction ", met.id(), " of an operator");
  }
  return absl::StrCat("restriction ", met.id(), " of rule ", met.rule_id(),
                      " (", Lower(Word(met.category())), ")");
}

void AppendRestrictions(const v1::Decision& decision, std::string* text) {
  for (const v1::MetRestriction& met : decision.met()) {
    absl::StrAppend(text, "  ", Printable(Name(met)), " asks for ",
                    Word(met.verdict()), " until ", ShowTime(met.until()),
                    met.suspended() ? kSuspended : "", "\n");
  }
  if (!decision.made().empty()) {
    absl::StrAppend(text, "  makes restriction ",
                    absl::StrJoin(decision.made(), ", "), "\n");
  }
}

// The parts of the text that are evidence, where it is still known.
void AppendText(const v1::DecisionRecord& record, std::string* text) {
  if (record.decision().text_spans().empty()) return;
  for (const auto& line : absl::StrSplit(
           DescribeFacts(record.text(), record.subject(), record.body()), '\n',
           absl::SkipEmpty())) {
    absl::StrAppend(text, "  text: ", line, "\n");
  }
}

void AddIf(const char* name, const std::string& value, Table* table) {
  if (!value.empty()) table->Add({name, value});
}

// Lines of a customer's text, indented.
std::string Quoted(absl::string_view text) {
  return absl::StrCat(
      "  | ",
      absl::StrJoin(absl::StrSplit(PrintableLines(text), '\n'), "\n  | "));
}

Table Facts(const v1::Decision& decision) {
  Table table;
  if (decision.sequence() != 0) {
    table.Add({"sequence", absl::StrCat(decision.sequence())});
  }
  AddIf("event", decision.event_id(), &table);
  table.Add({"decided", ShowTime(decision.decided_at())});
  table.Add({"counts at", ShowTime(decision.effective_at())});
  table.Add({"rule set",
             decision.rule_set_revision() == 0
                 ? std::string("none")
                 : absl::StrCat("revision ", decision.rule_set_revision())});
  if (decision.incident_id() != 0) {
    table.Add({"incident", absl::StrCat(decision.incident_id())});
  }
  if (decision.similar_to() != 0) {
    table.Add({"repeats", absl::StrCat("decision ", decision.similar_to())});
  }
  if (decision.campaign_id() != 0) {
    table.Add({"campaign", absl::StrCat(decision.campaign_id())});
  }
  return table;
}

}  // namespace

std::string Summary(const v1::Decision& decision) {
  std::vector<std::string> reasons;
  std::vector<std::string> shadow;
  std::vector<std::string> suspended;
  for (const v1::MetRestriction& met : decision.met()) {
    (met.suspended() ? suspended : reasons).push_back(Name(met));
  }
  for (const v1::Finding& finding : decision.findings()) {
    if (finding.mode() == v1::MODE_SHADOW) {
      shadow.push_back(finding.rule_id());
    } else if (finding.suspended()) {
      suspended.push_back(finding.rule_id());
    } else {
      reasons.push_back(absl::StrCat(finding.rule_id(), " (",
                                     Lower(Word(finding.category())), ")"));
    }
  }
  std::vector<std::string> parts;
  if (decision.exemption() != v1::EXEMPTION_UNSPECIFIED &&
      decision.exemption() != v1::EXEMPTION_NOT_JUDGED) {
    parts.push_back(Lower(Word(decision.exemption())));
  }
  if (!reasons.empty()) parts.push_back(absl::StrJoin(reasons, ", "));
  if (!shadow.empty()) {
    parts.push_back(absl::StrCat("shadow: ", absl::StrJoin(shadow, ", ")));
  }
  if (!suspended.empty()) {
    parts.push_back(
        absl::StrCat("suspended: ", absl::StrJoin(suspended, ", ")));
  }
  return absl::StrJoin(parts, "; ");
}

std::string Describe(const v1::Decision& decision) {
  std::string text = Word(decision.verdict());
  if (decision.has_retry_after()) {
    absl::StrAppend(&text, ", again after ", ShowSpan(decision.retry_after()));
  }
  if (decision.exemption() != v1::EXEMPTION_UNSPECIFIED) {
    absl::StrAppend(&text, " (", Lower(Word(decision.exemption())), ")");
  }
  absl::StrAppend(&text, "\n");
  AppendFindings(decision, &text);
  AppendRestrictions(decision, &text);
  if (decision.reviews_full()) {
    absl::StrAppend(&text,
                    "  five of the customer's events wait for a person: it "
                    "would be HOLD\n");
  }
  if (decision.has_review_until()) {
    absl::StrAppend(&text, "  a person looks by ",
                    ShowTime(decision.review_until()),
                    ", or it is let through\n");
  }
  if (!decision.message().empty()) {
    absl::StrAppend(
        &text, "  tell the customer: ", Printable(decision.message()), "\n");
  }
  absl::StrAppend(&text, Facts(decision).Render());
  return text;
}

std::string Describe(const v1::DecisionRecord& record) {
  Table table;
  table.Add({"kind", Lower(Word(record.kind()))});
  table.Add({"actor", Lower(Word(record.actor()))});
  AddIf("customer", record.customer_id(), &table);
  AddIf("ticket", record.ticket_id(), &table);
  AddIf("agent", record.agent_id(), &table);
  AddIf("address", record.source().ip(), &table);
  AddIf("e-mail", record.source().email(), &table);
  AddIf("device", record.source().device_id(), &table);
  AddIf("import", record.import_id(), &table);
  std::string text = Describe(record.decision());
  AppendText(record, &text);
  absl::StrAppend(&text, table.Render());
  if (!record.subject().empty()) {
    absl::StrAppend(&text, "subject\n", Quoted(record.subject()), "\n");
  }
  if (!record.body().empty()) {
    absl::StrAppend(&text, "body\n", Quoted(record.body()), "\n");
  }
  return text;
}

Table DecisionTable() {
  Table table({"SEQUENCE", "COUNTS AT", "VERDICT", "KIND", "CUSTOMER", "TICKET",
               "EVENT", "WHY"});
  table.RightAlign(0);
  return table;
}

void AddRow(const v1::DecisionRecord& record, Table* table) {
  const v1::Decision& decision = record.decision();
  const bool customers = record.actor() == v1::ACTOR_CUSTOMER;
  table->Add({absl::StrCat(decision.sequence()),
              ShowTime(decision.effective_at()), Word(decision.verdict()),
              customers ? Lower(Word(record.kind()))
                        : absl::StrCat(Lower(Word(record.kind())), " (",
                                       Lower(Word(record.actor())), ")"),
              record.customer_id(), record.ticket_id(), decision.event_id(),
              Summary(decision)});
}

void AddRow(const v1::ActRecord& act, Table* table) {
  table->Add({absl::StrCat(act.sequence()), ShowTime(act.at()), "-",
              absl::StrCat("act (",
                           act.author().empty() ? "levee" : act.author(), ")"),
              act.customer_id(), "", "",
              act.reason().empty()
                  ? act.what()
                  : absl::StrCat(act.what(), ": ", act.reason())});
}

}  // namespace levee::cli
