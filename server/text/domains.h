// Mail domains that anybody may use for ten minutes and throw away.
#ifndef LEVEE_SERVER_TEXT_DOMAINS_H_
#define LEVEE_SERVER_TEXT_DOMAINS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace levee::text {

// 36 bits of a hash of each name, as tests/train/domains.py writes them. A name
// that is not listed is taken for a listed one with a chance of size() / 2^36
// (1 in 565,000), and with as many chances more as it has parents that are
// looked up.
//
// Threads: any. Views the bytes it was opened with.
class DisposableDomains {
 public:
  // DATA_LOSS, UNIMPLEMENTED: as ModelFile::Open.
  static absl::StatusOr<DisposableDomains> Open(std::string_view bytes);

  // True where the domain of an address, or one of its parents of at least two
  // labels, is listed. The case of ASCII letters does not matter. False for
  // what is no address.
  bool HoldsAddress(std::string_view address) const;

  // The same for a domain; at most kLabelsMax of its last labels are looked at.
  bool HoldsDomain(std::string_view domain) const;

  size_t size() const { return lows_.size() / kLowBytes; }

  static constexpr size_t kLabelsMax = 5;

 private:
  static constexpr size_t kLowBytes = 3;

  DisposableDomains(absl::Span<const uint32_t> buckets, std::string_view lows)
      : buckets_(buckets), lows_(lows) {}

  bool HoldsName(std::string_view name) const;

  absl::Span<const uint32_t> buckets_;
  std::string_view lows_;
};

// The domain of a mail address: what stands behind its last "@", without dots
// and spaces at its end. Empty where there is none.
std::string_view DomainOf(std::string_view address);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_DOMAINS_H_
