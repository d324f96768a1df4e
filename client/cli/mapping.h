// From rows of a CSV file to ticket events.
#ifndef LEVEE_CLIENT_CLI_MAPPING_H_
#define LEVEE_CLIENT_CLI_MAPPING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/times.h"
#include "levee/v1/event.pb.h"
#include "levee/v1/import_mapping.pb.h"

namespace levee::cli {

// A CsvMapping in protobuf text format. INVALID_ARGUMENT: line:column and what
// is wrong.
absl::StatusOr<v1::CsvMapping> ParseMapping(const std::string& text);

// Sets the column of one field, as a flag names it: "customer_id=Caller";
// "attributes.plan=Plan" for an attribute, "attributes.seats:=Seats" for a
// number.
absl::Status SetColumn(absl::string_view assignment, v1::CsvMapping* mapping);

// The separator of a mapping. INVALID_ARGUMENT: not one ASCII character.
absl::StatusOr<char> SeparatorOf(const v1::CsvMapping& mapping);

// A mapping bound to a file's columns. Remembers, for rows that are compared
// with earlier ones, those cells of each ticket's latest row; for events whose
// file names no ids, 16 bytes each.
//
// Threads: one.
class RowMapper {
 public:
  // Tickets whose latest rows are remembered, at most: with some 200 bytes
  // each this is the memory a history may take.
  static constexpr size_t kTicketsMax = 5'000'000;

  // `header` names the columns. INVALID_ARGUMENT names every column that is
  // missing, or what in the mapping is wrong.
  static absl::StatusOr<RowMapper> Create(
      const v1::CsvMapping& mapping, const std::vector<std::string>& header);
  RowMapper(RowMapper&&) = default;

  // Appends the events the row stands for. An event without an id of the
  // file's gets "<hash>-<n>-<kind>": the hash of its own content, and n for the
  // nth event with this content, so that a file that grew gives its old events
  // the ids that they had. An error says "column: what is wrong"; nothing is
  // appended then, and the row is remembered all the same. RESOURCE_EXHAUSTED,
  // which is final: more than kTicketsMax tickets.
  absl::Status Map(const std::vector<std::string>& cells,
                   std::vector<v1::TicketEvent>* events);

 private:
  using Cells = std::vector<std::string>;
  // A cell put into a field of the event.
  struct Setter {
    size_t column = 0;
    // An empty cell is an error.
    bool required = false;
    std::function<absl::Status(const std::string& cell, v1::TicketEvent*)> set;
  };
  // Whether a row is such as asked for; `before` is what was kept of the
  // ticket's earlier row, null for a first row.
  using Test = std::function<absl::StatusOr<bool>(const Cells& cells,
                                                  const Cells* before)>;
  struct Event {
    v1::EventKind kind = v1::EVENT_KIND_UNSPECIFIED;
    v1::Actor actor = v1::ACTOR_UNSPECIFIED;
    std::vector<Test> tests;
    std::vector<Setter> setters;
    bool provides_solution = false;
    bool go_on = false;
  };
  // Makes one from a mapping (mapping_builder.cc).
  class Builder;

  RowMapper() = default;
  absl::StatusOr<bool> Holds(const Event& event, const Cells& cells,
                             const Cells* before) const;
  absl::StatusOr<v1::TicketEvent> Make(const Event& event, const Cells& cells);
  absl::Status Collect(const Cells& cells, const Cells* before,
                       std::vector<v1::TicketEvent>* events);
  std::string IdByContent(const v1::TicketEvent& event);
  absl::Status Remember(const Cells& cells);

  std::vector<std::string> header_;
  std::vector<std::string> empty_values_;
  std::vector<Event> events_;
  // Rows are compared; then these columns are remembered, in this order.
  bool compares_ = false;
  size_t ticket_column_ = 0;
  std::vector<size_t> kept_columns_;
  absl::flat_hash_map<std::string, Cells> latest_;
  // How many events have a content, by 64 bits of its hash.
  absl::flat_hash_map<uint64_t, uint32_t> occurrences_;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_MAPPING_H_
