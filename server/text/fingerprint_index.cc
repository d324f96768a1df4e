// Tested by tests/server/text/fingerprint_index_test.cc.
//
// Messages stand in a ring. MinHash's 128 bytes are 32 bands of 4 (Leskovec,
// Rajaraman and Ullman, "Mining of Massive Datasets", 3.4): two messages whose
// bytes agree with probability s share a band with probability
// 1 - (1 - s^4)^32, which is 0.87 for s = 0.5 and 0.998 for s = 0.65. `exact`
// and `inner` are two more of such keys.
//
// A table for each is made of buckets of 16 ways, one cache line each, in which
// the newest entry comes first and pushes the last one out. Of a key's 16 or
// more messages only the newest 16 are wanted, so there are no chains, and the
// bands of a message take 4 bytes each. An entry is the message's slot and, in
// the remaining bits, a tag of its key, which spares nearly all looks at
// messages of other keys. Nobody takes entries out when the ring comes round:
// an old entry then leads to a newer message, which is compared like any other.
//
// A customer who sends a text again takes the place of his entry before, so
// that sixteen customers are known and not sixteen messages of one.
//
// There are as many ways as messages. Where more than 16 of a full ring fall
// into one bucket the oldest are lost to this band (a tenth of the oldest), not
// to the 31 others.
#include "server/text/fingerprint_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "server/text/mix.h"

namespace levee::text {
namespace {

constexpr size_t kBands = 32;
constexpr size_t kBandBytes = kMinHashBytes / kBands;
constexpr size_t kExactTable = kBands;
constexpr size_t kInnerTable = kBands + 1;
constexpr size_t kMessagesMax = size_t{1} << 23;
// The golden ratio's 64 bits: what is the same in two tables lies apart.
constexpr uint64_t kTableStep = 0x9E3779B97F4A7C15;

uint32_t BandKey(const Fingerprint& fingerprint, size_t band) {
  uint32_t key;
  std::memcpy(&key, fingerprint.minhash.data() + band * kBandBytes, sizeof key);
  return key;
}

bool IsInnerAlike(const Fingerprint& a, const Fingerprint& b) {
  return (a.inner != 0 && (a.inner == b.inner || a.inner == b.exact)) ||
         (b.inner != 0 && b.inner == a.exact);
}

uint64_t PhraseOf(uint64_t tenant, const Fingerprint& fingerprint) {
  return fingerprint.exact ^ Mix(tenant);
}

// How alike they are; equal_bytes and likeness only.
FingerprintMatch Compare(const Fingerprint& a, const Fingerprint& b) {
  if (a.exact != 0 && a.exact == b.exact) {
    return {.equal_bytes = kMinHashBytes, .likeness = Likeness::kExact};
  }
  if (!IsComparable(a) || !IsComparable(b)) return {};
  const int equal_bytes = EqualBytes(a, b);
  if (IsInnerAlike(a, b)) {
    return {.equal_bytes = std::max(equal_bytes, kAlikeBytesMin),
            .likeness = Likeness::kInner};
  }
  return {.equal_bytes = equal_bytes, .likeness = Likeness::kMinHash};
}

// Leaves kMatchesMax of them: the newest of each customer before others.
// REQUIRES: they are in order, the newest first, at most kCandidatesMax.
void PreferDistinctCustomers(std::vector<FingerprintMatch>* matches) {
  constexpr size_t kMax = FingerprintIndex::kMatchesMax;
  if (matches->size() <= kMax) return;
  std::array<size_t, kMax> chosen;
  size_t count = 0;
  std::array<bool, FingerprintIndex::kCandidatesMax> is_chosen = {};
  for (size_t i = 0; i < matches->size() && count < kMax; ++i) {
    const auto is_same = [&](size_t other) {
      return (*matches)[other].customer == (*matches)[i].customer;
    };
    if (std::any_of(chosen.data(), chosen.data() + count, is_same)) continue;
    chosen[count++] = i;
    is_chosen[i] = true;
  }
  for (size_t i = 0; i < matches->size() && count < kMax; ++i) {
    if (!is_chosen[i]) ++count;
    is_chosen[i] = true;
  }
  size_t kept = 0;
  for (size_t i = 0; i < matches->size(); ++i) {
    if (is_chosen[i]) (*matches)[kept++] = (*matches)[i];
  }
  matches->resize(kept);
}

}  // namespace

// Different slots, in the order they were met.
struct FingerprintIndex::Candidates {
  // Four times as many places as slots.
  static constexpr size_t kPlaces = 4 * kCandidatesMax;

  bool Add(uint32_t slot) {
    size_t at = slot * 0x9E3779B1U % kPlaces;
    for (; places[at] != 0; at = (at + 1) % kPlaces) {
      if (places[at] == slot + 1) return false;
    }
    places[at] = slot + 1;
    slots[size++] = slot;
    return true;
  }

  std::array<uint32_t, kPlaces> places = {};
  std::array<uint32_t, kCandidatesMax> slots;
  size_t size = 0;
};

FingerprintIndex::FingerprintIndex(const Options& options) {
  const size_t messages =
      std::clamp<size_t>(options.messages_max, 1, kMessagesMax);
  slot_bits_ = static_cast<uint32_t>(std::bit_width(messages - 1));
  slot_mask_ = (uint32_t{1} << slot_bits_) - 1;
  table_buckets_ = (messages + kWays - 1) / kWays;
  ring_.resize(messages);
  buckets_.resize(kTables * table_buckets_);
  heads_.resize(std::bit_ceil(2 * messages));
}

size_t FingerprintIndex::bytes() const {
  return ring_.size() * sizeof(Slot) + buckets_.size() * sizeof(Bucket) +
         heads_.size() * sizeof(uint32_t) + phrases_.bytes();
}

FingerprintIndex::Place FingerprintIndex::PlaceOf(size_t table, uint64_t tenant,
                                                  uint64_t key) const {
  const uint64_t hash = Mix(key ^ (Mix(tenant) + table * kTableStep));
  const size_t bucket = (hash >> 32) * table_buckets_ >> 32;
  const uint32_t tag = static_cast<uint32_t>(hash) >> slot_bits_;
  return {.table = table,
          .key = key,
          .bucket = table * table_buckets_ + bucket,
          .tag = std::max<uint32_t>(tag, 1)};
}

void FingerprintIndex::FindPlaces(uint64_t tenant,
                                  const Fingerprint& fingerprint,
                                  Places* places) const {
  const auto add = [&](size_t table, uint64_t key) {
    Place& place = places->places[places->size++];
    place = PlaceOf(table, tenant, key);
  };
  places->size = 0;
  if (fingerprint.exact != 0) add(kExactTable, fingerprint.exact);
  if (!IsComparable(fingerprint)) return;
  if (fingerprint.inner != 0) add(kInnerTable, fingerprint.inner);
  for (size_t band = 0; band < kBands; ++band) {
    add(band, BandKey(fingerprint, band));
  }
}

void FingerprintIndex::Prefetch(const Slot& slot) {
  const auto* const bytes = reinterpret_cast<const char*>(&slot);
  for (size_t at = 0; at < sizeof slot; at += kCacheLine) {
    __builtin_prefetch(bytes + at);
  }
}

bool FingerprintIndex::IsUnder(const Place& place, const Slot& slot) const {
  const Fingerprint& fingerprint = slot.fingerprint;
  if (place.table == kExactTable) return fingerprint.exact == place.key;
  if (place.table == kInnerTable) return fingerprint.inner == place.key;
  return BandKey(fingerprint, place.table) == place.key;
}

// In vectors that every 64-bit machine has: most buckets have none.
bool FingerprintIndex::HasTag(const Bucket& bucket, uint32_t tag) const {
  using Entries = uint32_t __attribute__((vector_size(16)));
  using Results = int32_t __attribute__((vector_size(16)));
  Results any = {};
  for (size_t i = 0; i < kWays; i += sizeof(Entries) / sizeof(uint32_t)) {
    Entries entries;
    std::memcpy(&entries, bucket.ways.data() + i, sizeof entries);
    any |= (entries >> slot_bits_) == tag;
  }
  uint64_t halves[2];
  std::memcpy(halves, &any, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

void FingerprintIndex::AddTo(const Place& place, uint32_t slot) {
  Bucket& bucket = buckets_[place.bucket];
  std::array<uint32_t, kWays>& ways = bucket.ways;
  const uint32_t entry = place.tag << slot_bits_ | slot;
  size_t last = HasTag(bucket, place.tag) ? 0 : kWays - 1;
  for (; last < kWays - 1; ++last) {
    // From before the ring came round.
    if (ways[last] == entry) break;
    if (TagOf(ways[last]) != place.tag) continue;
    const Slot& other = ring_[SlotOf(ways[last])];
    if (other.customer == ring_[slot].customer && IsUnder(place, other)) break;
  }
  std::memmove(ways.data() + 1, ways.data(), last * sizeof ways[0]);
  ways[0] = entry;
}

void FingerprintIndex::RemoveFrom(const Place& place, uint32_t slot) {
  std::array<uint32_t, kWays>& ways = buckets_[place.bucket].ways;
  const uint32_t entry = place.tag << slot_bits_ | slot;
  std::fill(std::remove(ways.begin(), ways.end(), entry), ways.end(), 0);
}

FingerprintMatch FingerprintIndex::Compared(const Fingerprint& fingerprint,
                                            const Slot& slot) {
  FingerprintMatch match = Compare(fingerprint, slot.fingerprint);
  match.sequence = slot.sequence;
  match.customer = slot.customer;
  match.when_ms = slot.when_ms;
  return match;
}

size_t FingerprintIndex::HeadOf(uint64_t customer) const {
  const size_t mask = heads_.size() - 1;
  size_t at = Mix(customer) & mask;
  while (heads_[at] != 0 && ring_[heads_[at] - 1].customer != customer) {
    at = (at + 1) & mask;
  }
  return at;
}

// Moves back what would not be found behind an empty place (Knuth, volume 3,
// 6.4, algorithm R).
void FingerprintIndex::RemoveHead(size_t at) {
  const size_t mask = heads_.size() - 1;
  heads_[at] = 0;
  for (size_t next = (at + 1) & mask; heads_[next] != 0;
       next = (next + 1) & mask) {
    const size_t home = Mix(ring_[heads_[next] - 1].customer) & mask;
    if (((next - home) & mask) < ((next - at) & mask)) continue;
    heads_[at] = heads_[next];
    heads_[next] = 0;
    at = next;
  }
}

uint64_t FingerprintIndex::PositionOf(uint32_t slot) const {
  const uint64_t messages = ring_.size();
  const uint64_t last = inserted_ - 1;
  return last - (last % messages + messages - slot) % messages;
}

const FingerprintIndex::Slot* FingerprintIndex::At(uint64_t position) const {
  if (inserted_ - position > ring_.size()) return nullptr;
  return &ring_[position % ring_.size()];
}

void FingerprintIndex::Forget(uint32_t slot) {
  Slot& old = ring_[slot];
  if (old.customer == 0) return;
  const size_t head = HeadOf(old.customer);
  if (heads_[head] == slot + 1) RemoveHead(head);
  old = {};
  --size_;
}

void FingerprintIndex::Expect(uint64_t tenant, uint64_t customer,
                              const Fingerprint& fingerprint) const {
  const uint32_t& head = heads_[Mix(customer) & (heads_.size() - 1)];
  if (head != 0) Prefetch(ring_[head - 1]);
  Places places;
  FindPlaces(tenant, fingerprint, &places);
  for (size_t i = 0; i < places.size; ++i) {
    __builtin_prefetch(&buckets_[places.places[i].bucket], 1);
  }
}

void FingerprintIndex::Insert(const FingerprintEntry& entry) {
  Places places;
  FindPlaces(entry.tenant, entry.fingerprint, &places);
  const auto slot = static_cast<uint32_t>(inserted_ % ring_.size());
  Forget(slot);
  uint32_t& head = heads_[HeadOf(entry.customer)];
  const uint64_t back = head == 0 ? 0 : inserted_ - PositionOf(head - 1);
  head = slot + 1;
  ring_[slot] = {.fingerprint = entry.fingerprint,
                 .back = static_cast<uint32_t>(back),
                 .sequence = entry.sequence,
                 .tenant = entry.tenant,
                 .customer = entry.customer,
                 .when_ms = entry.when_ms};
  ++inserted_;
  ++size_;
  for (size_t i = 0; i < places.size; ++i) AddTo(places.places[i], slot);
  if (!IsComparable(entry.fingerprint) && entry.fingerprint.exact != 0) {
    phrases_.Note(PhraseOf(entry.tenant, entry.fingerprint), entry.customer,
                  entry.when_ms);
  }
}

std::optional<FingerprintMatch> FingerprintIndex::FindOwn(
    uint64_t customer, const Fingerprint& fingerprint) const {
  const uint32_t head = heads_[HeadOf(customer)];
  if (head == 0) return std::nullopt;
  FingerprintMatch best;
  uint64_t position = PositionOf(head - 1);
  const Slot* slot = At(position);
  for (int i = 0; i < kOwnMax && slot != nullptr; ++i) {
    // The next one is fetched while this one is compared.
    position -= slot->back;
    const Slot* const next = slot->back == 0 ? nullptr : At(position);
    if (next != nullptr) Prefetch(*next);
    const FingerprintMatch match = Compared(fingerprint, *slot);
    if (match.equal_bytes > best.equal_bytes) best = match;
    slot = next;
  }
  if (best.equal_bytes == 0) return std::nullopt;
  return best;
}

bool FingerprintIndex::IsCommon(uint64_t tenant,
                                const Fingerprint& fingerprint) const {
  return !IsComparable(fingerprint) &&
         phrases_.IsCommon(PhraseOf(tenant, fingerprint));
}

void FingerprintIndex::Collect(const Place& place,
                               Candidates* candidates) const {
  const Bucket& bucket = buckets_[place.bucket];
  if (!HasTag(bucket, place.tag)) return;
  for (const uint32_t entry : bucket.ways) {
    if (TagOf(entry) != place.tag) continue;
    if (candidates->size == kCandidatesMax) return;
    const uint32_t slot = SlotOf(entry);
    if (candidates->Add(slot)) Prefetch(ring_[slot]);
  }
}

void FingerprintIndex::FindAlike(uint64_t tenant, uint64_t customer,
                                 const Fingerprint& fingerprint,
                                 int64_t since_ms,
                                 std::vector<FingerprintMatch>* matches) const {
  matches->clear();
  if (IsCommon(tenant, fingerprint)) return;
  Places places;
  FindPlaces(tenant, fingerprint, &places);
  Candidates candidates;
  for (size_t i = 0; i < places.size; ++i) {
    Collect(places.places[i], &candidates);
  }
  // A text is the inner part of another one, or has it as its inner part.
  if (IsComparable(fingerprint)) {
    Collect(PlaceOf(kInnerTable, tenant, fingerprint.exact), &candidates);
    Collect(PlaceOf(kExactTable, tenant, fingerprint.inner), &candidates);
  }
  for (size_t i = 0; i < candidates.size; ++i) {
    const Slot& slot = ring_[candidates.slots[i]];
    if (slot.customer == 0 || slot.customer == customer ||
        slot.tenant != tenant || slot.when_ms < since_ms) {
      continue;
    }
    const FingerprintMatch match = Compared(fingerprint, slot);
    if (match.equal_bytes >= kAlikeBytesMin) matches->push_back(match);
  }
  std::sort(matches->begin(), matches->end(),
            [](const FingerprintMatch& a, const FingerprintMatch& b) {
              return a.sequence > b.sequence;
            });
  PreferDistinctCustomers(matches);
}

void FingerprintIndex::Erase(uint64_t customer) {
  const size_t head = HeadOf(customer);
  if (heads_[head] == 0) return;
  uint64_t position = PositionOf(heads_[head] - 1);
  RemoveHead(head);
  while (At(position) != nullptr) {
    const auto at = static_cast<uint32_t>(position % ring_.size());
    Slot& slot = ring_[at];
    Places places;
    FindPlaces(slot.tenant, slot.fingerprint, &places);
    for (size_t i = 0; i < places.size; ++i) RemoveFrom(places.places[i], at);
    const uint32_t back = slot.back;
    slot = {};
    --size_;
    if (back == 0) return;
    position -= back;
  }
}

}  // namespace levee::text
