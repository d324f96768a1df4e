// The features, as tests/train/promotion.py names them: words of Latin letters,
// "#" for a number, two of these side by side in a sentence, and two Han
// characters side by side.
#include "server/text/promotion_words.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "server/text/key_table.h"
#include "server/text/model_file.h"

namespace levee::text {
namespace {

constexpr uint32_t kVersion = 2;
constexpr uint32_t kLettersMax = 32;
// As in tests/train/promotion.py.
constexpr uint64_t kPairStep = 0x9E3779B97F4A7C15;
// More features are damped like so many.
constexpr size_t kDampingSize = PromotionWords::kFeaturesMax + 1;
constexpr int32_t kLogitEnd = 32'000;

// Adds a message's features, each with the place of its word.
class Reader {
 public:
  Reader(const Normalised& message, Buckets* buckets)
      : message_(message), buckets_(*buckets) {}

  void Read() {
    for (const Word& word : message_.words) {
      if (buckets_.features().size() >= PromotionWords::kFeaturesMax) return;
      switch (word.kind) {
        case WordKind::kHan:
          ReadHan(word);
          break;
        case WordKind::kLatin:
        case WordKind::kMixed:
          if (word.end - word.begin <= kLettersMax) ReadWord(Hash(word));
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
  uint64_t Hash(const Word& word) const {
    return HashOf(absl::MakeConstSpan(message_.letters)
                      .subspan(word.begin, word.end - word.begin));
  }

  void Add(uint64_t hash) { buckets_.Add(MixKey(hash), place_); }

  void ReadHan(const Word& word) {
    before_ = 0;
    for (uint32_t at = word.begin; at + 1 < word.end; ++at) {
      Add(HashStep(HashStep(kHashSeed, message_.letters[at]),
                   message_.letters[at + 1]));
    }
  }

  void ReadWord(uint64_t hash) {
    Add(hash);
    if (before_ != 0) Add(before_ * kPairStep + hash);
    before_ = hash;
  }

  const Normalised& message_;
  Buckets& buckets_;
  // The hash of the word before, in the same sentence; 0: none.
  uint64_t before_ = 0;
  size_t place_ = 0;
};

absl::Status Damaged() {
  return absl::DataLossError("model file PROM: its sizes do not fit");
}

}  // namespace

absl::StatusOr<PromotionWords> PromotionWords::Open(std::string_view bytes) {
  const absl::StatusOr<ModelFile> file = ModelFile::Open(bytes, "PROM");
  if (!file.ok()) return file.status();
  if (file->version() != kVersion) {
    return absl::UnimplementedError(
        "model file PROM: a version that this program does not know");
  }
  const auto weights = file->Numbers<int8_t>("WGHT");
  if (!weights.ok()) return weights.status();
  const auto damping = file->Numbers<uint16_t>("DAMP");
  if (!damping.ok()) return damping.status();
  const auto numbers = file->Numbers<int32_t>("NUMB");
  if (!numbers.ok()) return numbers.status();
  if (weights->size() != Buckets::kCount || damping->size() != kDampingSize ||
      numbers->size() != 2) {
    return Damaged();
  }
  PromotionWords words;
  words.weights_ = *weights;
  words.damping_ = *damping;
  words.scale_ = numbers->front();
  words.bias_ = numbers->back();
  return words;
}

int32_t PromotionWords::LogitOf(const Normalised& message, int32_t most,
                                Buckets* buckets) const {
  buckets->Clear();
  Reader(message, buckets).Read();
  const size_t size = buckets->features().size();
  if (size == 0) return most;
  int64_t sum = 0;
  for (const Buckets::Feature& feature : buckets->features()) {
    sum += weights_[feature.bucket];
  }
  const size_t damped = std::min(size, kDampingSize - 1);
  const auto logit = static_cast<int32_t>(
      std::clamp<int64_t>(sum * damping_[damped] * scale_ / (1 << 24) + bias_,
                          -kLogitEnd, kLogitEnd));
  return size < kFeaturesMin ? std::min(logit, most) : logit;
}

Span PromotionWords::Loudest(const Normalised& message,
                             const Buckets& buckets) const {
  int32_t sum = 0;
  int32_t most = 0;
  size_t begin = 0;
  size_t first = 0;
  size_t last = 0;
  for (const Buckets::Feature& feature : buckets.features()) {
    if (sum <= 0) {
      sum = 0;
      begin = feature.place;
    }
    sum += weights_[feature.bucket];
    if (sum <= most) continue;
    most = sum;
    first = begin;
    last = feature.place;
  }
  if (most == 0) return {};
  return message.SpanOf(message.words[first].first, message.words[last].last);
}

}  // namespace levee::text
