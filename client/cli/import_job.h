// One run of `levee import`: reads, sorts, sends and adds up.
#ifndef LEVEE_CLIENT_CLI_IMPORT_JOB_H_
#define LEVEE_CLIENT_CLI_IMPORT_JOB_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/decision_log.h"
#include "client/cli/import_sender.h"
#include "client/cli/progress.h"
#include "client/cli/session.h"
#include "client/cli/sorter.h"
#include "levee/v1/import_mapping.pb.h"

namespace levee::cli {

struct ImportFlags {
  std::vector<std::string> files;
  std::string format = "auto";
  std::string mapping_file;
  std::vector<std::string> columns;
  std::string time_format;
  std::string time_zone;
  std::string separator;
  std::vector<std::string> empty_values;
  std::string import_id;
  std::string decisions;
  int sort_memory_mib = 256;
  bool strict = false;
  bool quiet = false;
};

// What a run came to.
struct ImportSummary {
  uint64_t events = 0;
  uint64_t bad_rows = 0;
  // Recorded by an earlier run.
  uint64_t before = 0;
  // Events that the server refused.
  uint64_t errors = 0;
  // Recorded, but the answer is neither here nor to be had any more.
  uint64_t unknown = 0;
  // Those of them that this run sent.
  uint64_t lost = 0;
  std::map<v1::Verdict, uint64_t> verdicts;
};

// Threads: one; `interrupted` from any, or from a signal handler.
class ImportJob final : public ImportListener {
 public:
  ImportJob(const ImportFlags& flags, Session* session,
            const std::atomic<bool>* interrupted);

  // Returns the exit code, having said what happened.
  int Run();

 private:
  int Stop(const absl::Status& status);
  absl::Status Prepare();
  absl::Status ReadMapping();
  absl::Status ApplyColumnFlags();
  // Hashes the input and makes the import's id.
  absl::Status Identify();
  bool IsCsv(const std::string& file) const;
  absl::Status ReadFiles();
  absl::Status ReadEvents(const std::string& file, uint64_t bytes_before);
  absl::Status BadRow(const std::string& file, const absl::Status& status);
  absl::Status Send();
  void PrintSummary();

  absl::Status Answered(const v1::TicketEvent& event,
                        const v1::SubmitResult& result) override;
  absl::Status RecordedBefore(const v1::TicketEvent& event) override;
  absl::Status AnswerLost(const v1::TicketEvent& event) override;
  void Interrupted(const absl::Status& why, absl::Duration pause) override;

  int Conclude();
  // The decision of an event that was recorded; nullopt, and counted as
  // unknown, where the server has none.
  absl::StatusOr<std::optional<v1::DecisionRecord>> Fetch(
      const v1::TicketEvent& event);
  void Say(const std::string& text);
  void CountedNow();

  const ImportFlags& flags_;
  Session* const session_;
  const std::atomic<bool>* const interrupted_;

  v1::CsvMapping mapping_;
  bool has_mapping_ = false;
  std::string import_id_;
  Sorter sorter_;
  std::unique_ptr<DecisionLog> log_;
  Progress progress_;
  Connection* connection_ = nullptr;
  std::unique_ptr<ImportSender> sender_;
  ImportSummary summary_;
  // Of all files, those in error among them.
  uint64_t rows_ = 0;
  uint64_t done_ = 0;
  // An event of this run is recorded.
  bool recorded_ = false;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_IMPORT_JOB_H_
