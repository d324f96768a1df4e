// A 128-bit hash under the store's own key.
#ifndef LEVEE_SERVER_SEQUENCER_KEYED_HASH_H_
#define LEVEE_SERVER_SEQUENCER_KEYED_HASH_H_

#include <string>
#include <string_view>

#include "storage/journal.h"

namespace levee::sequencer {

// SHA-256 over one block that holds the key and then the input, cut to 16
// bytes: without the key nobody can confirm a guess at what was hashed, and
// the cut leaves no room for length extension. Threads: any.
class KeyedHash {
 public:
  // REQUIRES: key.size() == 32.
  explicit KeyedHash(std::string_view key);

  storage::Id128 operator()(std::string_view input) const;
  // The hash of several parts, each with its length, so that no two lists of
  // parts share an input.
  storage::Id128 operator()(std::string_view domain, uint64_t tenant,
                            std::string_view input) const;

 private:
  std::string block_;  // 64 bytes
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_KEYED_HASH_H_
