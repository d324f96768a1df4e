// IP addresses and ranges of them. Pure values.
#ifndef LEVEE_SERVER_RULES_NETWORK_H_
#define LEVEE_SERVER_RULES_NETWORK_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace levee::rules {

class Network;

// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address is the IPv4 address.
class Address {
 public:
  // 16 bytes, big-endian; of an IPv4 address the IPv4-mapped ones.
  using Bytes = std::array<uint8_t, 16>;

  // Text as inet_pton takes it: four decimal numbers without leading zeros, or
  // IPv6 without brackets and zone. Empty where it is anything else.
  static std::optional<Address> Parse(std::string_view text);

  bool is_v4() const { return is_v4_; }
  const Bytes& bytes() const { return bytes_; }

  // RFC 5952 for IPv6.
  std::string ToString() const;
  // The network that the address is counted by: its /24 or /64.
  Network Prefix() const;

  friend auto operator<=>(const Address&, const Address&) = default;

 private:
  friend class Network;

  bool is_v4_ = false;
  Bytes bytes_ = {};
};

// All addresses that begin with the same bits.
class Network {
 public:
  // "203.0.113.0/24" or "2001:db8::/32"; an address alone is a network of one.
  // Bits behind the prefix may be set in the text: see `exact`. Empty where it
  // is anything else.
  static std::optional<Network> Parse(std::string_view text);
  // The network of `length` bits (at most 32, or 128) around an address.
  Network(const Address& address, int length);

  // False where bits behind the prefix were set; they are dropped.
  bool exact() const { return exact_; }
  bool Contains(const Address& address) const;
  // The first and the last address.
  const Address& first() const { return first_; }
  Address last() const;
  // In canonical form, always with a length: "203.0.113.7/32".
  std::string ToString() const;

 private:
  // Within the 16 bytes.
  int bits() const { return first_.is_v4() ? length_ + 96 : length_; }

  Address first_;
  int length_ = 0;
  bool exact_ = true;
};

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_NETWORK_H_
