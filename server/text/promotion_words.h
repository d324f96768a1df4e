// How much a message's words sound like promotion, whatever they sell: weights
// that tests/train/promotion.py learned. Supports what the phrases of
// models/promotion.lexicon find; decides nothing alone.
#ifndef LEVEE_SERVER_TEXT_PROMOTION_WORDS_H_
#define LEVEE_SERVER_TEXT_PROMOTION_WORDS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/text/normalise.h"

namespace levee::text {

// Threads: any. Views the bytes it was opened with.
class PromotionWords {
 public:
  // Logits are in units of 1 / kLogit.
  static constexpr int32_t kLogit = 64;
  static constexpr uint32_t kFeaturesMin = 10;
  // Features of a message that are read; then the first ones stand for all.
  static constexpr uint32_t kFeaturesMax = 1024;

  // DATA_LOSS, UNIMPLEMENTED: as ModelFile::Open.
  static absl::StatusOr<PromotionWords> Open(std::string_view bytes);

  // Above 0: more likely promotion than not, among what it was trained with.
  // Of fewer than kFeaturesMin features never above `most`: few words sound
  // like anything.
  int32_t LogitOf(const Normalised& message, int32_t most) const;

 private:
  PromotionWords(absl::Span<const int8_t> weights, int32_t bias)
      : weights_(weights), bias_(bias) {}

  absl::Span<const int8_t> weights_;
  int32_t bias_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_PROMOTION_WORDS_H_
