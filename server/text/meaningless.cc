#include "server/text/meaningless.h"

#include "server/text/blank_form.h"
#include "server/text/tally.h"
#include "server/text/thresholds.h"

namespace levee::text {
namespace {

// Steps (Evidence) at which a message is flagged, by how many letters were
// weighed: four may be an abbreviation that nobody knows.
constexpr int64_t MashAt(uint32_t letters) {
  return letters <= 4 ? 200 : letters == 5 ? 165 : 130;
}

// Fewer letters are as likely an abbreviation, fewer characters a name.
constexpr uint32_t kLatinLeast = 4;
constexpr uint32_t kHanLeast = 4;
// Beside the word of a test.
constexpr int64_t kMashBesideTest = 100;
constexpr uint32_t kDummyWordsLeast = 4;

constexpr int32_t kTestScore = 970;
constexpr int32_t kNoiseScore = 950;
constexpr int32_t kFillerScore = 900;

class Decider {
 public:
  Decider(const Normalised& message, const Tally& tally, bool opens)
      : message_(message), tally_(tally), opens_(opens) {}

  Meaningless Decide() const {
    if (tally_.unknown > 0 || tally_.meaning > 0) return Mash();
    if (tally_.mash() == 0) return tally_.words == 0 ? Signs() : Nothings();
    if (tally_.mash() >= kMashBesideTest &&
        (Has(FillerRole::kTest) || Has(FillerRole::kNoise))) {
      return Found(kNoiseScore, MashKind());
    }
    return Mash();
  }

 private:
  bool Has(FillerRole role) const { return tally_.Count(role) > 0; }
  MeaninglessKind MashKind() const {
    return tally_.han_mash > tally_.latin_mash ? MeaninglessKind::kImeMash
                                               : MeaninglessKind::kMash;
  }

  Meaningless Found(int32_t score, MeaninglessKind kind) const {
    Meaningless found{score, kind, {}};
    if (tally_.first < tally_.last) {
      found.span = message_.SpanOf(tally_.first, tally_.last);
    }
    return found;
  }

  // Words that are all known to say nothing, and numbers.
  Meaningless Nothings() const {
    const bool sentence = Has(FillerRole::kFunction);
    if (Has(FillerRole::kTest) &&
        (opens_ || (!Has(FillerRole::kFiller) && !sentence))) {
      return Found(kTestScore, MeaninglessKind::kTestPhrase);
    }
    if (sentence) return {};
    if (Has(FillerRole::kNoise)) {
      return Found(kNoiseScore, MeaninglessKind::kRepeat);
    }
    if (tally_.Count(FillerRole::kDummyText) >= kDummyWordsLeast) {
      return Found(kTestScore, MeaninglessKind::kTemplate);
    }
    if (!opens_) return {};
    // "Ignore tickets 4 to 9" says something.
    if (Has(FillerRole::kIgnore) && !tally_.has_number) {
      return Found(kFillerScore, MeaninglessKind::kTestPhrase);
    }
    if (!tally_.numbers_say_nothing) return {};
    if (Has(FillerRole::kFiller)) {
      return Found(kFillerScore, MeaninglessKind::kFiller);
    }
    if (Has(FillerRole::kCompanion) || !tally_.has_number) return {};
    return Found(kFillerScore, MeaninglessKind::kNoLetters);
  }

  // No words at all. In a running ticket a question mark asks, and an emoji
  // answers.
  Meaningless Signs() const {
    bool asks = false;
    bool any = false;
    for (const Point& point : message_.points) {
      if (point.place == Place::kQuoted || point.place == Place::kSignature) {
        continue;
      }
      asks |= point.value == '?' || point.what == PointClass::kEmoji;
      any |= point.what != PointClass::kSpace &&
             point.what != PointClass::kLineEnd;
    }
    if (!opens_ && (asks || !any)) return {};
    Meaningless found{kFillerScore, MeaninglessKind::kNoLetters, {}};
    const auto size = static_cast<uint32_t>(message_.points.size());
    if (any) found.span = message_.SpanOf(0, size);
    return found;
  }

  // Letters weighed.
  Meaningless Mash() const {
    const bool latin = tally_.latin_letters >= kLatinLeast;
    const bool han = tally_.han_letters >= kHanLeast;
    const int64_t total =
        (latin ? tally_.latin_mash : 0) + (han ? tally_.han_mash : 0) -
        tally_.doubt -
        kMeaningWeight * (tally_.meaning + tally_.companions_meaning);
    if (total <= 0) return {};
    // Four characters are more than four letters: each was a choice.
    const uint32_t letters =
        tally_.latin_letters + tally_.han_letters + (han ? 1 : 0);
    int64_t score = total * kMeaninglessAt / MashAt(letters);
    if (score > kMeaninglessAt) {
      score = 1000 - kMeaninglessAt * (1000 - kMeaninglessAt) / score;
    }
    return Found(static_cast<int32_t>(score), MashKind());
  }

  const Normalised& message_;
  const Tally& tally_;
  const bool opens_;
};

}  // namespace

absl::StatusOr<MeaninglessModel> MeaninglessModel::Open(
    std::string_view latin_file, std::string_view han_file) {
  absl::StatusOr<LatinModel> latin = LatinModel::Open(latin_file);
  if (!latin.ok()) return latin.status();
  absl::StatusOr<HanModel> han = HanModel::Open(han_file);
  if (!han.ok()) return han.status();
  return MeaninglessModel(*latin, *han);
}

Meaningless MeaninglessModel::Judge(const Normalised& message,
                                    bool opens) const {
  if (!message.points.empty() && IsBlankForm(message, fillers_, latin_)) {
    const auto size = static_cast<uint32_t>(message.points.size());
    return {950, MeaninglessKind::kTemplate, message.SpanOf(0, size)};
  }
  const Tally tally = TallyWords(message, latin_, han_, fillers_);
  if (tally.meaning >= kMeaningEnough &&
      kMeaningWeight * tally.meaning > tally.mash()) {
    return {};
  }
  return Decider(message, tally, opens).Decide();
}

}  // namespace levee::text
