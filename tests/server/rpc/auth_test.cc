#include "server/rpc/auth.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/status.h"
#include "server/sequencer/tenant.h"

namespace levee::rpc {
namespace {

using testing::HasSubstr;

std::string Hex(const std::string& token) {
  const auto hash = Sha256(token);
  return absl::BytesToHexString(std::string(hash.begin(), hash.end()));
}

class AuthTest : public testing::Test {
 protected:
  AuthTest()
      : tokens_({Make("backend", "secret-1", "alpha", levee::v1::ROLE_HELPDESK),
                 Make("desk", "secret-2", "beta", levee::v1::ROLE_OPERATOR),
                 Make("boss", "secret-3", "beta", levee::v1::ROLE_ADMIN)},
                [this](const std::string& name) {
                  return name == "alpha" ? &alpha_ : &beta_;
                }) {}

  static levee::v1::Token Make(const std::string& name,
                               const std::string& token,
                               const std::string& tenant,
                               levee::v1::Role role) {
    levee::v1::Token made;
    made.set_name(name);
    made.set_sha256(Hex(token));
    made.set_tenant(tenant);
    made.set_role(role);
    return made;
  }

  std::string ErrorOf(const std::string& authorization, levee::v1::Role needed,
                      absl::StatusCode code) {
    const auto caller = tokens_.Authorize(authorization, needed);
    EXPECT_EQ(caller.status().code(), code) << authorization;
    return std::string(caller.status().message());
  }

  sequencer::Tenant alpha_;
  sequencer::Tenant beta_;
  const Tokens tokens_;
};

TEST(Sha256Test, IsThatOfTheStandard) {
  // FIPS 180-2, B.1.
  EXPECT_EQ(Hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(AuthTest, ATokenNamesCallerTenantAndRole) {
  const auto caller =
      tokens_.Authorize("Bearer secret-2", levee::v1::ROLE_OPERATOR);
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ((*caller)->name, "desk");
  EXPECT_EQ((*caller)->role, levee::v1::ROLE_OPERATOR);
  EXPECT_EQ((*caller)->tenant, &beta_);
  EXPECT_EQ((*caller)->tenant_name, "beta");
  // The scheme's case does not matter (RFC 9110, section 11.1).
  EXPECT_TRUE(
      tokens_.Authorize("bearer secret-2", levee::v1::ROLE_OPERATOR).ok());
}

TEST_F(AuthTest, AHigherRoleMayDoWhatLowerOnesMay) {
  EXPECT_TRUE(
      tokens_.Authorize("Bearer secret-3", levee::v1::ROLE_HELPDESK).ok());
  EXPECT_EQ(ErrorOf("Bearer secret-1", levee::v1::ROLE_OPERATOR,
                    absl::StatusCode::kPermissionDenied),
            "the token \"backend\" has the role helpdesk, this call needs "
            "operator");
}

TEST_F(AuthTest, WhatIsNoTokenIsToldApart) {
  const auto role = levee::v1::ROLE_HELPDESK;
  const auto code = absl::StatusCode::kUnauthenticated;
  EXPECT_THAT(ErrorOf("", role, code),
              HasSubstr("no token: send the metadata \"authorization: Bearer"));
  EXPECT_THAT(ErrorOf("Basic secret-1", role, code),
              HasSubstr("is not \"Bearer <token>\""));
  EXPECT_THAT(ErrorOf("Bearer ", role, code),
              HasSubstr("is not \"Bearer <token>\""));
  EXPECT_THAT(ErrorOf("Bearer " + std::string(513, 'x'), role, code),
              HasSubstr("513 bytes, at most 512"));
  for (const char* wrong : {"Bearer secret-4", "Bearer secret-1 ",
                            "Bearer  secret-1", "Bearer Secret-1"}) {
    const std::string error = ErrorOf(wrong, role, code);
    EXPECT_THAT(error, HasSubstr("not known"));
    // Nor is what was sent told back.
    EXPECT_THAT(error, testing::Not(HasSubstr("ecret")));
  }
}

TEST(StatusTest, CodesKeepTheirMeaning) {
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status status =
        ToGrpc(absl::Status(static_cast<absl::StatusCode>(code), "why"));
    if (code == 2) {  // UNKNOWN is nothing that we say.
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
    } else {
      EXPECT_EQ(static_cast<int>(status.error_code()), code);
    }
    EXPECT_EQ(status.error_message(), "why");
  }
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
}

TEST(StatusTest, AFullQueueTellsWhenToTryAgain) {
  levee::v1::SubmitError error;
  ToSubmitError(absl::ResourceExhaustedError("full"), &error);
  EXPECT_EQ(error.code(), 8);
  EXPECT_EQ(error.message(), "full");
  EXPECT_EQ(error.retry_after_ms(), kRetryAfterMs);
  ToSubmitError(absl::UnavailableError("no"), &error);
}

TEST(StatusTest, LongMessagesAreCutBetweenCharacters) {
  EXPECT_EQ(Bounded("short"), "short");
  std::string chinese;
  for (int i = 0; i < 3000; ++i) chinese += "\xE4\xB8\xAD";
  const std::string cut = Bounded(chinese);
  EXPECT_LT(cut.size() * 3, 8192u);
  const size_t end = cut.find(" ... (");
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(end % 3, 0u);
  EXPECT_EQ(cut.substr(0, end), chinese.substr(0, end));
}

}  // namespace
}  // namespace levee::rpc
