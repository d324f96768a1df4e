// What a campaign keeps besides the counts of a shared subject: its latest
// messages, and where they came from.
#ifndef LEVEE_SERVER_STATE_CAMPAIGN_H_
#define LEVEE_SERVER_STATE_CAMPAIGN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "levee/storage/v1/entry.pb.h"
#include "levee/storage/v1/state.pb.h"
#include "server/state/cells.h"
#include "server/state/wire.h"

namespace levee::state {

inline constexpr size_t kCampaignMembersMax = 256;

// Threads: belongs to one thread.
class Campaign {
 public:
  struct Member {
    uint64_t sequence = 0;
    int64_t effective_ms = 0;
    uint64_t customer = 0;
    uint64_t ticket = 0;
    bool let_through = false;

    friend bool operator==(const Member&, const Member&) = default;
  };

  // DATA_LOSS: not one that Encode could have written.
  static absl::StatusOr<Campaign> Decode(
      const storage::v1::CampaignRecord& record);
  // Writes the fields of a storage.v1.CampaignRecord.
  void Encode(ReverseWriter* writer) const;

  // One more message; those known already change nothing.
  void Add(uint64_t sequence, const storage::v1::Happening& happening,
           bool let_through);
  // Takes a message back, if it is there.
  void Remove(uint64_t sequence, const storage::v1::Happening& happening);

  // Effective times of the first and the latest message; 0: none.
  int64_t first_ms() const { return first_ms_; }
  int64_t last_ms() const { return last_ms_; }
  uint64_t messages() const { return messages_; }
  // The latest, ascending by sequence; at most kCampaignMembersMax.
  absl::Span<const Member> members() const { return members_; }
  // By the prefix they came from.
  const CellSeries& prefixes() const { return prefixes_; }
  // An operator said that it is none.
  bool cleared() const { return cleared_; }
  void set_cleared(bool cleared) { cleared_ = cleared; }

  size_t heap_bytes() const;

 private:
  int64_t first_ms_ = 0;
  int64_t last_ms_ = 0;
  uint64_t messages_ = 0;
  std::vector<Member> members_;
  CellSeries prefixes_;
  bool cleared_ = false;
};

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_CAMPAIGN_H_
