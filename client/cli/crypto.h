// Bytes of chance and digests, by OpenSSL.
#ifndef LEVEE_CLIENT_CLI_CRYPTO_H_
#define LEVEE_CLIENT_CLI_CRYPTO_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace levee::cli {

// Fit for secrets. Ends the process where the system has none to give.
std::string RandomBytes(size_t count);

// SHA-256 over all that was added, in lower-case hex digits.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Add(absl::string_view bytes);
  // Once, at the end.
  std::string Hex();

 private:
  void* context_;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_CRYPTO_H_
