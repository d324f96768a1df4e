// Prints what the text room makes of messages, for scripts to measure with.
//
//   text_facts_dump < messages > facts
//
// A message in: `o` (it opens a ticket) or `r` (it is in a running one), a tab,
// the subject without tabs, a tab, the body, NUL. A line out for each, columns
// parted by tabs, as the first line names them; spans stand as field, begin and
// end in bytes. What is not UTF-8 comes out as an empty line.
//
//   text_facts_dump --time < messages
//
// prints the median of the microseconds that judging one of them takes, over
// the first thousand and some rounds.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "server/text/facts.h"

namespace levee::text {
namespace {

using levee::v1::TicketEvent;

std::vector<TicketEvent> Split(std::string_view bytes) {
  std::vector<TicketEvent> events;
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\0'), bytes.size());
    const std::string_view record = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    TicketEvent& event = events.emplace_back();
    const size_t tab = record.find('\t', 2);
    if (tab == std::string_view::npos || !IsUtf8(record)) continue;
    event.set_kind(record[0] == 'r' ? levee::v1::EVENT_KIND_CUSTOMER_REPLIED
                                    : levee::v1::EVENT_KIND_OPENED);
    event.set_actor(levee::v1::ACTOR_CUSTOMER);
    event.set_subject(std::string(record.substr(2, tab - 2)));
    event.set_body(std::string(record.substr(tab + 1)));
  }
  return events;
}

void Print(const TicketEvent& event) {
  if (event.kind() == levee::v1::EVENT_KIND_UNSPECIFIED) {
    std::cout << "\n";
    return;
  }
  const storage::v1::TextFacts facts = Examine(event).facts;
  std::cout << facts.meaningless() << '\t' << facts.meaningless_kind() << '\t'
            << facts.insult() << '\t' << facts.insult_target() << '\t'
            << facts.insult_severity() << '\t' << facts.promotion() << '\t'
            << facts.automatic() << '\t';
  for (const levee::v1::TextSpan& span : facts.spans()) {
    std::cout << span.finding() << (span.in_subject() ? 's' : 'b')
              << span.begin() << '-' << span.end() << ' ';
  }
  std::cout << '\n';
}

void PrintTime(const std::vector<TicketEvent>& events) {
  constexpr size_t kEventsMax = 1000;
  constexpr int kRounds = 51;
  const size_t size = std::min(events.size(), kEventsMax);
  if (size == 0) return;
  std::vector<double> took_us;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (size_t i = 0; i < size; ++i) Examine(events[i]);
    const std::chrono::duration<double, std::micro> took =
        std::chrono::steady_clock::now() - begin;
    took_us.push_back(took.count() / static_cast<double>(size));
  }
  std::nth_element(took_us.begin(), took_us.begin() + kRounds / 2,
                   took_us.end());
  std::cout << took_us[kRounds / 2] << "\n";
}

int Main(bool time) {
  const std::string bytes{std::istreambuf_iterator<char>(std::cin), {}};
  const std::vector<TicketEvent> events = Split(bytes);
  if (time) {
    PrintTime(events);
    return 0;
  }
  std::cout << "meaningless\tmeaningless_kind\tinsult\tinsult_target\t"
               "insult_severity\tpromotion\tautomatic\tspans\n";
  for (const TicketEvent& event : events) Print(event);
  return 0;
}

}  // namespace
}  // namespace levee::text

int main(int argc, char** argv) {
  return levee::text::Main(argc > 1 && std::string_view(argv[1]) == "--time");
}
