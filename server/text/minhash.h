// Min-wise hashing of a set: 128 bytes whose agreement with another set's
// tells how alike the two are.
#ifndef LEVEE_SERVER_TEXT_MINHASH_H_
#define LEVEE_SERVER_TEXT_MINHASH_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace levee::text {

inline constexpr size_t kMinHashBytes = 128;

using MinHash = std::array<uint8_t, kMinHashBytes>;

// The MinHash of a set of hashes, whose order and repetitions do not matter.
// Reads the low 32 bits of each, which must be well mixed. Sets of up to a few
// thousand: beyond, unlike sets begin to agree by chance (by 1/128 more at
// 1,024). The same on every machine.
MinHash MinHashOf(absl::Span<const uint64_t> hashes);
// The same by what every 64-bit machine has, half as fast; for tests.
MinHash NarrowMinHashOf(absl::Span<const uint64_t> hashes);

// How many bytes are equal, 0 to 128.
int EqualBytes(const MinHash& a, const MinHash& b);

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_MINHASH_H_
