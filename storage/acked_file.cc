// ACKED = sequence u64, ~sequence u64; big-endian.
#include "storage/acked_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/bytes.h"

namespace levee::storage {
namespace {

constexpr size_t kNoteBytes = 16;

std::string PathIn(const std::string& dir) { return dir + "/ACKED"; }

absl::Status Unavailable(const std::string& path,
                         const rocksdb::Status& status) {
  return absl::UnavailableError(
      absl::StrCat("opening ", path, ": ", status.ToString()));
}

rocksdb::Status Create(rocksdb::Env* env, const std::string& path) {
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status =
      env->NewWritableFile(path, &file, rocksdb::EnvOptions());
  return status.ok() ? file->Close() : status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AckedFile>> AckedFile::Open(
    rocksdb::Env* env, const std::string& dir) {
  const std::string path = PathIn(dir);
  rocksdb::Status status = env->FileExists(path);
  if (status.IsNotFound()) status = Create(env, path);
  std::unique_ptr<rocksdb::RandomRWFile> file;
  if (status.ok()) {
    status = env->NewRandomRWFile(path, &file, rocksdb::EnvOptions());
  }
  if (!status.ok()) return Unavailable(path, status);
  std::unique_ptr<AckedFile> acked(new AckedFile(std::move(file)));
  char buffer[kNoteBytes];
  rocksdb::Slice note;
  status = acked->file_->Read(0, kNoteBytes, &note, buffer);
  if (!status.ok()) return Unavailable(path, status);
  const std::string_view bytes(note.data(), note.size());
  if (bytes.size() == kNoteBytes &&
      GetBig64(bytes.data()) == ~GetBig64(bytes.data() + 8)) {
    acked->last_sequence_ = GetBig64(bytes.data());
  }
  return acked;
}

absl::Status AckedFile::Remove(rocksdb::Env* env, const std::string& dir) {
  const std::string path = PathIn(dir);
  rocksdb::Status status = env->FileExists(path);
  if (status.IsNotFound()) return absl::OkStatus();
  if (status.ok()) status = env->DeleteFile(path);
  return status.ok() ? absl::OkStatus() : Unavailable(path, status);
}

void AckedFile::Note(uint64_t sequence) {
  std::string note;
  AppendBig64(sequence, &note);
  AppendBig64(~sequence, &note);
  // An older note is worth less, and no reason to refuse what is durable.
  file_->Write(0, note).PermitUncheckedError();
}

}  // namespace levee::storage
