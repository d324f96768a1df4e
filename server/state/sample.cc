#include "server/state/sample.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "server/state/happening.h"

namespace levee::state {
namespace {

bool Before(const Sampled& a, const Sampled& b) {
  return std::tie(a.hash, a.what) < std::tie(b.hash, b.what);
}

uint32_t Sum(uint32_t a, uint32_t b) {
  constexpr uint32_t kMax = std::numeric_limits<uint32_t>::max();
  return a > kMax - b ? kMax : a + b;
}

}  // namespace

uint32_t SampleHash(uint64_t customer) {
  // The finalizer of splitmix64 (Steele, Lea, Flood 2014).
  uint64_t hash = customer + 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return static_cast<uint32_t>((hash ^ (hash >> 31)) >> 32);
}

void Sample::Add(uint32_t hash, uint32_t what) {
  if (hash >= bound()) return;
  const Sampled entry{hash, what, 1};
  auto place =
      std::lower_bound(entries_.begin(), entries_.end(), entry, Before);
  if (place != entries_.end() && place->hash == hash && place->what == what) {
    place->count = Sum(place->count, 1);
    return;
  }
  const bool known =
      (place != entries_.end() && place->hash == hash) ||
      (place != entries_.begin() && std::prev(place)->hash == hash);
  entries_.insert(place, entry);
  if (known || ++distinct_ <= kSampleMax) return;
  bound_ = entries_.back().hash;
  while (entries_.back().hash == bound_) entries_.pop_back();
  --distinct_;
}

void Sample::Remove(uint32_t hash, uint32_t what) {
  const Sampled entry{hash, what, 1};
  auto place =
      std::lower_bound(entries_.begin(), entries_.end(), entry, Before);
  if (place == entries_.end() || place->hash != hash || place->what != what) {
    return;
  }
  if (--place->count > 0) return;
  place = entries_.erase(place);
  const bool others =
      (place != entries_.end() && place->hash == hash) ||
      (place != entries_.begin() && std::prev(place)->hash == hash);
  if (!others) --distinct_;
}

void Sample::Merge(const Sample& other) {
  const uint64_t below = std::min(bound(), other.bound());
  Entries merged;
  uint32_t distinct = 0;
  uint32_t bound = below >> 32 != 0 ? 0 : static_cast<uint32_t>(below);
  const Sampled* a = entries_.data();
  const Sampled* b = other.entries_.data();
  const Sampled* const a_end = a + entries_.size();
  const Sampled* const b_end = b + other.entries_.size();
  merged.reserve(std::min<size_t>(entries_.size() + other.entries_.size(),
                                  entries_.size() + kSampleMax));
  while (a != a_end || b != b_end) {
    const bool from_a = b == b_end || (a != a_end && !Before(*b, *a));
    const Sampled next = from_a ? *a++ : *b++;
    if (next.hash >= below) break;
    if (!merged.empty() && merged.back().hash == next.hash) {
      if (merged.back().what == next.what) {
        merged.back().count = Sum(merged.back().count, next.count);
      } else {
        merged.push_back(next);
      }
      continue;
    }
    if (distinct == kSampleMax) {
      bound = next.hash;
      break;
    }
    ++distinct;
    merged.push_back(next);
  }
  entries_ = std::move(merged);
  bound_ = bound;
  distinct_ = distinct;
}

void Sample::Encode(ReverseWriter* writer) const {
  const auto array = [&](int field, size_t bytes_each, auto write) {
    const size_t before = writer->size();
    writer->Reserve(entries_.size() * bytes_each);
    for (size_t i = entries_.size(); i-- > 0;) write(entries_[i]);
    writer->Close(field, before);
  };
  using storage::v1::Cell;
  writer->Fixed32Field(Cell::kSampleBoundFieldNumber, bound_);
  if (entries_.empty()) return;
  constexpr size_t kVarint = ReverseWriter::kVarintMax;
  array(Cell::kSampleCountFieldNumber, kVarint,
        [&](const Sampled& entry) { writer->Varint(entry.count); });
  array(Cell::kSampleWhatFieldNumber, kVarint,
        [&](const Sampled& entry) { writer->Varint(entry.what); });
  array(Cell::kSampleHashFieldNumber, 4,
        [&](const Sampled& entry) { writer->Fixed32(entry.hash); });
}

absl::Status Sample::Decode(const storage::v1::Cell& record) {
  const int count = record.sample_hash_size();
  if (record.sample_what_size() != count ||
      record.sample_count_size() != count) {
    return absl::DataLossError("the sample's arrays differ in length");
  }
  bound_ = record.sample_bound();
  entries_.reserve(count);
  for (int i = 0; i < count; ++i) {
    const Sampled entry{record.sample_hash(i), record.sample_what(i),
                        record.sample_count(i)};
    if (!IsWhat(entry.what) || entry.count == 0 || entry.hash >= bound()) {
      return absl::DataLossError("the sample has an impossible entry");
    }
    if (i > 0 && !Before(entries_.back(), entry)) {
      return absl::DataLossError("the sample is not in order");
    }
    if (i == 0 || entries_.back().hash != entry.hash) ++distinct_;
    entries_.push_back(entry);
  }
  if (distinct_ > kSampleMax) {
    return absl::DataLossError("the sample holds too many customers");
  }
  return absl::OkStatus();
}

}  // namespace levee::state
