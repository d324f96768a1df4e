// A named list of a rule set, compiled for quick lookup.
#ifndef LEVEE_SERVER_RULES_VALUE_LIST_H_
#define LEVEE_SERVER_RULES_VALUE_LIST_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "levee/v1/rule.pb.h"
#include "server/rules/network.h"

namespace levee::rules {

// True where `domain` is one: labels of letters, digits, hyphens, underscores
// and non-ASCII, 63 bytes each, joined by dots, 253 in all.
bool IsDomain(std::string_view domain);

// Threads: any, once made.
class ValueList {
 public:
  explicit ValueList(levee::v1::ListKind kind) : kind_(kind) {}

  // The end of what has none.
  static constexpr int64_t kForEver = INT64_MAX;

  // Adds a value that is on the list until a time; the later one where it is
  // added twice. False, and `fault` says what would be right, where it is none
  // of the list's kind.
  // REQUIRES: Finish was not called yet.
  bool Add(std::string_view value, int64_t until_ms, std::string* fault);
  // Makes the list ready for lookups.
  void Finish();

  levee::v1::ListKind kind() const { return kind_; }
  // For every kind but IP. E-mail addresses and domains are given in small
  // letters; a domain is on the list if it or one above it is.
  // Until when; 0: it is not on the list. O(1), for a domain O(labels).
  int64_t Until(std::string_view value) const;
  // For the kind IP. O(log n), and O(n) over the ranges that have an end.
  int64_t Until(const Address& address) const;

 private:
  // Looks up without a copy.
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view value) const {
      return std::hash<std::string_view>()(value);
    }
  };
  struct Range {
    Address first;
    Address last;
    int64_t until_ms = kForEver;
  };

  bool AddRange(std::string_view value, int64_t until_ms, std::string* fault);
  void AddValue(const std::string& value, int64_t until_ms);

  levee::v1::ListKind kind_;
  absl::flat_hash_map<std::string, int64_t, Hash, std::equal_to<>> values_;
  // Ascending and apart, once finished. IPv6 sorts before IPv4.
  std::vector<Range> ranges_;
  std::vector<Range> ranges_with_end_;
};

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_VALUE_LIST_H_
