// The features, as tests/train/promotion.py names them: words of Latin letters,
// "#" for a number, two of these side by side in a sentence with a space
// between them, and two Han characters side by side.
#include "server/text/promotion_words.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "server/text/key_table.h"
#include "server/text/model_file.h"

namespace levee::text {
namespace {

constexpr int kBits = 15;
// In units of which weights are.
constexpr int32_t kWeightsPerLogit = 32;
constexpr uint32_t kLettersMax = 32;

// The largest whole number whose square is not above `of`.
uint32_t RootOf(uint32_t of) {
  uint32_t root = 0;
  for (uint32_t bit = 1u << 15; bit > 0; bit >>= 1) {
    const uint32_t next = root | bit;
    if (next * next <= of) root = next;
  }
  return root;
}

// Adds up the weights of a message's features.
class Sum {
 public:
  Sum(const Normalised& message, absl::Span<const int8_t> weights)
      : message_(message), weights_(weights) {}

  void Read() {
    for (const Word& word : message_.words) {
      if (features_ >= PromotionWords::kFeaturesMax) return;
      switch (word.kind) {
        case WordKind::kHan:
          ReadHan(word);
          break;
        case WordKind::kLatin:
        case WordKind::kMixed:
          if (word.end - word.begin <= kLettersMax) ReadWord(Hash(word));
          break;
        case WordKind::kNumber:
          ReadWord(HashStep(kHashSeed, '#'), '#');
          break;
        case WordKind::kStop:
          before_ = 0;
          break;
        default:
          break;
      }
    }
  }

  int32_t sum() const { return sum_; }
  uint32_t features() const { return features_; }

 private:
  uint64_t Hash(const Word& word) {
    last_ = absl::MakeConstSpan(message_.letters)
                .subspan(word.begin, word.end - word.begin);
    return HashOf(last_);
  }

  void Add(uint64_t hash) {
    sum_ += weights_[MixKey(hash) >> (64 - kBits)];
    ++features_;
  }

  void ReadHan(const Word& word) {
    before_ = 0;
    for (uint32_t at = word.begin; at + 1 < word.end; ++at) {
      Add(HashStep(HashStep(kHashSeed, message_.letters[at]),
                   message_.letters[at + 1]));
    }
  }

  void ReadWord(uint64_t hash, char32_t number = 0) {
    Add(hash);
    if (before_ != 0) {
      uint64_t pair = HashStep(before_, ' ');
      if (number != 0) {
        pair = HashStep(pair, number);
      } else {
        for (const char32_t letter : last_) pair = HashStep(pair, letter);
      }
      Add(pair);
    }
    before_ = hash;
  }

  const Normalised& message_;
  absl::Span<const int8_t> weights_;
  absl::Span<const char32_t> last_;
  // The hash of the word before, in the same sentence; 0: none.
  uint64_t before_ = 0;
  int32_t sum_ = 0;
  uint32_t features_ = 0;
};

}  // namespace

absl::StatusOr<PromotionWords> PromotionWords::Open(std::string_view bytes) {
  const absl::StatusOr<ModelFile> file = ModelFile::Open(bytes, "PROM");
  if (!file.ok()) return file.status();
  const absl::StatusOr<absl::Span<const int8_t>> weights =
      file->Numbers<int8_t>("WGHT");
  if (!weights.ok()) return weights.status();
  const absl::StatusOr<absl::Span<const int32_t>> bias =
      file->Numbers<int32_t>("BIAS");
  if (!bias.ok()) return bias.status();
  if (weights->size() != size_t{1} << kBits || bias->size() != 1) {
    return absl::DataLossError("model file PROM: its sizes do not fit");
  }
  return PromotionWords(*weights, bias->front());
}

int32_t PromotionWords::LogitOf(const Normalised& message, int32_t most) const {
  Sum sum(message, weights_);
  sum.Read();
  if (sum.features() == 0) return most;
  // The root in 1/16, so that short messages are told apart.
  const auto root = static_cast<int32_t>(RootOf(sum.features() << 8));
  const int32_t logit =
      bias_ + sum.sum() * 16 * (kLogit / kWeightsPerLogit) / root;
  return sum.features() < kFeaturesMin ? std::min(logit, most) : logit;
}

}  // namespace levee::text
