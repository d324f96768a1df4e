#include "server/rules/list_compiler.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/rules/names.h"
#include "server/rules/phrase.h"
#include "server/rules/rule_set.h"
#include "server/rules/value_list.h"
#include "server/state/happening.h"
#include "server/state/timestamp.h"

namespace levee::rules {
namespace {

using levee::v1::NamedList;

constexpr int kListEntriesMax = 10'000;
// All that there are, from 1.
constexpr uint32_t kListKinds =
    (1u << (levee::v1::LIST_KIND_DEPARTMENT + 1)) - 2;

void CompileEntries(const NamedList& list, const Place& place,
                    Problems* problems, ValueList* to) {
  using levee::v1::ListEntry;
  const int most = list.kind() == levee::v1::LIST_KIND_IP
                       ? kListRangesWithEndMax
                       : kListEntriesMax;
  std::string fault;
  for (int i = 0; i < list.entries_size(); ++i) {
    const ListEntry& entry = list.entries(i);
    const Place at = place.In(NamedList::kEntriesFieldNumber, i);
    if (i == most) {
      problems->Add(at.Here(),
                    absl::StrCat(list.entries_size(),
                                 " entries with an end, but at most ", most));
      return;
    }
    CheckSize(entry.note(), kNoteBytesMax, at.At(ListEntry::kNoteFieldNumber),
              problems);
    if (!entry.has_until() || entry.until().seconds() <= 0 ||
        entry.until().seconds() > state::kTimeMaxMs / 1000) {
      problems->Add(
          at.At(ListEntry::kUntilFieldNumber),
          "missing or out of range: give a time, such as until { seconds: "
          "1798761600 }; what is to stay belongs into values");
      continue;
    }
    const int64_t until_ms = state::ToMs(entry.until());
    if (to->Add(entry.value(), until_ms, &fault)) continue;
    problems->Add(at.At(ListEntry::kValueFieldNumber),
                  absl::StrCat(Quoted(entry.value()), ": ", fault));
  }
}

std::shared_ptr<const ValueList> CompileList(const NamedList& list,
                                             const Place& place,
                                             Problems* problems) {
  if (!levee::v1::ListKind_IsValid(list.kind()) || list.kind() == 0) {
    problems->Add(
        place.At(NamedList::kKindFieldNumber),
        WrongEnum(levee::v1::ListKind_descriptor(), list.kind(), kListKinds));
    return nullptr;
  }
  auto compiled = std::make_shared<ValueList>(list.kind());
  std::string fault;
  for (int i = 0; i < list.values_size(); ++i) {
    if (i == kListValuesMax) {
      problems->Add(place.At(NamedList::kValuesFieldNumber, i),
                    absl::StrCat(list.values_size(), " values, but at most ",
                                 kListValuesMax));
      break;
    }
    if (compiled->Add(list.values(i), ValueList::kForEver, &fault)) continue;
    problems->Add(place.At(NamedList::kValuesFieldNumber, i),
                  absl::StrCat(Quoted(list.values(i)), ": ", fault));
  }
  CompileEntries(list, place, problems, compiled.get());
  compiled->Finish();
  return compiled;
}

}  // namespace

void CompileLists(const levee::v1::RuleSet& text, const Place& place,
                  Problems* problems, Lists* lists) {
  Names names;
  for (int i = 0; i < text.lists_size(); ++i) {
    const NamedList& list = text.lists(i);
    const Place at = place.In(levee::v1::RuleSet::kListsFieldNumber, i);
    const Spot name = at.At(NamedList::kNameFieldNumber);
    CheckName(list.name(), name, problems);
    names.Add(list.name(), name, problems);
    lists->try_emplace(list.name(), CompileList(list, at, problems));
  }
}

}  // namespace levee::rules
