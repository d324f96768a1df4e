#include "client/cli/import_job.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/crypto.h"
#include "client/cli/event_source.h"
#include "client/cli/input.h"
#include "client/cli/json.h"
#include "client/cli/mapping.h"
#include "client/cli/table.h"
#include "client/cli/words.h"

namespace levee::cli {
namespace {

constexpr size_t kMappingBytesMax = 1 << 20;

// So many bad rows, and so many refused events, are named; more would bury
// what is wrong with them.
constexpr uint64_t kNamedMax = 50;

// Changes when the same input would give other events than before.
constexpr absl::string_view kImportIdVersion = "levee import 2\n";

// Of ImportStart.import_id, and what of it follows an id that was given.
constexpr size_t kImportIdBytesMax = 128;
constexpr size_t kFingerprintDigits = 16;

// Interrupted is looked at every so many rows.
constexpr uint64_t kRowsPerLook = 256;

uint64_t SizeOf(const std::string& file) {
  struct stat about = {};
  return stat(file.c_str(), &about) == 0 ? static_cast<uint64_t>(about.st_size)
                                         : 0;
}

absl::Status At(const std::string& where, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(where, ": ", status.message()));
}

// The server goes on after what it has of an id, so other input must not come
// under the same one: its first events would be taken for recorded ones.
absl::StatusOr<std::string> ImportId(const std::string& given,
                                     const std::string& hash) {
  if (given.empty()) return hash;
  constexpr size_t kGivenBytesMax = kImportIdBytesMax - 1 - kFingerprintDigits;
  if (given.size() > kGivenBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--import_id: ", given.size(), " bytes, at most ", kGivenBytesMax));
  }
  return absl::StrCat(given, "-", hash.substr(0, kFingerprintDigits));
}

v1::DecisionRecord RecordOf(const v1::TicketEvent& event,
                            const v1::Decision& decision,
                            const std::string& import_id) {
  v1::DecisionRecord record;
  *record.mutable_decision() = decision;
  record.set_kind(event.kind());
  record.set_actor(event.actor());
  record.set_customer_id(event.customer_id());
  record.set_ticket_id(event.ticket_id());
  record.set_agent_id(event.agent_id());
  if (event.has_source() && event.actor() == v1::ACTOR_CUSTOMER) {
    *record.mutable_source() = event.source();
  }
  record.set_import_id(import_id);
  return record;
}

}  // namespace

ImportJob::ImportJob(const ImportFlags& flags, Session* session,
                     const std::atomic<bool>* interrupted)
    : flags_(flags),
      session_(session),
      interrupted_(interrupted),
      sorter_(static_cast<size_t>(flags.sort_memory_mib) << 20),
      progress_(flags.quiet) {}

int ImportJob::Run() {
  if (absl::Status status = Prepare(); !status.ok()) {
    return session_->FailUsage(status);
  }
  if (absl::Status status = ReadFiles(); !status.ok()) return Stop(status);
  const absl::Status sent = Send();
  if (log_ != nullptr) {
    // Written out even after an error; what came first is told.
    absl::Status closed = log_->Close(sent.ok());
    if (sent.ok() && !closed.ok()) return Stop(closed);
  }
  if (!sent.ok()) return Stop(sent);
  progress_.Clear();
  PrintSummary();
  return Conclude();
}

int ImportJob::Conclude() {
  if (summary_.lost > 0) {
    session_->Complain(absl::StrCat(
        WithCommas(summary_.lost),
        " events were sent and the connection broke before they were answered; "
        "the server knows no decision of theirs: it refused them, and why is "
        "not known, or it lost them"));
  }
  return summary_.errors + summary_.lost == 0 ? kExitOk : kExitNo;
}

int ImportJob::Stop(const absl::Status& status) {
  progress_.Clear();
  const uint64_t position = sender_ == nullptr ? 0 : sender_->position();
  if (position > 0 && position == sorter_.size()) {
    session_->Complain(
        absl::StrCat("all ", WithCommas(position), " events are imported"));
  } else if (position > 0) {
    session_->Complain(absl::StrCat(
        WithCommas(position), " of ", WithCommas(sorter_.size()),
        " events are imported; run the same command again to go on"));
  }
  if (*interrupted_) {
    session_->Complain("interrupted");
    return kExitInterrupted;
  }
  return session_->Fail(status);
}

void ImportJob::Say(const std::string& text) {
  progress_.Clear();
  session_->Complain(text);
}

absl::Status ImportJob::Prepare() {
  if (absl::Status status = ReadMapping(); !status.ok()) return status;
  if (absl::Status status = ApplyColumnFlags(); !status.ok()) return status;
  absl::StatusOr<Connection*> connection = session_->Connect();
  if (!connection.ok()) return connection.status();
  connection_ = *connection;
  if (absl::Status status = Identify(); !status.ok()) return status;
  if (flags_.decisions.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<DecisionLog>> log =
      DecisionLog::Open(flags_.decisions);
  if (!log.ok()) return log.status();
  log_ = *std::move(log);
  return absl::OkStatus();
}

absl::Status ImportJob::ReadMapping() {
  if (flags_.mapping_file.empty()) return absl::OkStatus();
  has_mapping_ = true;
  absl::StatusOr<std::string> text =
      ReadFile(flags_.mapping_file, kMappingBytesMax);
  if (!text.ok()) return text.status();
  absl::StatusOr<v1::CsvMapping> mapping = ParseMapping(*text);
  if (!mapping.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flags_.mapping_file, ":", mapping.status().message()));
  }
  mapping_ = *std::move(mapping);
  return absl::OkStatus();
}

absl::Status ImportJob::ApplyColumnFlags() {
  for (const std::string& assignment : flags_.columns) {
    has_mapping_ = true;
    if (absl::Status status = SetColumn(assignment, &mapping_); !status.ok()) {
      return At("--column", status);
    }
  }
  if (!flags_.time_format.empty()) mapping_.set_time_format(flags_.time_format);
  if (!flags_.time_zone.empty()) mapping_.set_time_zone(flags_.time_zone);
  if (!flags_.separator.empty()) mapping_.set_separator(flags_.separator);
  for (const std::string& value : flags_.empty_values) {
    mapping_.add_empty_values(value);
  }
  for (const std::string& file : flags_.files) {
    if (!IsCsv(file) || has_mapping_) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        file, ": a CSV file needs --mapping FILE or --column FIELD=COLUMN"));
  }
  return absl::OkStatus();
}

bool ImportJob::IsCsv(const std::string& file) const {
  if (flags_.format != "auto") return flags_.format == "csv";
  return absl::EndsWithIgnoreCase(file, ".csv") ||
         absl::EndsWithIgnoreCase(file, ".csv.gz") ||
         absl::EndsWithIgnoreCase(file, ".tsv") ||
         absl::EndsWithIgnoreCase(file, ".tsv.gz");
}

absl::Status ImportJob::Identify() {
  Sha256 id;
  id.Add(kImportIdVersion);
  for (const std::string& file : flags_.files) {
    absl::StatusOr<std::string> hash = HashFile(file);
    if (!hash.ok()) return hash.status();
    id.Add(absl::StrCat(*hash, IsCsv(file) ? " csv\n" : " jsonl\n"));
  }
  id.Add(mapping_.SerializeAsString());
  absl::StatusOr<std::string> import_id = ImportId(flags_.import_id, id.Hex());
  if (!import_id.ok()) return import_id.status();
  import_id_ = *std::move(import_id);
  return absl::OkStatus();
}

absl::Status ImportJob::ReadFiles() {
  uint64_t bytes = 0;
  for (const std::string& file : flags_.files) bytes += SizeOf(file);
  progress_.Begin("reading", "bytes", bytes);
  uint64_t before = 0;
  for (const std::string& file : flags_.files) {
    if (absl::Status status = ReadEvents(file, before); !status.ok()) {
      return status;
    }
    before += SizeOf(file);
  }
  if (summary_.bad_rows > kNamedMax) {
    Say(absl::StrCat("... and ", WithCommas(summary_.bad_rows - kNamedMax),
                     " more bad rows"));
  }
  summary_.events = sorter_.size();
  if (rows_ > 0 && summary_.events == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("nothing is imported: none of ", WithCommas(rows_),
                     " rows could be read as an event"));
  }
  return sorter_.Finish();
}

absl::Status ImportJob::ReadEvents(const std::string& file,
                                   uint64_t bytes_before) {
  absl::StatusOr<std::unique_ptr<Input>> input = Input::Open(file);
  if (!input.ok()) return input.status();
  absl::StatusOr<std::unique_ptr<EventSource>> source =
      IsCsv(file) ? OpenCsv(input->get(), mapping_)
                  : OpenJsonLines(input->get());
  if (!source.ok()) return At(file, source.status());
  std::vector<v1::TicketEvent> events;
  for (uint64_t row = 0;; ++row) {
    events.clear();
    absl::StatusOr<bool> more = (*source)->Next(&events);
    if (!more.ok() || *more) ++rows_;
    if (absl::IsInvalidArgument(more.status())) {
      absl::Status status = BadRow(file, more.status());
      if (!status.ok()) return status;
      continue;
    }
    if (!more.ok()) return At(file, more.status());
    if (!*more) return absl::OkStatus();
    for (const v1::TicketEvent& event : events) {
      if (absl::Status status = sorter_.Add(event); !status.ok()) {
        return status;
      }
    }
    if (row % kRowsPerLook != 0) continue;
    if (*interrupted_) return absl::CancelledError("interrupted");
    progress_.Update(bytes_before + (*input)->file_position());
  }
}

absl::Status ImportJob::BadRow(const std::string& file,
                               const absl::Status& status) {
  const std::string what = absl::StrCat(file, ": ", status.message());
  if (flags_.strict) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, "\nnothing was sent, because of --strict"));
  }
  if (++summary_.bad_rows <= kNamedMax) Say(what);
  return absl::OkStatus();
}

absl::Status ImportJob::Send() {
  progress_.Begin("importing", "events", sorter_.size());
  ImportOptions options;
  options.import_id = import_id_;
  sender_ = std::make_unique<ImportSender>(
      options, [this] { return connection_->Import(); },
      [this](v1::TicketEvent* event) { return sorter_.Next(event); }, this,
      interrupted_);
  return sender_->Run();
}

// The time that earlier runs took says nothing of this one's pace.
void ImportJob::CountedNow() {
  if (!recorded_) progress_.SetBefore(done_);
  recorded_ = true;
  progress_.Update(++done_);
}

absl::Status ImportJob::Answered(const v1::TicketEvent& event,
                                 const v1::SubmitResult& result) {
  CountedNow();
  if (!result.has_decision()) {
    if (++summary_.errors <= kNamedMax) {
      Say(absl::StrCat("event ", event.event_id(), ": ",
                       result.has_error() ? result.error().message()
                                          : "neither decision nor error"));
    }
    return absl::OkStatus();
  }
  ++summary_.verdicts[result.decision().verdict()];
  if (log_ == nullptr) return absl::OkStatus();
  return log_->Append(RecordOf(event, result.decision(), import_id_));
}

absl::Status ImportJob::AnswerLost(const v1::TicketEvent& event) {
  CountedNow();
  absl::StatusOr<std::optional<v1::DecisionRecord>> record = Fetch(event);
  if (!record.ok()) return record.status();
  if (!record->has_value()) {
    ++summary_.lost;
    return absl::OkStatus();
  }
  ++summary_.verdicts[(*record)->decision().verdict()];
  return log_ == nullptr ? absl::OkStatus() : log_->Append(**record);
}

absl::Status ImportJob::RecordedBefore(const v1::TicketEvent& event) {
  progress_.Update(++done_);
  ++summary_.before;
  if (log_ == nullptr) return absl::OkStatus();
  absl::StatusOr<DecisionLog::Place> place = log_->Find(event.event_id());
  if (!place.ok()) return place.status();
  if (*place != DecisionLog::Place::kMissing) return absl::OkStatus();
  absl::StatusOr<std::optional<v1::DecisionRecord>> record = Fetch(event);
  if (!record.ok()) return record.status();
  return record->has_value() ? log_->Append(**record) : absl::OkStatus();
}

absl::StatusOr<std::optional<v1::DecisionRecord>> ImportJob::Fetch(
    const v1::TicketEvent& event) {
  v1::GetDecisionRequest request;
  request.set_event_id(event.event_id());
  v1::GetDecisionResponse response;
  absl::Status status = connection_->Call(request, &response);
  // In error, or older than ids are known.
  if (absl::IsNotFound(status)) {
    ++summary_.unknown;
    return std::nullopt;
  }
  if (!status.ok()) return status;
  return std::move(*response.mutable_record());
}

void ImportJob::Interrupted(const absl::Status& why, absl::Duration pause) {
  Say(absl::StrCat("the import was interrupted (", why.message(),
                   "); trying again in ", absl::FormatDuration(pause)));
}

void ImportJob::PrintSummary() {
  uint64_t decided = 0;
  for (const auto& [verdict, count] : summary_.verdicts) decided += count;
  if (session_->json()) {
    // The id may hold anything, so it is written by who knows how to.
    v1::ImportStart start;
    start.set_import_id(import_id_);
    std::string json = ToJson(start);
    json.pop_back();
    absl::StrAppend(&json, ",\"events\":", summary_.events,
                    ",\"badRows\":", summary_.bad_rows,
                    ",\"recordedBefore\":", summary_.before,
                    ",\"decided\":", decided, ",\"errors\":", summary_.errors,
                    ",\"unknown\":", summary_.unknown, ",\"verdicts\":{");
    const char* comma = "";
    for (const auto& [verdict, count] : summary_.verdicts) {
      absl::StrAppend(&json, comma, "\"", v1::Verdict_Name(verdict),
                      "\":", count);
      comma = ",";
    }
    session_->Print(absl::StrCat(json, "}}\n"));
    return;
  }
  Table table;
  table.RightAlign(1);
  const auto add = [&table](const std::string& name, uint64_t count) {
    table.Add({name, WithCommas(count)});
  };
  add("events", summary_.events);
  if (summary_.bad_rows > 0) add("bad rows", summary_.bad_rows);
  if (summary_.before > 0) add("recorded before", summary_.before);
  add("decided", decided);
  for (const auto& [verdict, count] : summary_.verdicts) {
    add(absl::StrCat("  ", Word(verdict)), count);
  }
  if (summary_.unknown > 0) add("decision not known", summary_.unknown);
  add("errors", summary_.errors);
  session_->Print(absl::StrCat(table.Render(), "import ", import_id_, "\n"));
}

}  // namespace levee::cli
