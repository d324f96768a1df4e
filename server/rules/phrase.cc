#include "server/rules/phrase.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/text/facts.h"

namespace levee::rules {

constexpr size_t kQuotedMax = 64;

std::string Shortened(std::string_view value, size_t bytes_max) {
  if (value.size() <= bytes_max) return std::string(value);
  size_t end = bytes_max;
  while (end > 0 && (value[end] & 0xC0) == 0x80) --end;
  return absl::StrCat(std::string(value.substr(0, end)), "…");
}

std::string Quoted(std::string_view value) {
  const std::string shortened = Shortened(value, kQuotedMax);
  return absl::StrCat("\"",
                      text::IsUtf8(shortened) ? absl::Utf8SafeCEscape(shortened)
                                              : absl::CEscape(shortened),
                      "\"");
}

std::string NamesOf(const google::protobuf::EnumDescriptor* type,
                    uint32_t numbers) {
  std::string names;
  int left = __builtin_popcount(numbers);
  for (int i = 0; i < type->value_count(); ++i) {
    const auto* value = type->value(i);
    if ((numbers >> value->number() & 1) == 0) continue;
    --left;
    absl::StrAppend(&names,
                    names.empty() ? ""
                    : left == 0   ? " or "
                                  : ", ",
                    value->name());
  }
  return names;
}

std::string WrongEnum(const google::protobuf::EnumDescriptor* type, int number,
                      uint32_t numbers) {
  const auto* value = type->FindValueByNumber(number);
  if (number == 0) {
    return absl::StrCat("missing: give ", NamesOf(type, numbers));
  }
  return absl::StrCat(value == nullptr ? absl::StrCat(number) : value->name(),
                      ": it must be ", NamesOf(type, numbers));
}

}  // namespace levee::rules
