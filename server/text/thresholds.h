// From which scores on a text counts as such by itself: in flags of what
// happened, which rates count. Thousandths; chosen on held-out texts by
// tests/eval, and part of what kModelVersion stands for.
#ifndef LEVEE_SERVER_TEXT_THRESHOLDS_H_
#define LEVEE_SERVER_TEXT_THRESHOLDS_H_

#include <cstdint>

namespace levee::text {

inline constexpr int32_t kMeaninglessAt = 800;
inline constexpr int32_t kInsultingAt = 500;
inline constexpr int32_t kPromotionAt = 800;
// Of the 128 bytes of two fingerprints so many are equal.
inline constexpr int kSimilarBytes = 128;
inline constexpr int kSimilarAtBytes = 64;

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_THRESHOLDS_H_
