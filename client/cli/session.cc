#include "client/cli/session.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/json.h"
#include "client/cli/printable.h"
#include "client/cli/times.h"

namespace levee::cli {
namespace {

constexpr size_t kTokenFileBytesMax = 4 << 10;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::string> TokenFrom(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path, kTokenFileBytesMax);
  if (!text.ok()) return text;
  return std::string(absl::StripAsciiWhitespace(*text));
}

absl::Status ReadAll(std::FILE* file, const std::string& name, size_t bytes_max,
                     std::string* text) {
  char buffer[1 << 14];
  size_t read = 0;
  while ((read = std::fread(buffer, 1, sizeof(buffer), file)) > 0) {
    if (text->size() + read > bytes_max) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, ": more than ", bytes_max, " bytes, which is too much"));
    }
    text->append(buffer, read);
  }
  if (std::ferror(file) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", name));
}

}  // namespace

absl::StatusOr<std::string> Session::FindToken() const {
  if (!token.empty()) return token;
  if (!token_file.empty()) return TokenFrom(token_file);
  if (std::string found = Environment("LEVEE_TOKEN"); !found.empty()) {
    return found;
  }
  if (std::string path = Environment("LEVEE_TOKEN_FILE"); !path.empty()) {
    return TokenFrom(path);
  }
  return absl::InvalidArgumentError(
      "no token: set LEVEE_TOKEN or LEVEE_TOKEN_FILE, or give --token_file");
}

absl::StatusOr<absl::Duration> Session::FindTimeout() const {
  absl::StatusOr<absl::Duration> limit = ParseSpan(timeout);
  if (limit.ok() && *limit > absl::ZeroDuration() &&
      *limit <= absl::Hours(24)) {
    return limit;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--timeout: \"", timeout, "\" is no duration of up to 24h"));
}

absl::StatusOr<Connection*> Session::Connect() {
  if (connection_ != nullptr) return connection_.get();
  absl::StatusOr<absl::Duration> limit = FindTimeout();
  if (!limit.ok()) return limit.status();
  absl::StatusOr<std::string> found = FindToken();
  if (!found.ok()) return found.status();
  absl::StatusOr<std::unique_ptr<Connection>> connection =
      Connection::Create(server, *std::move(found), *limit);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  return connection_.get();
}

void Session::Print(absl::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

bool Session::Flush() { return std::fflush(stdout) == 0; }

void Session::PrintJson(const google::protobuf::Message& message) {
  Print(absl::StrCat(ToJson(message), "\n"));
}

void Session::Complain(absl::string_view text) {
  std::fflush(stdout);
  const std::string line = absl::StrCat("levee: ", PrintableLines(text), "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int Session::Fail(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      Complain(absl::StrCat("cannot reach the server: ", status.message()));
      return kExitUnreachable;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      Complain(status.message());
      return kExitDenied;
    default:
      Complain(status.message());
      return kExitNo;
  }
}

int Session::FailUsage(const absl::Status& status) {
  Complain(status.message());
  return kExitUsage;
}

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     size_t bytes_max) {
  std::string text;
  if (path == "-") {
    if (absl::Status status =
            ReadAll(stdin, "standard input", bytes_max, &text);
        !status.ok()) {
      return status;
    }
    return text;
  }
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  }
  absl::Status status = ReadAll(file, path, bytes_max, &text);
  std::fclose(file);
  if (!status.ok()) return status;
  return text;
}

}  // namespace levee::cli
