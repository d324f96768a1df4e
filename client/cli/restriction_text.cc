#include "client/cli/restriction_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/subject.h"
#include "client/cli/times.h"
#include "client/cli/words.h"

namespace levee::cli {

std::string MadeBy(const v1::Restriction& restriction) {
  if (restriction.rule_id().empty()) {
    return absl::StrCat("operator ", restriction.author());
  }
  return absl::StrCat("rule ", restriction.rule_id(), " (",
                      absl::AsciiStrToLower(Word(restriction.category())), ")");
}

std::string Describe(const v1::Restriction& restriction) {
  Table table;
  table.Add({"restriction", absl::StrCat(restriction.id())});
  table.Add({"on", ShowSubject(restriction.subject())});
  table.Add({"verdict", Word(restriction.verdict())});
  table.Add({"covers", absl::AsciiStrToLower(Word(restriction.scope()))});
  table.Add({"from", ShowTime(restriction.from())});
  table.Add({"until", ShowTime(restriction.until())});
  table.Add({"made by", MadeBy(restriction)});
  if (!restriction.reason().empty()) {
    table.Add({"reason", restriction.reason()});
  }
  table.Add({"made in", absl::StrCat("entry ", restriction.sequence())});
  if (restriction.has_lifted_at()) {
    table.Add({"lifted", absl::StrCat(ShowTime(restriction.lifted_at()), " by ",
                                      restriction.lifted_by())});
    table.Add({"lifted for", restriction.lift_reason()});
  }
  return table.Render();
}

Table RestrictionTable() {
  Table table({"ID", "ON", "VERDICT", "COVERS", "UNTIL", "MADE BY", "REASON"});
  table.RightAlign(0);
  return table;
}

void AddRow(const v1::Restriction& restriction, Table* table) {
  const std::string lifted =
      restriction.has_lifted_at()
          ? absl::StrCat("lifted ", ShowTime(restriction.lifted_at()))
          : ShowTime(restriction.until());
  table->Add({absl::StrCat(restriction.id()),
              ShowSubject(restriction.subject()), Word(restriction.verdict()),
              absl::AsciiStrToLower(Word(restriction.scope())), lifted,
              MadeBy(restriction), restriction.reason()});
}

}  // namespace levee::cli
