// The ring is a sorted array. Adding keeps three bounds, and each of them
// holds for a set rather than for a history, which is why the order of adding
// does not matter: nothing older than the horizon, of each kind the latest
// kRingMax, all sorted by (time, sequence).
#include "server/state/ring.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace levee::state {
namespace {

bool Before(const Happened& a, const Happened& b) {
  return std::tie(a.effective_ms, a.sequence) <
         std::tie(b.effective_ms, b.sequence);
}

template <typename... Parts>
absl::Status Malformed(const Parts&... parts) {
  return absl::DataLossError(absl::StrCat("ring record: ", parts...));
}

}  // namespace

void Ring::ForgetBefore(int64_t horizon_ms) {
  auto keep = happenings_.begin();
  for (; keep != happenings_.end() && keep->effective_ms < horizon_ms; ++keep) {
    --of_kind_[keep->kind];
  }
  if (keep != happenings_.begin()) happenings_.erase(happenings_.begin(), keep);
}

Ring::Room Ring::RoomFor(const Happened& happened) const {
  if (happened.effective_ms < last_seen_ms_ - kWindowMaxMs) return {};
  if (of_kind_[happened.kind] < kRingMax) return {.kept = true};
  const auto oldest = std::find_if(
      happenings_.begin(), happenings_.end(),
      [&](const Happened& other) { return other.kind == happened.kind; });
  if (Before(happened, *oldest)) return {};
  return {.kept = true, .pushed_out = &*oldest};
}

void Ring::Count(const Happened& happened, int64_t by) {
  if ((happened.flags & kByCustomer) == 0) return;
  totals_[happened.kind] += by;
  if (!happened.let_through) not_allowed_ += by;
}

void Ring::Add(const Happened& happened) {
  const int64_t at_ms = happened.effective_ms;
  if (first_seen_ms_ == 0 || at_ms < first_seen_ms_) first_seen_ms_ = at_ms;
  last_seen_ms_ = std::max(last_seen_ms_, at_ms);
  Count(happened, 1);
  ForgetBefore(last_seen_ms_ - kWindowMaxMs);
  const Room room = RoomFor(happened);
  if (!room.kept) return;
  if (room.pushed_out != nullptr) {
    happenings_.erase(happenings_.begin() +
                      (room.pushed_out - happenings_.data()));
    --of_kind_[happened.kind];
  }
  // Nearly always at the end.
  auto place = happenings_.end();
  while (place != happenings_.begin() && Before(happened, *std::prev(place))) {
    --place;
  }
  happenings_.insert(place, happened);
  ++of_kind_[happened.kind];
}

void Ring::Remove(uint64_t sequence) {
  const auto found = std::find_if(
      happenings_.begin(), happenings_.end(),
      [&](const Happened& happened) { return happened.sequence == sequence; });
  if (found == happenings_.end()) return;
  const int64_t at_ms = found->effective_ms;
  Count(*found, -1);
  --of_kind_[found->kind];
  happenings_.erase(found);
  // What was seen first or last is now the next that is remembered.
  const bool first = at_ms == first_seen_ms_;
  const bool last = at_ms == last_seen_ms_;
  if (happenings_.empty()) {
    if (first) first_seen_ms_ = 0;
    if (last) last_seen_ms_ = first_seen_ms_;
  } else {
    if (first) first_seen_ms_ = happenings_.front().effective_ms;
    if (last) last_seen_ms_ = happenings_.back().effective_ms;
  }
}

absl::Span<const Happened> Ring::Between(int64_t after_ms,
                                         int64_t up_to_ms) const {
  const auto later = [](int64_t at_ms, const Happened& happened) {
    return at_ms < happened.effective_ms;
  };
  const Happened* const begin = happenings_.data();
  const Happened* const last =
      std::upper_bound(begin, begin + happenings_.size(), up_to_ms, later);
  const Happened* const first = std::upper_bound(begin, last, after_ms, later);
  return absl::MakeConstSpan(first, last);
}

bool Ring::HasAny(uint32_t kinds) const {
  for (int kind = 0; kind < kStoredKinds; ++kind) {
    if ((kinds >> kind & 1) != 0 && of_kind_[kind] > 0) return true;
  }
  return false;
}

const Happened* Ring::Find(uint64_t sequence) const {
  for (const Happened& happened : happenings_) {
    if (happened.sequence == sequence) return &happened;
  }
  return nullptr;
}

uint64_t Ring::total(levee::v1::EventKind kind) const {
  return IsStoredKind(kind) ? totals_[kind] : 0;
}

size_t Ring::heap_bytes() const {
  return happenings_.capacity() > 1 ? happenings_.capacity() * sizeof(Happened)
                                    : 0;
}

// --- Encoding ---------------------------------------------------------------

void Ring::EncodeHappenings(ReverseWriter* writer) const {
  // One array after the other, from the last field to the first.
  const auto array = [&](int field, size_t bytes_each, auto write) {
    const size_t before = writer->size();
    writer->Reserve(happenings_.size() * bytes_each);
    for (size_t i = happenings_.size(); i-- > 0;) write(i);
    writer->Close(field, before);
  };
  if (happenings_.empty()) return;
  using Facts = storage::v1::RingFacts;
  constexpr size_t kVarint = ReverseWriter::kVarintMax;
  array(Facts::kAgentFieldNumber, 8,
        [&](size_t i) { writer->Fixed64(happenings_[i].agent); });
  array(Facts::kPeerFieldNumber, 8,
        [&](size_t i) { writer->Fixed64(happenings_[i].peer); });
  array(Facts::kFlagsFieldNumber, kVarint,
        [&](size_t i) { writer->Varint(happenings_[i].flags); });
  array(Facts::kKindFieldNumber, kVarint,
        [&](size_t i) { writer->Varint(happenings_[i].kind); });
  array(Facts::kSequenceFieldNumber, kVarint,
        [&](size_t i) { writer->Varint(happenings_[i].sequence); });
  array(Facts::kEffectiveMsFieldNumber, kVarint, [&](size_t i) {
    const int64_t from = i == 0 ? 0 : happenings_[i - 1].effective_ms;
    writer->Varint(static_cast<uint64_t>(happenings_[i].effective_ms - from));
  });
}

void Ring::Encode(ReverseWriter* writer) const {
  using Consequences = storage::v1::RingConsequences;
  const size_t end = writer->size();
  writer->VarintField(Consequences::kNotAllowedFieldNumber, not_allowed_);
  if (!happenings_.empty()) {
    const size_t before = writer->size();
    const size_t words = (happenings_.size() + 63) / 64;
    writer->Reserve(8 * words);
    for (size_t word = words; word-- > 0;) {
      uint64_t bits = 0;
      for (size_t i = 64 * word;
           i < std::min(64 * word + 64, happenings_.size()); ++i) {
        bits |= static_cast<uint64_t>(happenings_[i].let_through) << (i % 64);
      }
      writer->Fixed64(bits);
    }
    writer->Close(Consequences::kLetThroughFieldNumber, before);
  }
  writer->Close(storage::v1::RingRecord::kConsequencesFieldNumber, end);

  using Facts = storage::v1::RingFacts;
  const size_t facts = writer->size();
  int totals = kStoredKinds;
  while (totals > 0 && totals_[totals - 1] == 0) --totals;
  if (totals > 0) {
    const size_t before = writer->size();
    writer->Reserve(totals * ReverseWriter::kVarintMax);
    for (int kind = totals; kind-- > 0;) writer->Varint(totals_[kind]);
    writer->Close(Facts::kTotalsFieldNumber, before);
  }
  writer->VarintField(Facts::kLastSequenceFieldNumber, last_sequence_);
  writer->VarintField(Facts::kLastSeenMsFieldNumber, last_seen_ms_);
  writer->VarintField(Facts::kFirstSeenMsFieldNumber, first_seen_ms_);
  EncodeHappenings(writer);
  writer->Close(storage::v1::RingRecord::kFactsFieldNumber, facts);
}

// --- Decoding ---------------------------------------------------------------

absl::Status Ring::DecodeHappenings(const storage::v1::RingRecord& record) {
  const storage::v1::RingFacts& facts = record.facts();
  const auto& let_through = record.consequences().let_through();
  const int count = facts.effective_ms_size();
  if (count > kRingMax * (kStoredKinds - 1)) {
    return Malformed(count, " happenings, at most ",
                     kRingMax * (kStoredKinds - 1), " are kept");
  }
  if (facts.sequence_size() != count || facts.kind_size() != count ||
      facts.flags_size() != count || facts.peer_size() != count ||
      facts.agent_size() != count || let_through.size() != (count + 63) / 64) {
    return Malformed("the arrays differ in length");
  }
  happenings_.reserve(count);
  int64_t at_ms = 0;
  for (int i = 0; i < count; ++i) {
    const int64_t distance = facts.effective_ms(i);
    if (distance < 0 || distance > kTimeMaxMs - at_ms) {
      return Malformed("time ", i, " is out of range");
    }
    at_ms += distance;
    const uint32_t kind = facts.kind(i);
    if (kind == 0 || kind >= kStoredKinds || facts.flags(i) > kFlagsAll) {
      return Malformed("unknown kind ", kind, " or flags ", facts.flags(i));
    }
    if (++of_kind_[kind] > kRingMax) return Malformed("too many of a kind");
    Happened happened{at_ms,
                      facts.sequence(i),
                      facts.peer(i),
                      facts.agent(i),
                      facts.flags(i),
                      static_cast<uint8_t>(kind),
                      (let_through.Get(i / 64) >> (i % 64) & 1) != 0};
    if (i > 0 && !Before(happenings_.back(), happened)) {
      return Malformed("happening ", i, " is not in order");
    }
    happenings_.push_back(happened);
  }
  if (count % 64 != 0 && let_through.Get(count / 64) >> (count % 64) != 0) {
    return Malformed("let_through has more bits than there are happenings");
  }
  return absl::OkStatus();
}

absl::Status Ring::DecodeTotals(const storage::v1::RingRecord& record) {
  const storage::v1::RingFacts& facts = record.facts();
  const int totals = facts.totals_size();
  if (totals > kStoredKinds || (totals > 0 && facts.totals(totals - 1) == 0) ||
      (totals > 0 && facts.totals(0) != 0)) {
    return Malformed("the totals are not by kind");
  }
  std::copy(facts.totals().begin(), facts.totals().end(), totals_);
  not_allowed_ = record.consequences().not_allowed();
  first_seen_ms_ = facts.first_seen_ms();
  last_seen_ms_ = facts.last_seen_ms();
  last_sequence_ = facts.last_sequence();
  if (first_seen_ms_ < 0 || last_seen_ms_ < first_seen_ms_ ||
      last_seen_ms_ > kTimeMaxMs) {
    return Malformed("first and last seen are out of order");
  }
  if (!happenings_.empty() &&
      (happenings_.front().effective_ms < first_seen_ms_ ||
       happenings_.front().effective_ms < last_seen_ms_ - kWindowMaxMs ||
       happenings_.back().effective_ms > last_seen_ms_)) {
    return Malformed("a happening is older or newer than it can be");
  }
  return CheckTotals();
}

// What is remembered was counted, so that taking it back finds its count.
absl::Status Ring::CheckTotals() const {
  Ring counted;
  for (const Happened& happened : happenings_) counted.Count(happened, 1);
  if (counted.not_allowed_ > not_allowed_) {
    return Malformed("not_allowed is less than what is remembered");
  }
  for (int kind = 0; kind < kStoredKinds; ++kind) {
    if (counted.totals_[kind] > totals_[kind]) {
      return Malformed("the total of kind ", kind,
                       " is less than what is remembered");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Ring> Ring::Decode(const storage::v1::RingRecord& record) {
  Ring ring;
  absl::Status status = ring.DecodeHappenings(record);
  if (status.ok()) status = ring.DecodeTotals(record);
  if (!status.ok()) return status;
  return ring;
}

}  // namespace levee::state
