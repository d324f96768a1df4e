// Names and notes that a rule set gives.
#ifndef LEVEE_SERVER_RULES_NAMES_H_
#define LEVEE_SERVER_RULES_NAMES_H_

#include <cstddef>
#include <map>
#include <string>

#include "server/rules/place.h"

namespace levee::rules {

// A rule's or a list entry's.
inline constexpr size_t kNoteBytesMax = 2 << 10;

// Adds a problem where the value is longer.
void CheckSize(const std::string& value, size_t bytes_max, const Spot& spot,
               Problems* problems);

// Names that were given already, with the line of each.
class Names {
 public:
  // Adds a problem where the name was given before.
  void Add(const std::string& name, const Spot& spot, Problems* problems);

 private:
  std::map<std::string, int> lines_;
};

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_NAMES_H_
