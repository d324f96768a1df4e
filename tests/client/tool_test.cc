// The tool as a whole: what it prints and ends with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "client/cli/command.h"
#include "client/cli/crypto.h"
#include "tests/client/fake_guard_server.h"
#include "tests/client/run_tool.h"
#include "tests/client/temp_file.h"

namespace levee::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::Ended;
using tests::FakeGuardServer;
using tests::Levee;
using tests::TempFile;

// The value of `"name":"..."` in a line of JSON.
std::string Field(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const size_t at = json.find(key);
  if (at == std::string::npos) return "";
  const size_t begin = at + key.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

class ToolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("LEVEE_SERVER", server_.target().c_str(), 1);
    setenv("LEVEE_TOKEN", "secret", 1);
    unsetenv("LEVEE_TOKEN_FILE");
  }

  FakeGuardServer server_;
};

TEST_F(ToolTest, TheExitCodeSaysWhatHappened) {
  const std::vector<std::string> submit = {"submit", "--customer", "c",
                                           "--ticket", "t"};
  EXPECT_EQ(kExitOk, Levee(submit).code);
  auto with_verdict = submit;
  with_verdict.push_back("--exit_verdict");
  EXPECT_EQ(kExitVerdict + int{v1::VERDICT_THROTTLE}, Levee(with_verdict).code);
  const struct {
    grpc::StatusCode status;
    int code;
  } cases[] = {
      {grpc::INVALID_ARGUMENT, kExitNo},
      {grpc::ALREADY_EXISTS, kExitNo},
      {grpc::UNAVAILABLE, kExitUnreachable},
      {grpc::DEADLINE_EXCEEDED, kExitUnreachable},
      {grpc::UNAUTHENTICATED, kExitDenied},
      {grpc::PERMISSION_DENIED, kExitDenied},
  };
  for (const auto& c : cases) {
    server_.FailNext({grpc::Status(c.status, "the server's words")});
    const Ended ended = Levee(submit);
    EXPECT_EQ(c.code, ended.code) << c.status;
    EXPECT_EQ("", ended.out);
    if (c.status != grpc::DEADLINE_EXCEEDED) {
      EXPECT_THAT(ended.err, HasSubstr("the server's words"));
    }
  }
  server_.Stop();
  EXPECT_EQ(kExitUnreachable, Levee(submit).code);
}

TEST_F(ToolTest, AnEventSentAgainKeepsItsId) {
  server_.FailNext({grpc::Status(grpc::UNAVAILABLE, "away")});
  const Ended ended = Levee({"submit", "--customer", "c", "--ticket", "t"});
  EXPECT_THAT(ended.err, HasSubstr("--event_id " + server_.asked().at(0)));
}

TEST_F(ToolTest, AWrongCommandLineIsSaidToBe) {
  const TempFile csv("a,b\n", ".csv");
  const std::vector<std::vector<std::string>> lines = {
      {},
      {"nonsense"},
      {"rules"},
      {"rules", "check"},
      {"submit", "--kind", "nonsense"},
      {"submit", "--attribute", "plan"},
      {"submit", "--occurred_at", "tomorrow"},
      {"submit", "--json", "/nowhere/event.json"},
      {"decisions", "list", "--verdict", "nonsense"},
      {"decisions", "list", "--since", "tomorrow"},
      {"decisions", "list", "--limit", "0"},
      {"status", "-o", "xml"},
      {"status", "--timeout", "long"},
      {"token", "new", "--tenant", "A Tenant"},
      {"import", "/nowhere/events.jsonl"},
      {"import", csv.path()},
      {"load", "--rate", "-1"},
      {"standing", "c", "--account_created", "tomorrow"},
      {"rules", "shadow", "perhaps"},
      {"restrictions", "add", "--verdict", "hold", "--for", "1h", "--reason",
       "x"},
      {"restrictions", "add", "--ip", "192.0.2.1", "--device", "d", "--verdict",
       "hold", "--for", "1h", "--reason", "x"},
      {"restrictions", "add", "--ip", "192.0.2.1", "--verdict", "allow",
       "--for", "1h", "--reason", "x"},
      {"restrictions", "add", "--ip", "192.0.2.1", "--verdict", "hold",
       "--reason", "x"},
      {"restrictions", "import", csv.path()},
      {"restrictions", "lift", "1"},
      {"reviews", "release", "1", "two"},
      {"reviews", "list", "--category", "nonsense"},
      {"incidents", "begin"},
      {"incidents", "begin", "--for", "soon", "--reason", "x"},
      {"incidents", "end", "0"},
      {"customers", "entitle", "c", "--for", "1h"},
      {"customers", "exempt", "c", "--reason", "x"},
      {"customers", "limits", "c", "--times", "1", "--for", "1h", "--reason",
       "x"},
      {"load", "--duration", "2h"},
      {"load", "--server", "192.0.2.1:7171"},
  };
  for (const auto& line : lines) {
    const Ended ended = Levee(line);
    EXPECT_EQ(kExitUsage, ended.code) << ::testing::PrintToString(line);
    EXPECT_NE("", ended.err) << ::testing::PrintToString(line);
  }
  EXPECT_TRUE(server_.asked().empty());
}

TEST_F(ToolTest, AnUnknownWordIsNamed) {
  for (const char* line : {"nonsense", "rules nonsense", "nonsense more",
                           "rules check --nonsense", "--nonsense"}) {
    const Ended ended = Levee(absl::StrSplit(line, ' '));
    EXPECT_EQ(kExitUsage, ended.code) << line;
    EXPECT_THAT(ended.err, HasSubstr("nonsense\"")) << line;
  }
}

TEST_F(ToolTest, WhatIsNotUtf8IsSaidToBeAndNotSent) {
  const TempFile json("{\"customerId\":\"\xFF\"}");
  const std::string text = "caf\xE9";
  const std::vector<std::vector<std::string>> lines = {
      {"submit", "--body", text},
      {"submit", "--customer", text},
      {"submit", "--attribute", "plan=" + text},
      {"submit", "--json", json.path()},
      {"preview", "--subject", text},
      {"standing", text},
      {"customers", "show", text},
      {"decisions", "list", "--ticket", text},
      {"rules", "rollback", "1", "--comment", text},
      {"rules", "shadow", "on", "--comment", text},
      {"restrictions", "list", "--rule", text},
      {"restrictions", "lift", "1", "--reason", text},
      {"reviews", "confirm", "1", "--reason", text},
      {"incidents", "begin", "--department", text, "--reason", "x"},
      {"customers", "exempt", text, "--for", "1h", "--reason", "x"},
  };
  for (const auto& line : lines) {
    const Ended ended = Levee(line);
    EXPECT_EQ(kExitUsage, ended.code) << ::testing::PrintToString(line);
    EXPECT_THAT(ended.err,
                AllOf(HasSubstr("not UTF-8"), Not(HasSubstr("libprotobuf"))))
        << ::testing::PrintToString(line);
  }
  EXPECT_TRUE(server_.asked().empty());
}

TEST_F(ToolTest, ARuleSetThatIsNotUtf8IsAProblemOfItsPlace) {
  const TempFile rules("# one\nname: \"\xE9\"\n");
  Ended ended = Levee({"rules", "check", rules.path()});
  EXPECT_EQ(kExitNo, ended.code);
  EXPECT_EQ(rules.path() + ":2:8: not UTF-8, which a rule set must be\n",
            ended.out);
  ended = Levee({"rules", "apply", rules.path()});
  EXPECT_EQ(kExitNo, ended.code);
  EXPECT_THAT(ended.err, HasSubstr("\n" + rules.path() + ":2:8: not UTF-8"));
}

TEST_F(ToolTest, AnEventLargerThanARequestMayBeIsNotSent) {
  const TempFile json("{\"body\":\"" + std::string(4 << 20, 'x') + "\"}");
  for (const char* verb : {"submit", "preview"}) {
    const Ended ended = Levee({verb, "--json", json.path()});
    EXPECT_EQ(kExitUsage, ended.code);
    EXPECT_THAT(ended.err, HasSubstr("bytes, at most 4194304"));
  }
}

TEST_F(ToolTest, TheTokenIsFoundWhereItIsSaidToBe) {
  const TempFile file(" from-file\n");
  const auto caller = [this](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"submit", "--customer", "c", "--ticket", "t"});
    EXPECT_EQ(kExitOk, Levee(flags).code);
    return server_.authorization();
  };
  EXPECT_EQ("Bearer secret", caller({}));
  EXPECT_EQ("Bearer from-file", caller({"--token_file", file.path()}));
  EXPECT_EQ("Bearer from-flag",
            caller({"--token_file", file.path(), "--token", "from-flag"}));
  unsetenv("LEVEE_TOKEN");
  setenv("LEVEE_TOKEN_FILE", file.path().c_str(), 1);
  EXPECT_EQ("Bearer from-file", caller({}));
  unsetenv("LEVEE_TOKEN_FILE");
  const Ended ended = Levee({"status"});
  EXPECT_EQ(kExitUsage, ended.code);
  EXPECT_THAT(ended.err, HasSubstr("LEVEE_TOKEN"));
}

TEST_F(ToolTest, FlagsMakeTheEvent) {
  const TempFile json(R"({"kind":"EVENT_KIND_OPENED","customerId":"from-json",)"
                      R"("ticketId":"t1","body":"hello"})");
  ASSERT_EQ(kExitOk,
            Levee({"submit", "--json", json.path(), "--customer", "c1", "--ip",
                   "192.0.2.1", "--attribute", "plan=vps", "--attribute",
                   "seats:=3", "--kind", "agent_replied", "--agent", "kim",
                   "--solution", "--event_id", "e1", "--challenge_passed"})
                .code);
  const v1::TicketEvent event = server_.events().at(0);
  EXPECT_EQ("e1", event.event_id());
  EXPECT_EQ("c1", event.customer_id());
  EXPECT_EQ("t1", event.ticket_id());
  EXPECT_EQ("hello", event.body());
  EXPECT_EQ(v1::EVENT_KIND_AGENT_REPLIED, event.kind());
  EXPECT_EQ(v1::ACTOR_AGENT, event.actor());
  EXPECT_TRUE(event.provides_solution());
  EXPECT_TRUE(event.challenge_passed());
  ASSERT_EQ(2, event.attributes_size());
  EXPECT_EQ("vps", event.attributes(0).text());
  EXPECT_EQ(3, event.attributes(1).number());
}

TEST_F(ToolTest, JsonIsALineOfTheProtobufMapping) {
  const Ended ended = Levee({"submit", "--customer", "c", "--ticket", "t",
                             "--event_id", "e1", "-o", "json"});
  EXPECT_EQ(
      "{\"sequence\":\"1\",\"eventId\":\"e1\",\"verdict\":\"VERDICT_THROTTLE\""
      "}\n",
      ended.out);
}

TEST_F(ToolTest, ATokenGoesWithItsDigest) {
  const Ended ended = Levee({"token", "new", "-o", "json", "--role", "operator",
                             "--tenant", "acme", "--name", "kim"});
  EXPECT_EQ(kExitOk, ended.code);
  const std::string token = Field(ended.out, "token");
  EXPECT_EQ(43u, token.size());
  Sha256 sha256;
  sha256.Add(token);
  const std::string digest = sha256.Hex();
  EXPECT_EQ(digest, Field(ended.out, "sha256"));
  EXPECT_THAT(ended.out, AllOf(HasSubstr("role: ROLE_OPERATOR"),
                               HasSubstr("sha256: \\\"" + digest)));
  EXPECT_NE(token, Field(Levee({"token", "new", "-o", "json"}).out, "token"));
}

TEST_F(ToolTest, EveryCommandHasExamples) {
  for (const char* line : {"submit",
                           "preview",
                           "standing",
                           "import",
                           "load",
                           "rules",
                           "rules show",
                           "rules check",
                           "rules diff",
                           "rules apply",
                           "rules history",
                           "rules rollback",
                           "decisions",
                           "decisions list",
                           "decisions show",
                           "customers",
                           "customers show",
                           "status",
                           "token",
                           "token new",
                           "version",
                           "",
                           "rules shadow",
                           "rules precision",
                           "restrictions",
                           "restrictions list",
                           "restrictions show",
                           "restrictions add",
                           "restrictions lift",
                           "restrictions import",
                           "reviews",
                           "reviews list",
                           "reviews show",
                           "reviews release",
                           "reviews confirm",
                           "reviews watch",
                           "incidents",
                           "incidents begin",
                           "incidents end",
                           "incidents list",
                           "incidents proposals",
                           "customers entitle",
                           "customers exempt",
                           "customers limits",
                           "customers clear"}) {
    std::vector<std::string> words =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    words.push_back("--help");
    const Ended ended = Levee(words);
    EXPECT_EQ(kExitOk, ended.code) << line;
    EXPECT_THAT(ended.out, HasSubstr("Examples:\n  ")) << line;
  }
}

TEST_F(ToolTest, AStandingIsAskedForWithAllThatIsKnown) {
  const Ended ended = Levee(
      {"standing", "known", "--ip", "192.0.2.1", "--email", "a@example.com",
       "--device", "d", "--language", "en", "--account_created_at",
       "2024-05-01T00:00:00Z", "--department", "billing", "--reference", "r"});
  EXPECT_EQ(kExitOk, ended.code) << ended.err;
  const v1::GetStandingRequest request = server_.standing();
  EXPECT_EQ("192.0.2.1", request.source().ip());
  EXPECT_EQ(1'714'521'600, request.account_created_at().seconds());
  EXPECT_EQ("billing", request.department());
  EXPECT_EQ("r", request.reference());
  EXPECT_THAT(ended.out,
              AllOf(HasSubstr("known\nopened: THROTTLE, again after 1m 30s\n"
                              "  tell the customer: Please wait\n"),
                    HasSubstr("in force\nID  ON "),
                    HasSubstr(" 7  customer known  THROTTLE")));
}

TEST_F(ToolTest, ALoadReportsWhatItDid) {
  for (const char* batch : {"0", "16"}) {
    const Ended ended = Levee({"load", "--rate", "2000", "--duration", "100ms",
                               "--batch", batch, "-o", "json"});
    EXPECT_EQ(kExitOk, ended.code) << ended.err;
    EXPECT_THAT(ended.out, AllOf(HasSubstr("\"sent\":200,\"unsent\":0"),
                                 HasSubstr("\"VERDICT_THROTTLE\":200"),
                                 HasSubstr("\"errors\":{}")));
  }
  EXPECT_EQ(400u, server_.taken().size());
}

}  // namespace
}  // namespace levee::cli
