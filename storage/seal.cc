// sealed = nonce[12] ciphertext tag[16]
//
// Nonces are random. One customer's key seals far fewer than the 2^32 texts
// for which NIST SP 800-38D (8.3) allows random nonces of 96 bits.
#include "storage/seal.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "absl/strings/str_cat.h"
#include "storage/bytes.h"

namespace levee::storage {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kNoncesDrawn = 256;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Bytes(std::string* text, size_t at) {
  return reinterpret_cast<unsigned char*>(text->data()) + at;
}

}  // namespace

absl::StatusOr<std::string> RandomBytes(size_t bytes) {
  std::string random(bytes, '\0');
  if (RAND_bytes(Bytes(&random, 0), static_cast<int>(bytes)) != 1) {
    return absl::UnavailableError("the system gives no random bytes for keys");
  }
  return random;
}

void Sealer::FreeContext::operator()(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(context);
}

Sealer::Sealer(uint32_t shard) : shard_(shard), context_(EVP_CIPHER_CTX_new()) {
  // Once: looking the cipher up costs more than sealing a short text. Should it
  // fail, every sealing does.
  EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, nullptr,
                    nullptr, 1);
}

Sealer::~Sealer() = default;

std::string Sealer::AdditionalData(uint64_t sequence, Part part) const {
  std::string data;
  AppendBig32(shard_, &data);
  AppendBig64(sequence, &data);
  if (part == Part::kPrint) data.push_back(1);
  return data;
}

absl::StatusOr<std::string> Sealer::Seal(std::string_view key,
                                         uint64_t sequence, Part part,
                                         std::string_view text) {
  if (next_nonce_ + kNonceBytes > nonces_.size()) {
    absl::StatusOr<std::string> nonces =
        RandomBytes(kNoncesDrawn * kNonceBytes);
    if (!nonces.ok()) return nonces.status();
    nonces_ = *std::move(nonces);
    next_nonce_ = 0;
  }
  std::string sealed = nonces_.substr(next_nonce_, kNonceBytes);
  next_nonce_ += kNonceBytes;
  sealed.resize(kNonceBytes + text.size() + kTagBytes);
  const std::string data = AdditionalData(sequence, part);
  EVP_CIPHER_CTX* context = context_.get();
  const int text_bytes = static_cast<int>(text.size());
  int length = 0;
  if (EVP_EncryptInit_ex(context, nullptr, nullptr, Bytes(key),
                         Bytes(sealed)) != 1 ||
      EVP_EncryptUpdate(context, nullptr, &length, Bytes(data),
                        static_cast<int>(data.size())) != 1 ||
      EVP_EncryptUpdate(context, Bytes(&sealed, kNonceBytes), &length,
                        Bytes(text), text_bytes) != 1 ||
      EVP_EncryptFinal_ex(context, Bytes(&sealed, kNonceBytes + text.size()),
                          &length) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, kTagBytes,
                          Bytes(&sealed, kNonceBytes + text.size())) != 1) {
    return absl::InternalError("AES-256-GCM does not work here");
  }
  return sealed;
}

absl::StatusOr<std::string> Sealer::Open(std::string_view key,
                                         uint64_t sequence, Part part,
                                         std::string_view sealed) {
  const absl::Status damaged = absl::DataLossError(
      absl::StrCat("the text of entry ", sequence, " is not what was sealed"));
  if (sealed.size() < kNonceBytes + kTagBytes) return damaged;
  const size_t text_bytes = sealed.size() - kNonceBytes - kTagBytes;
  std::string text(text_bytes, '\0');
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const std::string data = AdditionalData(sequence, part);
  EVP_CIPHER_CTX* context = context_.get();
  int length = 0;
  unsigned char nothing[kTagBytes];
  if (EVP_DecryptInit_ex(context, nullptr, nullptr, Bytes(key),
                         Bytes(sealed)) != 1 ||
      EVP_DecryptUpdate(context, nullptr, &length, Bytes(data),
                        static_cast<int>(data.size())) != 1 ||
      EVP_DecryptUpdate(context, Bytes(&text, 0), &length,
                        Bytes(sealed) + kNonceBytes,
                        static_cast<int>(text_bytes)) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kTagBytes,
                          Bytes(&tag, 0)) != 1 ||
      EVP_DecryptFinal_ex(context, nothing, &length) != 1) {
    return damaged;
  }
  return text;
}

}  // namespace levee::storage
