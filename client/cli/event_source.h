// The events of a file, in the file's order.
#ifndef LEVEE_CLIENT_CLI_EVENT_SOURCE_H_
#define LEVEE_CLIENT_CLI_EVENT_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/csv.h"
#include "client/cli/input.h"
#include "client/cli/mapping.h"
#include "levee/v1/event.pb.h"
#include "levee/v1/import_mapping.pb.h"

namespace levee::cli {

// Threads: one.
class EventSource {
 public:
  virtual ~EventSource() = default;

  // Appends the events of the next row; false at the end. INVALID_ARGUMENT:
  // the row is wrong; the error begins with "line 17: " and the field or
  // column, and the next call goes on after it. Any other error is final.
  virtual absl::StatusOr<bool> Next(std::vector<v1::TicketEvent>* events) = 0;
};

// A TicketEvent in JSON on each line; empty lines and a byte order mark at the
// begin are passed over. Does not own `input`.
std::unique_ptr<EventSource> OpenJsonLines(Input* input);

// CSV; the first line names the columns. INVALID_ARGUMENT: the mapping does not
// go with them. Does not own `input`.
absl::StatusOr<std::unique_ptr<EventSource>> OpenCsv(
    Input* input, const v1::CsvMapping& mapping);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_EVENT_SOURCE_H_
