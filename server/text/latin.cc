#include "server/text/latin.h"

#include "absl/status/status.h"
#include "server/text/model_file.h"

namespace levee::text {
namespace {

// Letters with marks, and others: U+00C0 to U+024F, U+1E00 to U+1EFF.
constexpr char32_t kFirst = 0xC0, kFirstEnd = 0x250;
constexpr char32_t kSecond = 0x1E00, kSecondEnd = 0x1F00;
constexpr size_t kBases = 2 * (kFirstEnd - kFirst + kSecondEnd - kSecond);

}  // namespace

absl::StatusOr<LatinModel> LatinModel::Open(std::string_view file) {
  absl::StatusOr<ModelFile> model = ModelFile::Open(file, "LATN");
  if (!model.ok()) return model.status();
  const auto grams = model->Numbers<int8_t>("GRAM");
  if (!grams.ok()) return grams.status();
  const auto bases = model->Numbers<uint8_t>("BASE");
  if (!bases.ok()) return bases.status();
  if (grams->size() != kGrams || bases->size() != kBases) {
    return absl::DataLossError("the model of Latin letters is not whole");
  }
  for (const uint8_t letter : *bases) {
    if (letter >= kGramLetters) {
      return absl::DataLossError("the model of Latin letters has a bad letter");
    }
  }
  return LatinModel(grams->data(), bases->data());
}

int LatinModel::Letters(char32_t point, uint8_t out[2]) const {
  if (point >= 'a' && point <= 'z') {
    out[0] = static_cast<uint8_t>(point - 'a' + 1);
    return 1;
  }
  size_t at = 0;
  if (point >= kFirst && point < kFirstEnd) {
    at = point - kFirst;
  } else if (point >= kSecond && point < kSecondEnd) {
    at = point - kSecond + (kFirstEnd - kFirst);
  } else {
    return 0;
  }
  out[0] = bases_[2 * at];
  out[1] = bases_[2 * at + 1];
  return out[0] == 0 ? 0 : out[1] == 0 ? 1 : 2;
}

Evidence LatinModel::Judge(absl::Span<const char32_t> word) const {
  Evidence found;
  uint32_t gram = 0;
  uint8_t last = 0;
  int held = 0;
  for (const char32_t point : word) {
    uint8_t letters[2];
    const int count = Letters(point, letters);
    for (int i = 0; i < count; ++i) {
      held = letters[i] == last ? held + 1 : 1;
      last = letters[i];
      if (held > 2) continue;
      gram = gram % (kGrams / kGramLetters) * kGramLetters + letters[i];
      found.steps += grams_[gram];
      ++found.letters;
    }
  }
  if (found.letters == 0) return found;
  found.steps += grams_[gram % (kGrams / kGramLetters) * kGramLetters];
  return found;
}

}  // namespace levee::text
