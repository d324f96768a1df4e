// What becomes of an event's wording: what is like it is found, and it is kept.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sequencer/alike.h"
#include "server/sequencer/decider.h"
#include "server/state/entity.h"
#include "server/state/query.h"

namespace levee::sequencer {

using levee::v1::TicketEvent;

namespace {

size_t CustomersOf(const storage::v1::TextFacts& text) {
  absl::flat_hash_set<uint64_t> customers;
  for (const storage::v1::Founder& founder : text.founders()) {
    customers.insert(founder.happening().subjects().customer());
  }
  return customers.size();
}

bool SaysItIsAMachines(const storage::v1::TextFacts& text) {
  return std::any_of(text.spans().begin(), text.spans().end(),
                     [](const levee::v1::TextSpan& span) {
                       return span.finding() ==
                              levee::v1::TEXT_FINDING_AUTOMATIC;
                     });
}

}  // namespace

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

void Decider::ExpectAlike(const Pending& pending) const {
  if (!IsCompared(pending)) return;
  alike_->Expect(pending.entry->tenant(),
                 pending.entry->event().happening().subjects().customer(),
                 pending.item->print);
}

absl::Status Decider::FindAlike(Pending* pending) {
  founded_.reset();
  if (!IsCompared(*pending)) return absl::OkStatus();
  storage::v1::EventEntry& recorded = *pending->entry->mutable_event();
  storage::v1::TextFacts& text = *recorded.mutable_text();
  const storage::v1::Happening& happening = recorded.happening();
  said_.sequence = next_sequence_;
  said_.tenant = pending->entry->tenant();
  said_.customer = happening.subjects().customer();
  said_.effective_ms = happening.effective_ms();
  said_.print = pending->item->print;
  said_.campaign = 0;
  said_.founders.clear();
  alike_->FindOwn(said_, &text);
  // Machines say the same everywhere. What a header alone says is the sender's
  // to choose.
  if (SaysItIsAMachines(text)) return absl::OkStatus();
  alike_->FindCampaign(text, &said_);
  if (said_.campaign == 0) return absl::OkStatus();
  const bool founds = !said_.founders.empty();
  absl::Status read = FindFounders(&said_.founders, &text);
  if (!read.ok()) return read;
  // What was cut meanwhile founds nothing.
  if (founds && CustomersOf(text) + 1 < kCampaignCustomersMin) {
    said_.campaign = 0;
    said_.founders.clear();
    text.clear_founders();
    return absl::OkStatus();
  }
  recorded.mutable_happening()->mutable_subjects()->set_campaign(
      said_.campaign);
  if (!said_.founders.empty()) {
    founded_ = state::FoundedCampaign(*pending->entry);
  }
  pending->slots.push_back(cache_->Acquire(
      {storage::v1::ENTITY_KIND_CAMPAIGN, said_.tenant, said_.campaign}));
  return cache_->Load();
}

// Forgets those that were cut meanwhile.
absl::Status Decider::FindFounders(std::vector<uint64_t>* sequences,
                                   storage::v1::TextFacts* text) {
  text->clear_founders();
  size_t kept = 0;
  for (const uint64_t sequence : *sequences) {
    const absl::StatusOr<storage::v1::Entry> entry = ReadEntry(sequence);
    if (absl::IsNotFound(entry.status())) continue;
    if (!entry.ok()) return entry.status();
    (*sequences)[kept++] = sequence;
    storage::v1::Founder& founder = *text->add_founders();
    founder.set_sequence(sequence);
    *founder.mutable_happening() = entry->event().happening();
    founder.set_let_through(entry->event().outcome().verdict() ==
                            levee::v1::VERDICT_ALLOW);
  }
  sequences->resize(kept);
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
       .print = IsRemembered(pending) ? EncodePrint(said_) : std::string()});
}

}  // namespace levee::sequencer
