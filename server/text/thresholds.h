// From which scores on a text counts as such by itself: in flags of what
// happened, which rates count. Thousandths; chosen on held-out texts by
// tests/eval, and part of what kModelVersion stands for.
#ifndef LEVEE_SERVER_TEXT_THRESHOLDS_H_
#define LEVEE_SERVER_TEXT_THRESHOLDS_H_

#include <cstdint>

#include "levee/v1/text.pb.h"

namespace levee::text {

inline constexpr int32_t kMeaninglessAt = 800;
inline constexpr int32_t kInsultingAt = 500;
inline constexpr int32_t kPromotionAt = 800;
// Of the 128 bytes of two fingerprints so many are equal.
inline constexpr int kSimilarBytes = 128;
inline constexpr int kSimilarAtBytes = 64;

// Whether a machine wrote it, and not only passed it on: what comes through a
// list (AUTOMATIC_KIND_BULK) was written by people.
inline bool IsMachines(levee::v1::AutomaticKind kind) {
  return kind != levee::v1::AUTOMATIC_KIND_UNSPECIFIED &&
         kind != levee::v1::AUTOMATIC_KIND_BULK;
}

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_THRESHOLDS_H_
