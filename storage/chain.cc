#include "storage/chain.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "storage/hash.h"
#include "storage/record.h"

namespace levee::storage {
namespace {

// Walks the records in order.
class Walk {
 public:
  Walk(const RecordSource& source, uint64_t first)
      : shard_(source.shard()), first_(first) {
    const ChainAnchor anchor = source.anchor();
    if (first <= anchor.first_sequence) {
      next_ = anchor.first_sequence;
      previous_ = anchor.previous;
    }
  }

  bool Visit(uint64_t first_sequence, std::string_view bytes) {
    if (next_ && first_sequence != *next_) return Break(*next_, Missing());
    absl::StatusOr<Record> record =
        Record::Parse(bytes, shard_, first_sequence);
    if (!record.ok()) {
      return Break(first_sequence, std::string(record.status().message()));
    }
    const RecordHeader& header = record->header();
    if (previous_ && header.previous != *previous_) {
      return Break(first_sequence,
                   absl::StrCat("journal record ", first_sequence,
                                " does not carry the hash of the one before"));
    }
    // The record before the first one asked for only lends its hash.
    if (header.last_sequence() >= first_) {
      if (record->ComputeRoot(sha_) != header.root) {
        return Break(first_sequence,
                     absl::StrCat("journal record ", first_sequence,
                                  " holds entries that its root does not "
                                  "stand for"));
      }
      ++report.records;
      report.entries += header.count;
    }
    previous_ = record->Hash(sha_);
    next_ = header.last_sequence() + 1;
    report.end = {header.last_sequence(), *previous_, header.decided_at_ms};
    return true;
  }

  void Finish(uint64_t last) {
    const uint64_t next = next_.value_or(first_);
    if (report.broken == 0 && next <= last) Break(next, Missing());
  }

  ChainReport report;

 private:
  bool Break(uint64_t sequence, std::string fault) {
    report.broken = sequence;
    report.fault = std::move(fault);
    return false;
  }

  std::string Missing() const {
    return absl::StrCat("journal record ", next_.value_or(first_),
                        " is missing");
  }

  const uint32_t shard_;
  const uint64_t first_;
  Sha256 sha_;
  // Unknown before the first record where the walk does not begin at the
  // anchor.
  std::optional<Hash256> previous_;
  std::optional<uint64_t> next_;
};

}  // namespace

absl::StatusOr<ChainReport> VerifyChain(const RecordSource& source,
                                        uint64_t first, uint64_t last) {
  Walk walk(source, first);
  if (last < first) return walk.report;
  const uint64_t from =
      std::max(source.anchor().first_sequence, first > 1 ? first - 1 : first);
  absl::Status scanned = source.ScanRecords(
      from, last, [&](uint64_t first_sequence, std::string_view bytes) {
        return walk.Visit(first_sequence, bytes);
      });
  if (!scanned.ok()) return scanned;
  walk.Finish(last);
  return walk.report;
}

}  // namespace levee::storage
