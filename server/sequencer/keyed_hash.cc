#include "server/sequencer/keyed_hash.h"

// The one-shot and EVP interfaces cost several times the hash itself on inputs
// this short.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cstring>

namespace levee::sequencer {
namespace {

constexpr size_t kBlockBytes = 64;

storage::Id128 Finish(SHA256_CTX* context) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256_Final(digest, context);
  storage::Id128 id;
  std::memcpy(id.data(), digest, id.size());
  return id;
}

}  // namespace

KeyedHash::KeyedHash(std::string_view key) : block_(key) {
  block_.resize(kBlockBytes, '\0');
}

storage::Id128 KeyedHash::operator()(std::string_view input) const {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, block_.data(), block_.size());
  SHA256_Update(&context, input.data(), input.size());
  return Finish(&context);
}

storage::Id128 KeyedHash::operator()(std::string_view domain, uint64_t tenant,
                                     std::string_view input) const {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, block_.data(), block_.size());
  const uint64_t prefix[2] = {domain.size(), tenant};
  SHA256_Update(&context, prefix, sizeof(prefix));
  SHA256_Update(&context, domain.data(), domain.size());
  SHA256_Update(&context, input.data(), input.size());
  return Finish(&context);
}

}  // namespace levee::sequencer
