// A customer or a ticket: what happened to it lately, one by one, and a few
// totals for ever.
#ifndef LEVEE_SERVER_STATE_RING_H_
#define LEVEE_SERVER_STATE_RING_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "levee/storage/v1/state.pb.h"
#include "levee/v1/event.pb.h"
#include "server/state/happening.h"
#include "server/state/query.h"
#include "server/state/wire.h"

namespace levee::state {

// One happening, as a ring remembers it.
struct Happened {
  int64_t effective_ms = 0;
  uint64_t sequence = 0;
  // For a customer the ticket, for a ticket the customer.
  uint64_t peer = 0;
  // 0: none.
  uint64_t agent = 0;
  uint32_t flags = 0;
  // A levee.v1.EventKind.
  uint8_t kind = 0;
  // The consequence: it was let through (ALLOW).
  bool let_through = false;

  friend bool operator==(const Happened&, const Happened&) = default;
};

// The latest kRingMax happenings of each kind, none older than kWindowMaxMs
// before the latest. In which order they are added changes nothing.
//
// Threads: belongs to one thread.
class Ring {
 public:
  // DATA_LOSS: not a ring that Encode could have written.
  static absl::StatusOr<Ring> Decode(const storage::v1::RingRecord& record);
  // Writes the fields of a storage.v1.RingRecord.
  void Encode(ReverseWriter* writer) const;

  // Adds what entry `happened.sequence` tells.
  // REQUIRES: IsStoredKind(happened.kind), its time is clamped (ClampTime), it
  // was not added before.
  void Add(const Happened& happened);

  // What Add would do to the others.
  struct Room {
    // It would be remembered.
    bool kept = false;
    // The one that it would push out; null: none.
    const Happened* pushed_out = nullptr;
  };
  // REQUIRES: as Add.
  Room RoomFor(const Happened& happened) const;

  // Takes back what entry `sequence` had added. As far as nothing was dropped
  // meanwhile because the ring was full, it is as if it had never been; where
  // it was dropped itself, nothing happens.
  void Remove(uint64_t sequence);

  // Notes that entry `sequence` was about this one.
  void Note(uint64_t sequence) { last_sequence_ = sequence; }

  // Ordered by time, then sequence.
  absl::Span<const Happened> happenings() const { return happenings_; }
  // Whether any of these kinds (bits 1 << kind) is among them.
  bool HasAny(uint32_t kinds) const;
  // Those with a time in (after_ms, up_to_ms].
  absl::Span<const Happened> Between(int64_t after_ms, int64_t up_to_ms) const;
  // What entry `sequence` added; null where it is not, or no longer, there.
  const Happened* Find(uint64_t sequence) const;

  // The customer's own acts of one kind, for ever.
  uint64_t total(levee::v1::EventKind kind) const;
  // The customer's own acts that got another verdict than ALLOW, for ever.
  uint64_t not_allowed() const { return not_allowed_; }
  // Effective times; 0: never seen.
  int64_t first_seen_ms() const { return first_seen_ms_; }
  int64_t last_seen_ms() const { return last_seen_ms_; }
  // Sequence of the latest entry about it.
  uint64_t last_sequence() const { return last_sequence_; }

  // Bytes of memory beyond the object itself.
  size_t heap_bytes() const;

 private:
  using Happenings = absl::InlinedVector<Happened, 1>;

  void ForgetBefore(int64_t horizon_ms);
  void Count(const Happened& happened, int64_t by);
  absl::Status DecodeHappenings(const storage::v1::RingRecord& record);
  absl::Status DecodeTotals(const storage::v1::RingRecord& record);
  absl::Status CheckTotals() const;
  void EncodeHappenings(ReverseWriter* writer) const;

  Happenings happenings_;
  // How many of each kind there are.
  uint8_t of_kind_[kStoredKinds] = {};
  uint64_t totals_[kStoredKinds] = {};
  uint64_t not_allowed_ = 0;
  int64_t first_seen_ms_ = 0;
  int64_t last_seen_ms_ = 0;
  uint64_t last_sequence_ = 0;
};

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_RING_H_
