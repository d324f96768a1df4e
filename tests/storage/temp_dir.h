// A directory of a test's own, gone with the test.
#ifndef LEVEE_TESTS_STORAGE_TEMP_DIR_H_
#define LEVEE_TESTS_STORAGE_TEMP_DIR_H_

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "gtest/gtest.h"

namespace levee::tests {

class TempDir {
 public:
  TempDir() : path_(::testing::TempDir() + "levee.XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) {
      ADD_FAILURE() << "no temporary directory: " << path_;
    }
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_STORAGE_TEMP_DIR_H_
