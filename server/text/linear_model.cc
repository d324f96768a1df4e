#include "server/text/linear_model.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace levee::text {

absl::StatusOr<LinearModel> LinearModel::Open(const ModelFile& file,
                                              std::string_view weights,
                                              int32_t scale, int32_t bias) {
  const auto bytes = file.Numbers<int8_t>(weights);
  if (!bytes.ok()) return bytes.status();
  const auto damping = file.Numbers<uint16_t>("DAMP");
  if (!damping.ok()) return damping.status();
  if (bytes->size() != Buckets::kCount || damping->size() != kDampingSize) {
    return absl::DataLossError(
        std::string("model file: DAMP or ")
            .append(weights.data(), weights.size())
            .append(" is of another size than this version's"));
  }
  LinearModel model;
  model.weights_ = *bytes;
  model.damping_ = *damping;
  model.scale_ = scale;
  model.bias_ = bias;
  return model;
}

int32_t LinearModel::Score(const Buckets& buckets) const {
  int32_t sum = 0;
  const int8_t* const weights = weights_.data();
  for (const Buckets::Feature& feature : buckets.features()) {
    sum += weights[feature.bucket];
  }
  const size_t size = std::min(buckets.features().size(), kDampingSize - 1);
  const int64_t score = int64_t{sum} * damping_[size] * scale_ / (1 << 24);
  return static_cast<int32_t>(
      std::clamp<int64_t>(score + bias_, -kScoreEnd, kScoreEnd));
}

// Few texts are asked about: it may sort.
std::optional<LinearModel::Places> LinearModel::Loudest(
    const Buckets& buckets) const {
  std::vector<Buckets::Feature> features(buckets.features().begin(),
                                         buckets.features().end());
  std::stable_sort(features.begin(), features.end(),
                   [](const Buckets::Feature& a, const Buckets::Feature& b) {
                     return a.place < b.place;
                   });
  std::optional<Places> loudest;
  uint32_t first = 0;
  int32_t sum = 0;
  int32_t most = 0;
  for (const Buckets::Feature& feature : features) {
    if (sum <= 0) {
      sum = 0;
      first = feature.place;
    }
    sum += weights_[feature.bucket];
    if (sum <= most) continue;
    most = sum;
    loudest = {first, feature.place};
  }
  return loudest;
}

}  // namespace levee::text
