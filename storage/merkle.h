// Merkle trees over a batch's entries, in the shape of RFC 6962, section 2.1:
// one entry can be proved to stand in a record without showing the others.
#ifndef LEVEE_STORAGE_MERKLE_H_
#define LEVEE_STORAGE_MERKLE_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "storage/hash.h"
#include "storage/journal.h"

namespace levee::storage {

// The root above the leaves, which are overwritten.
// REQUIRES: there is one.
Hash256 FoldLeaves(Sha256& sha, std::vector<Hash256>& leaves);

// REQUIRES: there is an entry.
Hash256 MerkleRoot(absl::Span<const std::string_view> entries);

// What VerifyProof needs beside entry i: its siblings from the leaf upwards.
// REQUIRES: i < entries.size().
std::vector<Hash256> MerkleProof(absl::Span<const std::string_view> entries,
                                 size_t i);

// Whether `entry` is number i of the `count` entries under `root`.
bool VerifyProof(std::string_view entry, size_t i, size_t count,
                 absl::Span<const Hash256> proof, const Hash256& root);

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_MERKLE_H_
