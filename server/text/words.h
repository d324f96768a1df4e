// From points to words.
#ifndef LEVEE_SERVER_TEXT_WORDS_H_
#define LEVEE_SERVER_TEXT_WORDS_H_

#include <string_view>

#include "server/text/normalise.h"

namespace levee::text {

// Finds the words of normalised->points, which are complete. Points of words
// in mixed scripts become the Latin letters that they were taken for. `subject`
// and `body` are what the points were folded from.
void FindWords(std::string_view subject, std::string_view body,
               Normalised* normalised);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_WORDS_H_
