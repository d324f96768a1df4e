#include "server/rpc/auth.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "openssl/crypto.h"
#include "openssl/evp.h"

namespace levee::rpc {
namespace {

constexpr absl::string_view kScheme = "Bearer ";

// Longer ones are not hashed: `levee token new` makes 43 bytes.
constexpr size_t kTokenBytesMax = 512;

std::string NameOf(levee::v1::Role role) {
  const std::string& name = levee::v1::Role_Name(role);
  return absl::AsciiStrToLower(name.substr(absl::string_view("ROLE_").size()));
}

}  // namespace

std::array<uint8_t, 32> Sha256(absl::string_view bytes) {
  // Fetched once: looking an algorithm up costs more than hashing a token.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::array<uint8_t, 32> hash = {};
  EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, sha256, nullptr);
  return hash;
}

Tokens::Tokens(
    absl::Span<const levee::v1::Token> tokens,
    absl::FunctionRef<const sequencer::Tenant*(const std::string& name)>
        find_tenant) {
  for (const levee::v1::Token& token : tokens) {
    Known& known = known_.emplace_back();
    const std::string hash = absl::HexStringToBytes(token.sha256());
    std::copy_n(hash.begin(), std::min<size_t>(hash.size(), 32),
                known.hash.begin());
    known.caller = {.name = token.name(),
                    .role = token.role(),
                    .tenant = find_tenant(token.tenant()),
                    .tenant_name = token.tenant()};
  }
}

absl::StatusOr<const Caller*> Tokens::Authorize(absl::string_view authorization,
                                                levee::v1::Role needed) const {
  if (authorization.empty()) {
    return absl::UnauthenticatedError(
        "no token: send the metadata \"authorization: Bearer <token>\"");
  }
  if (!absl::StartsWithIgnoreCase(authorization, kScheme) ||
      authorization.size() == kScheme.size()) {
    return absl::UnauthenticatedError(
        "the metadata \"authorization\" is not \"Bearer <token>\"");
  }
  const absl::string_view token = authorization.substr(kScheme.size());
  if (token.size() > kTokenBytesMax) {
    return absl::UnauthenticatedError(absl::StrCat(
        "the token has ", token.size(), " bytes, at most ", kTokenBytesMax));
  }
  const std::array<uint8_t, 32> hash = Sha256(token);
  const Known* found = nullptr;
  for (const Known& known : known_) {
    if (CRYPTO_memcmp(known.hash.data(), hash.data(), hash.size()) == 0) {
      found = &known;
    }
  }
  if (found == nullptr) {
    return absl::UnauthenticatedError(
        "the token is not known to this server: it must be among the tokens "
        "of leveed's configuration");
  }
  if (found->caller.role < needed) {
    return absl::PermissionDeniedError(absl::StrCat(
        "the token \"", found->caller.name, "\" has the role ",
        NameOf(found->caller.role), ", this call needs ", NameOf(needed)));
  }
  return &found->caller;
}

}  // namespace levee::rpc
