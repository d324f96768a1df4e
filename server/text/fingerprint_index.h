// The fingerprints of a shard's last messages: what a customer said before, and
// who else says the same.
#ifndef LEVEE_SERVER_TEXT_FINGERPRINT_INDEX_H_
#define LEVEE_SERVER_TEXT_FINGERPRINT_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/text/common_phrases.h"
#include "server/text/fingerprint.h"

namespace levee::text {

// A message that is remembered.
struct FingerprintEntry {
  uint64_t sequence = 0;
  uint64_t tenant = 0;
  // Handle, not 0.
  uint64_t customer = 0;
  int64_t when_ms = 0;
  Fingerprint fingerprint;
};

// How two messages are the same.
enum class Likeness : uint8_t {
  // At least kAlikeBytesMin bytes of MinHash are equal.
  kMinHash,
  // The same but for the first or the last word, or both.
  kInner,
  kExact,
};

// An earlier message, and how like it is.
struct FingerprintMatch {
  uint64_t sequence = 0;
  uint64_t customer = 0;
  int64_t when_ms = 0;
  // Of 128. For kExact 128, for kInner at least kAlikeBytesMin.
  int equal_bytes = 0;
  Likeness likeness = Likeness::kMinHash;

  friend bool operator==(const FingerprintMatch&,
                         const FingerprintMatch&) = default;
};

// The last messages, the oldest forgotten first.
//
// Threads: one at a time. Allocates when constructed only: 336 bytes for each
// message that fits, and 96 KiB. Deterministic: what is found depends on the
// calls made before and on nothing else.
//
// Likeness: short fingerprints (!IsComparable) are like those with the same
// `exact` only; others also by MinHash and by `inner`.
class FingerprintIndex {
 public:
  // Own messages that are looked at.
  static constexpr int kOwnMax = 16;
  // Messages of others that are compared, and that are returned.
  static constexpr size_t kCandidatesMax = 256;
  static constexpr size_t kMatchesMax = 32;

  struct Options {
    // Messages that are remembered, 1 to 2^23.
    size_t messages_max = 131'072;
  };

  explicit FingerprintIndex(const Options& options);

  // Fetches the memory that a message of the customer will be looked for in,
  // and be remembered in: to be called a few microseconds before.
  void Expect(uint64_t tenant, uint64_t customer,
              const Fingerprint& fingerprint) const;

  // Remembers a message. Sequences ascend from call to call.
  void Insert(const FingerprintEntry& entry);

  // The most similar of the customer's last kOwnMax messages, the newest of
  // equals, however little similar it is; nothing where no byte is equal. Of
  // short texts only equal ones are similar.
  std::optional<FingerprintMatch> FindOwn(uint64_t customer,
                                          const Fingerprint& fingerprint) const;

  // Messages like this one by other customers of the tenant, from `since_ms`
  // on: the newest of each customer, as many as kMatchesMax customers, and
  // where there is room their earlier ones; newest first. Nothing for common
  // phrases.
  //
  // Bounded, so not all: of one text the newest 16 customers are sure to be
  // found. What is half alike (64 equal bytes) is found nine times in ten,
  // what is two thirds alike always.
  void FindAlike(uint64_t tenant, uint64_t customer,
                 const Fingerprint& fingerprint, int64_t since_ms,
                 std::vector<FingerprintMatch>* matches) const;

  // True for a short text that many customers send (CommonPhrases).
  bool IsCommon(uint64_t tenant, const Fingerprint& fingerprint) const;

  // Forgets all messages of the customer. Cost: as many as they are. Of
  // phrases that he sent, one of 64 bits stays that says that somebody did.
  void Erase(uint64_t customer);

  // Messages that are remembered.
  size_t size() const { return size_; }
  // Memory that is used, in bytes.
  size_t bytes() const;

 private:
  static constexpr size_t kCacheLine = 64;

  // A place of the ring: three cache lines. Empty where customer is 0.
  struct alignas(kCacheLine) Slot {
    Fingerprint fingerprint;
    // How many insertions ago the customer's message before was; 0: none.
    uint32_t back = 0;
    uint64_t sequence = 0;
    uint64_t tenant = 0;
    uint64_t customer = 0;
    int64_t when_ms = 0;
  };

  // A cache line of entries, the newest first: tag and slot; 0: empty.
  static constexpr size_t kWays = 16;
  struct alignas(kCacheLine) Bucket {
    std::array<uint32_t, kWays> ways = {};
  };

  // Bands of MinHash, and two for `exact` and `inner`.
  static constexpr size_t kTables = 34;

  // Where a message is kept under one of its keys.
  struct Place {
    size_t table = 0;
    uint64_t key = 0;
    // The key's bucket, and the tag that its entries bear.
    size_t bucket = 0;
    uint32_t tag = 0;
  };
  struct Places {
    std::array<Place, kTables> places;
    size_t size = 0;
  };
  struct Candidates;

  Place PlaceOf(size_t table, uint64_t tenant, uint64_t key) const;
  void FindPlaces(uint64_t tenant, const Fingerprint& fingerprint,
                  Places* places) const;
  bool IsUnder(const Place& place, const Slot& slot) const;
  void AddTo(const Place& place, uint32_t slot);
  void RemoveFrom(const Place& place, uint32_t slot);
  void Collect(const Place& place, Candidates* candidates) const;
  static void Prefetch(const Slot& slot);
  static FingerprintMatch Compared(const Fingerprint& fingerprint,
                                   const Slot& slot);

  bool HasTag(const Bucket& bucket, uint32_t tag) const;
  uint32_t SlotOf(uint32_t entry) const { return entry & slot_mask_; }
  uint32_t TagOf(uint32_t entry) const { return entry >> slot_bits_; }

  // Where the customer's newest message stands in heads_, or the empty place
  // where it would.
  size_t HeadOf(uint64_t customer) const;
  void RemoveHead(size_t at);
  // The slot of the insertion `position`; nothing where it is forgotten.
  const Slot* At(uint64_t position) const;
  // The insertion that a slot holds.
  uint64_t PositionOf(uint32_t slot) const;
  void Forget(uint32_t slot);

  // Constant after construction.
  uint32_t slot_bits_;
  uint32_t slot_mask_;
  size_t table_buckets_;

  std::vector<Slot> ring_;
  // Insertions so far: the next goes to slot inserted_ % ring_.size().
  uint64_t inserted_ = 0;
  size_t size_ = 0;
  // Those of the first table, of the second, and so on.
  std::vector<Bucket> buckets_;
  // Each customer's newest slot, plus 1; open addressing, 0: empty.
  std::vector<uint32_t> heads_;
  CommonPhrases phrases_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_FINGERPRINT_INDEX_H_
