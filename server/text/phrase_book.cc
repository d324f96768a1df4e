#include "server/text/phrase_book.h"

#include <algorithm>
#include <cstddef>

#include "server/text/phrase_reader.h"

namespace levee::text {
namespace {

// Letters of a word that is looked up; longer ones are in no phrase.
constexpr uint32_t kLettersMax = PhraseBook::kLettersMax;

// A word as the book sees it.
struct Unit {
  // 0: in no phrase.
  uint64_t hash = 0;
  uint32_t first = 0;
  uint32_t last = 0;
  bool number = false;
};

bool IsLetterwise(WordKind kind) {
  return kind == WordKind::kHan || kind == WordKind::kEmoji;
}

uint64_t HashOfLetter(char32_t letter) { return HashStep(kHashSeed, letter); }

// Of a word that is not read letter by letter; 0: it is in no phrase.
uint64_t HashOfWord(const Word& word) {
  return word.end - word.begin <= kLettersMax ? word.hash : 0;
}

// Of what the book sees at `place`: a word, or one letter of Han or emoji; 0
// where it is nothing that a phrase may hold.
uint64_t HashAt(const Normalised& message, PhrasePlace place) {
  const Word& word = message.words[place.word];
  if (!IsLetterwise(word.kind)) return HashOfWord(word);
  if (place.letter >= word.end - word.begin) return 0;
  return HashOfLetter(message.letters[word.begin + place.letter]);
}

// The place behind what stands at `place`.
PhrasePlace Behind(const Normalised& message, PhrasePlace place) {
  const Word& word = message.words[place.word];
  if (IsLetterwise(word.kind) && place.letter + 1 < word.end - word.begin) {
    return {place.word, place.letter + 1};
  }
  return {place.word + 1, 0};
}

// A letter of a word of Han. Its point is known but where separators were
// undone; there it is the whole word.
Unit LetterUnit(const Normalised& message, const Word& word, uint32_t letter) {
  Unit unit;
  unit.hash = HashOfLetter(message.letters[word.begin + letter]);
  unit.first = word.first;
  unit.last = word.last;
  if (word.last - word.first == word.end - word.begin) {
    unit.first = word.first + letter;
    unit.last = unit.first + 1;
  }
  return unit;
}

Unit WholeUnit(const Word& word) {
  Unit unit;
  unit.first = word.first;
  unit.last = word.last;
  unit.number = word.kind == WordKind::kNumber;
  unit.hash = HashOfWord(word);
  return unit;
}

// The word at `place` or behind pauses there, and the place behind it. False at
// the end of a sentence.
bool Take(const Normalised& message, PhrasePlace* place, Unit* unit) {
  for (; place->word < message.words.size(); *place = {place->word + 1, 0}) {
    const Word& word = message.words[place->word];
    if (word.kind == WordKind::kStop) return false;
    if (word.kind == WordKind::kPause) continue;
    if (!IsLetterwise(word.kind)) {
      *unit = WholeUnit(word);
      *place = {place->word + 1, 0};
      return true;
    }
    if (place->letter >= word.end - word.begin) continue;
    *unit = LetterUnit(message, word, place->letter);
    *place = Behind(message, *place);
    return true;
  }
  return false;
}

}  // namespace

// Where a walk through the trie stands.
struct PhraseBook::Step {
  uint32_t node = 0;
  PhrasePlace place;
  uint32_t last = 0;
};

absl::StatusOr<PhraseBook> PhraseBook::Read(
    std::string_view text, absl::Span<const std::string_view> kinds) {
  PhraseBook book;
  absl::Status status = PhraseReader(kinds, &book).Read(text);
  if (!status.ok()) return status;
  return book;
}

void PhraseBook::Walk(const Normalised& message, const Step& step,
                      PhraseMatch* best) const {
  const Node& node = nodes_[step.node];
  if (node.weight > best->weight ||
      (node.weight != 0 && node.weight == best->weight &&
       step.last > best->last)) {
    best->phrase = node.phrase;
    best->kind = node.kind;
    best->weight = node.weight;
    best->last = step.last;
    best->end = step.place;
  }
  Step next = {0, step.place, step.last};
  Unit unit;
  if (!Take(message, &next.place, &unit)) return;
  next.last = unit.last;
  if (unit.hash != 0) next.node = edges_.Find(EdgeKey(step.node, unit.hash));
  if (next.node != 0) Walk(message, next, best);
  if (unit.number) {
    next.node = edges_.Find(EdgeKey(step.node, PhraseReader::kNumber));
    if (next.node != 0) Walk(message, next, best);
  }
  if (node.behind_gap == 0) return;
  next = {node.behind_gap, step.place, step.last};
  for (uint32_t passed = 0; passed <= node.gap; ++passed) {
    Walk(message, next, best);
    if (!Take(message, &next.place, &unit)) return;
  }
}

bool PhraseBook::FindAt(const Normalised& message, PhrasePlace at,
                        PhraseMatch* match) const {
  Unit unit;
  Step step = {0, at, 0};
  PhrasePlace behind = at;
  if (!Take(message, &behind, &unit)) return false;
  *match = PhraseMatch{};
  Walk(message, step, match);
  match->first = unit.first;
  return match->weight != 0;
}

bool PhraseBook::MayGoOn(const Normalised& message, uint32_t filter,
                         PhrasePlace behind) const {
  while (behind.word < message.words.size() &&
         message.words[behind.word].kind == WordKind::kPause) {
    ++behind.word;
  }
  if (behind.word == message.words.size()) return false;
  if (message.words[behind.word].kind == WordKind::kNumber) return true;
  const uint64_t hash = HashAt(message, behind);
  return hash != 0 && pairs_[PairFilterOf(filter, FilterOf(hash))];
}

bool PhraseBook::FindInHan(const Normalised& message, PhrasePlace from,
                           PhraseMatch* match) const {
  const Word& word = message.words[from.word];
  const auto letters = absl::MakeConstSpan(message.letters.data() + word.begin,
                                           word.end - word.begin);
  for (uint32_t at = from.letter; at < letters.size(); ++at) {
    const uint32_t filter = FilterOf(HashOfLetter(letters[at]));
    if (!first_[filter]) continue;
    const bool goes_on =
        lone_[filter] ||
        (at + 1 < letters.size()
             ? pairs_[PairFilterOf(filter,
                                   FilterOf(HashOfLetter(letters[at + 1])))]
             : MayGoOn(message, filter, {from.word + 1, 0}));
    if (goes_on && FindAt(message, {from.word, at}, match)) return true;
  }
  return false;
}

bool PhraseBook::Find(const Normalised& message, PhrasePlace from, uint32_t end,
                      PhraseMatch* match) const {
  const Word* const words = message.words.data();
  for (PhrasePlace at = from; at.word < end; at = {at.word + 1, 0}) {
    const Word& word = words[at.word];
    if (IsLetterwise(word.kind)) {
      if (FindInHan(message, at, match)) return true;
      continue;
    }
    if (word.kind == WordKind::kNumber) {
      if (!numbers_ || HashOfWord(word) == 0) continue;
    } else {
      // What has no letters begins no phrase either.
      const uint64_t hash = HashOfWord(word);
      if (hash == 0) continue;
      const uint32_t filter = FilterOf(hash);
      if (!first_[filter] ||
          (!lone_[filter] && !MayGoOn(message, filter, {at.word + 1, 0}))) {
        continue;
      }
    }
    if (FindAt(message, at, match)) return true;
  }
  return false;
}

}  // namespace levee::text
