// Whatever a customer writes: judging it ends, and what it tells holds.
//
// Input: a byte of switches (1: it is a reply), then subject, body, a header's
// name and its value, parted by zeros. What is not UTF-8 is refused at the door
// and never judged: each part ends there.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/text/facts.h"

namespace {

using levee::text::Examined;

void Require(bool holds) {
  if (!holds) std::abort();
}

std::string_view NextPart(std::string_view* rest) {
  const size_t end = rest->find('\0');
  std::string_view part = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return part.substr(0, levee::text::FirstNonUtf8(part));
}

bool IsBoundary(std::string_view text, size_t at) {
  return at == text.size() ||
         (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
}

void Check(const Examined& examined, const levee::v1::TicketEvent& event) {
  const auto& facts = examined.facts;
  Require(facts.meaningless() <= 1000 && facts.insult() <= 1000 &&
          facts.promotion() <= 1000 && facts.insult_severity() <= 3);
  Require(facts.spans_size() <= 12);
  for (const auto& span : facts.spans()) {
    const std::string& text =
        span.in_subject() ? event.subject() : event.body();
    Require(span.begin() < span.end() && span.end() <= text.size());
    Require(IsBoundary(text, span.begin()) && IsBoundary(text, span.end()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  levee::v1::TicketEvent event;
  event.set_actor(levee::v1::ACTOR_CUSTOMER);
  event.set_kind((data[0] & 1) != 0 ? levee::v1::EVENT_KIND_CUSTOMER_REPLIED
                                    : levee::v1::EVENT_KIND_OPENED);
  event.set_subject(std::string(NextPart(&rest)));
  event.set_body(std::string(NextPart(&rest)));
  const std::string_view name = NextPart(&rest);
  if (!name.empty()) {
    auto* const header = event.add_mail_headers();
    header->set_name(std::string(name));
    header->set_value(std::string(NextPart(&rest)));
  }
  const Examined examined = levee::text::Examine(event);
  Check(examined, event);
  // The same again: nothing is carried over.
  const Examined again = levee::text::Examine(event);
  Require(again.facts.SerializeAsString() ==
              examined.facts.SerializeAsString() &&
          again.print == examined.print);
  Require(levee::text::WordsOf(event, 1000).size() < 2000 + 4 * 64);
  return 0;
}
