// An external merge sort. Memory fills up, is sorted and written out as a run;
// at the end the runs are merged. Since a run holds what was added before all
// of the next one, the sort is stable if equal times come from the earlier run
// first. When there are kRunsMax runs they become one, so that the number of
// open files stays bounded; with 256 MiB of memory that is once in 16 GiB.
//
// A run is a row of records:
//
//   record = seconds (8 bytes) nanos (4 bytes) size (4 bytes) event
//
// with numbers in the machine's own order: nothing else ever reads it.
#include "client/cli/sorter.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace levee::cli {
namespace {

constexpr size_t kRunsMax = 64;

// What a record costs in memory beside its bytes.
constexpr size_t kRecordOverhead = 64;

// So much of each run is in memory while runs are merged.
constexpr size_t kRunBufferBytes = 256 << 10;

struct Head {
  int64_t seconds = 0;
  int32_t nanos = 0;
  uint32_t size = 0;
};

std::string TemporaryFolder() {
  const char* folder = std::getenv("TMPDIR");
  return folder == nullptr || *folder == '\0' ? "/tmp" : folder;
}

absl::StatusOr<std::FILE*> OpenTemporary() {
  std::string path = absl::StrCat(TemporaryFolder(), "/levee-sort-XXXXXX");
  const int descriptor = mkostemp(path.data(), 0);
  if (descriptor < 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("cannot make a file to sort in, ", path));
  }
  unlink(path.c_str());
  std::FILE* file = fdopen(descriptor, "w+b");
  if (file == nullptr) {
    const int error = errno;
    close(descriptor);
    return absl::ErrnoToStatus(error, "cannot open a file to sort in");
  }
  return file;
}

absl::Status CannotSort(absl::string_view what) {
  return absl::ErrnoToStatus(
      errno, absl::StrCat("cannot ", what, " a file to sort in, in ",
                          TemporaryFolder(), " (TMPDIR names another folder)"));
}

}  // namespace

// A sorted file: written once, then read once.
class Sorter::Run {
 public:
  static absl::StatusOr<std::unique_ptr<Run>> Create() {
    absl::StatusOr<std::FILE*> file = OpenTemporary();
    if (!file.ok()) return file.status();
    return std::unique_ptr<Run>(new Run(*file));
  }
  ~Run() { std::fclose(file_); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  absl::Status Write(const Record& record) {
    Head head;
    head.seconds = static_cast<int64_t>(record.at_ns / 1'000'000'000);
    head.nanos = static_cast<int32_t>(record.at_ns % 1'000'000'000);
    head.size = static_cast<uint32_t>(record.bytes.size());
    if (std::fwrite(&head, sizeof(head), 1, file_) != 1 ||
        std::fwrite(record.bytes.data(), 1, record.bytes.size(), file_) !=
            record.bytes.size()) {
      return CannotSort("write");
    }
    ++left_;
    return absl::OkStatus();
  }

  // Goes to the first record.
  absl::Status Rewind() {
    if (std::fflush(file_) != 0 || std::fseek(file_, 0, SEEK_SET) != 0) {
      return CannotSort("write");
    }
    return Advance();
  }

  bool at_end() const { return at_end_; }
  Record& front() { return front_; }

  absl::Status Advance() {
    at_end_ = left_ == 0;
    if (at_end_) return absl::OkStatus();
    --left_;
    Head head;
    if (std::fread(&head, sizeof(head), 1, file_) != 1) {
      return CannotSort("read");
    }
    front_.at_ns =
        static_cast<__int128>(head.seconds) * 1'000'000'000 + head.nanos;
    front_.bytes.resize(head.size);
    if (std::fread(front_.bytes.data(), 1, head.size, file_) != head.size) {
      return CannotSort("read");
    }
    return absl::OkStatus();
  }

 private:
  explicit Run(std::FILE* file) : file_(file), buffer_(kRunBufferBytes) {
    std::setvbuf(file_, buffer_.data(), _IOFBF, buffer_.size());
  }

  std::FILE* const file_;
  std::vector<char> buffer_;
  uint64_t left_ = 0;
  bool at_end_ = false;
  Record front_;
};

Sorter::Sorter(size_t memory_bytes_max) : memory_bytes_max_(memory_bytes_max) {}
Sorter::~Sorter() = default;

absl::Status Sorter::Add(const v1::TicketEvent& event) {
  Record record;
  record.at_ns =
      static_cast<__int128>(event.occurred_at().seconds()) * 1'000'000'000 +
      event.occurred_at().nanos();
  record.bytes = event.SerializeAsString();
  bytes_ += record.bytes.size() + kRecordOverhead;
  records_.push_back(std::move(record));
  ++size_;
  return bytes_ < memory_bytes_max_ ? absl::OkStatus() : Spill();
}

absl::Status Sorter::Spill() {
  if (records_.empty()) return absl::OkStatus();
  if (runs_.size() == kRunsMax) {
    if (absl::Status status = MergeAll(); !status.ok()) return status;
  }
  std::stable_sort(
      records_.begin(), records_.end(),
      [](const Record& a, const Record& b) { return a.at_ns < b.at_ns; });
  absl::StatusOr<std::unique_ptr<Run>> run = Run::Create();
  if (!run.ok()) return run.status();
  for (const Record& record : records_) {
    if (absl::Status status = (*run)->Write(record); !status.ok()) {
      return status;
    }
  }
  records_.clear();
  bytes_ = 0;
  runs_.push_back(*std::move(run));
  return absl::OkStatus();
}

absl::Status Sorter::MergeAll() {
  absl::StatusOr<std::unique_ptr<Run>> merged = Run::Create();
  if (!merged.ok()) return merged.status();
  for (const auto& run : runs_) {
    if (absl::Status status = run->Rewind(); !status.ok()) return status;
  }
  for (;;) {
    Run* first = nullptr;
    for (const auto& run : runs_) {
      if (run->at_end()) continue;
      if (first == nullptr || run->front().at_ns < first->front().at_ns) {
        first = run.get();
      }
    }
    if (first == nullptr) break;
    absl::Status status = (*merged)->Write(first->front());
    if (status.ok()) status = first->Advance();
    if (!status.ok()) return status;
  }
  runs_.clear();
  runs_.push_back(*std::move(merged));
  return absl::OkStatus();
}

absl::Status Sorter::Finish() {
  if (runs_.empty()) {
    std::stable_sort(
        records_.begin(), records_.end(),
        [](const Record& a, const Record& b) { return a.at_ns < b.at_ns; });
    return absl::OkStatus();
  }
  if (absl::Status status = Spill(); !status.ok()) return status;
  for (const auto& run : runs_) {
    if (absl::Status status = run->Rewind(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Sorter::Next(v1::TicketEvent* event) {
  const std::string* bytes = nullptr;
  Run* first = nullptr;
  if (runs_.empty()) {
    if (next_ == records_.size()) return false;
    bytes = &records_[next_++].bytes;
  } else {
    for (const auto& run : runs_) {
      if (run->at_end()) continue;
      if (first == nullptr || run->front().at_ns < first->front().at_ns) {
        first = run.get();
      }
    }
    if (first == nullptr) return false;
    bytes = &first->front().bytes;
  }
  if (!event->ParseFromString(*bytes)) {
    return absl::DataLossError("a file to sort in was damaged");
  }
  if (first != nullptr) {
    if (absl::Status status = first->Advance(); !status.ok()) return status;
  }
  return true;
}

}  // namespace levee::cli
