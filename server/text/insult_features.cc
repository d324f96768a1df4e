#include "server/text/insult_features.h"

#include <algorithm>

#include "server/text/key_table.h"

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

}  // namespace

void InsultFeatures::AddUnits(const Sentence& sentence) {
  uint64_t before = kEdge;
  uint64_t two_before = 0;
  for (size_t i = 0; i < sentence.units.size(); ++i) {
    const Unit& unit = sentence.units[i];
    const uint64_t face = FaceOf(unit);
    if (unit.kind != UnitKind::kPause) Add(Key(kUnit, face), unit);
    Add(Key(kPair, before, face), i == 0 ? unit : sentence.units[i - 1]);
    if (unit.kind == UnitKind::kHan && i >= 2) {
      Add(Key(kTriple, two_before, before, face), sentence.units[i - 2]);
    }
    two_before = before;
    before = face;
  }
  if (!sentence.units.empty()) {
    Add(Key(kPair, before, kEdge), sentence.units.back());
  }
}

void InsultFeatures::AddClasses(const Lexicon& lexicon,
                                const Sentence& sentence) {
  uint64_t before = kEdge;
  uint16_t end = 0;
  for (const Hit& hit : sentence.hits) {
    // The longest from the left.
    if (hit.begin < end) continue;
    bool named = false;
    uint64_t first = 0;
    for (const uint16_t of_class : lexicon.ClassesOf(lexicon.node(hit.node))) {
      if (!lexicon.IsNamed(of_class)) continue;
      const uint64_t name = lexicon.NameHash(of_class);
      Add(Key(kClass, name), sentence.units[hit.begin]);
      Add(Key(kClassPair, before, name), sentence.units[hit.begin]);
      if (!named) first = name;
      named = true;
    }
    if (!named) continue;
    before = first;
    end = hit.end;
  }
}

void InsultFeatures::AddRules(const Lexicon& lexicon,
                              const Sentence& sentence) {
  for (const Match& match : sentence.matches) {
    const Rule& rule = lexicon.rules()[match.rule];
    Add(Key(kRule, rule.name_hash), sentence.units[match.begin]);
    Add(Key(kTarget, static_cast<uint64_t>(rule.target), rule.severity),
        sentence.units[match.begin]);
  }
}

// Triples of a word's letters: relatives of a word that was learned, and most
// ways of misspelling it, share some.
void InsultFeatures::AddLetters(const Normalised& message,
                                const Sentence& sentence) {
  for (const Unit& unit : sentence.units) {
    const uint32_t size = unit.end - unit.begin;
    if (unit.kind != UnitKind::kWord || size < kSpelledMin ||
        size > kSpelledMax) {
      continue;
    }
    uint64_t two_before = kEdge;
    uint64_t before = message.letters[unit.begin];
    for (uint32_t at = unit.begin + 1; at <= unit.end; ++at) {
      const uint64_t letter = at < unit.end ? message.letters[at] : kEdge;
      Add(two_before << 42 ^ before << 21 ^ letter ^ kLettersKey, unit);
      two_before = before;
      before = letter;
    }
  }
}

// Fours of the letters of a word that was disguised.
void InsultFeatures::AddDisguised(const Normalised& message,
                                  const Sentence& sentence) {
  for (const Unit& unit : sentence.units) {
    if (!unit.disguised || unit.kind != UnitKind::kWord) continue;
    uint64_t last[3] = {0, 0, kEdge};
    for (uint32_t at = unit.begin; at <= unit.end; ++at) {
      const uint64_t letter = at < unit.end ? message.letters[at] : kEdge;
      Add(Key(kFourLetters, last[0] << 32 | last[1], last[2] << 32 | letter),
          unit);
      std::copy(last + 1, last + 3, last);
      last[2] = letter;
    }
  }
}

void InsultFeatures::Clear() {
  whole_.Clear();
  window_.Clear();
  of_last_.clear();
  sentences_ = units_ = units_of_last_ = 0;
}

void InsultFeatures::StartAnew() {
  window_.Clear();
  const bool overlaps = sentences_ > 1;
  sentences_ = units_ = 0;
  if (!overlaps) return;
  for (const Buckets::Feature& feature : of_last_) {
    window_.Add(feature.bucket, feature.place);
  }
  sentences_ = 1;
  units_ = units_of_last_;
}

void InsultFeatures::AddToWhole() {
  for (const Buckets::Feature& feature : of_sentence_) {
    if (whole_.features().size() == kWholeMax) return;
    whole_.Add(feature.bucket, feature.place);
  }
}

void InsultFeatures::ReadSentence(const Lexicon& lexicon,
                                  const Normalised& message,
                                  const Sentence& sentence) {
  of_sentence_.clear();
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
