#include "server/sequencer/reader.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/rules/decide.h"
#include "server/sequencer/tenant.h"
#include "server/state/timestamp.h"
#include "server/text/facts.h"

namespace levee::sequencer {
namespace {

using levee::v1::DecisionRecord;
using levee::v1::ListDecisionsRequest;
using storage::TimelinePlace;
using storage::v1::Entry;
using storage::v1::NameKind;
using storage::v1::Subjects;

constexpr int kPageDefault = 50;

int PageSize(int asked) { return asked == 0 ? kPageDefault : asked; }

absl::Status BadToken() {
  return absl::InvalidArgumentError(
      "page_token: not one that this call gave out");
}

absl::Status UnknownSequence() {
  return absl::NotFoundError("sequence: no decision of this tenant has it");
}

// Tokens of journal scans: the sequence to go on before.
absl::StatusOr<uint64_t> ScanStart(const std::string& token) {
  if (token.empty()) return std::numeric_limits<uint64_t>::max();
  uint64_t before = 0;
  if (!absl::SimpleAtoi(token, &before) || before == 0) return BadToken();
  return before - 1;
}

// Tokens of timelines: "effective_ms:sequence" of the place to go on before.
absl::StatusOr<TimelinePlace> TimelineStart(const std::string& token) {
  TimelinePlace place = {std::numeric_limits<int64_t>::max(),
                         std::numeric_limits<uint64_t>::max()};
  if (token.empty()) return place;
  const std::vector<std::string> parts = absl::StrSplit(token, ':');
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &place.effective_ms) ||
      !absl::SimpleAtoi(parts[1], &place.sequence)) {
    return BadToken();
  }
  return place;
}

std::string ToToken(const TimelinePlace& place) {
  return absl::StrCat(place.effective_ms, ":", place.sequence);
}

// Turns entries into records: collects the handles of a page, asks for their
// names at once.
class Naming {
 public:
  Naming(const storage::NameStore& store, uint64_t tenant)
      : store_(store), tenant_(tenant) {}

  void Want(NameKind kind, uint64_t handle, std::string* id) {
    if (handle == 0) return;
    handles_.push_back({tenant_, kind, handle});
    targets_.push_back(id);
  }

  void Want(const Entry& entry, DecisionRecord* record) {
    const Subjects& subjects = entry.event().happening().subjects();
    Want(storage::v1::NAME_KIND_CUSTOMER, subjects.customer(),
         record->mutable_customer_id());
    Want(storage::v1::NAME_KIND_TICKET, subjects.ticket(),
         record->mutable_ticket_id());
    Want(storage::v1::NAME_KIND_AGENT, subjects.agent(),
         record->mutable_agent_id());
    if (subjects.ip() != 0) {
      Want(storage::v1::NAME_KIND_IP, subjects.ip(),
           record->mutable_source()->mutable_ip());
    }
    if (subjects.email() != 0) {
      Want(storage::v1::NAME_KIND_EMAIL, subjects.email(),
           record->mutable_source()->mutable_email());
    }
    if (subjects.device() != 0) {
      Want(storage::v1::NAME_KIND_DEVICE, subjects.device(),
           record->mutable_source()->mutable_device_id());
    }
    Want(storage::v1::NAME_KIND_IMPORT, entry.event().import(),
         record->mutable_import_id());
  }

  absl::Status Fill() {
    std::vector<std::optional<std::string>> ids(handles_.size());
    absl::Status read = store_.FindNames(handles_, absl::MakeSpan(ids));
    for (size_t i = 0; read.ok() && i < ids.size(); ++i) {
      if (ids[i]) *targets_[i] = *std::move(ids[i]);
    }
    return read;
  }

 private:
  const storage::NameStore& store_;
  const uint64_t tenant_;
  std::vector<storage::HandleRef> handles_;
  std::vector<std::string*> targets_;
};

// The wording is kept apart and may be gone: then the record goes without.
absl::Status FillText(const storage::TextStore& texts, uint64_t sequence,
                      bool include_text, DecisionRecord* record) {
  absl::StatusOr<storage::v1::EventText> text = texts.ReadText(sequence);
  if (absl::IsNotFound(text.status())) return absl::OkStatus();
  if (!text.ok()) return text.status();
  record->mutable_decision()->set_event_id(text->event_id());
  if (include_text) {
    record->set_subject(text->subject());
    record->set_body(text->body());
  }
  return absl::OkStatus();
}

void FillRecord(const Entry& entry, uint64_t sequence, DecisionRecord* record) {
  rules::ToDecision(entry, sequence, "", record->mutable_decision());
  record->set_kind(entry.event().happening().kind());
  record->set_actor(entry.event().actor());
  if (entry.event().has_text()) {
    text::Tell(entry.event().text(), record->mutable_text());
  }
}

absl::StatusOr<uint64_t> FindHandle(const storage::NameStore& store,
                                    uint64_t tenant, NameKind kind,
                                    std::string_view id) {
  const storage::NameRef name = {tenant, kind, id};
  std::optional<uint64_t> handle;
  absl::Status read = store.FindHandles({&name, 1}, absl::MakeSpan(&handle, 1));
  if (!read.ok()) return read;
  if (!handle) return absl::NotFoundError("never seen");
  return *handle;
}

// ListDecisionsRequest's filters over entries.
class Filter {
 public:
  Filter(const ListDecisionsRequest& request, uint64_t tenant, uint64_t ticket)
      : request_(request), tenant_(tenant), ticket_(ticket) {}

  bool Matches(const Entry& entry) const {
    if (entry.tenant() != tenant_ || !entry.has_event()) return false;
    const storage::v1::EventEntry& event = entry.event();
    return (ticket_ == 0 || event.happening().subjects().ticket() == ticket_) &&
           In(request_.verdicts(), event.outcome().verdict()) &&
           In(request_.kinds(), event.happening().kind()) &&
           MatchesTime(entry) && MatchesFinding(event.outcome());
  }

  // Filters on decisions leave acts out.
  bool MatchesAct(const Entry& entry) const {
    return entry.tenant() == tenant_ && entry.has_act() && ticket_ == 0 &&
           request_.verdicts().empty() && request_.kinds().empty() &&
           request_.rule_id().empty() &&
           request_.category() == levee::v1::CATEGORY_UNSPECIFIED &&
           MatchesTime(entry);
  }

  // No older entry can match.
  bool Past(const Entry& entry) const {
    return request_.has_since() &&
           entry.decided_at_ms() < state::ToMs(request_.since());
  }

 private:
  template <typename List>
  static bool In(const List& list, int value) {
    return list.empty() ||
           std::find(list.begin(), list.end(), value) != list.end();
  }

  bool MatchesTime(const Entry& entry) const {
    return !Past(entry) &&
           (!request_.has_until() ||
            entry.decided_at_ms() < state::ToMs(request_.until()));
  }

  bool MatchesFinding(const storage::v1::DecisionOutcome& outcome) const {
    const bool any_rule = request_.rule_id().empty();
    const bool any_category =
        request_.category() == levee::v1::CATEGORY_UNSPECIFIED;
    if (any_rule && any_category) return true;
    for (const storage::v1::EntryFinding& finding : outcome.findings()) {
      if ((any_rule || finding.rule_id() == request_.rule_id()) &&
          (any_category || finding.category() == request_.category())) {
        return true;
      }
    }
    return false;
  }

  const ListDecisionsRequest& request_;
  const uint64_t tenant_;
  const uint64_t ticket_;
};

absl::StatusOr<Entry> ReadEntry(const storage::Journal& journal,
                                uint64_t sequence) {
  absl::StatusOr<std::string> bytes = journal.Read(sequence);
  if (!bytes.ok()) return bytes.status();
  Entry entry;
  if (!entry.ParseFromString(*bytes)) {
    return absl::DataLossError(
        absl::StrCat("journal entry ", sequence, " does not parse"));
  }
  return entry;
}

// A page being filled.
template <typename Records>
class Page {
 public:
  Page(const storage::Shard& shard, uint64_t tenant, Records* records)
      : shard_(shard), naming_(shard, tenant), records_(records) {}

  void Add(const Entry& entry, uint64_t sequence) {
    DecisionRecord* record = records_->Add();
    FillRecord(entry, sequence, record);
    naming_.Want(entry, record);
  }

  // An act takes the place of a record.
  void CountAct() { ++acts_; }
  int size() const { return records_->size() + acts_; }

  absl::Status Finish() {
    if (absl::Status read = naming_.Fill(); !read.ok()) return read;
    for (DecisionRecord& record : *records_) {
      absl::Status read = FillText(shard_, record.decision().sequence(),
                                   /*include_text=*/false, &record);
      if (!read.ok()) return read;
    }
    return absl::OkStatus();
  }

 private:
  const storage::Shard& shard_;
  Naming naming_;
  Records* const records_;
  int acts_ = 0;
};

// Sees every entry that was looked at.
using OnAct = absl::FunctionRef<absl::Status(const Entry&, uint64_t sequence)>;

using RecordList = google::protobuf::RepeatedPtrField<DecisionRecord>;

// Walks a customer's timeline from the token's place, at most `looks` entries;
// returns the token to go on with, empty at the end.
absl::StatusOr<std::string> WalkTimeline(
    const storage::Shard& shard, const state::EntityKey& customer,
    const std::string& token, int page_size, int looks,
    absl::FunctionRef<bool(const Entry&)> matches, OnAct on_act,
    Page<RecordList>* page) {
  absl::StatusOr<TimelinePlace> place = TimelineStart(token);
  if (!place.ok()) return place.status();
  while (looks > 0) {
    const int chunk = std::min(looks, 256);
    absl::StatusOr<std::vector<TimelinePlace>> places =
        shard.FindTimeline(customer.tenant, customer.handle, *place, chunk);
    if (!places.ok()) return places.status();
    for (const TimelinePlace& next : *places) {
      if (page->size() >= page_size) return ToToken(*place);
      *place = next;
      absl::StatusOr<Entry> entry = ReadEntry(shard, next.sequence);
      // Retention may have cut it since the index was asked.
      if (absl::IsNotFound(entry.status())) continue;
      if (!entry.ok()) return entry.status();
      if (matches(*entry)) page->Add(*entry, next.sequence);
      absl::Status told = on_act(*entry, next.sequence);
      if (!told.ok()) return told;
    }
    if (static_cast<int>(places->size()) < chunk) return std::string();
    looks -= chunk;
  }
  return ToToken(*place);
}

// The same over the whole journal, newest first.
absl::StatusOr<std::string> WalkJournal(const storage::Shard& shard,
                                        const std::string& token, int page_size,
                                        const Filter& filter, OnAct on_act,
                                        Page<RecordList>* page) {
  absl::StatusOr<uint64_t> from = ScanStart(token);
  if (!from.ok()) return from.status();
  int looks = kListEntriesMax;
  std::string next_token;
  absl::Status damage;
  Entry entry;
  absl::Status scanned = shard.ScanBackward(*from, [&](uint64_t sequence,
                                                       std::string_view bytes) {
    if (page->size() >= page_size || looks-- == 0) {
      next_token = absl::StrCat(sequence + 1);
      return false;
    }
    if (!entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      damage = absl::DataLossError(
          absl::StrCat("journal entry ", sequence, " does not parse"));
      return false;
    }
    if (filter.Past(entry)) return false;
    if (filter.Matches(entry)) page->Add(entry, sequence);
    damage = on_act(entry, sequence);
    return damage.ok();
  });
  if (!scanned.ok()) return scanned;
  if (!damage.ok()) return damage;
  return next_token;
}

}  // namespace

Reader::Reader(const storage::Shard* shard, const Sequencer* sequencer)
    : shard_(shard), sequencer_(sequencer) {}

absl::StatusOr<DecisionRecord> Reader::Get(
    const Tenant& tenant, const levee::v1::GetDecisionRequest& request) const {
  std::optional<uint64_t> sequence = request.sequence();
  if (request.has_event_id()) {
    const storage::Id128 id =
        sequencer_->EventIdHash(tenant, request.event_id());
    absl::Status read =
        shard_->FindEvents({&id, 1}, absl::MakeSpan(&sequence, 1));
    if (!read.ok()) return read;
    if (!sequence) {
      return absl::NotFoundError(
          "event_id: no such event; ids are known for 7 days");
    }
  }
  absl::StatusOr<Entry> entry = ReadEntry(*shard_, *sequence);
  if (absl::IsNotFound(entry.status())) return UnknownSequence();
  if (!entry.ok()) return entry.status();
  if (entry->tenant() != tenant.handle || !entry->has_event()) {
    return UnknownSequence();
  }

  DecisionRecord record;
  FillRecord(*entry, *sequence, &record);
  Naming naming(*shard_, tenant.handle);
  naming.Want(*entry, &record);
  if (absl::Status read = naming.Fill(); !read.ok()) return read;
  absl::Status read =
      FillText(*shard_, *sequence, request.include_text(), &record);
  if (!read.ok()) return read;
  return record;
}

absl::StatusOr<levee::v1::ListDecisionsResponse> Reader::List(
    const Tenant& tenant, const ListDecisionsRequest& request) const {
  levee::v1::ListDecisionsResponse response;
  uint64_t ticket = 0;
  if (!request.ticket_id().empty()) {
    absl::StatusOr<uint64_t> handle =
        FindHandle(*shard_, tenant.handle, storage::v1::NAME_KIND_TICKET,
                   request.ticket_id());
    if (absl::IsNotFound(handle.status())) return response;
    if (!handle.ok()) return handle.status();
    ticket = *handle;
  }
  const Filter filter(request, tenant.handle, ticket);
  Page<RecordList> page(*shard_, tenant.handle, response.mutable_records());
  const int page_size = PageSize(request.page_size());
  const auto on_act = [&](const Entry& entry, uint64_t sequence) {
    if (!request.include_acts() || !filter.MatchesAct(entry)) {
      return absl::OkStatus();
    }
    const absl::StatusOr<levee::v1::ActRecord> act = TellAct(entry, sequence);
    if (!act.ok()) return act.status();
    *response.add_acts() = *act;
    page.CountAct();
    return absl::OkStatus();
  };
  absl::StatusOr<std::string> next;
  if (request.customer_id().empty()) {
    next = WalkJournal(*shard_, request.page_token(), page_size, filter, on_act,
                       &page);
  } else {
    absl::StatusOr<state::EntityKey> customer =
        CustomerKey(tenant, request.customer_id());
    if (absl::IsNotFound(customer.status())) return response;
    if (!customer.ok()) return customer.status();
    next = WalkTimeline(
        *shard_, *customer, request.page_token(), page_size, kListEntriesMax,
        [&](const Entry& entry) { return filter.Matches(entry); }, on_act,
        &page);
  }
  if (!next.ok()) return next.status();
  response.set_next_page_token(*std::move(next));
  if (absl::Status read = page.Finish(); !read.ok()) return read;
  return response;
}

absl::Status Reader::Timeline(const Tenant& tenant,
                              const levee::v1::GetCustomerRequest& request,
                              levee::v1::GetCustomerResponse* response) const {
  absl::StatusOr<state::EntityKey> customer =
      CustomerKey(tenant, request.customer_id());
  if (!customer.ok()) return customer.status();
  Page<RecordList> page(*shard_, tenant.handle, response->mutable_timeline());
  absl::StatusOr<std::string> next = WalkTimeline(
      *shard_, *customer, request.page_token(), PageSize(request.page_size()),
      kListEntriesMax, [](const Entry& entry) { return entry.has_event(); },
      [](const Entry&, uint64_t) { return absl::OkStatus(); }, &page);
  if (!next.ok()) return next.status();
  response->set_next_page_token(*std::move(next));
  return page.Finish();
}

absl::StatusOr<state::EntityKey> Reader::CustomerKey(
    const Tenant& tenant, std::string_view id) const {
  absl::StatusOr<uint64_t> handle =
      FindHandle(*shard_, tenant.handle, storage::v1::NAME_KIND_CUSTOMER, id);
  if (absl::IsNotFound(handle.status())) {
    return absl::NotFoundError("customer_id: Levee has never seen it");
  }
  if (!handle.ok()) return handle.status();
  return state::EntityKey{storage::v1::ENTITY_KIND_CUSTOMER, tenant.handle,
                          *handle};
}

absl::StatusOr<state::EntityKey> Reader::ImportKey(const Tenant& tenant,
                                                   std::string_view id) const {
  absl::StatusOr<uint64_t> handle =
      FindHandle(*shard_, tenant.handle, storage::v1::NAME_KIND_IMPORT, id);
  if (!handle.ok()) return handle.status();
  return state::EntityKey{storage::v1::ENTITY_KIND_IMPORT, tenant.handle,
                          *handle};
}

state::EntityKey Reader::RuleSetKey(const Tenant& tenant, uint64_t revision) {
  return {storage::v1::ENTITY_KIND_RULE_SET, tenant.handle, revision};
}

}  // namespace levee::sequencer
