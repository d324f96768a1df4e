// How much a message's words sound like promotion, whatever they sell: weights
// that tests/train/promotion.py learned. Supports what the phrases of
// models/promotion.lexicon find, and decides alone where it is sure.
#ifndef LEVEE_SERVER_TEXT_PROMOTION_WORDS_H_
#define LEVEE_SERVER_TEXT_PROMOTION_WORDS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/text/buckets.h"
#include "server/text/linear_model.h"
#include "server/text/normalise.h"

namespace levee::text {

// The features of a message, with the places of their words: what stands behind
// the first kPromotionFeaturesMax of them is not read. Training reads exactly
// this: tests/eval/text_features prints it.
inline constexpr size_t kPromotionFeaturesMax = 1024;
void ReadPromotionFeatures(const Normalised& message, Buckets* features);

// Threads: any, each with buckets of its own. Views the bytes it was opened
// with.
class PromotionWords {
 public:
  static constexpr size_t kFeaturesMin = 10;

  // DATA_LOSS, UNIMPLEMENTED: as ModelFile::Open.
  static absl::StatusOr<PromotionWords> Open(std::string_view bytes);

  // Thousandths of a logit: above 0, more likely promotion than not, among what
  // it was trained with. Of fewer than kFeaturesMin features never above
  // `most`: few words sound like anything. Leaves the features in `features`.
  int32_t LogitOf(const Normalised& message, int32_t most,
                  Buckets* features) const;

  // The row of words that sounds most like promotion, of those that LogitOf
  // left; empty where none does.
  Span Loudest(const Normalised& message, const Buckets& features) const;

 private:
  explicit PromotionWords(const LinearModel& model) : model_(model) {}

  LinearModel model_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_PROMOTION_WORDS_H_
