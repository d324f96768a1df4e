// levee import: brings in the past.
#include <atomic>
#include <csignal>
#include <memory>

#include "client/cli/command.h"
#include "client/cli/import_job.h"

namespace levee::cli {
namespace {

// Set by Ctrl-C.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

constexpr char kExamples[] =
    "  levee import tickets.jsonl --decisions decisions.jsonl\n"
    "  levee import 2023.jsonl.gz 2024.jsonl.gz --strict\n"
    "  levee import log.csv.gz --mapping deploy/import/servicenow.textproto\n"
    "  levee import export.csv --separator ';' --time_format '%d.%m.%Y %H:%M' "
    "\\\n"
    "    --time_zone Europe/Vienna --column kind=Action --column "
    "customer_id=Customer \\\n"
    "    --column ticket_id=Ticket --column occurred_at=Date --column "
    "body=Text\n";

constexpr char kDetails[] =
    "Reads files of ticket events: JSON lines (a TicketEvent "
    "in protobuf JSON each) or CSV; either may be gzip. Events are sorted by "
    "time and recorded with a decision each, but restrict nobody now unless it "
    "would still be in force.\n"
    "Rows that are wrong are named with their line and left out. Run again "
    "with the same input and mapping, an import goes on where it was broken "
    "off; nothing counts twice. Other input or another mapping is another "
    "import, under the same --import_id too.\n"
    "CSV rows without an event id get one by what they tell, so that a file "
    "that grew adds its new rows only, for the 7 days that ids are known.\n"
    "--decisions writes a DecisionRecord in JSON on each line, in the order of "
    "time: decision (eventId, verdict, findings, ...), kind, actor, "
    "customerId, ticketId, agentId, source and importId.\n"
    "Ends with 0, or with 1 where no row could be read as an event, where the "
    "server refused some events or knows no decision of some that were sent, "
    "or where --strict found a bad row. With -o json the "
    "summary is one object: importId, "
    "events, badRows, recordedBefore, decided, errors, unknown, verdicts.";

int Import(const ImportFlags& flags, Session* session) {
  // A second Ctrl-C ends the tool at once; the server loses nothing by it.
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return ImportJob(flags, session, &interrupted).Run();
}

void AddCsvFlags(CLI::App* command, ImportFlags* flags) {
  command->add_option("--mapping", flags->mapping_file,
                      "For CSV: a levee.v1.CsvMapping in protobuf text format");
  command
      ->add_option("--column", flags->columns,
                   "For CSV: FIELD=COLUMN, where a field of TicketEvent is "
                   "found, such as customer_id=Caller, source.ip=Address, "
                   "attributes.plan=Plan; any number of times. Goes before "
                   "the mapping")
      ->allow_extra_args(false);
  command->add_option("--time_format", flags->time_format,
                      "For CSV: rfc3339 (the default), unix, unix_ms or a "
                      "pattern such as '%d/%m/%Y %H:%M'");
  command->add_option("--time_zone", flags->time_zone,
                      "For CSV: the zone of times without one, such as "
                      "Europe/Vienna or +02:00; by default UTC");
  command->add_option("--separator", flags->separator,
                      "For CSV: one character; by default a comma");
  command
      ->add_option("--empty", flags->empty_values,
                   "For CSV: a cell that stands for nothing, such as '?'; "
                   "any number of times")
      ->allow_extra_args(false);
}

}  // namespace

void AddImport(CLI::App* app, Action* chosen) {
  auto flags = std::make_shared<ImportFlags>();
  CLI::App* command =
      AddCommand(app, "import", "Bring in the past", kDetails, kExamples);
  command->add_option("files", flags->files, "The files")
      ->required()
      ->check(CLI::ExistingFile);
  command
      ->add_option("--format", flags->format,
                   "jsonl or csv; auto: csv for names ending in .csv, "
                   ".csv.gz, .tsv or .tsv.gz")
      ->check(CLI::IsMember({"auto", "jsonl", "csv"}))
      ->capture_default_str();
  AddCsvFlags(command, flags.get());
  command->add_option("--decisions", flags->decisions,
                      "Write each decision to this file; continues the file "
                      "of an import that was broken off");
  command->add_flag("--strict", flags->strict,
                    "Stop at the first bad row, before anything is sent");
  command
      ->add_option("--import_id", flags->import_id,
                   "Begins the id that the server knows the import by; a "
                   "hash of the files and the mapping follows, which is all "
                   "of it by default")
      ->check(CheckUtf8);
  command
      ->add_option("--sort_memory", flags->sort_memory_mib,
                   "MiB to sort in; the rest is sorted in files in TMPDIR")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  command->add_flag("--quiet", flags->quiet, "No progress");
  OnChosen(command, chosen,
           [flags](Session* session) { return Import(*flags, session); });
}

}  // namespace levee::cli
