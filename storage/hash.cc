#include "storage/hash.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <cstring>

namespace levee::storage {
namespace {

// OpenSSL fails here only without memory or without SHA-256, and no journal
// can be written without hashes.
void Check(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

Sha256::Sha256()
    : md_(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
      context_(EVP_MD_CTX_new()) {
  Check(md_ != nullptr && context_ != nullptr);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_);
  EVP_MD_free(md_);
}

Hash256 Sha256::Of(std::string_view prefix, std::string_view bytes) {
  Hash256 hash;
  Check(EVP_DigestInit_ex(context_, md_, nullptr) == 1 &&
        EVP_DigestUpdate(context_, prefix.data(), prefix.size()) == 1 &&
        EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1 &&
        EVP_DigestFinal_ex(context_, hash.data(), nullptr) == 1);
  return hash;
}

Hash256 Sha256::Of(std::string_view bytes) { return Of({}, bytes); }

Hash256 Sha256::OfLeaf(std::string_view entry) {
  return Of(std::string_view("\0", 1), entry);
}

Hash256 Sha256::OfNode(const Hash256& left, const Hash256& right) {
  char bytes[2 * sizeof(Hash256)];
  std::memcpy(bytes, left.data(), left.size());
  std::memcpy(bytes + left.size(), right.data(), right.size());
  return Of("\1", std::string_view(bytes, sizeof(bytes)));
}

}  // namespace levee::storage
