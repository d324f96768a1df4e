// The journal: what was decided, in order, durable before it is answered.
//
// An interface, so that the embedded store (rocks_store.h) can one day be
// replaced by a replicated stream that appends "only if the last sequence is
// N"; memory_store.h serves tests.
#ifndef LEVEE_STORAGE_JOURNAL_H_
#define LEVEE_STORAGE_JOURNAL_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "levee/storage/v1/name.pb.h"

namespace levee::storage {

// 16 bytes of a keyed hash.
using Id128 = std::array<uint8_t, 16>;
// SHA-256.
using Hash256 = std::array<uint8_t, 32>;

// A name given out in a batch: the first use of `id` by `tenant`.
struct NewName {
  uint64_t tenant = 0;
  v1::NameKind kind = v1::NAME_KIND_UNSPECIFIED;
  uint64_t handle = 0;
  // The helpdesk's own id, in canonical form.
  std::string id;
};

// The wording of one entry, to be kept under its customer's key.
struct PlainText {
  // Place of the entry in its batch, from 0.
  uint32_t place = 0;
  uint64_t tenant = 0;
  uint64_t customer = 0;
  // A serialized storage.v1.EventText; of a note, the note.
  std::string text;
  // A serialized storage.v1.TextPrint; empty: there is none. Gone with the
  // text.
  std::string print;
};

// Where the index will find one entry.
struct IndexEntry {
  uint32_t place = 0;
  Id128 event_id = {};
  uint64_t tenant = 0;
  uint64_t customer = 0;
  int64_t effective_ms = 0;
  int64_t decided_at_ms = 0;
};

// What is committed as one: entries with the names, texts and index entries
// that belong to them.
struct Batch {
  // Sequence of the first entry; one more than the journal's last.
  uint64_t first_sequence = 0;
  // Serialized storage.v1.Entry messages, end to end; entry i ends before
  // entries[ends[i]]. 1 to 4,096 of them.
  std::string entries;
  std::vector<uint32_t> ends;
  // Entry.decided_at_ms of the last entry.
  int64_t decided_at_ms = 0;

  std::vector<NewName> names;
  std::vector<PlainText> texts;
  // What acts about a customer say in an author's own words: kept as texts are,
  // but as long as the journal, and plain as it is.
  std::vector<PlainText> notes;
  // Of events, and of acts about a customer (ActId); other entries have none.
  std::vector<IndexEntry> index;

  // Forgets the contents, keeps the memory.
  void Clear();
};

// What stands for the event id in an act's index entry: no keyed hash begins
// with eight zeroes.
Id128 ActId(uint64_t sequence);

// The end of the journal.
struct Head {
  // 0: the journal is empty.
  uint64_t last_sequence = 0;
  // Hash of the newest record's header; zeroes when empty.
  Hash256 hash = {};
  // Entry.decided_at_ms of the newest entry; 0 when empty.
  int64_t decided_at_ms = 0;
};

// One shard's journal.
//
// Threads: Append from one thread at a time; all else from any thread.
// Errors: DATA_LOSS for damage (it names the record), NOT_FOUND for a sequence
// that is not there, UNAVAILABLE when the engine fails.
class Journal {
 public:
  // Sees one serialized Entry; false ends the scan.
  using Visitor =
      absl::FunctionRef<bool(uint64_t sequence, std::string_view entry)>;

  virtual ~Journal() = default;

  // Commits the batch and returns when it is durable. ABORTED: first_sequence
  // does not follow the last one. After any error every later Append fails
  // with UNAVAILABLE: what became of the batch is unknown until a restart.
  virtual absl::StatusOr<Head> Append(const Batch& batch) = 0;

  virtual Head head() const = 0;

  // The oldest entry kept; head().last_sequence + 1 when there is none.
  virtual uint64_t first_sequence() const = 0;

  // The serialized Entry.
  virtual absl::StatusOr<std::string> Read(uint64_t sequence) const = 0;

  // Visits the entries first to last (inclusive, clipped to what is there) in
  // order.
  virtual absl::Status Scan(uint64_t first, uint64_t last,
                            Visitor visit) const = 0;

  // Visits the entries from `from` (clipped) down to the oldest.
  virtual absl::Status ScanBackward(uint64_t from, Visitor visit) const = 0;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_JOURNAL_H_
