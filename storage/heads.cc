#include "storage/heads.h"

#include <openssl/evp.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace levee::storage {
namespace {

constexpr size_t kSignatureBytes = 64;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string* text) {
  return reinterpret_cast<unsigned char*>(text->data());
}

KeyPtr PrivateKey(std::string_view seed) {
  return KeyPtr(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                             Bytes(seed), seed.size()));
}

absl::Status NoEd25519() {
  return absl::InternalError("Ed25519 does not work here");
}

}  // namespace

absl::StatusOr<std::string> PublicKeyOf(std::string_view signing_key) {
  const KeyPtr key = PrivateKey(signing_key);
  std::string bytes(kPublicKeyBytes, '\0');
  size_t length = bytes.size();
  if (key == nullptr ||
      EVP_PKEY_get_raw_public_key(key.get(), Bytes(&bytes), &length) != 1) {
    return NoEd25519();
  }
  return bytes;
}

absl::StatusOr<v1::SignedHead> SignHead(std::string_view signing_key,
                                        const Head& head, uint32_t shard,
                                        int64_t now_ms) {
  absl::StatusOr<std::string> public_key = PublicKeyOf(signing_key);
  if (!public_key.ok()) return public_key.status();
  v1::Head message;
  message.set_shard(shard);
  message.set_last_sequence(head.last_sequence);
  message.set_hash(head.hash.data(), head.hash.size());
  message.set_at_ms(now_ms);
  v1::SignedHead signed_head;
  signed_head.set_head(message.SerializeAsString());
  signed_head.set_public_key(*std::move(public_key));

  const KeyPtr key = PrivateKey(signing_key);
  const DigestPtr context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  size_t length = signature.size();
  if (key == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) !=
          1 ||
      EVP_DigestSign(context.get(), Bytes(&signature), &length,
                     Bytes(signed_head.head()),
                     signed_head.head().size()) != 1) {
    return NoEd25519();
  }
  signed_head.set_signature(std::move(signature));
  return signed_head;
}

absl::StatusOr<v1::Head> VerifyHead(const v1::SignedHead& signed_head,
                                    std::string_view public_key) {
  if (public_key.size() != kPublicKeyBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a public key has ", kPublicKeyBytes, " bytes, not ",
                     public_key.size()));
  }
  const KeyPtr key(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, Bytes(public_key), public_key.size()));
  const DigestPtr context(EVP_MD_CTX_new());
  if (key == nullptr || EVP_DigestVerifyInit(context.get(), nullptr, nullptr,
                                             nullptr, key.get()) != 1) {
    return absl::InvalidArgumentError("not a public key of Ed25519");
  }
  if (signed_head.signature().size() != kSignatureBytes ||
      EVP_DigestVerify(context.get(), Bytes(signed_head.signature()),
                       kSignatureBytes, Bytes(signed_head.head()),
                       signed_head.head().size()) != 1) {
    return absl::InvalidArgumentError(
        "the head was not signed by this key, or was changed since");
  }
  v1::Head head;
  if (!head.ParseFromString(signed_head.head())) {
    return absl::InvalidArgumentError("what was signed is not a head");
  }
  return head;
}

std::string ToJsonLine(const v1::SignedHead& signed_head) {
  v1::Head head;
  // What does not parse shows as an empty head; the bytes are there to judge.
  if (!head.ParseFromString(signed_head.head())) head.Clear();
  return absl::StrCat(
      "{\"shard\":", head.shard(), ",\"last_sequence\":", head.last_sequence(),
      ",\"hash\":\"", absl::BytesToHexString(head.hash()),
      "\",\"at_ms\":", head.at_ms(), ",\"head\":\"",
      absl::BytesToHexString(signed_head.head()), "\",\"signature\":\"",
      absl::BytesToHexString(signed_head.signature()), "\",\"public_key\":\"",
      absl::BytesToHexString(signed_head.public_key()), "\"}");
}

}  // namespace levee::storage
