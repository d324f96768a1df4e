// What Reader tells of acts, restrictions and reviews.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/time_util.h"
#include "server/sequencer/reader.h"
#include "server/sequencer/subject.h"
#include "server/sequencer/tenant.h"
#include "server/state/standing.h"
#include "server/state/timestamp.h"

namespace levee::sequencer {
namespace {

using levee::v1::Restriction;
using levee::v1::Review;
using storage::v1::ActEntry;
using storage::v1::Entry;

// Empty where the name was erased.
absl::StatusOr<std::string> NameOf(const storage::NameStore& store,
                                   uint64_t tenant, storage::v1::NameKind kind,
                                   uint64_t handle) {
  if (handle == 0) return std::string();
  const storage::HandleRef ref = {tenant, kind, handle};
  std::optional<std::string> id;
  absl::Status read = store.FindNames({&ref, 1}, absl::MakeSpan(&id, 1));
  if (!read.ok()) return read;
  return id.value_or("");
}

// What an act said of a customer; empty where it is gone.
absl::Status ReadNote(const storage::TextStore& store, uint64_t sequence,
                      std::string* note) {
  if (!note->empty() || sequence == 0) return absl::OkStatus();
  const absl::StatusOr<std::string> read = store.ReadNote(sequence);
  if (read.ok()) *note = *read;
  return absl::IsNotFound(read.status()) ? absl::OkStatus() : read.status();
}

std::string SubjectWord(levee::v1::Subject subject) {
  return levee::v1::Subject_Name(subject).substr(sizeof("SUBJECT_") - 1);
}
std::string VerdictWord(levee::v1::Verdict verdict) {
  return levee::v1::Verdict_Name(verdict).substr(sizeof("VERDICT_") - 1);
}

// Whole seconds in UTC are enough for a sentence.
std::string TimeWord(int64_t at_ms) {
  return google::protobuf::util::TimeUtil::ToString(
      google::protobuf::util::TimeUtil::SecondsToTimestamp(at_ms / 1000));
}

std::string WhatOf(const ActEntry& act, const std::string& subject) {
  switch (act.what_case()) {
    case ActEntry::kRestrict: {
      const auto& made = act.restrict().restricted();
      return absl::StrCat("restricted ", SubjectWord(made.on().subject()), " ",
                          subject, ": ", VerdictWord(made.verdict()), " until ",
                          TimeWord(made.until_ms()));
    }
    case ActEntry::kLift:
      return absl::StrCat("lifted restriction ", act.lift().id(), " on ",
                          SubjectWord(act.lift().on().subject()), " ", subject);
    case ActEntry::kOverrule: {
      std::string what;
      if (act.overrule().exempt_until_ms() != 0) {
        what = absl::StrCat("exempt until ",
                            TimeWord(act.overrule().exempt_until_ms()));
      }
      if (act.overrule().limits_times() > 1) {
        absl::StrAppend(&what, what.empty() ? "" : ", ", "limits times ",
                        act.overrule().limits_times(), " until ",
                        TimeWord(act.overrule().limits_until_ms()));
      }
      return what.empty() ? "nothing beyond the rules any more" : what;
    }
    case ActEntry::kGrant:
      return absl::StrCat("granted an entitlement until ",
                          TimeWord(act.grant().until_ms()));
    case ActEntry::kBeginIncident:
      return absl::StrCat(
          "began an incident for ",
          act.begin_incident().departments().empty()
              ? std::string("the whole desk")
              : absl::StrJoin(act.begin_incident().departments(), ", "));
    case ActEntry::kEndIncident:
      return absl::StrCat("ended incident ", act.end_incident().id());
    case ActEntry::kResolveReview:
      return absl::StrCat(
          act.resolve_review().released() ? "released" : "confirmed",
          " review ", act.resolve_review().review());
    case ActEntry::kProposeIncident:
      return "proposed an incident";
    case ActEntry::kCampaign:
      return absl::StrCat(
          act.campaign().cleared() ? "cleared campaign " : "held campaign ",
          act.campaign().id());
    default:
      return "";
  }
}

// The review that an entry resolved, an act or a withdrawal; 0: none.
uint64_t ResolvedBy(const Entry& entry) {
  if (entry.act().has_resolve_review()) {
    return entry.act().resolve_review().review();
  }
  const auto& refunds = entry.event().refunds();
  return !refunds.empty() && refunds[0].reviewed() ? refunds[0].sequence() : 0;
}

storage::v1::SubjectRef SubjectOf(const ActEntry& act) {
  if (act.has_restrict()) return act.restrict().restricted().on();
  return act.lift().on();
}

}  // namespace

absl::StatusOr<levee::v1::ActRecord> Reader::TellAct(const Entry& entry,
                                                     uint64_t sequence) const {
  const ActEntry& act = entry.act();
  levee::v1::ActRecord record;
  record.set_sequence(sequence);
  state::SetTime(entry.decided_at_ms(), record.mutable_at());
  record.set_author(act.author());
  const storage::v1::SubjectRef subject = SubjectOf(act);
  absl::StatusOr<std::string> name = NameOf(
      *shard_, entry.tenant(), NameKindOf(subject.subject()), subject.handle());
  if (!name.ok()) return name.status();
  if (subject.subject() == levee::v1::SUBJECT_CAMPAIGN) {
    *name = absl::StrCat(subject.handle());
  }
  record.set_what(WhatOf(act, *name));
  absl::StatusOr<std::string> customer = NameOf(
      *shard_, entry.tenant(), storage::v1::NAME_KIND_CUSTOMER, act.customer());
  if (!customer.ok()) return customer.status();
  record.set_customer_id(*std::move(customer));
  record.set_reason(act.reason());
  if (act.customer() != 0) {
    absl::Status read = ReadNote(*shard_, sequence, record.mutable_reason());
    if (!read.ok()) return read;
  }
  return record;
}

absl::Status Reader::Tell(
    const Tenant& tenant,
    absl::Span<const std::pair<uint64_t, storage::v1::RestrictionRecord>>
        records,
    google::protobuf::RepeatedPtrField<Restriction>* to) const {
  for (const auto& [id, record] : records) {
    const storage::v1::Restricted& made = record.restricted();
    const uint64_t sequence = state::SequenceOfRestriction(id);
    Restriction& told = *to->Add();
    told.set_id(id);
    absl::StatusOr<std::string> name =
        NameOf(*shard_, tenant.handle, NameKindOf(made.on().subject()),
               made.on().handle());
    if (!name.ok()) return name.status();
    SetId(made.on().subject(), *std::move(name), told.mutable_subject());
    if (made.on().subject() == levee::v1::SUBJECT_CAMPAIGN) {
      told.mutable_subject()->set_campaign_id(made.on().handle());
    }
    told.set_scope(made.scope());
    told.set_verdict(made.verdict());
    state::SetTime(made.from_ms(), told.mutable_from());
    state::SetTime(made.until_ms(), told.mutable_until());
    told.set_rule_id(made.rule_id());
    told.set_category(made.category());
    told.set_author(record.author());
    told.set_reason(record.reason());
    told.set_sequence(sequence);
    absl::Status read;
    if (made.rule_id().empty()) {
      read = ReadNote(*shard_, sequence, told.mutable_reason());
    }
    if (read.ok() && record.lifted_ms() != 0) {
      state::SetTime(record.lifted_ms(), told.mutable_lifted_at());
      told.set_lifted_by(record.lifted_by());
      told.set_lift_reason(record.lift_reason());
      read =
          ReadNote(*shard_, record.lift_sequence(), told.mutable_lift_reason());
    }
    if (!read.ok()) return read;
  }
  return absl::OkStatus();
}

absl::Status Reader::Tell(
    const Tenant& tenant,
    absl::Span<const std::pair<uint64_t, storage::v1::ReviewRecord>> records,
    google::protobuf::RepeatedPtrField<Review>* to) const {
  for (const auto& [id, record] : records) {
    Review& told = *to->Add();
    told.set_id(id);
    // The numbers are the same.
    told.set_state(static_cast<levee::v1::ReviewState>(record.outcome()));
    told.set_kind(record.kind());
    absl::StatusOr<std::string> customer =
        NameOf(*shard_, tenant.handle, storage::v1::NAME_KIND_CUSTOMER,
               record.subjects().customer());
    if (!customer.ok()) return customer.status();
    told.set_customer_id(*std::move(customer));
    absl::StatusOr<std::string> ticket =
        NameOf(*shard_, tenant.handle, storage::v1::NAME_KIND_TICKET,
               record.subjects().ticket());
    if (!ticket.ok()) return ticket.status();
    told.set_ticket_id(*std::move(ticket));
    told.set_rule_id(record.rule_id());
    told.set_category(record.category());
    state::SetTime(record.held_ms(), told.mutable_held_at());
    state::SetTime(record.until_ms(), told.mutable_until());
    absl::StatusOr<storage::v1::EventText> text = shard_->ReadText(id);
    if (text.ok()) told.set_event_id(text->event_id());
    if (!text.ok() && !absl::IsNotFound(text.status())) return text.status();
    if (record.resolved_ms() == 0) continue;
    state::SetTime(record.resolved_ms(), told.mutable_resolved_at());
    told.set_resolved_by(record.resolved_by());
    told.set_resolved_sequence(record.resolved_sequence());
    absl::Status read =
        ReadNote(*shard_, record.resolved_sequence(), told.mutable_reason());
    if (!read.ok()) return read;
  }
  return absl::OkStatus();
}

absl::StatusOr<Resolutions> Reader::FindResolved(const Tenant& tenant,
                                                 uint64_t from) const {
  const uint64_t last = shard_->head().last_sequence;
  Resolutions found;
  found.next = std::max(from, last + 1);
  uint64_t looked = 0;
  Entry entry;
  absl::Status damage;
  absl::Status scanned =
      shard_->Scan(from, last, [&](uint64_t sequence, std::string_view bytes) {
        if (looked++ == kListEntriesMax) {
          found.next = sequence;
          found.at_end = false;
          return false;
        }
        if (!entry.ParseFromArray(bytes.data(),
                                  static_cast<int>(bytes.size()))) {
          damage = absl::DataLossError(
              absl::StrCat("journal entry ", sequence, " does not parse"));
          return false;
        }
        if (entry.tenant() == tenant.handle && ResolvedBy(entry) != 0) {
          found.sequences.push_back(sequence);
        }
        return true;
      });
  if (!scanned.ok()) return scanned;
  if (!damage.ok()) return damage;
  return found;
}

absl::StatusOr<uint64_t> Reader::ReviewOf(const Tenant& tenant,
                                          uint64_t sequence) const {
  absl::StatusOr<std::string> bytes = shard_->Read(sequence);
  if (!bytes.ok()) return bytes.status();
  Entry entry;
  if (!entry.ParseFromString(*bytes) || entry.tenant() != tenant.handle ||
      ResolvedBy(entry) == 0) {
    return absl::NotFoundError(
        absl::StrCat("entry ", sequence, " resolved no review"));
  }
  return ResolvedBy(entry);
}

absl::StatusOr<storage::v1::SubjectRef> Reader::FindSubject(
    const Tenant& tenant, const levee::v1::RestrictionSubject& subject) const {
  absl::StatusOr<NamedSubject> named = ToNamed(subject);
  if (!named.ok()) return named.status();
  storage::v1::SubjectRef ref;
  ref.set_subject(named->subject);
  ref.set_handle(named->handle);
  if (named->handle != 0) return ref;
  const storage::NameRef name = {tenant.handle, named->name, named->id};
  std::optional<uint64_t> handle;
  absl::Status read =
      shard_->FindHandles({&name, 1}, absl::MakeSpan(&handle, 1));
  if (!read.ok()) return read;
  if (!handle) return absl::NotFoundError("subject: Levee has never seen it");
  ref.set_handle(*handle);
  return ref;
}

}  // namespace levee::sequencer
