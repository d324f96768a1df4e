// Durations as rules spell them: "90s", "10m", "36h", "7d".
#ifndef LEVEE_SERVER_RULES_DURATION_H_
#define LEVEE_SERVER_RULES_DURATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace levee::rules {

// The longest: a hundred years.
inline constexpr int64_t kDurationMaxMs = 36'500LL * 86'400'000;

// Milliseconds: a whole number of at most nine digits and s, m, h or d. Empty
// where it is anything else or longer than kDurationMaxMs.
std::optional<int64_t> ParseDuration(std::string_view text);

// In the largest unit that divides it: "90s", "10m", "7d".
// REQUIRES: a multiple of a second.
std::string FormatDuration(int64_t ms);

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_DURATION_H_
