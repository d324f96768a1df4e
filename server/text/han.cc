#include "server/text/han.h"

#include <array>

#include "absl/status/status.h"
#include "server/text/model_file.h"

namespace levee::text {
namespace {

constexpr char32_t kFirst = 0x4E00, kEnd = 0xA000;
constexpr uint32_t kPairSlots = 1 << 16;
constexpr uint32_t kPairProbes = 8;
// Up to so many characters that are repeated count twice at most.
constexpr size_t kPeriodMax = 4;
// In a slot, 4 bits hold what a pair adds and 11 more.
constexpr int32_t kPairZero = 11;
// What a pair adds that is not among the usual ones.
constexpr int32_t kUnusualPair = 6;

bool AreLetters(absl::Span<const uint8_t> letters) {
  for (const uint8_t letter : letters) {
    if (letter >= kGramLetters) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<HanModel> HanModel::Open(std::string_view file) {
  absl::StatusOr<ModelFile> model = ModelFile::Open(file, "HANS");
  if (!model.ok()) return model.status();
  const auto initials = model->Numbers<uint8_t>("INIT");
  if (!initials.ok()) return initials.status();
  const auto grams = model->Numbers<int8_t>("GRAM");
  if (!grams.ok()) return grams.status();
  const auto pairs = model->Numbers<uint16_t>("PAIR");
  if (!pairs.ok()) return pairs.status();
  if (initials->size() != kEnd - kFirst || !AreLetters(*initials) ||
      grams->size() != kGrams || pairs->size() != kPairSlots) {
    return absl::DataLossError("the model of Han is not whole");
  }
  return HanModel(initials->data(), grams->data(), pairs->data());
}

int32_t HanModel::Pair(char32_t first, char32_t second) const {
  uint32_t hash = first * 0x9E3779B1u + second * 0x85EBCA6Bu;
  hash ^= hash >> 15;
  hash *= 0x2C1B3C6Du;
  hash ^= hash >> 12;
  for (uint32_t probe = 0; probe < kPairProbes; ++probe) {
    const uint16_t slot = pairs_[(hash + probe) % kPairSlots];
    if (slot == 0) break;
    if (slot >> 4 == hash >> 20) return (slot & 0xF) - kPairZero;
  }
  return kUnusualPair;
}

Evidence HanModel::Judge(absl::Span<const char32_t> run) const {
  Evidence found;
  uint32_t gram = 0;
  char32_t last = 0;
  // For how many characters what was said 1 to 4 characters before was
  // repeated.
  std::array<size_t, kPeriodMax + 1> repeated{};
  for (size_t i = 0; i < run.size(); ++i) {
    bool again = false;
    for (size_t period = 1; period <= kPeriodMax; ++period) {
      const bool same = i >= period && run[i] == run[i - period];
      repeated[period] = same ? repeated[period] + 1 : 0;
      again |= repeated[period] > period;
    }
    if (again) continue;
    const char32_t point = run[i];
    if (last != 0) found.steps += Pair(last, point);
    last = point;
    if (point < kFirst || point >= kEnd) continue;
    const uint8_t initial = initials_[point - kFirst];
    if (initial == 0) continue;
    gram = gram % (kGrams / kGramLetters) * kGramLetters + initial;
    found.steps += grams_[gram];
    ++found.letters;
  }
  if (found.letters == 0) return {};
  found.steps += grams_[gram % (kGrams / kGramLetters) * kGramLetters];
  return found;
}

}  // namespace levee::text
