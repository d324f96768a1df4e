// All rows are read before the first is added, so that --strict can stop
// before anything is, and the progress has a total. A restriction added twice
// is there twice; so the lines say where to go on after a break.
#include "client/cli/restriction_import.h"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/input.h"
#include "client/cli/mapping.h"
#include "client/cli/progress.h"
#include "client/cli/restriction_source.h"
#include "client/cli/table.h"

namespace levee::cli {
namespace {

// So many bad rows, and so many refused ones, are named.
constexpr uint64_t kNamedMax = 50;

// Of a few hundred bytes each.
constexpr size_t kRowsMax = 1'000'000;

// A full queue is empty soon; if it is not, something else is wrong.
constexpr int kAttemptsMax = 25;
constexpr absl::Duration kPause = absl::Milliseconds(200);

// Set by Ctrl-C.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

struct Flags {
  std::string file;
  std::string format = "auto";
  std::string separator;
  int64_t from_line = 1;
  bool strict = false;
  bool quiet = false;
};

struct Row {
  int64_t line = 0;
  v1::AddRestrictionRequest request;
};

bool IsCsv(const Flags& flags) {
  if (flags.format != "auto") return flags.format == "csv";
  for (const char* suffix : {".csv", ".csv.gz", ".tsv", ".tsv.gz"}) {
    if (absl::EndsWithIgnoreCase(flags.file, suffix)) return true;
  }
  return false;
}

// One run. Threads: one.
class Job {
 public:
  Job(const Flags& flags, Session* session)
      : flags_(flags), session_(session), progress_(flags.quiet) {}

  // Returns the exit code, having said what happened.
  int Run() {
    absl::StatusOr<Connection*> connection = session_->Connect();
    if (!connection.ok()) return session_->FailUsage(connection.status());
    if (absl::Status status = Open(); !status.ok()) {
      return session_->FailUsage(status);
    }
    if (absl::Status status = ReadAll(); !status.ok()) {
      return session_->Fail(status);
    }
    return AddAll(*connection);
  }

 private:
  absl::Status Open() {
    v1::CsvMapping mapping;
    if (!flags_.separator.empty()) mapping.set_separator(flags_.separator);
    absl::StatusOr<char> separator = SeparatorOf(mapping);
    if (!separator.ok()) return separator.status();
    absl::StatusOr<std::unique_ptr<Input>> input = Input::Open(flags_.file);
    if (!input.ok()) return input.status();
    input_ = *std::move(input);
    const RestrictionClock clock = {.now = absl::Now(),
                                    .zone = absl::LocalTimeZone()};
    if (!IsCsv(flags_)) {
      source_ = OpenRestrictionJsonLines(input_.get(), clock);
      return absl::OkStatus();
    }
    absl::StatusOr<std::unique_ptr<RestrictionSource>> source =
        OpenRestrictionCsv(input_.get(), *separator, clock);
    if (!source.ok()) {
      return absl::Status(
          source.status().code(),
          absl::StrCat(flags_.file, ": ", source.status().message()));
    }
    source_ = *std::move(source);
    return absl::OkStatus();
  }

  std::string At(int64_t line, absl::string_view what) const {
    return absl::StrCat(flags_.file, ": line ", line, ": ", what);
  }

  absl::Status ReadAll() {
    for (;;) {
      Row row;
      absl::StatusOr<bool> more = source_->Next(&row.request);
      row.line = source_->line();
      if (more.ok() && !*more) break;
      if (!more.ok() && !absl::IsInvalidArgument(more.status())) {
        return absl::Status(
            more.status().code(),
            absl::StrCat(flags_.file, ": ", more.status().message()));
      }
      if (row.line < flags_.from_line) continue;
      ++count_;
      if (!more.ok()) {
        absl::Status status = BadRow(At(row.line, more.status().message()));
        if (!status.ok()) return status;
        continue;
      }
      if (rows_.size() == kRowsMax) {
        return absl::ResourceExhaustedError(
            absl::StrCat(flags_.file, ": more than ", WithCommas(kRowsMax),
                         " rows; split the file"));
      }
      rows_.push_back(std::move(row));
    }
    SayHidden(bad_rows_, "bad rows");
    if (count_ == 0 || !rows_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("nothing is added: none of ", WithCommas(count_),
                     " rows could be read as a restriction"));
  }

  absl::Status BadRow(const std::string& what) {
    if (flags_.strict) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, "\nnothing was added, because of --strict"));
    }
    if (++bad_rows_ <= kNamedMax) session_->Complain(what);
    return absl::OkStatus();
  }

  void SayHidden(uint64_t count, absl::string_view what) {
    if (count <= kNamedMax) return;
    session_->Complain(absl::StrCat("... and ", WithCommas(count - kNamedMax),
                                    " more ", what));
  }

  int AddAll(Connection* connection) {
    progress_.Begin("adding", "restrictions", rows_.size());
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (interrupted) {
        GoOnWith(rows_[i].line);
        session_->Complain("interrupted");
        return kExitInterrupted;
      }
      if (const int code = AddOne(connection, rows_[i]); code != kExitOk) {
        return code;
      }
      progress_.Update(i + 1);
    }
    progress_.Clear();
    SayHidden(refused_, "rows were refused");
    PrintSummary();
    return refused_ == 0 ? kExitOk : kExitNo;
  }

  // What ends the run; kExitOk: it goes on, also where the row was refused.
  int AddOne(Connection* connection, const Row& row) {
    v1::AddRestrictionResponse response;
    absl::Status status;
    for (int attempt = 1;; ++attempt) {
      status = connection->Call(row.request, &response);
      if (!absl::IsResourceExhausted(status) || attempt == kAttemptsMax ||
          interrupted) {
        break;
      }
      absl::SleepFor(kPause);
    }
    switch (status.code()) {
      case absl::StatusCode::kOk:
        ++added_;
        return kExitOk;
      case absl::StatusCode::kUnavailable:
      case absl::StatusCode::kDeadlineExceeded:
        GoOnWith(row.line);
        session_->Complain(
            At(row.line,
               "was sent and not answered; whether it is in force, `levee "
               "restrictions list --by_operators` tells"));
        return session_->Fail(status);
      case absl::StatusCode::kUnauthenticated:
      case absl::StatusCode::kPermissionDenied:
      case absl::StatusCode::kUnimplemented:
      case absl::StatusCode::kResourceExhausted:
        GoOnWith(row.line);
        return session_->Fail(status);
      default:
        progress_.Clear();
        if (++refused_ <= kNamedMax) {
          session_->Complain(At(row.line, status.message()));
        }
        return kExitOk;
    }
  }

  void GoOnWith(int64_t line) {
    progress_.Clear();
    session_->Complain(
        absl::StrCat(WithCommas(added_), " of ", WithCommas(rows_.size()),
                     " restrictions are added; go on with --from_line ", line));
  }

  void PrintSummary() {
    if (session_->json()) {
      session_->Print(absl::StrCat(
          "{\"rows\":", count_, ",\"badRows\":", bad_rows_,
          ",\"added\":", added_, ",\"refused\":", refused_, "}\n"));
      return;
    }
    Table table;
    table.RightAlign(1);
    table.Add({"rows", WithCommas(count_)});
    if (bad_rows_ > 0) table.Add({"bad rows", WithCommas(bad_rows_)});
    table.Add({"added", WithCommas(added_)});
    table.Add({"refused", WithCommas(refused_)});
    session_->Print(table.Render());
  }

  const Flags& flags_;
  Session* const session_;
  Progress progress_;
  std::unique_ptr<Input> input_;
  std::unique_ptr<RestrictionSource> source_;
  std::vector<Row> rows_;
  // Of the file, those in error among them.
  uint64_t count_ = 0;
  uint64_t bad_rows_ = 0;
  uint64_t added_ = 0;
  uint64_t refused_ = 0;
};

int Import(const Flags& flags, Session* session) {
  // A second Ctrl-C ends the tool at once.
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return Job(flags, session).Run();
}

constexpr char kDetails[] =
    "CSV, whose first line names the columns: subject (customer, ticket, ip, "
    "ip_prefix, email, email_domain or device), value, verdict, reason, for "
    "(36h, counted from the start of the import) or until (a time), and scope "
    "(new_tickets or all_messages, the default). Or JSON lines: an object of "
    "texts of these names each, or what `levee restrictions list -o json` "
    "prints. Either may be gzip.\n"
    "Rows that are wrong are named with their line and left out; so are those "
    "that the server refuses. A file that is imported again is added again.\n"
    "Ends with 0, or with 1 where no row could be read as a restriction, where "
    "the server refused some, or where --strict found a bad row. With -o json "
    "the summary is one object: rows, badRows, added, refused.";

constexpr char kExamples[] =
    "  levee restrictions import blocklist.csv --strict\n"
    "  printf 'subject,value,verdict,for,reason\\n"
    "ip,203.0.113.7,reject,7d,bombs us\\n' > b.csv\n"
    "  levee restrictions list --by_operators --limit 1000000 -o json > "
    "all.jsonl\n"
    "  levee restrictions import all.jsonl --server other:7171\n";

}  // namespace

void AddRestrictionImport(CLI::App* restrictions, Action* chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      AddCommand(restrictions, "import", "Add the restrictions of a file",
                 kDetails, kExamples);
  command->add_option("file", flags->file, "The file")
      ->required()
      ->check(CLI::ExistingFile);
  command
      ->add_option("--format", flags->format,
                   "jsonl or csv; auto: csv for names ending in .csv, "
                   ".csv.gz, .tsv or .tsv.gz")
      ->check(CLI::IsMember({"auto", "jsonl", "csv"}))
      ->capture_default_str();
  command->add_option("--separator", flags->separator,
                      "For CSV: one character; by default a comma");
  command->add_flag("--strict", flags->strict,
                    "Stop at the first bad row, before anything is added");
  command
      ->add_option("--from_line", flags->from_line,
                   "Leave out the rows above this line")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--quiet", flags->quiet, "No progress");
  OnChosen(command, chosen,
           [flags](Session* session) { return Import(*flags, session); });
}

}  // namespace levee::cli
