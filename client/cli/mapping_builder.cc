// Binds a CsvMapping to the columns of a file: names become places, and each
// test and field a small function.
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/mapping.h"
#include "client/cli/printable.h"
#include "client/cli/words.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace levee::cli {
namespace {

using google::protobuf::FieldDescriptor;

constexpr int kEventsMax = 64;

absl::Status CheckUtf8(const std::string& cell) {
  return IsUtf8(cell) ? absl::OkStatus()
                      : absl::InvalidArgumentError("not UTF-8");
}

absl::StatusOr<bool> ParseBool(const std::string& cell) {
  const std::string word = absl::AsciiStrToLower(cell);
  if (word == "true" || word == "yes" || word == "1") return true;
  if (word == "false" || word == "no" || word == "0") return false;
  return absl::InvalidArgumentError(
      absl::StrCat("\"", cell, "\" is neither true, yes, 1, false, no nor 0"));
}

absl::StatusOr<int64_t> ParseNumber(const std::string& cell) {
  int64_t number = 0;
  if (cell.empty() || absl::SimpleAtoi(cell, &number)) return number;
  return absl::InvalidArgumentError(
      absl::StrCat("\"", cell, "\" is no whole number"));
}

using SetFn = std::function<absl::Status(const std::string&, v1::TicketEvent*)>;

// The setter of a plain text field of TicketEvent.
SetFn SetText(const std::string& name) {
  const FieldDescriptor* field =
      v1::TicketEvent::descriptor()->FindFieldByName(name);
  return [field](const std::string& cell, v1::TicketEvent* event) {
    absl::Status status = CheckUtf8(cell);
    if (status.ok()) event->GetReflection()->SetString(event, field, cell);
    return status;
  };
}

SetFn SetSource(const std::string& name) {
  const FieldDescriptor* field =
      v1::Source::descriptor()->FindFieldByName(name);
  return [field](const std::string& cell, v1::TicketEvent* event) {
    absl::Status status = CheckUtf8(cell);
    v1::Source* source = event->mutable_source();
    if (status.ok()) source->GetReflection()->SetString(source, field, cell);
    return status;
  };
}

SetFn SetBool(const std::string& name) {
  const FieldDescriptor* field =
      v1::TicketEvent::descriptor()->FindFieldByName(name);
  return [field](const std::string& cell, v1::TicketEvent* event) {
    absl::StatusOr<bool> value = ParseBool(cell);
    if (value.ok()) event->GetReflection()->SetBool(event, field, *value);
    return value.status();
  };
}

SetFn SetTime(const std::string& name, const TimeFormat& format) {
  const bool occurred = name == "occurred_at";
  return [occurred, format](const std::string& cell, v1::TicketEvent* event) {
    absl::StatusOr<absl::Time> time = format.Parse(cell);
    if (!time.ok()) return time.status();
    *(occurred ? event->mutable_occurred_at()
               : event->mutable_account_created_at()) = ToTimestamp(*time);
    return absl::OkStatus();
  };
}

absl::Status SetKind(const std::string& cell, v1::TicketEvent* event) {
  absl::StatusOr<v1::EventKind> kind = ParseKind(cell);
  if (kind.ok()) event->set_kind(*kind);
  return kind.status();
}

absl::Status SetActor(const std::string& cell, v1::TicketEvent* event) {
  absl::StatusOr<v1::Actor> actor = ParseActor(cell);
  if (actor.ok()) event->set_actor(*actor);
  return actor.status();
}

SetFn SetAttribute(const v1::AttributeColumn& column) {
  return [column](const std::string& cell, v1::TicketEvent* event) {
    if (absl::Status status = CheckUtf8(cell); !status.ok()) return status;
    if (!column.number()) {
      v1::Attribute* attribute = event->add_attributes();
      attribute->set_key(column.key());
      attribute->set_text(cell);
      return absl::OkStatus();
    }
    absl::StatusOr<int64_t> number = ParseNumber(cell);
    if (!number.ok()) return number.status();
    v1::Attribute* attribute = event->add_attributes();
    attribute->set_key(column.key());
    attribute->set_number(*number);
    return absl::OkStatus();
  };
}

SetFn SetterOf(const std::string& name, const TimeFormat& format) {
  if (name == "kind") return SetKind;
  if (name == "actor") return SetActor;
  if (name == "occurred_at" || name == "account_created_at") {
    return SetTime(name, format);
  }
  if (name == "provides_solution" || name == "not_abuse") return SetBool(name);
  if (absl::StartsWith(name, "source_")) return SetSource(name.substr(7));
  return SetText(name);
}

bool IsRequired(const std::string& name) {
  return name == "customer_id" || name == "ticket_id" ||
         name == "occurred_at" || name == "kind";
}

}  // namespace

class RowMapper::Builder {
 public:
  Builder(const v1::CsvMapping& mapping, const Cells& header)
      : mapping_(mapping) {
    mapper_.header_ = header;
    mapper_.empty_values_.assign(mapping.empty_values().begin(),
                                 mapping.empty_values().end());
  }

  absl::StatusOr<RowMapper> Build() {
    absl::StatusOr<TimeFormat> format =
        TimeFormat::Create(mapping_.time_format(), mapping_.time_zone());
    if (!format.ok()) return format.status();
    format_ = *std::move(format);
    if (mapping_.events_size() > kEventsMax) {
      Wrong("events",
            absl::StrCat(mapping_.events_size(), ", at most ", kEventsMax));
    } else if (mapping_.events().empty()) {
      BuildRowIsEvent();
    } else {
      for (int i = 0; i < mapping_.events_size(); ++i) BuildEvent(i);
    }
    if (mapper_.compares_) {
      if (mapping_.columns().ticket_id().empty()) {
        Wrong("columns.ticket_id",
              "missing, but rows of a ticket are compared");
      } else {
        mapper_.ticket_column_ = Column(mapping_.columns().ticket_id());
      }
    }
    if (problems_.empty()) return std::move(mapper_);
    return absl::InvalidArgumentError(absl::StrJoin(problems_, "\n"));
  }

 private:
  void BuildRowIsEvent();
  void BuildEvent(int place);
  void AddSetters(const v1::EventColumns& columns, const std::string& path,
                  Event* event);
  void AddTest(const v1::RowTest& test, const std::string& path, Event* event);
  void AddComparison(const v1::RowTest& test, Event* event);

  void Wrong(absl::string_view path, absl::string_view what) {
    problems_.push_back(absl::StrCat(path, ": ", what));
  }

  // The place of a column; 0 and a problem where there is none.
  size_t Column(const std::string& name) {
    const Cells& header = mapper_.header_;
    const auto found = std::find(header.begin(), header.end(), name);
    if (found != header.end()) return found - header.begin();
    std::string problem =
        absl::StrCat("the file has no column \"", name, "\"; its columns are ",
                     absl::StrJoin(header, ", "));
    if (std::find(problems_.begin(), problems_.end(), problem) ==
        problems_.end()) {
      problems_.push_back(std::move(problem));
    }
    return 0;
  }

  // Where in the kept cells the column is.
  size_t Kept(size_t column) {
    std::vector<size_t>& kept = mapper_.kept_columns_;
    const auto found = std::find(kept.begin(), kept.end(), column);
    if (found != kept.end()) return found - kept.begin();
    kept.push_back(column);
    return kept.size() - 1;
  }

  const v1::CsvMapping& mapping_;
  RowMapper mapper_;
  TimeFormat format_;
  std::vector<std::string> problems_;
};

void RowMapper::Builder::BuildRowIsEvent() {
  if (mapping_.columns().kind().empty()) {
    Wrong("columns.kind",
          "missing; name the column with the kind, or describe `events`");
  }
  Event event;
  AddSetters(mapping_.columns(), "columns", &event);
  mapper_.events_.push_back(std::move(event));
}

void RowMapper::Builder::BuildEvent(int place) {
  const v1::RowEvent& given = mapping_.events(place);
  const std::string path = absl::StrCat("events[", place, "]");
  Event event;
  event.kind = given.kind();
  event.actor = given.actor();
  event.provides_solution = given.provides_solution();
  event.go_on = given.go_on();
  if (given.kind() == v1::EVENT_KIND_UNSPECIFIED) {
    Wrong(absl::StrCat(path, ".kind"), "missing");
  }
  if (given.actor() == v1::ACTOR_UNSPECIFIED) {
    Wrong(absl::StrCat(path, ".actor"), "missing");
  }
  v1::EventColumns columns = mapping_.columns();
  if (given.columns().attributes_size() > 0) columns.clear_attributes();
  columns.MergeFrom(given.columns());
  if (!columns.kind().empty() || !columns.actor().empty()) {
    Wrong(path, "kind and actor come from the event here, not from a column");
    columns.clear_kind();
    columns.clear_actor();
  }
  AddSetters(columns, path, &event);
  for (int i = 0; i < given.when_size(); ++i) {
    AddTest(given.when(i), absl::StrCat(path, ".when[", i, "]"), &event);
  }
  mapper_.events_.push_back(std::move(event));
}

void RowMapper::Builder::AddSetters(const v1::EventColumns& columns,
                                    const std::string& path, Event* event) {
  const auto* type = v1::EventColumns::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->is_repeated()) continue;
    const std::string& name = field->name();
    const std::string column =
        columns.GetReflection()->GetString(columns, field);
    if (!column.empty()) {
      event->setters.push_back({.column = Column(column),
                                .required = IsRequired(name),
                                .set = SetterOf(name, format_)});
    } else if (IsRequired(name) && name != "kind") {
      Wrong(absl::StrCat(path, ".", name), "missing; every event needs it");
    }
  }
  for (const v1::AttributeColumn& attribute : columns.attributes()) {
    if (attribute.key().empty()) {
      Wrong(absl::StrCat(path, ".attributes"), "one has no key");
    }
    event->setters.push_back({.column = Column(attribute.column()),
                              .required = false,
                              .set = SetAttribute(attribute)});
  }
}

void RowMapper::Builder::AddTest(const v1::RowTest& test,
                                 const std::string& path, Event* event) {
  switch (test.test_case()) {
    case v1::RowTest::TEST_NOT_SET:
      Wrong(path, "missing: say what is asked of the row");
      return;
    case v1::RowTest::kIs:
    case v1::RowTest::kBecame: {
      const v1::CellIs& is = test.has_is() ? test.is() : test.became();
      if (is.any_of().empty()) Wrong(absl::StrCat(path, ".any_of"), "missing");
      break;
    }
    default:
      break;
  }
  if (!test.has_is()) {
    mapper_.compares_ = true;
    AddComparison(test, event);
    return;
  }
  const size_t column = Column(test.is().column());
  const Cells values(test.is().any_of().begin(), test.is().any_of().end());
  event->tests.push_back(
      [column, values](const Cells& cells, const Cells*) -> bool {
        return std::count(values.begin(), values.end(), cells[column]) > 0;
      });
}

void RowMapper::Builder::AddComparison(const v1::RowTest& test, Event* event) {
  if (test.has_first_of_ticket()) {
    const bool wanted = test.first_of_ticket();
    event->tests.push_back([wanted](const Cells&, const Cells* before) -> bool {
      return (before == nullptr) == wanted;
    });
    return;
  }
  const std::string& name = test.has_became()    ? test.became().column()
                            : test.has_changed() ? test.changed()
                                                 : test.increased();
  const size_t column = Column(name);
  const size_t kept = Kept(column);
  if (test.has_became()) {
    const Cells values(test.became().any_of().begin(),
                       test.became().any_of().end());
    event->tests.push_back(
        [=](const Cells& cells, const Cells* before) -> bool {
          const auto among = [&values](const std::string& cell) {
            return std::count(values.begin(), values.end(), cell) > 0;
          };
          return among(cells[column]) &&
                 (before == nullptr || !among((*before)[kept]));
        });
  } else if (test.has_changed()) {
    event->tests.push_back(
        [=](const Cells& cells, const Cells* before) -> bool {
          return before != nullptr && (*before)[kept] != cells[column];
        });
  } else {
    event->tests.push_back(
        [=](const Cells& cells, const Cells* before) -> absl::StatusOr<bool> {
          absl::StatusOr<int64_t> now = ParseNumber(cells[column]);
          if (!now.ok()) {
            return absl::InvalidArgumentError(
                absl::StrCat(name, ": ", now.status().message()));
          }
          // An earlier row that was wrong was reported when it was read.
          const int64_t was =
              before == nullptr ? 0 : ParseNumber((*before)[kept]).value_or(0);
          return *now > was;
        });
  }
}

absl::StatusOr<RowMapper> RowMapper::Create(
    const v1::CsvMapping& mapping, const std::vector<std::string>& header) {
  return Builder(mapping, header).Build();
}

}  // namespace levee::cli
