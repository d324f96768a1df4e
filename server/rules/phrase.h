// Phrases that tell what was given and what would be right.
#ifndef LEVEE_SERVER_RULES_PHRASE_H_
#define LEVEE_SERVER_RULES_PHRASE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/descriptor.h"

namespace levee::rules {

// At most `bytes_max` bytes and "…" where more was cut off, between code
// points.
std::string Shortened(std::string_view value, size_t bytes_max);

// In quotes, escaped, shortened to 64 bytes.
std::string Quoted(std::string_view value);

// The enum's names whose bit 1 << number is set: "A, B or C".
std::string NamesOf(const google::protobuf::EnumDescriptor* type,
                    uint32_t numbers);

// "missing" or the number that no name stands for, and the names that might.
std::string WrongEnum(const google::protobuf::EnumDescriptor* type, int number,
                      uint32_t numbers);

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_PHRASE_H_
