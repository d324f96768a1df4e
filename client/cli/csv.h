// Comma-separated values, RFC 4180.
#ifndef LEVEE_CLIENT_CLI_CSV_H_
#define LEVEE_CLIENT_CLI_CSV_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/input.h"

namespace levee::cli {

// Reads records. Lines end with LF or CRLF; a quoted field may hold the
// separator, line ends and "" for a quote. A byte order mark at the begin and
// lines without a character are passed over.
//
// Threads: one.
class CsvReader {
 public:
  static constexpr size_t kFieldsMax = 1'024;
  // A body of 1 MiB, each character a quote.
  static constexpr size_t kFieldBytesMax = 2 << 20;
  static constexpr size_t kRecordBytesMax = 8 << 20;

  // Does not own `input`, which must outlive the reader.
  CsvReader(Input* input, char separator);

  // The next record; false at the end. INVALID_ARGUMENT: the record is wrong
  // and passed over to the end of its line, and the next call goes on after
  // it. Any other error is the input's and final.
  absl::StatusOr<bool> Next(std::vector<std::string>* fields);

  // The line, from 1, where the latest record began.
  int64_t line() const { return record_line_; }

 private:
  int Get();
  absl::Status Field(std::string* field, int* ended_by);
  absl::Status Quoted(std::string* field, int* ended_by);
  absl::Status Append(int c, std::string* field);
  absl::Status Wrong(const std::string& what);
  void SkipLine();

  Input* const input_;
  // As Input::Get gives it.
  const int separator_;
  // The line of the next byte.
  int64_t line_ = 1;
  int64_t record_line_ = 0;
  size_t record_bytes_ = 0;
  // The latest byte taken.
  int last_ = 0;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_CSV_H_
