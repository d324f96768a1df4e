// What becomes of an event's wording: what is like it is found, and it is kept.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sequencer/alike.h"
#include "server/sequencer/decider.h"
#include "server/state/entity.h"
#include "server/state/query.h"

namespace levee::sequencer {

using levee::v1::TicketEvent;

namespace {

std::vector<uint64_t> FoundersOf(const storage::v1::TextFacts& text) {
  std::vector<uint64_t> sequences;
  sequences.reserve(static_cast<size_t>(text.founders_size()));
  for (const storage::v1::Founder& founder : text.founders()) {
    sequences.push_back(founder.sequence());
  }
  return sequences;
}

bool SaysItIsAMachines(const storage::v1::TextFacts& text) {
  return std::any_of(text.spans().begin(), text.spans().end(),
                     [](const levee::v1::TextSpan& span) {
                       return span.finding() ==
                              levee::v1::TEXT_FINDING_AUTOMATIC;
                     });
}

}  // namespace

Said Decider::SaidBy(const Pending& pending, uint64_t sequence) {
  const storage::v1::Happening& happening = pending.entry->event().happening();
  return {.sequence = sequence,
          .tenant = pending.entry->tenant(),
          .customer = happening.subjects().customer(),
          .effective_ms = happening.effective_ms(),
          .campaign = happening.subjects().campaign(),
          .founders = FoundersOf(pending.entry->event().text()),
          .print = pending.item->print};
}

// What an import tells of long ago is no news: it is compared with nothing, and
// pushes nothing out.
bool Decider::IsCompared(const Pending& pending) const {
  const storage::v1::EventEntry& event = pending.entry->event();
  return pending.item->has_text &&
         event.happening().effective_ms() > now_ms_ - state::kCampaignWindowMs;
}

bool Decider::IsRemembered(const Pending& pending) const {
  return IsCompared(pending) && pending.entry->event().outcome().exemption() !=
                                    levee::v1::EXEMPTION_ENTITLEMENT;
}

absl::Status Decider::FindAlike(Pending* pending) {
  founded_.reset();
  if (!IsCompared(*pending)) return absl::OkStatus();
  storage::v1::EventEntry& recorded = *pending->entry->mutable_event();
  storage::v1::TextFacts& text = *recorded.mutable_text();
  const Said said = SaidBy(*pending, next_sequence_);
  alike_->FindOwn(said, &text);
  // Machines say the same everywhere. What a header alone says is the sender's
  // to choose.
  if (SaysItIsAMachines(text)) return absl::OkStatus();
  const uint64_t campaign = alike_->FindCampaign(said, text, &founders_);
  if (campaign == 0) return absl::OkStatus();
  if (absl::Status read = FindFounders(founders_, &text); !read.ok()) {
    return read;
  }
  recorded.mutable_happening()->mutable_subjects()->set_campaign(campaign);
  if (!founders_.empty()) founded_ = state::FoundedCampaign(*pending->entry);
  pending->slots.push_back(cache_->Acquire(
      {storage::v1::ENTITY_KIND_CAMPAIGN, said.tenant, campaign}));
  return cache_->Load();
}

absl::Status Decider::FindFounders(const std::vector<uint64_t>& sequences,
                                   storage::v1::TextFacts* text) {
  text->clear_founders();
  for (const uint64_t sequence : sequences) {
    const absl::StatusOr<storage::v1::Entry> entry = ReadEntry(sequence);
    // Cut meanwhile.
    if (absl::IsNotFound(entry.status())) continue;
    if (!entry.ok()) return entry.status();
    storage::v1::Founder& founder = *text->add_founders();
    founder.set_sequence(sequence);
    *founder.mutable_happening() = entry->event().happening();
    founder.set_let_through(entry->event().outcome().verdict() ==
                            levee::v1::VERDICT_ALLOW);
  }
  return absl::OkStatus();
}

void Decider::KeepText(const Pending& pending, uint32_t place) {
  const TicketEvent& event = *pending.item->event;
  text_.set_event_id(event.event_id());
  text_.set_subject(event.subject());
  text_.set_body(event.body());
  unit_->batch.texts.push_back(
      {.place = place,
       .tenant = pending.entry->tenant(),
       .customer = pending.entry->event().happening().subjects().customer(),
       .text = text_.SerializeAsString(),
       .print = IsRemembered(pending) ? EncodePrint(SaidBy(pending, 0))
                                      : std::string()});
}

}  // namespace levee::sequencer
