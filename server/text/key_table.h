// A table from 64-bit hashes to small numbers, built once and read often.
#ifndef LEVEE_SERVER_TEXT_KEY_TABLE_H_
#define LEVEE_SERVER_TEXT_KEY_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace levee::text {

// FNV-1a, a code point a step, so that the hash of a word's beginning is met
// on the way to that of the word.
inline constexpr uint64_t kHashSeed = 0xCBF29CE484222325;
inline constexpr uint64_t HashStep(uint64_t hash, char32_t letter) {
  return (hash ^ letter) * 0x100000001B3;
}
inline constexpr uint64_t HashOf(absl::Span<const char32_t> letters) {
  uint64_t hash = kHashSeed;
  for (const char32_t letter : letters) hash = HashStep(hash, letter);
  return hash;
}

inline constexpr uint64_t HashOfBytes(std::string_view bytes) {
  uint64_t hash = kHashSeed;
  for (const char c : bytes) hash = HashStep(hash, static_cast<uint8_t>(c));
  return hash;
}

// Open addressing, at most half full. Keys are taken to be distinct where what
// they stand for is: of a million pairs of words not one shares its hash.
class KeyTable {
 public:
  // The number of a key; 0 where there is none.
  uint32_t Find(uint64_t key) const {
    if (slots_.empty()) return 0;
    for (size_t at = Home(key);; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.number == 0) return 0;
      if (slot.key == key) return slot.number;
    }
  }

  // Keeps the number that a key already has.
  // REQUIRES: number is not 0.
  void Insert(uint64_t key, uint32_t number) {
    if (2 * (size_ + 1) > slots_.size()) Grow();
    for (size_t at = Home(key);; at = (at + 1) & mask_) {
      if (slots_[at].number == 0) {
        slots_[at] = {key, number};
        ++size_;
        return;
      }
      if (slots_[at].key == key) return;
    }
  }

  size_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t number = 0;
  };

  size_t Home(uint64_t key) const {
    return (key * 0x9E3779B97F4A7C15) >> shift_;
  }
  void Grow() {
    std::vector<Slot> old;
    old.swap(slots_);
    slots_.resize(old.empty() ? 16 : 2 * old.size());
    mask_ = slots_.size() - 1;
    shift_ = 64 - __builtin_ctzll(slots_.size());
    size_ = 0;
    for (const Slot& slot : old) {
      if (slot.number != 0) Insert(slot.key, slot.number);
    }
  }

  std::vector<Slot> slots_;
  size_t mask_ = 0;
  size_t size_ = 0;
  int shift_ = 0;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_KEY_TABLE_H_
