// Entities to bytes and back. Rings and cells, which are written all the time,
// write themselves (wire.h); protobuf writes the rest, and reads all.
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/arena.h"
#include "server/state/entity.h"
#include "server/state/happening.h"
#include "server/state/standing.h"
#include "server/state/wire.h"

namespace levee::state {
namespace {

namespace sv1 = storage::v1;
using sv1::EntityRecord;

absl::Status DataLoss(sv1::EntityKind kind, std::string_view why) {
  return absl::DataLossError(absl::StrCat(
      "state record of ", sv1::EntityKind_Name(kind), ": ", std::string(why)));
}

// Which of the record's contents an entity of that kind may have.
bool Fits(sv1::EntityKind kind, EntityRecord::WhatCase what) {
  switch (kind) {
    case sv1::ENTITY_KIND_CUSTOMER:
    case sv1::ENTITY_KIND_TICKET:
      return what == EntityRecord::kRing;
    case sv1::ENTITY_KIND_IP:
    case sv1::ENTITY_KIND_IP_PREFIX:
    case sv1::ENTITY_KIND_EMAIL:
    case sv1::ENTITY_KIND_EMAIL_DOMAIN:
    case sv1::ENTITY_KIND_DEVICE:
    case sv1::ENTITY_KIND_AGENT:
    case sv1::ENTITY_KIND_CAMPAIGN:
    case sv1::ENTITY_KIND_TENANT:
    case sv1::ENTITY_KIND_DEPARTMENT:
      return what == EntityRecord::kShared;
    case sv1::ENTITY_KIND_IMPORT:
      return what == EntityRecord::kImport;
    case sv1::ENTITY_KIND_RULE_SET:
      return what == EntityRecord::kRuleSetList ||
             what == EntityRecord::kRuleSetText;
    case sv1::ENTITY_KIND_RESTRICTION:
      return what == EntityRecord::kRestriction;
    case sv1::ENTITY_KIND_REVIEW:
      return what == EntityRecord::kReview;
    case sv1::ENTITY_KIND_INCIDENTS:
      return what == EntityRecord::kIncidents;
    case sv1::ENTITY_KIND_RULE:
      return what == EntityRecord::kRule;
    default:
      return false;
  }
}

absl::StatusOr<Shared> DecodeShared(const sv1::SharedRecord& record) {
  absl::StatusOr<CellSeries> facts = CellSeries::Decode(record.facts());
  if (!facts.ok()) return facts.status();
  absl::StatusOr<CellSeries> let_through =
      CellSeries::Decode(record.let_through());
  if (!let_through.ok()) return let_through.status();
  return Shared{*std::move(facts), *std::move(let_through)};
}

absl::StatusOr<Import> DecodeImport(const sv1::ImportRecord& record) {
  if (record.last_effective_ms() < 0 ||
      record.last_effective_ms() > kTimeMaxMs) {
    return absl::DataLossError("last_effective_ms is out of range");
  }
  return Import{record.position(), record.last_effective_ms()};
}

absl::StatusOr<RuleSetList> DecodeRuleSetList(
    const sv1::RuleSetListRecord& record) {
  RuleSetList list;
  if (record.revisions_size() > kRevisionsMax) {
    return absl::DataLossError("too many revisions");
  }
  for (const sv1::RuleSetHead& head : record.revisions()) {
    const uint64_t last =
        list.revisions.empty() ? 0 : list.revisions.back().revision();
    if (head.revision() <= last) {
      return absl::DataLossError("the revisions are not in order");
    }
    list.revisions.push_back(head);
  }
  return list;
}

void EncodeShared(const Shared& shared, ReverseWriter* writer) {
  const size_t end = writer->size();
  shared.let_through.Encode(writer);
  writer->Close(sv1::SharedRecord::kLetThroughFieldNumber, end);
  const size_t facts = writer->size();
  shared.facts.Encode(writer);
  writer->Close(sv1::SharedRecord::kFactsFieldNumber, facts);
}

}  // namespace

std::string Entity::Encode() const {
  if (ring() == nullptr && shared() == nullptr) return EncodeRare();
  ReverseWriter writer;
  if (campaign_ != nullptr) {
    campaign_->Encode(&writer);
    writer.Close(EntityRecord::kCampaignFieldNumber, 0);
  }
  if (surge_ != nullptr) {
    surge_->Encode(&writer);
    writer.Close(EntityRecord::kSurgeFieldNumber, 0);
  }
  if (standing_ != nullptr) {
    const size_t end = writer.size();
    writer.Bytes(standing_->SerializeAsString());
    writer.Close(EntityRecord::kStandingFieldNumber, end);
  }
  const size_t before = writer.size();
  if (ring() != nullptr) {
    ring()->Encode(&writer);
    writer.Close(EntityRecord::kRingFieldNumber, before);
  } else {
    EncodeShared(*shared(), &writer);
    writer.Close(EntityRecord::kSharedFieldNumber, before);
  }
  writer.VarintField(EntityRecord::kAppliedFieldNumber, applied_);
  return writer.ToString();
}

std::string Entity::EncodeRare() const {
  EntityRecord record;
  record.set_applied(applied_);
  if (import() != nullptr) {
    record.mutable_import()->set_position(import()->position);
    record.mutable_import()->set_last_effective_ms(import()->last_effective_ms);
  } else if (rule_sets() != nullptr) {
    sv1::RuleSetListRecord* const list = record.mutable_rule_set_list();
    for (const sv1::RuleSetHead& head : rule_sets()->revisions) {
      *list->add_revisions() = head;
    }
  } else if (restriction() != nullptr) {
    *record.mutable_restriction() = *restriction();
  } else if (review() != nullptr) {
    *record.mutable_review() = *review();
  } else if (incidents() != nullptr) {
    *record.mutable_incidents() = *incidents();
  } else if (rule() != nullptr) {
    *record.mutable_rule() = *rule();
  } else {
    record.mutable_rule_set_text()->set_text(rule_set_text()->text);
  }
  return record.SerializeAsString();
}

absl::StatusOr<Entity> Entity::Decode(sv1::EntityKind kind,
                                      std::string_view bytes) {
  // Most records are parsed without asking for memory.
  alignas(std::max_align_t) char block[4096];
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = sizeof(block);
  google::protobuf::Arena arena(options);
  auto* const record =
      google::protobuf::Arena::CreateMessage<EntityRecord>(&arena);
  if (bytes.size() > INT32_MAX ||
      !record->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return DataLoss(kind, "not a message");
  }
  if (!Fits(kind, record->what_case())) {
    return DataLoss(kind, "its content is that of another kind");
  }
  Entity entity(kind);
  entity.applied_ = record->applied();
  const auto set = [&](auto decoded) {
    if (!decoded.ok()) return decoded.status();
    entity.what_ = *std::move(decoded);
    return absl::OkStatus();
  };
  absl::Status status;
  switch (record->what_case()) {
    case EntityRecord::kRing:
      status = set(Ring::Decode(record->ring()));
      break;
    case EntityRecord::kShared:
      status = set(DecodeShared(record->shared()));
      break;
    case EntityRecord::kImport:
      status = set(DecodeImport(record->import()));
      break;
    case EntityRecord::kRuleSetList:
      status = set(DecodeRuleSetList(record->rule_set_list()));
      break;
    case EntityRecord::kRestriction:
      entity.what_ = record->restriction();
      break;
    case EntityRecord::kReview:
      entity.what_ = record->review();
      break;
    case EntityRecord::kIncidents:
      entity.what_ = record->incidents();
      break;
    case EntityRecord::kRule:
      entity.what_ = record->rule();
      break;
    default:
      entity.what_ = RuleSetText{record->rule_set_text().text()};
  }
  if (status.ok() && record->has_standing()) {
    status = HasStanding(kind) ? CheckStanding(record->standing())
                               : absl::DataLossError("no such has a standing");
    entity.standing_ =
        std::make_unique<sv1::StandingRecord>(record->standing());
  }
  if (status.ok() && record->has_surge()) {
    absl::StatusOr<Surge> surge = Surge::Decode(record->surge());
    status = surge.status();
    if (entity.surge_ == nullptr) {
      status = absl::DataLossError("no such has a surge");
    } else if (surge.ok()) {
      *entity.surge_ = *std::move(surge);
    }
  }
  if (status.ok() && record->has_campaign()) {
    absl::StatusOr<Campaign> campaign = Campaign::Decode(record->campaign());
    status = campaign.status();
    if (entity.campaign_ == nullptr) {
      status = absl::DataLossError("no such has a campaign");
    } else if (campaign.ok()) {
      *entity.campaign_ = *std::move(campaign);
    }
  }
  if (!status.ok()) return DataLoss(kind, std::string(status.message()));
  return entity;
}

}  // namespace levee::state
