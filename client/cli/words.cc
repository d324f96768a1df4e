#include "client/cli/words.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"

namespace levee::cli {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;

// What every value's name begins with: that of value 0 less UNSPECIFIED.
absl::string_view PrefixOf(const EnumDescriptor* type) {
  return absl::StripSuffix(type->value(0)->name(), "UNSPECIFIED");
}

std::string WordOf(const EnumDescriptor* type, int number) {
  if (number == 0) return "-";
  const EnumValueDescriptor* value = type->FindValueByNumber(number);
  if (value == nullptr) return absl::StrCat(number);
  return std::string(absl::StripPrefix(value->name(), PrefixOf(type)));
}

absl::StatusOr<int> NumberOf(const EnumDescriptor* type,
                             absl::string_view word) {
  const std::string upper = absl::AsciiStrToUpper(word);
  const absl::string_view bare = absl::StripPrefix(upper, PrefixOf(type));
  std::vector<std::string> names;
  for (int i = 1; i < type->value_count(); ++i) {
    names.push_back(absl::AsciiStrToLower(
        absl::StripPrefix(type->value(i)->name(), PrefixOf(type))));
    if (absl::AsciiStrToUpper(names.back()) == bare) {
      return type->value(i)->number();
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", word, "\" is none of ", absl::StrJoin(names, ", ")));
}

template <typename Enum>
absl::StatusOr<Enum> Parse(const EnumDescriptor* type, absl::string_view word) {
  absl::StatusOr<int> number = NumberOf(type, word);
  if (!number.ok()) return number.status();
  return static_cast<Enum>(*number);
}

}  // namespace

std::string Word(v1::Verdict verdict) {
  return WordOf(v1::Verdict_descriptor(), verdict);
}
std::string Word(v1::EventKind kind) {
  return WordOf(v1::EventKind_descriptor(), kind);
}
std::string Word(v1::Actor actor) {
  return WordOf(v1::Actor_descriptor(), actor);
}
std::string Word(v1::Category category) {
  return WordOf(v1::Category_descriptor(), category);
}
std::string Word(v1::Mode mode) { return WordOf(v1::Mode_descriptor(), mode); }
std::string Word(v1::Exemption exemption) {
  return WordOf(v1::Exemption_descriptor(), exemption);
}
std::string Word(v1::RestrictionScope scope) {
  return WordOf(v1::RestrictionScope_descriptor(), scope);
}
std::string Word(v1::ReviewState state) {
  return WordOf(v1::ReviewState_descriptor(), state);
}

absl::StatusOr<v1::Verdict> ParseVerdict(absl::string_view word) {
  return Parse<v1::Verdict>(v1::Verdict_descriptor(), word);
}
absl::StatusOr<v1::EventKind> ParseKind(absl::string_view word) {
  return Parse<v1::EventKind>(v1::EventKind_descriptor(), word);
}
absl::StatusOr<v1::Actor> ParseActor(absl::string_view word) {
  return Parse<v1::Actor>(v1::Actor_descriptor(), word);
}
absl::StatusOr<v1::Category> ParseCategory(absl::string_view word) {
  return Parse<v1::Category>(v1::Category_descriptor(), word);
}
absl::StatusOr<v1::RestrictionScope> ParseScope(absl::string_view word) {
  return Parse<v1::RestrictionScope>(v1::RestrictionScope_descriptor(), word);
}

v1::Actor UsualActor(v1::EventKind kind, bool names_agent) {
  switch (kind) {
    case v1::EVENT_KIND_OPENED:
    case v1::EVENT_KIND_CUSTOMER_REPLIED:
    case v1::EVENT_KIND_REOPENED:
      return v1::ACTOR_CUSTOMER;
    default:
      return names_agent ? v1::ACTOR_AGENT : v1::ACTOR_AUTOMATION;
  }
}

}  // namespace levee::cli
