#include "server/rules/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace levee::rules {
namespace {

constexpr Address::Bytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr size_t kMappedBytes = 12;
constexpr int kMappedBits = 96;
constexpr int kPrefixV4 = 24;
constexpr int kPrefixV6 = 64;
constexpr int kGroups = 8;

bool IsMapped(const Address::Bytes& bytes) {
  return std::equal(bytes.begin(), bytes.begin() + kMappedBytes,
                    kMapped.begin());
}

// The bits of byte `i` that lie behind the first `bits` of all.
uint8_t HostMask(size_t i, int bits) {
  const int network_bits = std::clamp(bits - static_cast<int>(i) * 8, 0, 8);
  return static_cast<uint8_t>(0xFF >> network_bits);
}

// The longest run of at least two zero groups, the first of equals (RFC 5952
// §4.2); empty: none.
struct Run {
  int begin = 0;
  int size = 0;
};
Run LongestZeros(const std::array<uint16_t, kGroups>& groups) {
  Run longest;
  Run run;
  for (int i = 0; i < kGroups; ++i) {
    if (groups[i] != 0) {
      run.size = 0;
      continue;
    }
    if (run.size++ == 0) run.begin = i;
    if (run.size > longest.size) longest = run;
  }
  return longest.size >= 2 ? longest : Run{};
}

std::string V6ToString(const Address::Bytes& bytes) {
  std::array<uint16_t, kGroups> groups;
  for (int i = 0; i < kGroups; ++i) {
    groups[i] = static_cast<uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  }
  const Run zeros = LongestZeros(groups);
  std::string text;
  for (int i = 0; i < kGroups; ++i) {
    if (zeros.size > 0 && i == zeros.begin) {
      text += "::";
      i += zeros.size - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    absl::StrAppend(&text, absl::Hex(groups[i]));
  }
  return text;
}

}  // namespace

std::optional<Address> Address::Parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN] = {};
  if (text.empty() || text.size() >= sizeof(terminated) ||
      text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::memcpy(terminated, text.data(), text.size());
  Address address;
  if (inet_pton(AF_INET, terminated, address.bytes_.data() + kMappedBytes) ==
      1) {
    std::copy_n(kMapped.begin(), kMappedBytes, address.bytes_.begin());
    address.is_v4_ = true;
    return address;
  }
  if (inet_pton(AF_INET6, terminated, address.bytes_.data()) != 1) {
    return std::nullopt;
  }
  address.is_v4_ = IsMapped(address.bytes_);
  return address;
}

std::string Address::ToString() const {
  if (!is_v4_) return V6ToString(bytes_);
  return absl::StrCat(bytes_[12], ".", bytes_[13], ".", bytes_[14], ".",
                      bytes_[15]);
}

Network Address::Prefix() const {
  return Network(*this, is_v4_ ? kPrefixV4 : kPrefixV6);
}

Network::Network(const Address& address, int length)
    : first_(address), length_(length) {
  for (size_t i = 0; i < first_.bytes_.size(); ++i) {
    const uint8_t host = HostMask(i, bits());
    if ((first_.bytes_[i] & host) != 0) exact_ = false;
    first_.bytes_[i] &= static_cast<uint8_t>(~host);
  }
}

std::optional<Network> Network::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<Address> address = Address::Parse(text.substr(0, slash));
  if (!address.has_value()) return std::nullopt;
  if (slash == std::string_view::npos) {
    return Network(*address, address->is_v4() ? 32 : 128);
  }
  const std::string_view digits = text.substr(slash + 1);
  int length = 0;
  const auto [end, fault] =
      std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (fault != std::errc() || end != digits.data() + digits.size() ||
      digits[0] == '-' || (digits.size() > 1 && digits[0] == '0')) {
    return std::nullopt;
  }
  const bool mapped =
      address->is_v4() && text.find(':') != std::string_view::npos;
  if (mapped) length -= kMappedBits;
  if (length < 0 || length > (address->is_v4() ? 32 : 128)) {
    return std::nullopt;
  }
  return Network(*address, length);
}

bool Network::Contains(const Address& address) const {
  if (address.is_v4() != first_.is_v4()) return false;
  for (size_t i = 0; i < first_.bytes_.size(); ++i) {
    const uint8_t differs = address.bytes_[i] ^ first_.bytes_[i];
    if ((differs & ~HostMask(i, bits())) != 0) return false;
  }
  return true;
}

Address Network::last() const {
  Address last = first_;
  for (size_t i = 0; i < last.bytes_.size(); ++i) {
    last.bytes_[i] |= HostMask(i, bits());
  }
  return last;
}

std::string Network::ToString() const {
  return absl::StrCat(first_.ToString(), "/", length_);
}

}  // namespace levee::rules
