// What a link is, for those who do not only count them.
#ifndef LEVEE_SERVER_TEXT_LINKS_H_
#define LEVEE_SERVER_TEXT_LINKS_H_

#include <string_view>

namespace levee::text {

// Whether a character may stand in a run that is a link: ASCII other than
// white space, controls, quotes, brackets, comma, semicolon, backslash, bar and
// backtick.
bool IsLinkCharacter(char c);

// Whether a run of such characters counts as a link. `rest`: the text from the
// run's beginning on, beyond its end.
bool IsLink(std::string_view run, std::string_view rest);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_LINKS_H_
