// Lines that programs wrote, not people.
#ifndef LEVEE_SERVER_TEXT_LINES_H_
#define LEVEE_SERVER_TEXT_LINES_H_

#include <string_view>

namespace levee::text {

// Whether a line is of a log, a trace, a terminal or a mail's header. `line`:
// without white space around it. Looks at the first kLineBytesMax bytes.
bool IsProgramLine(std::string_view line);

// Whether a line is a header of an e-mail or of HTTP; the lines behind it that
// begin with white space carry it on.
bool IsHeaderLine(std::string_view line);

inline constexpr size_t kLineBytesMax = 512;

// `text` begins with `prefix`; the case of ASCII letters, and only that, is
// looked past. `lower`: in small letters.
bool StartsWithWord(std::string_view text, std::string_view lower);

// A part of a line for which a scan tells whether it begins with one of a
// few; the ends of these lists are those of lines in the languages we know.
std::string_view Trimmed(std::string_view text);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_LINES_H_
