#include "client/cli/decision_log.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/json.h"

namespace levee::cli {
namespace {

// Many times what a decision with all its evidence takes.
constexpr size_t kLineBytesMax = 16 << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<DecisionLog>> DecisionLog::Open(
    const std::string& path) {
  // Made if absent, and never cut before its lines are known to be ours.
  std::FILE* file = std::fopen(path.c_str(), "a+be");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  }
  std::rewind(file);
  return std::unique_ptr<DecisionLog>(new DecisionLog(path, file));
}

DecisionLog::DecisionLog(std::string path, std::FILE* file)
    : path_(std::move(path)), file_(file) {}

DecisionLog::~DecisionLog() {
  if (file_ != nullptr) std::fclose(file_);
}

absl::Status DecisionLog::Failed(absl::string_view what) const {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " ", path_));
}

absl::StatusOr<DecisionLog::Place> DecisionLog::Find(
    absl::string_view event_id) {
  if (writing_) return Place::kMissing;
  asked_ = true;
  if (!begun_) {
    begun_ = true;
    if (absl::Status status = ReadNext(); !status.ok()) return status;
  }
  if (next_id_.empty()) return Place::kMissing;
  if (next_id_ != event_id) return Place::kPassedOver;
  found_bytes_ = read_bytes_;
  if (absl::Status status = ReadNext(); !status.ok()) return status;
  return Place::kThere;
}

absl::Status DecisionLog::ReadNext() {
  next_id_.clear();
  ++line_;
  std::string line;
  int c = 0;
  while ((c = std::getc(file_)) != EOF && c != '\n') {
    line.push_back(static_cast<char>(c));
    if (line.size() > kLineBytesMax) break;
  }
  if (std::ferror(file_) != 0) return Failed("read");
  // Without its line feed it was cut short.
  if (c == EOF) return absl::OkStatus();
  v1::DecisionRecord record;
  absl::Status status = FromJson(line, &record);
  if (!status.ok() || record.decision().event_id().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path_, ": line ", line_,
                     " is no decision of an import; name another "
                     "file to write to"));
  }
  read_bytes_ += static_cast<int64_t>(line.size()) + 1;
  next_id_ = record.decision().event_id();
  return absl::OkStatus();
}

absl::Status DecisionLog::StartWriting() {
  if (asked_ && !next_id_.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        path_, ": line ", line_, " is about event ", next_id_,
        ", which does not come next in this import; name another file"));
  }
  if (ftruncate(fileno(file_), found_bytes_) != 0) return Failed("write");
  // Between reading and writing; appending goes to the end anyway.
  if (std::fseek(file_, 0, SEEK_END) != 0) return Failed("write");
  writing_ = true;
  return absl::OkStatus();
}

absl::Status DecisionLog::Append(const v1::DecisionRecord& record) {
  if (!writing_) {
    if (absl::Status status = StartWriting(); !status.ok()) return status;
  }
  const std::string line = absl::StrCat(ToJson(record), "\n");
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size()) {
    return Failed("write");
  }
  return absl::OkStatus();
}

absl::Status DecisionLog::Close(bool complete) {
  absl::Status status;
  if (!writing_ && complete) status = StartWriting();
  std::FILE* file = std::exchange(file_, nullptr);
  if (std::fclose(file) != 0 && status.ok()) return Failed("write");
  return status;
}

}  // namespace levee::cli
