// Files of a test's own.
#ifndef LEVEE_TESTS_CLIENT_TEMP_FILE_H_
#define LEVEE_TESTS_CLIENT_TEMP_FILE_H_

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace levee::tests {

// A file with a content, gone with the object.
class TempFile {
 public:
  explicit TempFile(const std::string& content = "",
                    const std::string& suffix = "")
      : path_(::testing::TempDir() + "/levee-XXXXXX" + suffix) {
    const int descriptor =
        mkstemps(path_.data(), static_cast<int>(suffix.size()));
    EXPECT_GE(descriptor, 0);
    close(descriptor);
    Write(content);
  }
  ~TempFile() { std::filesystem::remove(path_); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  const std::string& path() const { return path_; }

  void Write(const std::string& content) const {
    std::ofstream(path_, std::ios::binary) << content;
  }

  void WriteGzip(const std::string& content) const {
    gzFile file = gzopen(path_.c_str(), "wb");
    ASSERT_EQ(
        static_cast<int>(content.size()),
        gzwrite(file, content.data(), static_cast<unsigned>(content.size())));
    ASSERT_EQ(Z_OK, gzclose(file));
  }

  std::string Read() const {
    std::ifstream file(path_, std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
  }

 private:
  std::string path_;
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_CLIENT_TEMP_FILE_H_
