// The grammar (RFC 4180, with any separator and both line ends):
//
//   record  = field *( separator field ) ( LF / CRLF / end )
//   field   = quoted / bare
//   quoted  = '"' *( any but '"' / '""' ) '"'
//   bare    = *( any but separator, CR before LF, LF and '"' )
//
// A quote within a bare field, or anything after a closing one, is an error
// rather than a guess: guessing wrong would run records together.
#include "client/cli/csv.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace levee::cli {

CsvReader::CsvReader(Input* input, char separator)
    : input_(input), separator_(static_cast<unsigned char>(separator)) {
  input_->SkipByteOrderMark();
}

int CsvReader::Get() {
  last_ = input_->Get();
  if (last_ == '\n') ++line_;
  return last_;
}

absl::StatusOr<bool> CsvReader::Next(std::vector<std::string>* fields) {
  fields->clear();
  while (input_->Peek() == '\n' || input_->Peek() == '\r') Get();
  if (input_->Peek() == Input::kEnd) {
    if (!input_->status().ok()) return input_->status();
    return false;
  }
  record_line_ = line_;
  record_bytes_ = 0;
  int ended_by = separator_;
  while (ended_by == separator_) {
    if (fields->size() == kFieldsMax) {
      return Wrong(absl::StrCat("more than ", kFieldsMax, " fields"));
    }
    std::string field;
    if (absl::Status status = Field(&field, &ended_by); !status.ok()) {
      return status;
    }
    fields->push_back(std::move(field));
  }
  if (!input_->status().ok()) return input_->status();
  return true;
}

absl::Status CsvReader::Field(std::string* field, int* ended_by) {
  if (input_->Peek() == '"') return Quoted(field, ended_by);
  for (;;) {
    int c = Get();
    if (c == '\r' && input_->Peek() == '\n') c = Get();
    if (c == separator_ || c == '\n' || c == Input::kEnd) {
      *ended_by = c;
      return absl::OkStatus();
    }
    if (c == '"') {
      return Wrong(
          "a quote within a field that does not begin with one; put the whole "
          "field in quotes and write \"\" for a quote");
    }
    if (absl::Status status = Append(c, field); !status.ok()) return status;
  }
}

absl::Status CsvReader::Quoted(std::string* field, int* ended_by) {
  const int64_t begun = line_;
  Get();
  for (;;) {
    int c = Get();
    if (c == Input::kEnd) {
      return Wrong(
          absl::StrCat("the quote opened in line ", begun, " is never closed"));
    }
    if (c != '"') {
      if (absl::Status status = Append(c, field); !status.ok()) return status;
      continue;
    }
    if (input_->Peek() == '"') {
      if (absl::Status status = Append(Get(), field); !status.ok()) {
        return status;
      }
      continue;
    }
    c = Get();
    if (c == '\r' && input_->Peek() == '\n') c = Get();
    if (c == separator_ || c == '\n' || c == Input::kEnd) {
      *ended_by = c;
      return absl::OkStatus();
    }
    return Wrong("something follows a closing quote within the field");
  }
}

absl::Status CsvReader::Append(int c, std::string* field) {
  if (field->size() == kFieldBytesMax) {
    return Wrong(
        absl::StrCat("a field of more than ", kFieldBytesMax, " bytes"));
  }
  if (record_bytes_ == kRecordBytesMax) {
    return Wrong(
        absl::StrCat("a record of more than ", kRecordBytesMax, " bytes"));
  }
  ++record_bytes_;
  field->push_back(static_cast<char>(c));
  return absl::OkStatus();
}

absl::Status CsvReader::Wrong(const std::string& what) {
  SkipLine();
  if (!input_->status().ok()) return input_->status();
  return absl::InvalidArgumentError(what);
}

void CsvReader::SkipLine() {
  while (last_ != '\n' && last_ != Input::kEnd) Get();
}

}  // namespace levee::cli
