#include "server/state/campaign.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "server/state/happening.h"

namespace levee::state {
namespace {

using storage::v1::CampaignMember;
using storage::v1::CampaignRecord;

auto PlaceOf(std::vector<Campaign::Member>* members, uint64_t sequence) {
  return std::lower_bound(members->begin(), members->end(), sequence,
                          [](const Campaign::Member& member, uint64_t wanted) {
                            return member.sequence < wanted;
                          });
}

}  // namespace

void Campaign::Add(uint64_t sequence, const storage::v1::Happening& happening,
                   bool let_through) {
  const auto place = PlaceOf(&members_, sequence);
  if (place != members_.end() && place->sequence == sequence) return;
  const int64_t at_ms = ClampTime(happening.effective_ms());
  first_ms_ = first_ms_ == 0 ? at_ms : std::min(first_ms_, at_ms);
  last_ms_ = std::max(last_ms_, at_ms);
  ++messages_;
  const storage::v1::Subjects& subjects = happening.subjects();
  members_.insert(place, {.sequence = sequence,
                          .effective_ms = at_ms,
                          .customer = subjects.customer(),
                          .ticket = subjects.ticket(),
                          .let_through = let_through});
  if (members_.size() > kCampaignMembersMax) members_.erase(members_.begin());
  if (subjects.ip_prefix() != 0) {
    prefixes_.Add(at_ms, WhatOf(happening.kind(), happening.flags()),
                  subjects.ip_prefix());
  }
}

void Campaign::Remove(uint64_t sequence,
                      const storage::v1::Happening& happening) {
  const auto place = PlaceOf(&members_, sequence);
  if (place != members_.end() && place->sequence == sequence) {
    members_.erase(place);
  }
  if (messages_ > 0) --messages_;
  const storage::v1::Subjects& subjects = happening.subjects();
  if (subjects.ip_prefix() != 0) {
    prefixes_.Remove(ClampTime(happening.effective_ms()),
                     WhatOf(happening.kind(), happening.flags()),
                     subjects.ip_prefix());
  }
}

void Campaign::Encode(ReverseWriter* writer) const {
  writer->VarintField(CampaignRecord::kClearedFieldNumber, cleared_ ? 1 : 0);
  const size_t end = writer->size();
  prefixes_.Encode(writer);
  writer->Close(CampaignRecord::kPrefixesFieldNumber, end);
  for (size_t i = members_.size(); i-- > 0;) {
    const Member& member = members_[i];
    CampaignMember record;
    record.set_sequence(member.sequence);
    record.set_effective_ms(member.effective_ms);
    record.set_customer(member.customer);
    record.set_ticket(member.ticket);
    record.set_let_through(member.let_through);
    const size_t before = writer->size();
    writer->Bytes(record.SerializeAsString());
    writer->Close(CampaignRecord::kMembersFieldNumber, before);
  }
  writer->VarintField(CampaignRecord::kMessagesFieldNumber, messages_);
  writer->VarintField(CampaignRecord::kLastMsFieldNumber, last_ms_);
  writer->VarintField(CampaignRecord::kFirstMsFieldNumber, first_ms_);
}

absl::StatusOr<Campaign> Campaign::Decode(const CampaignRecord& record) {
  const auto is_time = [](int64_t ms) { return ms >= 0 && ms <= kTimeMaxMs; };
  if (!is_time(record.first_ms()) || !is_time(record.last_ms()) ||
      record.members_size() > static_cast<int>(kCampaignMembersMax)) {
    return absl::DataLossError("campaign: out of range");
  }
  Campaign campaign;
  campaign.first_ms_ = record.first_ms();
  campaign.last_ms_ = record.last_ms();
  campaign.messages_ = record.messages();
  campaign.cleared_ = record.cleared();
  campaign.members_.reserve(record.members_size());
  uint64_t last = 0;
  for (const CampaignMember& member : record.members()) {
    if (member.sequence() <= last || !is_time(member.effective_ms())) {
      return absl::DataLossError("campaign: the members are not in order");
    }
    last = member.sequence();
    campaign.members_.push_back({.sequence = member.sequence(),
                                 .effective_ms = member.effective_ms(),
                                 .customer = member.customer(),
                                 .ticket = member.ticket(),
                                 .let_through = member.let_through()});
  }
  absl::StatusOr<CellSeries> prefixes = CellSeries::Decode(record.prefixes());
  if (!prefixes.ok()) return prefixes.status();
  campaign.prefixes_ = *std::move(prefixes);
  return campaign;
}

size_t Campaign::heap_bytes() const {
  return members_.capacity() * sizeof(Member) + prefixes_.heap_bytes();
}

}  // namespace levee::state
