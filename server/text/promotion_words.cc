// The features: words of Latin letters, "#" for a number, two of these side by
// side in a sentence, and two Han characters side by side.
#include "server/text/promotion_words.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "server/text/key_table.h"
#include "server/text/mix.h"
#include "server/text/model_file.h"

namespace levee::text {
namespace {

constexpr uint32_t kVersion = 3;
constexpr uint32_t kLettersMax = 32;
constexpr uint64_t kPairStep = 0x9E3779B97F4A7C15;

// Adds a message's features, each with the place of its word.
class Reader {
 public:
  Reader(const Normalised& message, Buckets* buckets)
      : message_(message), buckets_(*buckets) {}

  void Read() {
    for (const Word& word : message_.words) {
      if (buckets_.features().size() >= kPromotionFeaturesMax) return;
      switch (word.kind) {
        case WordKind::kHan:
          ReadHan(word);
          break;
        case WordKind::kLatin:
        case WordKind::kMixed:
          if (word.end - word.begin <= kLettersMax) ReadWord(word.hash);
          break;
        case WordKind::kNumber:
          ReadWord(HashStep(kHashSeed, '#'));
          break;
        case WordKind::kStop:
          before_ = 0;
          break;
        default:
          break;
      }
      ++place_;
    }
  }

 private:
  void Add(uint64_t hash, uint32_t place) {
    if (buckets_.features().size() >= kPromotionFeaturesMax) return;
    buckets_.Add(Buckets::Of(Mix(hash)), place);
  }

  void ReadHan(const Word& word) {
    before_ = 0;
    for (uint32_t at = word.begin; at + 1 < word.end; ++at) {
      Add(HashStep(HashStep(kHashSeed, message_.letters[at]),
                   message_.letters[at + 1]),
          place_);
    }
  }

  void ReadWord(uint64_t hash) {
    Add(hash, place_);
    if (before_ != 0) Add(before_ * kPairStep + hash, place_before_);
    before_ = hash;
    place_before_ = place_;
  }

  const Normalised& message_;
  Buckets& buckets_;
  // The hash of the word before, in the same sentence; 0: none.
  uint64_t before_ = 0;
  uint32_t place_before_ = 0;
  uint32_t place_ = 0;
};

}  // namespace

void ReadPromotionFeatures(const Normalised& message, Buckets* features) {
  features->Clear();
  Reader(message, features).Read();
}

absl::StatusOr<PromotionWords> PromotionWords::Open(std::string_view bytes) {
  const absl::StatusOr<ModelFile> file = ModelFile::Open(bytes, "PROM");
  if (!file.ok()) return file.status();
  if (file->version() != kVersion) {
    return absl::UnimplementedError(
        "model file PROM: a version that this program does not know");
  }
  const auto numbers = file->Numbers<int32_t>("NUMB");
  if (!numbers.ok()) return numbers.status();
  if (numbers->size() != 2) {
    return absl::DataLossError("model file PROM: its sizes do not fit");
  }
  const auto model =
      LinearModel::Open(*file, "WGHT", numbers->front(), numbers->back());
  if (!model.ok()) return model.status();
  return PromotionWords(*model);
}

int32_t PromotionWords::LogitOf(const Normalised& message, int32_t most,
                                Buckets* features) const {
  ReadPromotionFeatures(message, features);
  const size_t size = features->features().size();
  if (size == 0) return most;
  const int32_t logit = model_.Score(*features);
  return size < kFeaturesMin ? std::min(logit, most) : logit;
}

Span PromotionWords::Loudest(const Normalised& message,
                             const Buckets& features) const {
  const auto loudest = model_.Loudest(features);
  if (!loudest) return {};
  return message.SpanOf(message.words[loudest->first].first,
                        message.words[loudest->last].last);
}

}  // namespace levee::text
