#include "client/cli/mapping.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/crypto.h"
#include "client/cli/event_check.h"
#include "client/cli/words.h"

namespace levee::cli {
namespace {

// 128 bits: no two contents share them.
constexpr size_t kIdHashDigits = 32;

}  // namespace

absl::Status RowMapper::Map(const std::vector<std::string>& cells,
                            std::vector<v1::TicketEvent>* events) {
  if (cells.size() != header_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(cells.size(), " fields, but the first line names ",
                     header_.size(), " columns"));
  }
  Cells clean = cells;
  for (std::string& cell : clean) {
    if (std::find(empty_values_.begin(), empty_values_.end(), cell) !=
        empty_values_.end()) {
      cell.clear();
    }
  }
  const Cells* before = nullptr;
  if (compares_) {
    const auto found = latest_.find(clean[ticket_column_]);
    if (found != latest_.end()) before = &found->second;
  }
  const size_t size = events->size();
  absl::Status status = Collect(clean, before, events);
  if (!status.ok()) events->resize(size);
  if (compares_) {
    absl::Status remembered = Remember(clean);
    if (!remembered.ok()) return remembered;
  }
  return status;
}

absl::Status RowMapper::Collect(const Cells& cells, const Cells* before,
                                std::vector<v1::TicketEvent>* events) {
  const size_t first = events->size();
  for (const Event& event : events_) {
    absl::StatusOr<bool> holds = Holds(event, cells, before);
    if (!holds.ok()) return holds.status();
    if (!*holds) continue;
    absl::StatusOr<v1::TicketEvent> made = Make(event, cells);
    if (!made.ok()) return made.status();
    // Two events of a row whose file names one id have two all the same.
    const auto same = [&made](const v1::TicketEvent& other) {
      return other.event_id() == made->event_id();
    };
    if (std::any_of(events->begin() + first, events->end(), same)) {
      absl::StrAppend(made->mutable_event_id(), "-",
                      events->size() - first + 1);
    }
    if (absl::Status status = CheckForImport(*made); !status.ok()) {
      return status;
    }
    events->push_back(*std::move(made));
    if (!event.go_on) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> RowMapper::Holds(const Event& event, const Cells& cells,
                                      const Cells* before) const {
  for (const Test& test : event.tests) {
    absl::StatusOr<bool> holds = test(cells, before);
    if (!holds.ok() || !*holds) return holds;
  }
  return true;
}

absl::StatusOr<v1::TicketEvent> RowMapper::Make(const Event& event,
                                                const Cells& cells) {
  v1::TicketEvent made;
  made.set_kind(event.kind);
  made.set_actor(event.actor);
  if (event.provides_solution) made.set_provides_solution(true);
  for (const Setter& setter : event.setters) {
    const std::string& cell = cells[setter.column];
    absl::Status status;
    if (!cell.empty()) {
      status = setter.set(cell, &made);
    } else if (setter.required) {
      status = absl::InvalidArgumentError("empty, but every event needs it");
    }
    if (status.ok()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(header_[setter.column], ": ", status.message()));
  }
  if (made.actor() == v1::ACTOR_UNSPECIFIED) {
    made.set_actor(UsualActor(made.kind(), !made.agent_id().empty()));
  }
  if (made.event_id().empty()) made.set_event_id(IdByContent(made));
  return made;
}

std::string RowMapper::IdByContent(const v1::TicketEvent& event) {
  Sha256 sha256;
  // Without maps or unknown fields, the same event gives the same bytes.
  sha256.Add(event.SerializeAsString());
  const std::string hash = sha256.Hex().substr(0, kIdHashDigits);
  const uint64_t key = absl::Hash<std::string>()(hash);
  return absl::StrCat(hash, "-", ++occurrences_[key], "-",
                      absl::AsciiStrToLower(Word(event.kind())));
}

absl::Status RowMapper::Remember(const Cells& cells) {
  const std::string& ticket = cells[ticket_column_];
  if (ticket.empty()) return absl::OkStatus();
  if (latest_.size() >= kTicketsMax && !latest_.contains(ticket)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", kTicketsMax,
                     " tickets to compare rows of; split the file by ticket"));
  }
  Cells& kept = latest_[ticket];
  kept.clear();
  for (const size_t column : kept_columns_) kept.push_back(cells[column]);
  return absl::OkStatus();
}

}  // namespace levee::cli
