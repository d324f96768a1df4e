// Mixing of 64-bit numbers into hashes. Some of these are stored: never to be
// changed.
#ifndef LEVEE_SERVER_TEXT_MIX_H_
#define LEVEE_SERVER_TEXT_MIX_H_

#include <cstdint>

namespace levee::text {

// The finalizer of MurmurHash3 (Appleby, 2011): every bit of the number changes
// about half of the result's. One to one.
constexpr uint64_t Mix(uint64_t number) {
  number = (number ^ (number >> 33)) * 0xFF51AFD7ED558CCD;
  number = (number ^ (number >> 33)) * 0xC4CEB9FE1A85EC53;
  return number ^ (number >> 33);
}

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_MIX_H_
