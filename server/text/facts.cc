#include "server/text/facts.h"

namespace levee::text {

storage::v1::TextFacts Examine(std::string_view subject,
                               std::string_view body) {
  storage::v1::TextFacts facts;
  facts.set_model_version(kModelVersion);
  facts.set_subject_length(Length(subject));
  facts.set_body_length(Length(body));
  facts.set_links(CountLinks(subject) + CountLinks(body));
  return facts;
}

}  // namespace levee::text
