// From a message's words to facts about them. Pure: no locks, no clock.
#ifndef LEVEE_SERVER_TEXT_FACTS_H_
#define LEVEE_SERVER_TEXT_FACTS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "levee/storage/v1/entry.pb.h"

namespace levee::text {

// Version of what Examine finds; a change of meaning raises it.
inline constexpr uint32_t kModelVersion = 1;

// Bytes of subject and of body, each, that are searched for links and
// patterns.
inline constexpr size_t kScanBytesMax = 128 * 1024;

// True where `bytes` is well-formed UTF-8 (no surrogates, no overlong forms,
// at most U+10FFFF).
bool IsUtf8(std::string_view bytes);

// Offset of the first byte that is not; bytes.size() where all are.
size_t FirstNonUtf8(std::string_view bytes);

// Code points of well-formed UTF-8 without surrounding white space (Unicode
// White_Space).
uint32_t Length(std::string_view text);

// The part of `text` that is searched: at most kScanBytesMax bytes, cut
// between code points.
std::string_view Scanned(std::string_view text);

// Links: "http://" or "https://" and a host, or a bare host with a known
// ending, such as "example.com/x". Each run of characters counts once.
uint32_t CountLinks(std::string_view text);

// All facts of a message.
// REQUIRES: both are well-formed UTF-8.
storage::v1::TextFacts Examine(std::string_view subject, std::string_view body);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_FACTS_H_
