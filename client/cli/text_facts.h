// What the text models saw, for people.
#ifndef LEVEE_CLIENT_CLI_TEXT_FACTS_H_
#define LEVEE_CLIENT_CLI_TEXT_FACTS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "levee/v1/text.pb.h"

namespace levee::cli {

// The words of subject or body that a span points at, shortened and printable;
// "" where the span does not lie in it.
std::string Excerpt(const v1::TextSpan& span, absl::string_view subject,
                    absl::string_view body);

// A line for each thing that was found, with the words that show it: those of
// `subject` and `body`, which may be empty where they are gone.
std::string DescribeFacts(const v1::TextFacts& facts, absl::string_view subject,
                          absl::string_view body);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_TEXT_FACTS_H_
