// RFC 6962 splits n leaves at the largest power of two below n. Pairing
// neighbours level by level and carrying an odd last node up unchanged builds
// the same tree, without recursion.
#include "storage/merkle.h"

namespace levee::storage {
namespace {

// Replaces a level by the one above.
void FoldLevel(Sha256& sha, std::vector<Hash256>& level) {
  const size_t pairs = level.size() / 2;
  for (size_t i = 0; i < pairs; ++i) {
    level[i] = sha.OfNode(level[2 * i], level[2 * i + 1]);
  }
  if (level.size() % 2 == 1) level[pairs] = level.back();
  level.resize((level.size() + 1) / 2);
}

std::vector<Hash256> Leaves(Sha256& sha,
                            absl::Span<const std::string_view> entries) {
  std::vector<Hash256> leaves;
  leaves.reserve(entries.size());
  for (std::string_view entry : entries) leaves.push_back(sha.OfLeaf(entry));
  return leaves;
}

}  // namespace

Hash256 FoldLeaves(Sha256& sha, std::vector<Hash256>& leaves) {
  while (leaves.size() > 1) FoldLevel(sha, leaves);
  return leaves[0];
}

Hash256 MerkleRoot(absl::Span<const std::string_view> entries) {
  Sha256 sha;
  std::vector<Hash256> leaves = Leaves(sha, entries);
  return FoldLeaves(sha, leaves);
}

std::vector<Hash256> MerkleProof(absl::Span<const std::string_view> entries,
                                 size_t i) {
  Sha256 sha;
  std::vector<Hash256> level = Leaves(sha, entries);
  std::vector<Hash256> proof;
  for (; level.size() > 1; i /= 2) {
    const size_t sibling = i ^ 1;
    if (sibling < level.size()) proof.push_back(level[sibling]);
    FoldLevel(sha, level);
  }
  return proof;
}

bool VerifyProof(std::string_view entry, size_t i, size_t count,
                 absl::Span<const Hash256> proof, const Hash256& root) {
  if (i >= count) return false;
  Sha256 sha;
  Hash256 hash = sha.OfLeaf(entry);
  size_t used = 0;
  for (; count > 1; i /= 2, count = (count + 1) / 2) {
    if ((i ^ 1) >= count) continue;
    if (used == proof.size()) return false;
    const Hash256& sibling = proof[used++];
    hash = i % 2 == 0 ? sha.OfNode(hash, sibling) : sha.OfNode(sibling, hash);
  }
  return used == proof.size() && hash == root;
}

}  // namespace levee::storage
