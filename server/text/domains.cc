#include "server/text/domains.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "server/text/key_table.h"
#include "server/text/mix.h"
#include "server/text/model_file.h"

namespace levee::text {
namespace {

constexpr int kBucketBits = 12;
constexpr int kLowBits = 24;
constexpr size_t kBuckets = size_t{1} << kBucketBits;
// RFC 1035 §2.3.4.
constexpr size_t kDomainMax = 253;

uint32_t LowAt(std::string_view lows, size_t at) {
  const auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(lows[3 * at + i]));
  };
  return byte(0) | byte(1) << 8 | byte(2) << 16;
}

}  // namespace

absl::StatusOr<DisposableDomains> DisposableDomains::Open(
    std::string_view bytes) {
  const absl::StatusOr<ModelFile> file = ModelFile::Open(bytes, "DOMN");
  if (!file.ok()) return file.status();
  const absl::StatusOr<absl::Span<const uint32_t>> buckets =
      file->Numbers<uint32_t>("BCKT");
  if (!buckets.ok()) return buckets.status();
  const absl::StatusOr<std::string_view> lows = file->Section("LOWS");
  if (!lows.ok()) return lows.status();
  if (buckets->size() != kBuckets + 1 ||
      !std::is_sorted(buckets->begin(), buckets->end()) ||
      lows->size() != size_t{buckets->back()} * kLowBytes) {
    return absl::DataLossError("model file DOMN: its buckets do not fit");
  }
  return DisposableDomains(*buckets, *lows);
}

bool DisposableDomains::HoldsName(std::string_view name) const {
  uint64_t hash = kHashSeed;
  for (const char c : name) {
    hash = HashStep(hash, static_cast<uint8_t>(
                              absl::ascii_tolower(static_cast<uint8_t>(c))));
  }
  hash = Mix(hash);
  const uint32_t low =
      hash >> (64 - kBucketBits - kLowBits) & ((uint32_t{1} << kLowBits) - 1);
  const size_t bucket = hash >> (64 - kBucketBits);
  size_t begin = buckets_[bucket];
  size_t end = buckets_[bucket + 1];
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    const uint32_t there = LowAt(lows_, middle);
    if (there == low) return true;
    if (there < low) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return false;
}

bool DisposableDomains::HoldsDomain(std::string_view domain) const {
  if (domain.size() > kDomainMax) return false;
  size_t dot = domain.size();
  for (size_t labels = 1; labels <= kLabelsMax && dot != 0; ++labels) {
    dot = domain.rfind('.', dot - 1);
    if (dot == std::string_view::npos) {
      return labels > 1 && HoldsName(domain);
    }
    if (labels > 1 && HoldsName(domain.substr(dot + 1))) return true;
  }
  return false;
}

bool DisposableDomains::HoldsAddress(std::string_view address) const {
  return HoldsDomain(DomainOf(address));
}

std::string_view DomainOf(std::string_view address) {
  const size_t at = address.rfind('@');
  if (at == std::string_view::npos) return {};
  std::string_view domain = address.substr(at + 1);
  return domain.substr(0, domain.find_last_not_of(". \t>") + 1);
}

}  // namespace levee::text
