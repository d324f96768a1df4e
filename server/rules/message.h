// What a customer is told.
#ifndef LEVEE_SERVER_RULES_MESSAGE_H_
#define LEVEE_SERVER_RULES_MESSAGE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "levee/v1/decision.pb.h"
#include "server/rules/rule_set.h"

namespace levee::rules {

// The rule's message in `language` (a BCP 47 tag; empty: English), or in the
// nearest more general one ("zh" for "zh-Hant-TW"), or in English; or else a
// text of our own for the verdict, in Chinese or English. "{retry_after}" is
// replaced; 0: the time is not known.
std::string MessageOf(const CompiledRule& rule, levee::v1::Verdict verdict,
                      std::string_view language, uint64_t retry_after_ms);

// A time to wait, in words of the language, rounded up: seconds below a
// minute, minutes below a day, hours from then on: "1 hour 5 minutes",
// "5 分钟". In other languages than English and Chinese: "1 h 5 min".
std::string WaitInWords(uint64_t ms, std::string_view language);

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_MESSAGE_H_
