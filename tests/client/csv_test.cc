// Reading files line by line and record by record.
#include "client/cli/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/cli/input.h"
#include "tests/client/temp_file.h"

namespace levee::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Record = std::vector<std::string>;
using tests::TempFile;

// What a text reads as: records, and errors as {"!", line, message}.
std::vector<Record> ReadAll(const std::string& text, char separator = ',') {
  const TempFile file(text);
  auto input = Input::Open(file.path());
  EXPECT_TRUE(input.ok()) << input.status();
  CsvReader reader(input->get(), separator);
  std::vector<Record> records;
  for (int i = 0; i < 100; ++i) {
    Record record;
    auto more = reader.Next(&record);
    if (!more.ok()) {
      records.push_back({"!", std::to_string(reader.line()),
                         std::string(more.status().message())});
      continue;
    }
    if (!*more) return records;
    records.push_back(record);
  }
  ADD_FAILURE() << "no end";
  return records;
}

struct Case {
  const char* name;
  std::string text;
  std::vector<Record> records;
};

TEST(CsvTest, RecordsAreReadAsRfc4180Says) {
  const Case cases[] = {
      {"plain", "a,b\nc,d\n", {{"a", "b"}, {"c", "d"}}},
      {"crlf", "a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}},
      {"no line end at the end", "a,b", {{"a", "b"}}},
      {"empty fields", ",,\nx,,\n", {{"", "", ""}, {"x", "", ""}}},
      {"quoted", "\"a,b\",c\n", {{"a,b", "c"}}},
      {"doubled quote", "\"a\"\"b\"\n", {{"a\"b"}}},
      {"quoted line end", "\"a\nb\",c\nd,e\n", {{"a\nb", "c"}, {"d", "e"}}},
      {"quoted crlf stays", "\"a\r\nb\"\r\nc\n", {{"a\r\nb"}, {"c"}}},
      {"quoted empty", "\"\",x\n", {{"", "x"}}},
      {"empty lines", "\n\na\n\r\n\nb\n\n", {{"a"}, {"b"}}},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "a,b\n",
       {{"a", "b"}}},
      {"what only begins like one", "\xEF\xBB,b\n", {{"\xEF\xBB", "b"}}},
      {"a bare CR stays", "a\rb,c\n", {{"a\rb", "c"}}},
      {"spaces stay", " a , b \n", {{" a ", " b "}}},
      {"nothing", "", {}},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(c.records, ReadAll(c.text)) << c.name;
  }
}

TEST(CsvTest, AnotherSeparatorIsUsed) {
  EXPECT_THAT(ReadAll("a;b,c\td\n", ';'), ElementsAre(Record{"a", "b,c\td"}));
  EXPECT_THAT(ReadAll("a\tb\n", '\t'), ElementsAre(Record{"a", "b"}));
}

TEST(CsvTest, AWrongRecordIsNamedAndTheNextOneRead) {
  const auto records = ReadAll("a\nx\"y,z\n\"p\"q,r\nb\n");
  ASSERT_EQ(4u, records.size());
  EXPECT_EQ(Record{"a"}, records[0]);
  EXPECT_EQ("2", records[1][1]);
  EXPECT_THAT(records[1][2], HasSubstr("a quote within a field"));
  EXPECT_EQ("3", records[2][1]);
  EXPECT_THAT(records[2][2], HasSubstr("follows a closing quote"));
  EXPECT_EQ(Record{"b"}, records[3]);
}

TEST(CsvTest, AQuoteThatIsNeverClosedIsNamedWithItsLine) {
  const auto records = ReadAll("a\nb,\"c\nd\ne\n");
  ASSERT_EQ(2u, records.size());
  EXPECT_EQ("2", records[1][1]);
  EXPECT_THAT(records[1][2], HasSubstr("opened in line 2 is never closed"));
}

TEST(CsvTest, LinesAreCountedAcrossQuotedLineEnds) {
  const auto records = ReadAll("\"a\n\n\",b\nx\"\n");
  ASSERT_EQ(2u, records.size());
  EXPECT_EQ("4", records[1][1]);
}

TEST(CsvTest, FieldsAndTheirNumberAreBounded) {
  const std::string large(CsvReader::kFieldBytesMax + 1, 'x');
  auto records = ReadAll(large + ",y\nok\n");
  ASSERT_EQ(2u, records.size());
  EXPECT_THAT(records[0][2], HasSubstr("a field of more than 2097152 bytes"));
  EXPECT_EQ(Record{"ok"}, records[1]);
  records = ReadAll(std::string(CsvReader::kFieldsMax, ',') + "\nok\n");
  ASSERT_EQ(2u, records.size());
  EXPECT_THAT(records[0][2], HasSubstr("more than 1024 fields"));
  EXPECT_EQ(Record{"ok"}, records[1]);
}

TEST(InputTest, GzipIsUnpackedAndPlainIsNot) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + "\n";
  const TempFile file;
  for (const bool gzip : {false, true}) {
    gzip ? file.WriteGzip(text) : file.Write(text);
    auto input = Input::Open(file.path());
    ASSERT_TRUE(input.ok()) << input.status();
    std::string read;
    for (int c = 0; (c = (*input)->Get()) != Input::kEnd;) {
      read.push_back(static_cast<char>(c));
    }
    EXPECT_TRUE((*input)->status().ok()) << (*input)->status();
    EXPECT_EQ(text, read);
    EXPECT_EQ((*input)->file_size(), (*input)->file_position());
  }
}

TEST(InputTest, AGzipStreamCutShortIsSaidToBe) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919) + "\n";
  const TempFile file;
  file.WriteGzip(text);
  const std::string whole = file.Read();
  file.Write(whole.substr(0, whole.size() / 2));
  auto input = Input::Open(file.path());
  ASSERT_TRUE(input.ok()) << input.status();
  while ((*input)->Get() != Input::kEnd) {
  }
  EXPECT_EQ(absl::StatusCode::kDataLoss, (*input)->status().code());
  EXPECT_THAT((*input)->status().message(), HasSubstr("cut short"));
  std::string line;
  EXPECT_EQ((*input)->status(), (*input)->Line(100, &line).status());
}

TEST(InputTest, ALineThatIsTooLongIsPassedOver) {
  const TempFile file("short\n" + std::string(50, 'x') + "\nlast");
  auto input = Input::Open(file.path());
  ASSERT_TRUE(input.ok()) << input.status();
  std::string line;
  ASSERT_TRUE(*(*input)->Line(10, &line));
  EXPECT_EQ("short", line);
  EXPECT_EQ(absl::StatusCode::kResourceExhausted,
            (*input)->Line(10, &line).status().code());
  ASSERT_TRUE(*(*input)->Line(10, &line));
  EXPECT_EQ("last", line);
  EXPECT_FALSE(*(*input)->Line(10, &line));
}

TEST(InputTest, WhatCannotBeReadIsNamed) {
  EXPECT_THAT(Input::Open("/nowhere/file").status().message(),
              HasSubstr("cannot open /nowhere/file"));
  EXPECT_THAT(Input::Open("/tmp").status().message(),
              HasSubstr("/tmp: not a regular file"));
}

TEST(InputTest, TheHashIsThatOfTheFilesOwnBytes) {
  const TempFile file("abc");
  auto hash = HashFile(file.path());
  ASSERT_TRUE(hash.ok()) << hash.status();
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            *hash);
}

}  // namespace
}  // namespace levee::cli
