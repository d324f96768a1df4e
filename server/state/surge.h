// What is usual for a desk or a department at an hour of the week, and where
// its openings come from.
#ifndef LEVEE_SERVER_STATE_SURGE_H_
#define LEVEE_SERVER_STATE_SURGE_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "levee/storage/v1/entry.pb.h"
#include "levee/storage/v1/state.pb.h"
#include "server/state/cells.h"
#include "server/state/wire.h"

namespace levee::state {

// The window in which openings are held against what is usual.
inline constexpr int64_t kSurgeWindowMs = 15LL * 60'000;
inline constexpr int kHoursOfWeek = 168;

// Customers' openings by hour of the week (UTC). An hour is taken in a day
// after its end, when nothing that comes late can change it any more; each
// week counts for an eighth once there are eight.
//
// Threads: belongs to one thread.
class Surge {
 public:
  // DATA_LOSS: not one that Encode could have written.
  static absl::StatusOr<Surge> Decode(const storage::v1::SurgeRecord& record);
  // Writes the fields of a storage.v1.SurgeRecord.
  void Encode(ReverseWriter* writer) const;

  // Takes in what has come of age by `at_ms`. To be called before `facts`
  // takes in a happening of that time.
  void Advance(int64_t at_ms, const CellSeries& facts);

  // Openings that are usual in kSurgeWindowMs at that time, in thousandths: the
  // mean of this hour of the week, known for two weeks at least; or else that
  // of this hour of the day, over three days at least; or else of all hours,
  // over a day at least; else empty.
  std::optional<int64_t> UsualMilli(int64_t at_ms) const;

  // Openings by the prefix they came from.
  CellSeries prefixes;

 private:
  void TakeIn(int64_t hour, int64_t openings);

  // The last hour that was taken in, since 1970; 0: none.
  int64_t hour_ = 0;
  // Mean openings in thousandths, and of how many weeks (255 at most).
  std::array<uint32_t, kHoursOfWeek> mean_milli_ = {};
  std::array<uint8_t, kHoursOfWeek> weeks_ = {};
};

// How many customers' openings the series has in the window that ends at
// `at_ms`.
int64_t OpeningsIn(const CellSeries& facts, int64_t at_ms, int64_t window_ms);

}  // namespace levee::state

#endif  // LEVEE_SERVER_STATE_SURGE_H_
