#include "server/rules/duration.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace levee::rules {
namespace {

struct Unit {
  char name;
  int64_t ms;
};
// Largest first.
constexpr Unit kUnits[] = {
    {'d', 86'400'000}, {'h', 3'600'000}, {'m', 60'000}, {'s', 1'000}};
constexpr size_t kDigitsMax = 9;

}  // namespace

std::optional<int64_t> ParseDuration(std::string_view text) {
  if (text.size() < 2 || text.size() > kDigitsMax + 1) return std::nullopt;
  int64_t count = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      return std::nullopt;
    }
    count = count * 10 + (c - '0');
  }
  for (const Unit& unit : kUnits) {
    if (unit.name != text.back()) continue;
    // At most 10^9 days: no overflow.
    const int64_t ms = count * unit.ms;
    if (ms > kDurationMaxMs) return std::nullopt;
    return ms;
  }
  return std::nullopt;
}

std::string FormatDuration(int64_t ms) {
  for (const Unit& unit : kUnits) {
    if (ms % unit.ms == 0 && ms >= unit.ms) {
      return absl::StrCat(ms / unit.ms, std::string(1, unit.name));
    }
  }
  return absl::StrCat(ms / 1000, "s");
}

}  // namespace levee::rules
