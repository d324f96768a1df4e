// A file to import, plain or gzip.
#ifndef LEVEE_CLIENT_CLI_INPUT_H_
#define LEVEE_CLIENT_CLI_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace levee::cli {

// Reads bytes in order; what begins like gzip is unpacked on the way. Holds
// 64 KiB.
//
// Threads: one.
class Input {
 public:
  static absl::StatusOr<std::unique_ptr<Input>> Open(const std::string& path);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // The next byte, 0 to 255, or kEnd: the end or an error, see status().
  static constexpr int kEnd = -1;
  int Get() {
    if (at_ == end_ && !Fill()) return kEnd;
    return static_cast<unsigned char>(buffer_[at_++]);
  }
  // What Get will return, without taking it.
  int Peek() {
    if (at_ == end_ && !Fill()) return kEnd;
    return static_cast<unsigned char>(buffer_[at_]);
  }

  // Passes over the byte order mark of UTF-8, if one is next. REQUIRES: nothing
  // was taken yet.
  void SkipByteOrderMark();

  // Up to and without the next line feed; false at the end. RESOURCE_EXHAUSTED:
  // the line has more than `bytes_max`; the rest of it is passed over, and the
  // next call goes on with the next line.
  absl::StatusOr<bool> Line(size_t bytes_max, std::string* line);

  // OK, or why reading stopped before the end: DATA_LOSS for a gzip stream
  // that is damaged or cut short.
  const absl::Status& status() const { return status_; }

  // Bytes of the file itself that are read, and how many there are.
  uint64_t file_position() const;
  uint64_t file_size() const { return file_size_; }

 private:
  Input(std::string path, void* file, uint64_t file_size);
  bool Fill();

  const std::string path_;
  void* const file_;
  const uint64_t file_size_;
  std::vector<char> buffer_;
  size_t at_ = 0;
  size_t end_ = 0;
  bool done_ = false;
  absl::Status status_;
};

// SHA-256 of a file's own bytes, in hex digits.
absl::StatusOr<std::string> HashFile(const std::string& path);

}  // namespace levee::cli

#endif  // LEVEE_CLIENT_CLI_INPUT_H_
