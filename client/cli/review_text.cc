#include "client/cli/review_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/printable.h"
#include "client/cli/times.h"
#include "client/cli/words.h"

namespace levee::cli {
namespace {

// What it is held for.
std::string HeldBy(const v1::Review& review) {
  if (review.rule_id().empty()) return "an operator's restriction";
  return absl::StrCat("rule ", review.rule_id(), " (",
                      absl::AsciiStrToLower(Word(review.category())), ")");
}

// "by kim: a real outage".
std::string ResolvedBy(const v1::Review& review) {
  std::string text = review.resolved_by().empty()
                         ? "as nobody looked in time"
                         : "by " + review.resolved_by();
  if (review.state() == v1::REVIEW_STATE_WITHDRAWN &&
      review.resolved_by().empty()) {
    text = "by the helpdesk";
  }
  if (!review.reason().empty()) absl::StrAppend(&text, ": ", review.reason());
  return text;
}

void AddIf(const char* name, const std::string& value, Table* table) {
  if (!value.empty()) table->Add({name, value});
}

void AppendIf(const char* name, const std::string& value, std::string* line) {
  if (!value.empty()) absl::StrAppend(line, "  ", name, " ", Printable(value));
}

}  // namespace

std::string Describe(const v1::Review& review) {
  Table table;
  table.Add({"review", absl::StrCat(review.id())});
  table.Add({"state", Word(review.state())});
  table.Add({"kind", absl::AsciiStrToLower(Word(review.kind()))});
  AddIf("customer", review.customer_id(), &table);
  AddIf("ticket", review.ticket_id(), &table);
  AddIf("event", review.event_id(), &table);
  table.Add({"held by", HeldBy(review)});
  table.Add({"held at", ShowTime(review.held_at())});
  if (review.state() == v1::REVIEW_STATE_OPEN) {
    table.Add({"until", ShowTime(review.until())});
    return table.Render();
  }
  table.Add({"resolved", ShowTime(review.resolved_at())});
  table.Add({"", ResolvedBy(review)});
  table.Add({"entry", absl::StrCat(review.resolved_sequence())});
  return table.Render();
}

std::string ResolvedLine(const v1::Review& review) {
  std::string line = absl::StrCat(
      review.resolved_sequence(), "  ", ShowTime(review.resolved_at()), "  ",
      Word(review.state()), "  review ", review.id());
  AppendIf("customer", review.customer_id(), &line);
  AppendIf("ticket", review.ticket_id(), &line);
  AppendIf("event", review.event_id(), &line);
  absl::StrAppend(&line, "  ", Printable(ResolvedBy(review)), "\n");
  return line;
}

Table ReviewTable() {
  Table table({"ID", "HELD AT", "UNTIL", "KIND", "CUSTOMER", "TICKET", "EVENT",
               "HELD BY"});
  table.RightAlign(0);
  return table;
}

void AddRow(const v1::Review& review, Table* table) {
  table->Add({absl::StrCat(review.id()), ShowTime(review.held_at()),
              ShowTime(review.until()),
              absl::AsciiStrToLower(Word(review.kind())), review.customer_id(),
              review.ticket_id(), review.event_id(), HeldBy(review)});
}

}  // namespace levee::cli
