#include "client/cli/input.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/crypto.h"
#include "zlib.h"

namespace levee::cli {
namespace {

constexpr unsigned kBufferBytes = 64 << 10;

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

gzFile Gz(void* file) { return static_cast<gzFile>(file); }

absl::Status CannotOpen(const std::string& path, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat("cannot open ", path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Input>> Input::Open(const std::string& path) {
  struct stat about = {};
  if (stat(path.c_str(), &about) != 0) return CannotOpen(path, errno);
  // Read more than once: a pipe cannot be.
  if (!S_ISREG(about.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": not a regular file"));
  }
  gzFile file = gzopen(path.c_str(), "rbe");
  if (file == nullptr) return CannotOpen(path, errno != 0 ? errno : ENOMEM);
  gzbuffer(file, kBufferBytes);
  return std::unique_ptr<Input>(
      new Input(path, file, static_cast<uint64_t>(about.st_size)));
}

Input::Input(std::string path, void* file, uint64_t file_size)
    : path_(std::move(path)),
      file_(file),
      file_size_(file_size),
      buffer_(kBufferBytes) {}

Input::~Input() { gzclose_r(Gz(file_)); }

bool Input::Fill() {
  if (done_) return false;
  const int read = gzread(Gz(file_), buffer_.data(), kBufferBytes);
  at_ = 0;
  end_ = read > 0 ? static_cast<size_t>(read) : 0;
  if (end_ > 0) return true;
  done_ = true;
  // A stream that was cut short reads to its end without an error at first.
  int code = Z_OK;
  const char* message = gzerror(Gz(file_), &code);
  if (code == Z_BUF_ERROR) {
    status_ = absl::DataLossError(
        absl::StrCat(path_, ": the gzip stream is cut short"));
  } else if (code == Z_ERRNO) {
    status_ = absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path_));
  } else if (read < 0 || (code != Z_OK && code != Z_STREAM_END)) {
    status_ = absl::DataLossError(
        absl::StrCat(path_, ": the gzip stream is damaged: ", message));
  }
  return false;
}

void Input::SkipByteOrderMark() {
  if (Peek() == kEnd) return;
  const absl::string_view begin(buffer_.data() + at_, end_ - at_);
  if (absl::StartsWith(begin, kByteOrderMark)) at_ += kByteOrderMark.size();
}

absl::StatusOr<bool> Input::Line(size_t bytes_max, std::string* line) {
  line->clear();
  if (Peek() == kEnd) {
    if (!status_.ok()) return status_;
    return false;
  }
  bool too_long = false;
  int c = 0;
  while ((c = Get()) != kEnd && c != '\n') {
    if (line->size() < bytes_max) {
      line->push_back(static_cast<char>(c));
    } else {
      too_long = true;
    }
  }
  if (!status_.ok()) return status_;
  if (too_long) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", bytes_max, " bytes"));
  }
  return true;
}

uint64_t Input::file_position() const {
  const z_off_t offset = gzoffset(Gz(file_));
  return offset < 0 ? 0 : static_cast<uint64_t>(offset);
}

absl::StatusOr<std::string> HashFile(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return CannotOpen(path, errno);
  Sha256 sha256;
  char buffer[1 << 16];
  size_t read = 0;
  while ((read = std::fread(buffer, 1, sizeof(buffer), file)) > 0) {
    sha256.Add(absl::string_view(buffer, read));
  }
  const bool failed = std::ferror(file) != 0;
  const int error = errno;
  std::fclose(file);
  if (failed) {
    return absl::ErrnoToStatus(error, absl::StrCat("cannot read ", path));
  }
  return sha256.Hex();
}

}  // namespace levee::cli
