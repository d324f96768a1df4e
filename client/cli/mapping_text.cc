// A CsvMapping as people give it: a file in text format, and flags.
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/cli/mapping.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace levee::cli {
namespace {

// The deepest message is events.when.is.
constexpr int kDepthMax = 8;

// Keeps the first error; those after it often only follow from it.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!first_.empty()) return;
    first_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& first() const { return first_; }

 private:
  std::string first_;
};

absl::Status AddAttribute(absl::string_view key, absl::string_view column,
                          v1::CsvMapping* mapping) {
  v1::AttributeColumn* attribute = mapping->mutable_columns()->add_attributes();
  if (absl::EndsWith(key, ":")) {
    key.remove_suffix(1);
    attribute->set_number(true);
  }
  attribute->set_key(std::string(key));
  attribute->set_column(std::string(column));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::CsvMapping> ParseMapping(const std::string& text) {
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(kDepthMax);
  v1::CsvMapping mapping;
  if (parser.ParseFromString(text, &mapping)) return mapping;
  return absl::InvalidArgumentError(error.first());
}

absl::Status SetColumn(absl::string_view assignment, v1::CsvMapping* mapping) {
  const size_t equals = assignment.find('=');
  if (equals == absl::string_view::npos || equals == 0 ||
      equals + 1 == assignment.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", assignment,
                     "\" is not FIELD=COLUMN, such as customer_id=Caller"));
  }
  absl::string_view field = assignment.substr(0, equals);
  const absl::string_view column = assignment.substr(equals + 1);
  if (absl::ConsumePrefix(&field, "attributes.")) {
    return AddAttribute(field, column, mapping);
  }
  std::string name(field);
  if (absl::StartsWith(name, "source.")) name[6] = '_';
  const auto* found = v1::EventColumns::descriptor()->FindFieldByName(name);
  if (found == nullptr || found->is_repeated()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", field,
        "\" is no field of an event that a column can hold, such "
        "as customer_id, occurred_at, source.ip or attributes.plan"));
  }
  v1::EventColumns* columns = mapping->mutable_columns();
  columns->GetReflection()->SetString(columns, found, std::string(column));
  return absl::OkStatus();
}

absl::StatusOr<char> SeparatorOf(const v1::CsvMapping& mapping) {
  const std::string& separator = mapping.separator();
  if (separator.empty()) return ',';
  const char c = separator[0];
  if (separator.size() != 1 || static_cast<unsigned char>(c) >= 0x80 ||
      c == '"' || c == '\n' || c == '\r' || c == '\0') {
    return absl::InvalidArgumentError(
        "separator: not one ASCII character other than a quote or line end");
  }
  return c;
}

}  // namespace levee::cli
