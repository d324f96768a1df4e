// How much a message's words sound like promotion, whatever they sell: weights
// that tests/train/promotion.py learned. Supports what the phrases of
// models/promotion.lexicon find; decides nothing alone.
#ifndef LEVEE_SERVER_TEXT_PROMOTION_WORDS_H_
#define LEVEE_SERVER_TEXT_PROMOTION_WORDS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/text/buckets.h"
#include "server/text/normalise.h"

namespace levee::text {

// Threads: any, each with buckets of its own. Views the bytes it was opened
// with.
class PromotionWords {
 public:
  static constexpr uint32_t kFeaturesMin = 10;
  // Features of a message that are read; then the first ones stand for all.
  static constexpr uint32_t kFeaturesMax = 1024;

  // DATA_LOSS, UNIMPLEMENTED: as ModelFile::Open.
  static absl::StatusOr<PromotionWords> Open(std::string_view bytes);

  // Thousandths of a logit: above 0, more likely promotion than not, among what
  // it was trained with. Of fewer than kFeaturesMin features never above
  // `most`: few words sound like anything. Leaves the features in `buckets`.
  int32_t LogitOf(const Normalised& message, int32_t most,
                  Buckets* buckets) const;

  // The row of words that sounds most like promotion, of those that LogitOf
  // left.
  Span Loudest(const Normalised& message, const Buckets& buckets) const;

 private:
  PromotionWords() = default;

  absl::Span<const int8_t> weights_;
  // By how many features a message has: 2^16 / (features + 1)^0.3.
  absl::Span<const uint16_t> damping_;
  // Thousandths of a logit: of 256 summed weights, and of a message as such.
  int32_t scale_ = 0;
  int32_t bias_ = 0;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_PROMOTION_WORDS_H_
