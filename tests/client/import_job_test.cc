// `levee import` as a whole, against a server in the same process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/client/fake_history_server.h"
#include "tests/client/run_tool.h"
#include "tests/client/temp_file.h"

namespace levee::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using tests::Ended;
using tests::FakeHistoryServer;
using tests::TempFile;

class ImportJobTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("LEVEE_SERVER", server_.target().c_str(), 1);
    setenv("LEVEE_TOKEN", "secret", 1);
  }

  static Ended Import(const std::string& file,
                      std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {"import", file, "--quiet"});
    return tests::Levee(std::move(flags));
  }

  FakeHistoryServer server_;
};

// JSON lines of `count` openings.
std::string JsonLines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&text, R"({"eventId":"e)", i,
                    R"(","kind":"EVENT_KIND_OPENED","actor":"ACTOR_CUSTOMER",)"
                    R"("customerId":"c1","ticketId":"t)",
                    i, R"(","occurredAt":"2024-05-01T13:04:05Z"})", "\n");
  }
  return text;
}

TEST_F(ImportJobTest, WhatWasSentAndIsNotKnownInTheEndIsNoSuccess) {
  const TempFile file(JsonLines(3), ".jsonl");
  server_.BreakNext();
  const Ended ended = Import(file.path());
  EXPECT_EQ(1, ended.code);
  EXPECT_THAT(ended.err, HasSubstr("3 events were sent"));
  EXPECT_THAT(ended.out, HasSubstr("decision not known  3"));
}

TEST_F(ImportJobTest, WhatAnEarlierRunSentIsNotThisRunsFault) {
  const TempFile file(JsonLines(3), ".jsonl");
  EXPECT_EQ(0, Import(file.path()).code);
  const TempFile decisions;
  const Ended ended = Import(file.path(), {"--decisions", decisions.path()});
  EXPECT_EQ(0, ended.code) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("recorded before     3"),
                               HasSubstr("decision not known  3")));
}

TEST_F(ImportJobTest, RowsOfWhichNoneIsAnEventAreNoSuccess) {
  const TempFile bad("{\n\n[]\n", ".jsonl");
  const TempFile other("kind,who\n1,c1\n2,c2\n", ".csv");
  const std::vector<std::string> mapped = {"--column",      "customer_id=who",
                                           "--column",      "ticket_id=who",
                                           "--column",      "occurred_at=kind",
                                           "--column",      "kind=kind",
                                           "--time_format", "unix"};
  for (const Ended& ended :
       {Import(bad.path()), Import(other.path(), mapped)}) {
    EXPECT_EQ(1, ended.code);
    EXPECT_THAT(ended.err, HasSubstr("nothing is imported: none of 2 rows"));
  }
  EXPECT_TRUE(server_.imports().empty());
  // Nothing at all is no mistake.
  const TempFile empty("", ".jsonl");
  EXPECT_EQ(0, Import(empty.path()).code);
}

// The ids of the imports that the server has, and how many events of each.
using Imports = std::map<std::string, uint64_t>;

TEST_F(ImportJobTest, OtherInputIsAnotherImportUnderTheSameName) {
  const TempFile file(JsonLines(3), ".jsonl");
  EXPECT_EQ(0, Import(file.path(), {"--import_id", "past"}).code);
  EXPECT_EQ(0, Import(file.path(), {"--import_id", "past"}).code);
  Imports imports = server_.imports();
  ASSERT_EQ(1u, imports.size());
  EXPECT_THAT(imports.begin()->first, MatchesRegex("past-[0-9a-f]{16}"));
  EXPECT_EQ(3u, imports.begin()->second);
  file.Write(JsonLines(4).substr(JsonLines(2).size()));
  const Ended ended = Import(file.path(), {"--import_id", "past"});
  EXPECT_EQ(0, ended.code) << ended.err;
  EXPECT_THAT(ended.out, Not(HasSubstr("recorded before")));
  EXPECT_EQ(2u, server_.imports().size());
  EXPECT_THAT(server_.ids(), ElementsAre("e0", "e1", "e2", "e3"));
}

TEST_F(ImportJobTest, AFileThatGrewBringsItsNewRowsOnly) {
  const std::vector<std::string> flags = {"--column",      "customer_id=who",
                                          "--column",      "ticket_id=who",
                                          "--column",      "kind=what",
                                          "--column",      "occurred_at=at",
                                          "--time_format", "unix"};
  const std::string rows = "what,who,at\nopened,c1,1\nopened,c1,1\n";
  const TempFile file(rows, ".csv");
  EXPECT_EQ(0, Import(file.path(), flags).code);
  EXPECT_EQ(2u, server_.ids().size());
  file.Write(rows + "opened,c1,1\nopened,c2,2\n");
  EXPECT_EQ(0, Import(file.path(), flags).code);
  EXPECT_EQ(4u, server_.ids().size());
}

TEST_F(ImportJobTest, WhatIsImportedWholeNeedsNoOtherRun) {
  const TempFile file(JsonLines(3), ".jsonl");
  EXPECT_EQ(0, Import(file.path()).code);
  const TempFile other("{\"decision\":{\"eventId\":\"of another import\"}}\n");
  const Ended ended = Import(file.path(), {"--decisions", other.path()});
  EXPECT_EQ(1, ended.code);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("all 3 events are imported"),
                               HasSubstr("of another import"),
                               Not(HasSubstr("run the same command again"))));
}

TEST_F(ImportJobTest, ANameLeavesRoomForTheHash) {
  const TempFile file(JsonLines(1), ".jsonl");
  EXPECT_EQ(0,
            Import(file.path(), {"--import_id", std::string(111, 'x')}).code);
  EXPECT_EQ(128u, server_.imports().begin()->first.size());
  const Ended ended =
      Import(file.path(), {"--import_id", std::string(112, 'x')});
  EXPECT_EQ(2, ended.code);
  EXPECT_THAT(ended.err, HasSubstr("--import_id: 112 bytes, at most 111"));
}

}  // namespace
}  // namespace levee::cli
