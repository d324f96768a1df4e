// A learned score of a text: the sum of its features' weights.
#ifndef LEVEE_SERVER_TEXT_LINEAR_MODEL_H_
#define LEVEE_SERVER_TEXT_LINEAR_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/text/buckets.h"
#include "server/text/model_file.h"

namespace levee::text {

// The sum counts by a root of the number of features (the power 0.3, and six
// features more, lest one odd word be judged by a bucket that it shares): a
// weak one, so that ordinary words do not hide the others. Integers only.
// Threads: any. Views the file it was opened with.
class LinearModel {
 public:
  // More features are damped like so many.
  static constexpr size_t kDampingSize = 4096;
  // Scores are bounded by it, in both directions.
  static constexpr int32_t kScoreEnd = 16'000;

  // Of a file's sections:
  //
  //   DAMP       4096 x uint16  by the number of features, 2^16 times what each
  //                             weighs: (number + 6)^-0.3
  //   `weights`  65536 x int8   the weights of the buckets
  //
  // `scale`, `bias`: thousandths of a logit, of 256 summed weights and of a
  // text as such. DATA_LOSS where a section is missing or of another size.
  static absl::StatusOr<LinearModel> Open(const ModelFile& file,
                                          std::string_view weights,
                                          int32_t scale, int32_t bias);

  // Nothing weighs anything.
  LinearModel() = default;

  // Thousandths of a logit.
  int32_t Score(const Buckets& buckets) const;

  // The places, first and last, between which the weights sum up to most;
  // nothing where none is above 0.
  struct Places {
    uint32_t first = 0;
    uint32_t last = 0;
  };
  std::optional<Places> Loudest(const Buckets& buckets) const;

 private:
  absl::Span<const int8_t> weights_;
  absl::Span<const uint16_t> damping_;
  int32_t scale_ = 0;
  int32_t bias_ = 0;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_LINEAR_MODEL_H_
