#include "client/cli/restriction_source.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/csv.h"
#include "client/cli/json.h"
#include "client/cli/restriction_terms.h"
#include "client/cli/subject.h"
#include "google/protobuf/struct.pb.h"

namespace levee::cli {
namespace {

// A reason of 1 KiB and a value, each byte written as six, many times over.
constexpr size_t kLineBytesMax = 64 << 10;

constexpr char kColumns[] =
    "subject, value, verdict, scope, for, until, reason";

// What a row says, by column.
struct Row {
  std::string subject;
  std::string value;
  RestrictionTerms terms;

  // Null: there is no such column.
  std::string* Find(absl::string_view column) {
    if (column == "subject") return &subject;
    if (column == "value") return &value;
    if (column == "verdict") return &terms.verdict;
    if (column == "scope") return &terms.scope;
    if (column == "for") return &terms.span;
    if (column == "until") return &terms.until;
    if (column == "reason") return &terms.reason;
    return nullptr;
  }
};

absl::Status Make(const Row& row, const RestrictionClock& clock,
                  v1::AddRestrictionRequest* request) {
  absl::StatusOr<v1::RestrictionSubject> subject =
      MakeSubject(row.subject, row.value);
  if (!subject.ok()) return subject.status();
  absl::StatusOr<v1::AddRestrictionRequest> made =
      MakeRestriction(*subject, row.terms, clock.now, clock.zone);
  if (!made.ok()) return made.status();
  *request = *std::move(made);
  return absl::OkStatus();
}

class CsvRows final : public RestrictionSource {
 public:
  CsvRows(std::unique_ptr<CsvReader> reader, std::vector<std::string> columns,
          const RestrictionClock& clock)
      : reader_(std::move(reader)),
        columns_(std::move(columns)),
        clock_(clock) {}

  absl::StatusOr<bool> Next(v1::AddRestrictionRequest* request) override {
    absl::StatusOr<bool> more = reader_->Next(&cells_);
    if (!more.ok() || !*more) return more;
    if (cells_.size() != columns_.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(cells_.size(), " fields, but the first line names ",
                       columns_.size(), " columns"));
    }
    Row row;
    for (size_t i = 0; i < cells_.size(); ++i) {
      *row.Find(columns_[i]) =
          std::string(absl::StripAsciiWhitespace(cells_[i]));
    }
    absl::Status status = Make(row, clock_, request);
    if (!status.ok()) return status;
    return true;
  }
  int64_t line() const override { return reader_->line(); }

 private:
  const std::unique_ptr<CsvReader> reader_;
  const std::vector<std::string> columns_;
  const RestrictionClock clock_;
  std::vector<std::string> cells_;
};

absl::Status CheckColumns(const std::vector<std::string>& columns) {
  const auto count = [&columns](absl::string_view name) {
    return std::count(columns.begin(), columns.end(), name);
  };
  for (const std::string& column : columns) {
    if (Row().Find(column) == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "line 1: \"", column, "\" is no column; they are ", kColumns));
    }
    if (count(column) > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("line 1: names the column ", column, " twice"));
    }
  }
  for (const char* needed : {"subject", "value", "verdict", "reason"}) {
    if (count(needed) == 1) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("line 1: names no column ", needed));
  }
  if (count("for") + count("until") > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "line 1: names neither a column for nor a column until");
}

class JsonLines final : public RestrictionSource {
 public:
  JsonLines(Input* input, const RestrictionClock& clock)
      : input_(input), clock_(clock) {
    input_->SkipByteOrderMark();
  }

  absl::StatusOr<bool> Next(v1::AddRestrictionRequest* request) override {
    do {
      ++line_;
      absl::StatusOr<bool> more = input_->Line(kLineBytesMax, &text_);
      if (absl::IsResourceExhausted(more.status())) {
        return absl::InvalidArgumentError(more.status().message());
      }
      if (!more.ok() || !*more) return more;
    } while (absl::StripAsciiWhitespace(text_).empty());
    absl::Status status = Read(request);
    if (!status.ok()) return status;
    return true;
  }
  int64_t line() const override { return line_; }

 private:
  absl::Status Read(v1::AddRestrictionRequest* request) const {
    google::protobuf::Struct object;
    if (absl::Status status = FromJson(text_, &object); !status.ok()) {
      return absl::InvalidArgumentError("no JSON object");
    }
    const auto subject = object.fields().find("subject");
    const bool nested =
        subject != object.fields().end() && subject->second.has_struct_value();
    return nested ? ReadMessage(request) : ReadRow(object, request);
  }

  absl::Status ReadRow(const google::protobuf::Struct& object,
                       v1::AddRestrictionRequest* request) const {
    Row row;
    for (const auto& [name, value] : object.fields()) {
      std::string* cell = row.Find(name);
      if (cell == nullptr) {
        return absl::InvalidArgumentError(
            absl::StrCat("\"", name, "\" is no column; they are ", kColumns));
      }
      if (value.kind_case() != google::protobuf::Value::kStringValue) {
        return absl::InvalidArgumentError(
            absl::StrCat(name, ": no text in quotes"));
      }
      *cell = value.string_value();
    }
    return Make(row, clock_, request);
  }

  absl::Status ReadMessage(v1::AddRestrictionRequest* request) const {
    // It has all fields of an AddRestrictionRequest, under the same names.
    v1::Restriction restriction;
    if (absl::Status status = FromJson(text_, &restriction); !status.ok()) {
      return status;
    }
    if (restriction.has_lifted_at()) {
      return absl::InvalidArgumentError("liftedAt: it was lifted");
    }
    *request->mutable_subject() = restriction.subject();
    request->set_scope(restriction.scope());
    request->set_verdict(restriction.verdict());
    *request->mutable_until() = restriction.until();
    // A rule gives none.
    request->set_reason(restriction.reason().empty() &&
                                !restriction.rule_id().empty()
                            ? absl::StrCat("rule ", restriction.rule_id())
                            : restriction.reason());
    return CheckRestriction(*request, clock_.now);
  }

  Input* const input_;
  const RestrictionClock clock_;
  int64_t line_ = 0;
  std::string text_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RestrictionSource>> OpenRestrictionCsv(
    Input* input, char separator, const RestrictionClock& clock) {
  auto reader = std::make_unique<CsvReader>(input, separator);
  std::vector<std::string> columns;
  absl::StatusOr<bool> any = reader->Next(&columns);
  if (!any.ok()) return any.status();
  if (!*any) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the file is empty; its first line should name the columns: ",
        kColumns));
  }
  for (std::string& column : columns) {
    column = absl::AsciiStrToLower(absl::StripAsciiWhitespace(column));
  }
  if (absl::Status status = CheckColumns(columns); !status.ok()) return status;
  return std::make_unique<CsvRows>(std::move(reader), std::move(columns),
                                   clock);
}

std::unique_ptr<RestrictionSource> OpenRestrictionJsonLines(
    Input* input, const RestrictionClock& clock) {
  return std::make_unique<JsonLines>(input, clock);
}

}  // namespace levee::cli
