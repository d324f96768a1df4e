// Signed heads: the end of the journal, to be kept where the machine's owner
// cannot change it, so that a cut tail or a rewritten history is seen later.
#ifndef LEVEE_STORAGE_HEADS_H_
#define LEVEE_STORAGE_HEADS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "levee/storage/v1/head.pb.h"
#include "storage/journal.h"

namespace levee::storage {

// Of an Ed25519 key: the seed it is made from, and what others check with.
inline constexpr size_t kSigningKeyBytes = 32;
inline constexpr size_t kPublicKeyBytes = 32;

// REQUIRES: signing_key.size() == kSigningKeyBytes.
absl::StatusOr<std::string> PublicKeyOf(std::string_view signing_key);

// REQUIRES: signing_key.size() == kSigningKeyBytes.
absl::StatusOr<v1::SignedHead> SignHead(std::string_view signing_key,
                                        const Head& head, uint32_t shard,
                                        int64_t now_ms);

// What was signed. INVALID_ARGUMENT: `public_key` is none, or the head was
// signed by another key or changed since.
absl::StatusOr<v1::Head> VerifyHead(const v1::SignedHead& signed_head,
                                    std::string_view public_key);

// One line of JSON without its line break, for logs and files: the fields of
// the head to read and, in hexadecimal, the bytes to verify.
std::string ToJsonLine(const v1::SignedHead& signed_head);

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_HEADS_H_
