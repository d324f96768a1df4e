// Runs the tool within the test's own process.
#ifndef LEVEE_TESTS_CLIENT_RUN_TOOL_H_
#define LEVEE_TESTS_CLIENT_RUN_TOOL_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/cli/command.h"

namespace levee::tests {

struct Ended {
  int code = 0;
  std::string out;
  std::string err;
};

// Runs `levee` with these words.
inline Ended Levee(std::vector<std::string> words) {
  words.insert(words.begin(), "levee");
  std::vector<char*> argv;
  argv.reserve(words.size());
  for (std::string& word : words) argv.push_back(word.data());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Ended ended;
  ended.code = cli::RunTool(static_cast<int>(argv.size()), argv.data());
  ended.out = ::testing::internal::GetCapturedStdout();
  ended.err = ::testing::internal::GetCapturedStderr();
  return ended;
}

}  // namespace levee::tests

#endif  // LEVEE_TESTS_CLIENT_RUN_TOOL_H_
