// The file that `levee import --decisions` writes.
#ifndef LEVEE_CLIENT_CLI_DECISION_LOG_H_
#define LEVEE_CLIENT_CLI_DECISION_LOG_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "levee/v1/decision.pb.h"

namespace levee::cli {

// A DecisionRecord in JSON on each line, in the order of the import's events;
// an event that was in error has none. A file left by an earlier run of the
// same import is continued, a last line that was cut short is written again;
// a run that starts from nothing writes the file anew.
//
// Threads: one.
class DecisionLog {
 public:
  static absl::StatusOr<std::unique_ptr<DecisionLog>> Open(
      const std::string& path);
  ~DecisionLog();
  DecisionLog(const DecisionLog&) = delete;
  DecisionLog& operator=(const DecisionLog&) = delete;

  // Asked in order for each event that the server had before, ahead of the
  // first Append: what became of it in the file.
  enum class Place {
    // Its decision is the next line.
    kThere,
    // Its decision is not there, but those of later events are: it was in
    // error.
    kPassedOver,
    // The file ended before it.
    kMissing,
  };
  absl::StatusOr<Place> Find(absl::string_view event_id);

  // FAILED_PRECONDITION: the file goes on with decisions that are not of this
  // import.
  absl::Status Append(const v1::DecisionRecord& record);

  // Writes out what is left. Once, at the end. `complete`: every event was
  // told, so that a file of which nothing fits is an error here too.
  absl::Status Close(bool complete);

 private:
  DecisionLog(std::string path, std::FILE* file);
  // Reads on to the next whole line.
  absl::Status ReadNext();
  absl::Status StartWriting();
  absl::Status Failed(absl::string_view what) const;

  const std::string path_;
  std::FILE* file_;
  // The event of the line read last; empty: there are no more lines.
  std::string next_id_;
  int64_t line_ = 0;
  // Bytes of the lines found, and of those up to the line read last.
  int64_t found_bytes_ = 0;
  int64_t read_bytes_ = 0;
  bool asked_ = false;
  bool begun_ = false;
  bool writing_ = false;
};

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_DECISION_LOG_H_
