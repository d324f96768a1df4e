// Lines that begin what the writer did not write for this message: quotes of
// earlier ones, and signatures.
#ifndef LEVEE_SERVER_TEXT_QUOTES_H_
#define LEVEE_SERVER_TEXT_QUOTES_H_

#include <cstddef>
#include <string_view>

namespace levee::text {

// Whether a line is a quote's: "> text". `line`: without white space before it.
bool IsQuoteLine(std::string_view line);

// Bytes of the lines at the start of `rest`, of the first `rest` begins with,
// that say who wrote what follows ("On ... wrote:", on one or two lines); 0:
// there are none.
size_t AttributionSize(std::string_view rest);

// Whether an earlier message is set out from here on to the end:
// "-----Original Message-----" or "From: ... Sent: ...".
bool BeginsOriginal(std::string_view rest);

// Bytes of the signature at the start of `rest`, which begins with a line: the
// line alone ("Sent from my iPhone") or all that is left; 0: there is none.
size_t SignatureSize(std::string_view rest);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_QUOTES_H_
