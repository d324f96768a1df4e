// Texts under their customer's key: AES-256-GCM, as side.proto lays it out.
// Whoever deletes the key has deleted the texts, wherever copies of them lie.
#ifndef LEVEE_STORAGE_SEAL_H_
#define LEVEE_STORAGE_SEAL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct evp_cipher_ctx_st;

namespace levee::storage {

inline constexpr size_t kCustomerKeyBytes = 32;

// `bytes` bytes from the system's generator of keys. UNAVAILABLE: it has none
// to give.
absl::StatusOr<std::string> RandomBytes(size_t bytes);

// Seals and opens, keeping its contexts between calls. Threads: one.
class Sealer {
 public:
  explicit Sealer(uint32_t shard);
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  // What of an entry is sealed.
  enum class Part { kText, kPrint };

  // Nonce, ciphertext and tag. INTERNAL: the cipher failed.
  // REQUIRES: key.size() == kCustomerKeyBytes, text below 2^31 bytes.
  absl::StatusOr<std::string> Seal(std::string_view key, uint64_t sequence,
                                   Part part, std::string_view text);

  // The text. DATA_LOSS: it is not what was sealed under this key for this part
  // of this sequence of this shard.
  // REQUIRES: key.size() == kCustomerKeyBytes.
  absl::StatusOr<std::string> Open(std::string_view key, uint64_t sequence,
                                   Part part, std::string_view sealed);

 private:
  struct FreeContext {
    void operator()(evp_cipher_ctx_st* context) const;
  };

  std::string AdditionalData(uint64_t sequence, Part part) const;

  const uint32_t shard_;
  std::unique_ptr<evp_cipher_ctx_st, FreeContext> context_;
  // Nonces, drawn many at a time: the generator's cost is in the call.
  std::string nonces_;
  size_t next_nonce_ = 0;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_SEAL_H_
