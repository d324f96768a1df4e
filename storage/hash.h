// SHA-256 for many short inputs.
#ifndef LEVEE_STORAGE_HASH_H_
#define LEVEE_STORAGE_HASH_H_

#include <string_view>

#include "storage/journal.h"

// OpenSSL's.
struct evp_md_ctx_st;
struct evp_md_st;

namespace levee::storage {

// Keeps OpenSSL's context, whose making costs more than a short hash.
//
// Threads: one at a time. Owns: the context.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  Hash256 Of(std::string_view bytes);
  // The hash of a leaf and of an inner node of a Merkle tree (RFC 6962, 2.1):
  // apart, so that no entry can pass for a node.
  Hash256 OfLeaf(std::string_view entry);
  Hash256 OfNode(const Hash256& left, const Hash256& right);

 private:
  Hash256 Of(std::string_view prefix, std::string_view bytes);

  evp_md_st* const md_;
  evp_md_ctx_st* const context_;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_HASH_H_
