#include "server/text/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

namespace levee::text {
namespace {

using absl::StatusCode;
using testing::ElementsAre;

// A file of kind "TEST", version 7: AAAA holds three numbers, BBBB two bytes.
// Made by tests/train/model_file.py.
std::string Whole() {
  using std::literals::string_literals::operator""s;
  return "LEVEETXT\1\0\0\0TEST\7\0\0\0\xDF\x37\x13\x9B"
         "\2\0\0\0AAAA\x38\0\0\0\x0C\0\0\0BBBB\x48\0\0\0\2\0\0\0\0\0\0\0"
         "\1\0\0\0\2\0\0\0\3\0\0\0\0\0\0\0xy\0\0\0\0\0\0"s;
}

StatusCode CodeOf(std::string_view bytes, std::string_view kind = "TEST") {
  return ModelFile::Open(bytes, kind).status().code();
}

TEST(ModelFile, SectionsAreRead) {
  const std::string bytes = Whole();
  const absl::StatusOr<ModelFile> file = ModelFile::Open(bytes, "TEST");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->version(), 7u);
  EXPECT_EQ(*file->Section("BBBB"), "xy");
  EXPECT_THAT(*file->Numbers<uint32_t>("AAAA"), ElementsAre(1, 2, 3));
  EXPECT_THAT(*file->Numbers<uint16_t>("AAAA"), ElementsAre(1, 0, 2, 0, 3, 0));
}

TEST(ModelFile, AMissingOrUnevenSectionIsDataLoss) {
  const std::string bytes = Whole();
  const absl::StatusOr<ModelFile> file = ModelFile::Open(bytes, "TEST");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->Section("CCCC").status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(file->Numbers<uint32_t>("BBBB").status().code(),
            StatusCode::kDataLoss);
}

// But for its version, which any number may be.
TEST(ModelFile, DamageAtAnyByteIsFound) {
  const std::string whole = Whole();
  for (size_t at = 0; at < whole.size(); ++at) {
    if (at >= 16 && at < 20) continue;
    for (const int bit : {0, 3, 7}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ 1 << bit);
      EXPECT_NE(CodeOf(bytes), StatusCode::kOk) << at;
    }
  }
}

TEST(ModelFile, AFileThatEndsEarlyIsDataLoss) {
  const std::string whole = Whole();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(CodeOf(whole.substr(0, size)), StatusCode::kDataLoss) << size;
  }
}

TEST(ModelFile, AnotherKindIsDataLoss) {
  EXPECT_EQ(CodeOf(Whole(), "ELSE"), StatusCode::kDataLoss);
}

TEST(ModelFile, ANewerFormatIsUnimplemented) {
  std::string bytes = Whole();
  bytes[8] = 2;
  EXPECT_EQ(CodeOf(bytes), StatusCode::kUnimplemented);
}

TEST(ModelFile, TheLinkedFilesAreAlignedAndWhole) {
  EXPECT_EQ(reinterpret_cast<uintptr_t>(FoldFile().data()) % 8, 0u);
  EXPECT_EQ(CodeOf(FoldFile(), "FOLD"), StatusCode::kOk);
}

}  // namespace
}  // namespace levee::text
