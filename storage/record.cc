// A record, numbers big-endian:
//
//   at  bytes
//    0      3  "LVJ"
//    3      1  format, 1
//    4      4  shard
//    8      8  sequence of the first entry
//   16      4  count: number of entries
//   20      4  length of all entries together
//   24      8  decided_at_ms of the last entry
//   32     32  SHA-256 of the header of the record before; zeroes: none
//   64     32  Merkle root of the entries (merkle.h)
//   96      4  CRC-32C of all other bytes of the record, in order
//  100      4  times count: where each entry ends, from the first one's start
//   ..         the entries: serialized storage.v1.Entry
//
// The first 100 bytes are the header; its SHA-256 is the record's hash. The
// checksum finds accidents and is checked on every read; the hashes find
// intent and are checked by VerifyChain (chain.h).
#include "storage/record.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "storage/batch.h"
#include "storage/bytes.h"
#include "storage/crc32c.h"
#include "storage/merkle.h"

namespace levee::storage {
namespace {

constexpr char kMagic[] = {'L', 'V', 'J'};
constexpr uint8_t kFormat = 1;
constexpr size_t kChecksumAt = 96;

uint32_t Checksum(std::string_view bytes) {
  const uint32_t crc = ExtendCrc32c(0, bytes.substr(0, kChecksumAt));
  return ExtendCrc32c(crc, bytes.substr(kRecordHeaderBytes));
}

}  // namespace

void RecordWriter::Encode(const Batch& batch, const Hash256& previous) {
  const size_t count = batch.ends.size();
  const size_t body = kRecordHeaderBytes + 4 * count;
  bytes_.resize(body + batch.entries.size());
  char* const to = bytes_.data();
  batch.entries.copy(to + body, batch.entries.size());
  leaves_.clear();
  uint32_t start = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t end = batch.ends[i];
    PutBig32(end, to + kRecordHeaderBytes + 4 * i);
    leaves_.push_back(sha_.OfLeaf(
        std::string_view(batch.entries).substr(start, end - start)));
    start = end;
  }
  const Hash256 root = FoldLeaves(sha_, leaves_);
  std::memcpy(to, kMagic, sizeof(kMagic));
  to[3] = static_cast<char>(kFormat);
  PutBig32(shard_, to + 4);
  PutBig64(batch.first_sequence, to + 8);
  PutBig32(static_cast<uint32_t>(count), to + 16);
  PutBig32(start, to + 20);
  PutBig64(static_cast<uint64_t>(batch.decided_at_ms), to + 24);
  std::memcpy(to + 32, previous.data(), previous.size());
  std::memcpy(to + 64, root.data(), root.size());
  PutBig32(Checksum(bytes_), to + kChecksumAt);
  hash_ = sha_.Of(std::string_view(bytes_).substr(0, kRecordHeaderBytes));
}

absl::StatusOr<Record> Record::Parse(std::string_view bytes, uint32_t shard,
                                     uint64_t first_sequence) {
  Record record(bytes);
  const auto fault = [&](const std::string& what) {
    return absl::StrCat("journal record ", first_sequence, " of shard ", shard,
                        " ", what);
  };
  if (bytes.size() < kRecordHeaderBytes) {
    return absl::DataLossError(fault("is damaged: it is too short"));
  }
  if (GetBig32(bytes.data() + kChecksumAt) != Checksum(bytes)) {
    return absl::DataLossError(fault("is damaged: its checksum does not fit"));
  }
  if (bytes.substr(0, sizeof(kMagic)) ==
          std::string_view(kMagic, sizeof(kMagic)) &&
      static_cast<uint8_t>(bytes[3]) > kFormat) {
    return absl::FailedPreconditionError(
        fault("was written by a newer release: start that one"));
  }
  record.ReadHeader();
  const std::string what = record.FindFault(shard, first_sequence);
  if (!what.empty()) {
    return absl::DataLossError(fault(absl::StrCat("is damaged: ", what)));
  }
  return record;
}

void Record::ReadHeader() {
  const char* const from = bytes_.data();
  header_.shard = GetBig32(from + 4);
  header_.first_sequence = GetBig64(from + 8);
  header_.count = GetBig32(from + 16);
  header_.decided_at_ms = static_cast<int64_t>(GetBig64(from + 24));
  std::memcpy(header_.previous.data(), from + 32, header_.previous.size());
  std::memcpy(header_.root.data(), from + 64, header_.root.size());
}

std::string Record::FindFault(uint32_t shard, uint64_t first_sequence) const {
  if (std::memcmp(bytes_.data(), kMagic, sizeof(kMagic)) != 0 ||
      static_cast<uint8_t>(bytes_[3]) != kFormat) {
    return "it does not begin as a record does";
  }
  if (header_.shard != shard || header_.first_sequence != first_sequence) {
    return absl::StrCat("it says that it is record ", header_.first_sequence,
                        " of shard ", header_.shard);
  }
  if (header_.count == 0 || header_.count > kBatchEntriesMax) {
    return absl::StrCat("it counts ", header_.count, " entries");
  }
  const size_t body = kRecordHeaderBytes + size_t{4} * header_.count;
  if (bytes_.size() != body + GetBig32(bytes_.data() + 20)) {
    return "its length does not fit";
  }
  uint32_t start = 0;
  for (uint32_t i = 0; i < header_.count; ++i) {
    if (end(i) <= start) return absl::StrCat("entry ", i, " has no bytes");
    start = end(i);
  }
  if (start != bytes_.size() - body) return "its last entry ends elsewhere";
  return "";
}

uint32_t Record::end(uint32_t i) const {
  return GetBig32(bytes_.data() + kRecordHeaderBytes + size_t{4} * i);
}

std::string_view Record::entry(uint32_t i) const {
  const size_t body = kRecordHeaderBytes + size_t{4} * header_.count;
  const uint32_t start = i == 0 ? 0 : end(i - 1);
  return bytes_.substr(body + start, end(i) - start);
}

Hash256 Record::Hash(Sha256& sha) const {
  return sha.Of(bytes_.substr(0, kRecordHeaderBytes));
}

Hash256 Record::ComputeRoot(Sha256& sha) const {
  std::vector<Hash256> leaves;
  leaves.reserve(header_.count);
  for (uint32_t i = 0; i < header_.count; ++i) {
    leaves.push_back(sha.OfLeaf(entry(i)));
  }
  return FoldLeaves(sha, leaves);
}

}  // namespace levee::storage
