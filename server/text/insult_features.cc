#include "server/text/insult_features.h"

#include <algorithm>

#include "absl/types/span.h"

namespace levee::text {
namespace {

// What a feature is goes into its key.
enum Kind : uint64_t {
  kUnit = 1,
  kPair,
  kTriple,
  kClass,
  kClassPair,
  kRule,
  kTarget,
  kFourLetters,
};

uint64_t Key(Kind kind, uint64_t a, uint64_t b = 0, uint64_t c = 0) {
  uint64_t key = a + kind * 0x9E3779B97F4A7C15;
  key = (key << 23 | key >> 41) * 0xBF58476D1CE4E5B9 + b;
  return (key << 23 | key >> 41) * 0x94D049BB133111EB + c;
}

// The face of a sentence's edges, which tell a word that stands alone from the
// same in a longer sentence.
constexpr uint64_t kEdge = 2;

// Letters of a word that is read letter by letter.
constexpr uint32_t kSpelledMin = 3;
constexpr uint32_t kSpelledMax = 16;
// What keeps them apart from all others.
constexpr uint64_t kLettersKey = 0x94D049BB133111EB;

// What a unit is for its neighbours.
uint64_t FaceOf(const Unit& unit) {
  switch (unit.kind) {
    case UnitKind::kPause:
      return 3;
    case UnitKind::kOther:
      return 4;
    case UnitKind::kNumber:
      return 5;
    case UnitKind::kWord:
    case UnitKind::kHan:
    case UnitKind::kEmoji:
      break;
  }
  // A disguise undone shows the same face.
  return unit.hash;
}

Buckets::Feature FeatureOf(uint64_t key, const Unit& unit) {
  return {Buckets::Of(key * 0x9E3779B97F4A7C15), unit.first};
}

}  // namespace

void InsultFeatures::AddUnits(const Sentence& sentence) {
  const auto units = absl::MakeConstSpan(sentence.units);
  if (units.empty()) return;
  Buckets::Feature* to = of_sentence_.Room(3 * units.size() + 1);
  uint64_t before = kEdge;
  uint64_t two_before = 0;
  for (size_t i = 0; i < units.size(); ++i) {
    const Unit& unit = units[i];
    const uint64_t face = FaceOf(unit);
    if (unit.kind != UnitKind::kPause) {
      *to++ = FeatureOf(Key(kUnit, face), unit);
    }
    *to++ = FeatureOf(Key(kPair, before, face), units[i == 0 ? 0 : i - 1]);
    if (unit.kind == UnitKind::kHan && i >= 2) {
      *to++ = FeatureOf(Key(kTriple, two_before, before, face), units[i - 2]);
    }
    two_before = before;
    before = face;
  }
  *to++ = FeatureOf(Key(kPair, before, kEdge), units.back());
  of_sentence_.End(to);
}

void InsultFeatures::AddClasses(const Lexicon& lexicon,
                                const Sentence& sentence) {
  uint64_t before = kEdge;
  uint16_t end = 0;
  for (const Hit& hit : sentence.hits) {
    // The longest from the left.
    if (hit.begin < end) continue;
    const Unit& unit = sentence.units[hit.begin];
    bool named = false;
    uint64_t first = 0;
    const auto classes = lexicon.ClassesOf(lexicon.node(hit.node));
    Buckets::Feature* to = of_sentence_.Room(2 * classes.size());
    for (const uint16_t of_class : classes) {
      if (!lexicon.IsNamed(of_class)) continue;
      const uint64_t name = lexicon.NameHash(of_class);
      *to++ = FeatureOf(Key(kClass, name), unit);
      *to++ = FeatureOf(Key(kClassPair, before, name), unit);
      if (!named) first = name;
      named = true;
    }
    of_sentence_.End(to);
    if (!named) continue;
    before = first;
    end = hit.end;
  }
}

void InsultFeatures::AddRules(const Lexicon& lexicon,
                              const Sentence& sentence) {
  Buckets::Feature* to = of_sentence_.Room(2 * sentence.matches.size());
  for (const Match& match : sentence.matches) {
    const Rule& rule = lexicon.rules()[match.rule];
    const Unit& unit = sentence.units[match.begin];
    *to++ = FeatureOf(Key(kRule, rule.name_hash), unit);
    *to++ = FeatureOf(
        Key(kTarget, static_cast<uint64_t>(rule.target), rule.severity), unit);
  }
  of_sentence_.End(to);
}

// Triples of a word's letters: relatives of a word that was learned, and most
// ways of misspelling it, share some.
void InsultFeatures::AddLetters(const Normalised& message,
                                const Sentence& sentence) {
  const char32_t* const letters = message.letters.data();
  Buckets::Feature* to = of_sentence_.Room(kSpelledMax * sentence.units.size());
  for (const Unit& unit : sentence.units) {
    const uint32_t size = unit.end - unit.begin;
    if (unit.kind != UnitKind::kWord || size < kSpelledMin ||
        size > kSpelledMax) {
      continue;
    }
    uint64_t two_before = kEdge;
    uint64_t before = letters[unit.begin];
    for (uint32_t at = unit.begin + 1; at <= unit.end; ++at) {
      const uint64_t letter = at < unit.end ? letters[at] : kEdge;
      *to++ = FeatureOf(two_before << 42 ^ before << 21 ^ letter ^ kLettersKey,
                        unit);
      two_before = before;
      before = letter;
    }
  }
  of_sentence_.End(to);
}

// Fours of the letters of a word that was disguised.
void InsultFeatures::AddDisguised(const Normalised& message,
                                  const Sentence& sentence) {
  for (const Unit& unit : sentence.units) {
    if (!unit.disguised || unit.kind != UnitKind::kWord) continue;
    Buckets::Feature* to = of_sentence_.Room(unit.end - unit.begin + 1);
    uint64_t last[3] = {0, 0, kEdge};
    for (uint32_t at = unit.begin; at <= unit.end; ++at) {
      const uint64_t letter = at < unit.end ? message.letters[at] : kEdge;
      *to++ = FeatureOf(
          Key(kFourLetters, last[0] << 32 | last[1], last[2] << 32 | letter),
          unit);
      std::copy(last + 1, last + 3, last);
      last[2] = letter;
    }
    of_sentence_.End(to);
  }
}

void InsultFeatures::Clear() {
  whole_.Clear();
  window_.Clear();
  apart_ = false;
  of_last_.Clear();
  sentences_ = units_ = units_of_last_ = 0;
}

void InsultFeatures::StartAnew() {
  window_.Clear();
  apart_ = true;
  const bool overlaps = sentences_ > 1;
  sentences_ = units_ = 0;
  if (!overlaps) return;
  window_.Add(of_last_.features());
  sentences_ = 1;
  units_ = units_of_last_;
}

void InsultFeatures::AddToWindow() {
  const absl::Span<const Buckets::Feature> more = of_sentence_.features();
  // What the whole has no more room for a window has.
  if (!apart_ && whole_.features().size() + more.size() > kWholeMax) {
    apart_ = true;
    window_.Add(whole_.features());
  }
  if (apart_) window_.Add(more);
}

void InsultFeatures::AddToWhole() {
  const absl::Span<const Buckets::Feature> more = of_sentence_.features();
  if (whole_.features().size() + more.size() <= kWholeMax) {
    whole_.Add(more);
    return;
  }
  for (const Buckets::Feature& feature : more) {
    if (whole_.features().size() == kWholeMax) return;
    whole_.Add(feature.bucket, feature.place);
  }
}

void InsultFeatures::ReadSentence(const Lexicon& lexicon,
                                  const Normalised& message,
                                  const Sentence& sentence) {
  of_sentence_.Clear();
  AddUnits(sentence);
  AddClasses(lexicon, sentence);
  AddRules(lexicon, sentence);
  AddDisguised(message, sentence);
  // Among Han, what is Latin is names and abbreviations, and is better known by
  // the whole word (measured: a twentieth more is found at the same false
  // alarms).
  if (!HasHan(message)) AddLetters(message, sentence);
}

}  // namespace levee::text
