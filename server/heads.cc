#include "server/heads.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/observe/log.h"
#include "storage/heads.h"

namespace levee {
namespace {

using observe::Event;
using observe::Field;
using observe::Level;

// The end of the file that is looked at: a head takes half a KiB, so three
// months of hourly ones.
constexpr int64_t kTailBytes = 1 << 20;

absl::Status SystemError(const std::string& what, const std::string& file) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", what, " ", file, ": ", std::strerror(errno)));
}

absl::Status AppendLine(const std::string& file, std::string line) {
  line += '\n';
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                      S_IRUSR | S_IWUSR | S_IRGRP);
  if (fd < 0) return SystemError("open", file);
  // One call: a line is never torn by another writer of the same file.
  const ssize_t written = write(fd, line.data(), line.size());
  absl::Status status;
  if (written != static_cast<ssize_t>(line.size())) {
    status = SystemError("write to", file);
  } else if (fsync(fd) != 0 && errno != EINVAL) {
    // EINVAL: a pipe or a device, which has no disk behind it.
    status = SystemError("sync", file);
  }
  close(fd);
  return status;
}

// The last bytes of the file; empty where it cannot be read.
std::string Tail(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return "";
  const int64_t size = in.tellg();
  if (size <= 0) return "";
  std::string tail(static_cast<size_t>(std::min(size, kTailBytes)), '\0');
  in.seekg(-static_cast<std::streamoff>(tail.size()), std::ios::end);
  in.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  return in ? tail : "";
}

// The bytes under a key of a line that storage::ToJsonLine wrote.
std::string BytesOf(const std::string& line, const std::string& key) {
  const std::string before = absl::StrCat("\"", key, "\":\"");
  const size_t found = line.find(before);
  if (found == std::string::npos) return "";
  const size_t begin = found + before.size();
  const size_t end = line.find('"', begin);
  if (end == std::string::npos) return "";
  const std::string hex = line.substr(begin, end - begin);
  if (!std::all_of(hex.begin(), hex.end(), absl::ascii_isxdigit)) return "";
  return absl::HexStringToBytes(hex);
}

// The newest head in the file that `public_key` signed.
std::optional<storage::v1::Head> NewestHead(const std::string& file,
                                            const std::string& public_key) {
  const std::vector<std::string> lines = absl::StrSplit(Tail(file), '\n');
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    storage::v1::SignedHead head;
    head.set_head(BytesOf(*line, "head"));
    head.set_signature(BytesOf(*line, "signature"));
    head.set_public_key(BytesOf(*line, "public_key"));
    if (head.public_key() != public_key) continue;
    absl::StatusOr<storage::v1::Head> verified =
        storage::VerifyHead(head, public_key);
    if (verified.ok()) return *std::move(verified);
  }
  return std::nullopt;
}

}  // namespace

absl::Status AppendHead(const storage::RocksStore& store,
                        const std::string& file, int64_t now_ms) {
  absl::StatusOr<storage::v1::SignedHead> head = store.SignHead(now_ms);
  if (!head.ok()) return head.status();
  storage::v1::Head what;
  if (!what.ParseFromString(head->head())) {
    return absl::InternalError("the signed head is not one");
  }
  observe::Log(Level::kInfo, Event::kHeadSigned,
               {Field::Sequence(what.last_sequence()), Field::Hash(what.hash()),
                Field::Signature(head->signature())});
  return AppendLine(file, storage::ToJsonLine(*head));
}

absl::Status CheckHeads(const storage::RocksStore& store,
                        const std::string& file) {
  const absl::StatusOr<std::string> public_key = store.public_key();
  if (!public_key.ok()) return public_key.status();
  const std::optional<storage::v1::Head> newest = NewestHead(file, *public_key);
  if (!newest) return absl::OkStatus();
  const storage::Head head = store.head();
  const std::string hash(head.hash.begin(), head.hash.end());
  if (newest->last_sequence() < head.last_sequence ||
      (newest->last_sequence() == head.last_sequence &&
       newest->hash() == hash)) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      "the journal ends with entry ", head.last_sequence, " (hash ",
      absl::BytesToHexString(hash), "), but ", file,
      " has a signed head of entry ", newest->last_sequence(), " (hash ",
      absl::BytesToHexString(newest->hash()),
      "): entries are missing. Restore the newest store; if this is a restored "
      "backup and the rest is lost, move that file away and start again"));
}

}  // namespace levee
