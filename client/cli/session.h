// What every command shares: the flags before the noun, the way to the server
// and the way to speak.
#ifndef LEVEE_CLIENT_CLI_SESSION_H_
#define LEVEE_CLIENT_CLI_SESSION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/cli/connection.h"
#include "google/protobuf/message.h"

namespace levee::cli {

// What the tool ends with.
enum ExitCode : int {
  kExitOk = 0,
  // The server or a check said no.
  kExitNo = 1,
  kExitUsage = 2,
  // The server cannot be reached, gives no answer in time or takes no writes.
  kExitUnreachable = 3,
  // The token is unknown or may not do this.
  kExitDenied = 4,
  // Plus the verdict's number, where --exit_verdict asks for it.
  kExitVerdict = 10,
  // As of a program ended by Ctrl-C.
  kExitInterrupted = 130,
};

// Threads: one.
class Session {
 public:
  // Set from the flags before a command runs.
  std::string server = "127.0.0.1:7171";
  std::string token;
  std::string token_file;
  std::string output = "table";
  std::string timeout = "10s";

  bool json() const { return output == "json"; }

  // The connection; made at the first call. The token is that of --token, else
  // of --token_file, else of the environment's LEVEE_TOKEN, else of the file
  // that LEVEE_TOKEN_FILE names. INVALID_ARGUMENT: there is none, or it or the
  // time limit cannot be used.
  absl::StatusOr<Connection*> Connect();
  // What Connect uses. INVALID_ARGUMENT as there.
  absl::StatusOr<std::string> FindToken() const;
  absl::StatusOr<absl::Duration> FindTimeout() const;

  // To standard output.
  void Print(absl::string_view text);
  // Writes out what was printed; false: it cannot be.
  bool Flush();
  // As a JSON line.
  void PrintJson(const google::protobuf::Message& message);
  // To standard error, after "levee: ".
  void Complain(absl::string_view text);

  // Complains, and tells what to end with.
  int Fail(const absl::Status& status);
  int FailUsage(const absl::Status& status);

 private:
  std::unique_ptr<Connection> connection_;
};

// Calls the server; returns what to end with, having complained, or kExitOk.
template <typename Request, typename Response>
int CallServer(Session* session, const Request& request, Response* response) {
  absl::StatusOr<Connection*> connection = session->Connect();
  if (!connection.ok()) return session->FailUsage(connection.status());
  const absl::Status status = (*connection)->Call(request, response);
  return status.ok() ? static_cast<int>(kExitOk) : session->Fail(status);
}

// All of a file, or of standard input for "-". INVALID_ARGUMENT: larger than
// `bytes_max`; otherwise the system's reason, with the name.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_SESSION_H_
