// From a message's words to facts about them. Pure: no locks, no clock.
#ifndef LEVEE_SERVER_TEXT_FACTS_H_
#define LEVEE_SERVER_TEXT_FACTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "levee/storage/v1/entry.pb.h"
#include "levee/v1/event.pb.h"
#include "levee/v1/text.pb.h"
#include "server/text/fingerprint.h"

namespace levee::text {

// Version of what Examine finds; a change of meaning raises it.
inline constexpr uint32_t kModelVersion = 3;

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

// What is known of a message's words.
struct Examined {
  // Without what is found by comparing it with others.
  storage::v1::TextFacts facts;
  // `exact` is 0 where there are no words.
  Fingerprint print;
};

// Judges a customer's message: what is linked in is read once, at the first
// call, and a program whose models are damaged ends there.
// Threads: any; each keeps memory that its later calls use again.
// REQUIRES: the event was validated.
Examined Examine(const levee::v1::TicketEvent& event);

// The facts in public words.
void Tell(const storage::v1::TextFacts& facts, levee::v1::TextFacts* told);

// The words that were judged, disguises undone, a line each sentence, at most
// about `bytes_max` bytes.
std::string WordsOf(const levee::v1::TicketEvent& event, size_t bytes_max);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_FACTS_H_
