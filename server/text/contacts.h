// Names and numbers under which somebody can be reached: what stands behind
// "WeChat:", "Q", "call".
//
// They are read from the folded points, whatever kind of text they lie in, and
// undo what hides a number: Han digits (一三八), letters for digits (l3O), a
// space behind each digit, enclosed digits.
#ifndef LEVEE_SERVER_TEXT_CONTACTS_H_
#define LEVEE_SERVER_TEXT_CONTACTS_H_

#include <cstdint>

#include "server/text/normalise.h"

namespace levee::text {

struct Contact {
  // Its points: [first, last).
  uint32_t first = 0;
  uint32_t last = 0;
  // It is a number that was hidden.
  bool disguised = false;
};

// What a cue lets expect.
enum class HandleKind : uint8_t {
  // A name or a number.
  kAny,
  // A number of 7 to 16 digits.
  kNumber,
  // As kAny, but a name of letters alone must have "@" or a colon before it:
  // behind words that sentences are full of ("discord crashes").
  kMarked,
};

// The digits of a number, at most. Longer ones are something else.
inline constexpr uint32_t kContactDigitsMax = 16;

// A handle that begins within a few words behind the point `from`. False where
// there is none.
bool FindContact(const Normalised& message, uint32_t from, HandleKind kind,
                 Contact* contact);

// The same where the number itself begins at `at`.
bool ReadNumber(const Normalised& message, uint32_t at, uint32_t digits_min,
                Contact* contact);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_CONTACTS_H_
