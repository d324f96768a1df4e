#include "client/cli/event_source.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/event_check.h"
#include "client/cli/json.h"

namespace levee::cli {
namespace {

// A body of 1 MiB, each byte written as six.
constexpr size_t kLineBytesMax = 8 << 20;

absl::Status InLine(int64_t line, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("line ", line, ": ", status.message()));
}

class JsonLines final : public EventSource {
 public:
  explicit JsonLines(Input* input) : input_(input) {
    input_->SkipByteOrderMark();
  }

  absl::StatusOr<bool> Next(std::vector<v1::TicketEvent>* events) override {
    do {
      ++number_;
      absl::StatusOr<bool> more = input_->Line(kLineBytesMax, &line_);
      if (absl::IsResourceExhausted(more.status())) {
        return InLine(number_,
                      absl::InvalidArgumentError(more.status().message()));
      }
      if (!more.ok() || !*more) return more;
    } while (absl::StripAsciiWhitespace(line_).empty());
    v1::TicketEvent event;
    absl::Status status = FromJson(line_, &event);
    if (status.ok()) status = CheckForImport(event);
    if (!status.ok()) return InLine(number_, status);
    events->push_back(std::move(event));
    return true;
  }

 private:
  Input* const input_;
  int64_t number_ = 0;
  std::string line_;
};

class CsvRows final : public EventSource {
 public:
  CsvRows(std::unique_ptr<CsvReader> reader, RowMapper mapper)
      : reader_(std::move(reader)), mapper_(std::move(mapper)) {}

  absl::StatusOr<bool> Next(std::vector<v1::TicketEvent>* events) override {
    absl::StatusOr<bool> more = reader_->Next(&cells_);
    if (absl::IsInvalidArgument(more.status())) {
      return InLine(reader_->line(), more.status());
    }
    if (!more.ok() || !*more) return more;
    absl::Status status = mapper_.Map(cells_, events);
    if (!status.ok()) return InLine(reader_->line(), status);
    return true;
  }

 private:
  const std::unique_ptr<CsvReader> reader_;
  RowMapper mapper_;
  std::vector<std::string> cells_;
};

}  // namespace

std::unique_ptr<EventSource> OpenJsonLines(Input* input) {
  return std::make_unique<JsonLines>(input);
}

absl::StatusOr<std::unique_ptr<EventSource>> OpenCsv(
    Input* input, const v1::CsvMapping& mapping) {
  absl::StatusOr<char> separator = SeparatorOf(mapping);
  if (!separator.ok()) return separator.status();
  auto reader = std::make_unique<CsvReader>(input, *separator);
  std::vector<std::string> header;
  absl::StatusOr<bool> any = reader->Next(&header);
  if (!any.ok()) {
    return InLine(reader->line(), any.status());
  }
  if (!*any) {
    return absl::InvalidArgumentError(
        "the file is empty; its first line should name the columns");
  }
  absl::StatusOr<RowMapper> mapper = RowMapper::Create(mapping, header);
  if (!mapper.ok()) return mapper.status();
  return std::make_unique<CsvRows>(std::move(reader), *std::move(mapper));
}

}  // namespace levee::cli
