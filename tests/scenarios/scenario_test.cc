// Every story of this folder, one test each. LEVEE_SCENARIOS: another folder;
// LEVEE_RULES: another file in place of the default rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "tests/scenarios/scenario.pb.h"
#include "tests/scenarios/story.h"

namespace levee::tests {
namespace {

namespace fs = std::filesystem;

std::string Contents(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

fs::path Folder() {
  const char* const given = std::getenv("LEVEE_SCENARIOS");
  return given != nullptr ? fs::path(given)
                          : fs::path(LEVEE_SOURCE_DIR) / "tests/scenarios";
}

fs::path DefaultRules() {
  const char* const given = std::getenv("LEVEE_RULES");
  return given != nullptr
             ? fs::path(given)
             : fs::path(LEVEE_SOURCE_DIR) / "deploy/rules/default.textproto";
}

std::vector<std::string> Files() {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(Folder())) {
    if (file.path().extension() == ".textproto") {
      names.push_back(file.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ScenarioTest : public testing::TestWithParam<std::string> {};

TEST_P(ScenarioTest, IsAnsweredAsTold) {
  Scenario scenario;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      Contents(Folder() / (GetParam() + ".textproto")), &scenario));
  ASSERT_FALSE(scenario.story().empty()) << "every scenario tells a story";
  const bool expects =
      std::any_of(scenario.steps().begin(), scenario.steps().end(),
                  [](const Step& step) { return !step.expect().empty(); });
  ASSERT_TRUE(expects) << "a story that expects nothing cannot fail";
  EXPECT_THAT(Story().Tell(scenario, Contents(DefaultRules())),
              testing::IsEmpty())
      << scenario.story();
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioTest, testing::ValuesIn(Files()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace levee::tests
