#include "server/options.h"

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace levee {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kHash(64, 'a');

std::string Right() {
  return absl::StrCat(
      "data_dir: \"/var/lib/levee/store\"\n"
      "tokens {\n"
      "  name: \"desk\"\n"
      "  sha256: \"",
      kHash,
      "\"\n"
      "  tenant: \"main\"\n"
      "  role: ROLE_HELPDESK\n"
      "}\n");
}

absl::StatusOr<Options> FromText(const std::string& text) {
  absl::StatusOr<Configuration> parsed = Configuration::Parse(text, "l.conf");
  if (!parsed.ok()) return parsed.status();
  return ToOptions(*parsed);
}

TEST(OptionsTest, DefaultsAreThoseOfTheSchema) {
  const absl::StatusOr<Options> options = FromText(Right());
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->listen, "127.0.0.1:7171");
  EXPECT_EQ(options->data_dir, "/var/lib/levee/store");
  EXPECT_TRUE(options->sync);
  EXPECT_EQ(options->queue_events_max, 16'384);
  EXPECT_EQ(options->cache_entities_max, 200'000);
  EXPECT_EQ(options->retain_text_ms, 90LL * 86'400'000);
  EXPECT_EQ(options->retain_journal_ms, 400LL * 86'400'000);
  EXPECT_EQ(options->heads_file, "/var/lib/levee/heads.jsonl");
  EXPECT_EQ(options->heads_interval_ms, 3'600'000);
  EXPECT_EQ(options->log_level, observe::Level::kInfo);
  ASSERT_EQ(options->tokens.size(), 1u);
  EXPECT_EQ(options->tokens[0].name(), "desk");
}

TEST(OptionsTest, HeadsLieBesideTheStore) {
  const auto heads = [](const std::string& data_dir) {
    absl::StatusOr<Configuration> configuration =
        Configuration::Parse(Right(), "l.conf");
    configuration->mutable_proto()->set_data_dir(data_dir);
    return ToOptions(*configuration)->heads_file;
  };
  EXPECT_EQ(heads("store"), "heads.jsonl");
  EXPECT_EQ(heads("a/store/"), "a/heads.jsonl");
  EXPECT_EQ(heads("/a/b/../store"), "/a/heads.jsonl");
}

TEST(OptionsTest, EachFaultIsNamedWithItsPlace) {
  const std::string right = Right();
  const struct {
    std::string text;
    std::string error;
  } table[] = {
      {"data_dir: \n  7", "l.conf:2:3: Expected string, got: 7"},
      {"data_dri: \"x\"",
       "l.conf:1:1: Message type \"levee.v1.Configuration\" "
       "has no field named \"data_dri\""},
      {right + "sync: maybe", "l.conf:8:12: Invalid value for boolean field"},
      {right + "data_dir: \"twice\"", "l.conf:8:1: "},
      {right + "tokens {", "l.conf:8:9: "},
      {"", "l.conf: data_dir: missing"},
      {"data_dir: \"x\"", "l.conf: tokens: 0 tokens, but 1 to 1024"},
      {right + "listen: \"0.0.0.0:7171\"",
       "l.conf:8:1: listen: \"0.0.0.0:7171\" is not loopback"},
      {right + "\n  listen: \"7171\"",
       "l.conf:9:3: listen: \"7171\", but host:port"},
      {right + "listen: \"127.0.0.1:65536\"", "l.conf:8:1: listen: "},
      {right + "listen: \"::1:7171\"", "l.conf:8:1: listen: "},
      {right + "queue_events_max: 63",
       "l.conf:8:1: queue_events_max: 63, but 64 to 1048576"},
      {right + "queue_events_max: -1", "l.conf:8:1: queue_events_max: -1"},
      {right + "cache_entities_max: 1023",
       "l.conf:8:1: cache_entities_max: 1023, but 1024 to 100000000"},
      {right + "retain_text: \"90\"", "l.conf:8:1: retain_text: "},
      {right + "retain_journal: \"1d\"",
       "l.conf:8:1: retain_journal: \"1d\", but 32d to 36500d, or 0s"},
      {right + "heads_interval: \"0s\"",
       "l.conf:8:1: heads_interval: \"0s\", but 1s to 1d"},
      {right + "log_level: \"loud\"",
       "l.conf:8:1: log_level: \"loud\", but debug, info, warn or error"},
      {right + "tokens {}", "l.conf:8:1: tokens[1].name: must be 1 to 64"},
      {right + right.substr(right.find("tokens")),
       "l.conf:9:3: tokens[1].name: \"desk\" again"},
      {"data_dir: \"x\" tokens { name: \"a b\" }",
       "l.conf:1:24: tokens[0].name: must be 1 to 64 bytes of a-z"},
      {"data_dir: \"x\" tokens { name: \"a\" sha256: \"12\" }",
       "l.conf:1:34: tokens[0].sha256: must be the SHA-256"},
      {absl::StrCat("data_dir: \"x\" tokens { name: \"a\" sha256: \"", kHash,
                    "\" }"),
       "l.conf:1:15: tokens[0].tenant: must be 1 to 64"},
      {absl::StrCat("data_dir: \"x\" tokens { name: \"a\" sha256: \"", kHash,
                    "\" tenant: \"t\" }"),
       "l.conf:1:15: tokens[0].role: must be ROLE_HELPDESK"},
      {right + absl::StrCat("tokens { name: \"b\" sha256: \"", kHash, "\" }"),
       "l.conf:8:20: tokens[1].sha256: that of another token"},
  };
  for (const auto& row : table) {
    const absl::StatusOr<Options> options = FromText(row.text);
    EXPECT_EQ(options.status().code(), absl::StatusCode::kFailedPrecondition)
        << row.text;
    EXPECT_THAT(std::string(options.status().message()), StartsWith(row.error))
        << row.text;
  }
}

TEST(OptionsTest, DeepNestingIsRefused) {
  std::string text = "tokens ";
  for (int i = 0; i < 100'000; ++i) text += "{ tokens ";
  EXPECT_FALSE(FromText(text).ok());
}

TEST(OptionsTest, LoopbackIsToldApart) {
  for (const char* address :
       {"127.0.0.1:0", "127.9.8.7:1", "localhost:7171", "[::1]:7171"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address :
       {"0.0.0.0:0", "192.0.2.1:1", "[::]:1", "example.com:1", "128.0.0.1:1",
        "127.0.0.1", "localhost", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() : file_(testing::TempDir() + "/options_test.conf") {
    std::ofstream(file_) << Right();
  }

  absl::StatusOr<CommandLine> Parse(std::vector<std::string> arguments) {
    std::vector<const char*> argv = {"leveed"};
    for (const std::string& argument : arguments) {
      argv.push_back(argument.c_str());
    }
    return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
  }

  const std::string file_;
};

TEST_F(CommandLineTest, FlagsOverrideTheFile) {
  const auto line =
      Parse({"--config", file_, "--data_dir", "/elsewhere", "--listen=[::1]:0",
             "--sync=false", "--queue_events_max", "64",
             "--cache_entities_max=1024", "--retain_text=0s",
             "--retain_journal=0s", "--heads_file=h", "--heads_interval=2s",
             "--log_level=debug", "--initial_rules=r", "--port_file=p"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->act, CommandLine::Act::kRun);
  EXPECT_EQ(line->options.data_dir, "/elsewhere");
  EXPECT_EQ(line->options.listen, "[::1]:0");
  EXPECT_FALSE(line->options.sync);
  EXPECT_EQ(line->options.queue_events_max, 64);
  EXPECT_EQ(line->options.cache_entities_max, 1024);
  EXPECT_EQ(line->options.retain_text_ms, 0);
  EXPECT_EQ(line->options.retain_journal_ms, 0);
  EXPECT_EQ(line->options.heads_file, "h");
  EXPECT_EQ(line->options.heads_interval_ms, 2'000);
  EXPECT_EQ(line->options.log_level, observe::Level::kDebug);
  EXPECT_EQ(line->options.initial_rules, "r");
  EXPECT_EQ(line->options.port_file, "p");
}

TEST_F(CommandLineTest, EveryFieldButTokensHasAFlag) {
  const auto line = Parse({"--help"});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->act, CommandLine::Act::kPrint);
  const auto* type = levee::v1::Configuration::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    if (type->field(i)->name() == "tokens") continue;
    EXPECT_THAT(line->text, HasSubstr("--" + type->field(i)->name()));
  }
}

TEST_F(CommandLineTest, AFlagOutOfBoundsIsAFaultOfTheCommandLine) {
  const auto line = Parse({"--config", file_, "--queue_events_max=1"});
  EXPECT_EQ(line.status(), absl::InvalidArgumentError(
                               "--queue_events_max: 1, but 64 to 1048576"));
  EXPECT_EQ(Parse({"--config", file_, "--listen=0.0.0.0:1"}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(
      Parse({"--config", file_, "--listen=0.0.0.0:1", "--insecure_listen"})
          .ok());
}

TEST_F(CommandLineTest, WhatIsWrongIsSaid) {
  EXPECT_THAT(std::string(Parse({"--bogus"}).status().message()),
              HasSubstr("--bogus"));
  EXPECT_THAT(
      std::string(Parse({"--queue_events_max=many"}).status().message()),
      HasSubstr("many"));
  const auto missing = Parse({"--config", "/nonexistent/l.conf"});
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(missing.status().message()),
              StartsWith("/nonexistent/l.conf: there is no such file"));
  EXPECT_THAT(
      std::string(Parse({"--config", testing::TempDir()}).status().message()),
      HasSubstr("cannot be read"));
  EXPECT_EQ(Parse({}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(CommandLineTest, CheckAndVersionDoNotServe) {
  EXPECT_EQ(Parse({"--config", file_, "--check"})->act,
            CommandLine::Act::kCheck);
  EXPECT_EQ(Parse({"--version"})->text, "leveed 0.1.0\n");
}

}  // namespace
}  // namespace levee
