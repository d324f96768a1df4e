// Who calls: from a bearer token to a name, a tenant and a role.
#ifndef LEVEE_SERVER_RPC_AUTH_H_
#define LEVEE_SERVER_RPC_AUTH_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "levee/v1/configuration.pb.h"
#include "server/sequencer/job.h"

namespace levee::rpc {

// Whoever knows a token.
struct Caller {
  // The token's name: stands as the author in the journal.
  std::string name;
  levee::v1::Role role = levee::v1::ROLE_UNSPECIFIED;
  const sequencer::Tenant* tenant = nullptr;
  std::string tenant_name;
};

// SHA-256 of `bytes`.
std::array<uint8_t, 32> Sha256(absl::string_view bytes);

// The tokens of the configuration. Only their hashes are known here.
//
// Threads: any, once made.
class Tokens {
 public:
  // REQUIRES: the tokens were validated (options.h); `find_tenant` knows their
  // tenants, which outlive this.
  Tokens(absl::Span<const levee::v1::Token> tokens,
         absl::FunctionRef<const sequencer::Tenant*(const std::string& name)>
             find_tenant);

  // Finds the caller by the value of the metadata "authorization" ("" where
  // there is none) and checks his role: each role may do all that lower ones
  // may. Every hash is compared in the same time. UNAUTHENTICATED: no token,
  // or one that is not known; PERMISSION_DENIED: the role is too low.
  absl::StatusOr<const Caller*> Authorize(absl::string_view authorization,
                                          levee::v1::Role needed) const;

 private:
  struct Known {
    std::array<uint8_t, 32> hash;
    Caller caller;
  };
  std::vector<Known> known_;
};

}  // namespace levee::rpc

#endif  // LEVEE_SERVER_RPC_AUTH_H_
