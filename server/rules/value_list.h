// A named list of a rule set, compiled for quick lookup.
#ifndef LEVEE_SERVER_RULES_VALUE_LIST_H_
#define LEVEE_SERVER_RULES_VALUE_LIST_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
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

  // Adds a value. False, and `fault` says what would be right, where it is
  // none of the list's kind.
  // REQUIRES: Finish was not called yet.
  bool Add(std::string_view value, std::string* fault);
  // Makes the list ready for lookups.
  void Finish();

  levee::v1::ListKind kind() const { return kind_; }
  // For every kind but IP. E-mail addresses and domains are given in small
  // letters; a domain is on the list if it or one above it is.
  // O(1), for a domain O(labels).
  bool Contains(std::string_view value) const;
  // For the kind IP. O(log n).
  bool Contains(const Address& address) const;

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
  };

  bool AddRange(std::string_view value, std::string* fault);

  levee::v1::ListKind kind_;
  absl::flat_hash_set<std::string, Hash, std::equal_to<>> values_;
  // Ascending and apart, once finished. IPv6 sorts before IPv4.
  std::vector<Range> ranges_;
};

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_VALUE_LIST_H_
