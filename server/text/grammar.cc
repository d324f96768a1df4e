// A rule is tried wherever its first trigger stands: what follows the trigger
// is matched onward, what precedes it backward, each by backtracking over gaps
// and optional elements with a bound on its steps. As ordinary tickets hold
// few triggers, what they cost is the look-up of their words.
//
// All matches are found first; then they are taken in the order of the rules,
// each claiming its units, so that what stands first in the file wins wherever
// it stands in the text.
#include "server/text/grammar.h"

#include <algorithm>
#include <bitset>

namespace levee::text {
namespace {

constexpr size_t kHitsMax = 1024;
constexpr size_t kMatchesMax = 64;
// Steps of one try of one rule.
constexpr int32_t kStepsMax = 400;

bool Meet(absl::Span<const uint16_t> some, absl::Span<const uint16_t> others) {
  for (const uint16_t one : some) {
    for (const uint16_t other : others) {
      if (one == other) return true;
    }
  }
  return false;
}

// Tries one rule at one hit.
class Try {
 public:
  Try(const Lexicon& lexicon, const Sentence& sentence, const Rule& rule)
      : lexicon_(lexicon), sentence_(sentence), rule_(rule) {}

  bool At(const Hit& hit, Match* match) {
    return MayMatch() && Onward(rule_.anchor + 1, hit.end, &match->end) &&
           Backward(rule_.anchor, hit.begin, &match->begin);
  }

 private:
  // False where the sentence lacks what the rule asks for: most rules end here.
  bool MayMatch() const;
  bool IsPresent(const Element& element) const;
  size_t size() const { return sentence_.units.size(); }
  bool IsPause(size_t at) const {
    return sentence_.units[at].kind == UnitKind::kPause;
  }
  bool Has(const Hit& hit, const Element& element) const {
    return Meet(lexicon_.ClassesOf(lexicon_.node(hit.node)),
                lexicon_.ClassesOf(element));
  }
  bool BeginsAt(const Element& element, uint16_t at) const;
  bool EndsAt(const Element& element, uint16_t at) const;
  // What takes no unit: `at` stands between units at - 1 and at.
  bool Holds(const Element& element, bool first, uint16_t at) const;

  bool Onward(uint32_t next, uint16_t at, uint16_t* end);
  bool OnwardClass(const Element& element, uint32_t next, uint16_t at,
                   uint16_t* end);
  bool OnwardGap(const Element& element, uint32_t next, uint16_t at,
                 uint16_t* end);
  // `before`: one past the next element to match.
  bool Backward(uint32_t before, uint16_t at, uint16_t* begin);
  bool BackwardClass(const Element& element, uint32_t before, uint16_t at,
                     uint16_t* begin);
  bool BackwardGap(const Element& element, uint32_t before, uint16_t at,
                   uint16_t* begin);

  const Lexicon& lexicon_;
  const Sentence& sentence_;
  const Rule& rule_;
  int32_t steps_left_ = kStepsMax;
};

bool Try::IsPresent(const Element& element) const {
  for (const uint16_t of_class : lexicon_.ClassesOf(element)) {
    if (sentence_.classes[of_class % kClassBits]) return true;
  }
  return false;
}

bool Try::MayMatch() const {
  for (uint32_t i = rule_.first; i < rule_.last; ++i) {
    const Element& element = lexicon_.elements()[i];
    const bool needed =
        element.kind == Element::Kind::kClass && !element.optional;
    if (needed && i != rule_.anchor && !IsPresent(element)) return false;
  }
  return true;
}

bool Try::BeginsAt(const Element& element, uint16_t at) const {
  if (at >= size()) return false;
  for (size_t i = sentence_.first_hit[at]; i < sentence_.first_hit[at + 1];
       ++i) {
    if (Has(sentence_.hits[i], element)) return true;
  }
  return false;
}

bool Try::EndsAt(const Element& element, uint16_t at) const {
  for (size_t i = sentence_.ending[at]; i != 0;
       i = sentence_.hits[i - 1].before) {
    if (Has(sentence_.hits[i - 1], element)) return true;
  }
  return false;
}

bool Try::Holds(const Element& element, bool first, uint16_t at) const {
  switch (element.kind) {
    case Element::Kind::kNot:
      return first ? !EndsAt(element, at) : !BeginsAt(element, at);
    case Element::Kind::kSentenceBegin:
      return at == 0;
    case Element::Kind::kSentenceEnd:
      return at == size();
    case Element::Kind::kClauseBegin:
      return at == 0 || IsPause(at - 1);
    case Element::Kind::kClauseEnd:
      return at == size() || IsPause(at);
    case Element::Kind::kClass:
    case Element::Kind::kGap:
    case Element::Kind::kPause:
      break;
  }
  return false;
}

bool Try::Onward(uint32_t next, uint16_t at, uint16_t* end) {
  if (next == rule_.last) {
    *end = at;
    return true;
  }
  if (--steps_left_ < 0) return false;
  const Element& element = lexicon_.elements()[next];
  switch (element.kind) {
    case Element::Kind::kClass:
      return OnwardClass(element, next + 1, at, end);
    case Element::Kind::kGap:
      return OnwardGap(element, next + 1, at, end);
    case Element::Kind::kPause:
      if (at < size() && IsPause(at)) return Onward(next + 1, at + 1, end);
      return element.optional && Onward(next + 1, at, end);
    default:
      return Holds(element, /*first=*/false, at) && Onward(next + 1, at, end);
  }
}

bool Try::OnwardClass(const Element& element, uint32_t next, uint16_t at,
                      uint16_t* end) {
  if (at < size()) {
    for (size_t i = sentence_.first_hit[at]; i < sentence_.first_hit[at + 1];
         ++i) {
      const Hit& hit = sentence_.hits[i];
      if (Has(hit, element) && Onward(next, hit.end, end)) return true;
    }
  }
  return element.optional && Onward(next, at, end);
}

bool Try::OnwardGap(const Element& element, uint32_t next, uint16_t at,
                    uint16_t* end) {
  int32_t left = element.gap;
  while (true) {
    if (Onward(next, at, end)) return true;
    if (at >= size()) return false;
    if (!IsPause(at) && --left < 0) return false;
    ++at;
  }
}

bool Try::Backward(uint32_t before, uint16_t at, uint16_t* begin) {
  if (before == rule_.first) {
    *begin = at;
    return true;
  }
  if (--steps_left_ < 0) return false;
  const Element& element = lexicon_.elements()[--before];
  switch (element.kind) {
    case Element::Kind::kClass:
      return BackwardClass(element, before, at, begin);
    case Element::Kind::kGap:
      return BackwardGap(element, before, at, begin);
    case Element::Kind::kPause:
      if (at > 0 && IsPause(at - 1)) return Backward(before, at - 1, begin);
      return element.optional && Backward(before, at, begin);
    default:
      return Holds(element, before == rule_.first, at) &&
             Backward(before, at, begin);
  }
}

bool Try::BackwardClass(const Element& element, uint32_t before, uint16_t at,
                        uint16_t* begin) {
  for (size_t i = sentence_.ending[at]; i != 0;
       i = sentence_.hits[i - 1].before) {
    const Hit& hit = sentence_.hits[i - 1];
    if (Has(hit, element) && Backward(before, hit.begin, begin)) return true;
  }
  return element.optional && Backward(before, at, begin);
}

bool Try::BackwardGap(const Element& element, uint32_t before, uint16_t at,
                      uint16_t* begin) {
  int32_t left = element.gap;
  while (true) {
    if (Backward(before, at, begin)) return true;
    if (at == 0) return false;
    if (!IsPause(at - 1) && --left < 0) return false;
    --at;
  }
}

// Adds the hits that begin at unit `begin`, the longest first.
void AddHits(const Lexicon& lexicon, uint16_t begin, Sentence* sentence) {
  const std::vector<Unit>& units = sentence->units;
  const size_t first = sentence->hits.size();
  uint32_t node = lexicon.Root(units[begin].number);
  size_t end = begin + 1;
  while (node != 0 && sentence->hits.size() < kHitsMax) {
    const Lexicon::Node& at = lexicon.node(node);
    if (at.class_count > 0) {
      sentence->hits.push_back({begin, static_cast<uint16_t>(end), node, 0});
      sentence->has_trigger |= at.trigger;
    }
    if (at.nexts == 0 || end == units.size() || units[end].number == 0) break;
    node = lexicon.Next(node, units[end++].number);
  }
  std::reverse(sentence->hits.begin() + first, sentence->hits.end());
}

void NoteClasses(const Lexicon& lexicon, Sentence* sentence) {
  sentence->classes.reset();
  for (const Hit& hit : sentence->hits) {
    for (const uint16_t of_class : lexicon.ClassesOf(lexicon.node(hit.node))) {
      sentence->classes.set(of_class % kClassBits);
    }
  }
}

void LinkEndings(Sentence* sentence) {
  sentence->ending.assign(sentence->units.size() + 1, 0);
  for (size_t i = 0; i < sentence->hits.size(); ++i) {
    Hit& hit = sentence->hits[i];
    hit.before = sentence->ending[hit.end];
    sentence->ending[hit.end] = i + 1;
  }
}

// A match, and the trigger that it began with.
struct Found {
  Match match;
  uint16_t trigger_begin = 0;
  uint16_t trigger_end = 0;
};

struct FoundList {
  Found found[kMatchesMax];
  size_t size = 0;
};

void TryRules(const Lexicon& lexicon, const Sentence& sentence, const Hit& hit,
              FoundList* list) {
  for (const uint16_t of_class : lexicon.ClassesOf(lexicon.node(hit.node))) {
    for (const uint16_t rule : lexicon.RulesFrom(of_class)) {
      if (list->size == kMatchesMax) return;
      Found& found = list->found[list->size];
      found.match.rule = rule;
      found.trigger_begin = hit.begin;
      found.trigger_end = hit.end;
      if (Try(lexicon, sentence, lexicon.rules()[rule]).At(hit, &found.match)) {
        ++list->size;
      }
    }
  }
}

void TakeInOrder(FoundList* list, Sentence* sentence) {
  std::sort(list->found, list->found + list->size,
            [](const Found& a, const Found& b) {
              if (a.match.rule != b.match.rule) {
                return a.match.rule < b.match.rule;
              }
              if (a.match.begin != b.match.begin) {
                return a.match.begin < b.match.begin;
              }
              return a.match.end < b.match.end;
            });
  std::bitset<kSentenceUnitsMax> claimed;
  for (size_t i = 0; i < list->size; ++i) {
    const Found& found = list->found[i];
    bool free = true;
    for (size_t at = found.trigger_begin; at < found.trigger_end; ++at) {
      free &= !claimed[at];
    }
    if (!free) continue;
    for (size_t at = found.match.begin; at < found.match.end; ++at) {
      claimed.set(at);
    }
    sentence->matches.push_back(found.match);
  }
}

}  // namespace

bool ReadSentence(const Lexicon& lexicon, const Normalised& message,
                  UnitCursor* cursor, Sentence* sentence) {
  sentence->hits.clear();
  sentence->first_hit.clear();
  sentence->ending.clear();
  sentence->matches.clear();
  sentence->has_trigger = false;
  if (!NextSentence(message, cursor, &sentence->units)) return false;
  for (Unit& unit : sentence->units) {
    if (unit.begin == unit.end) continue;
    unit.number =
        lexicon.NumberOf(absl::MakeConstSpan(message.letters)
                             .subspan(unit.begin, unit.end - unit.begin),
                         unit.hash);
  }
  for (size_t i = 0; i < sentence->units.size(); ++i) {
    sentence->first_hit.push_back(sentence->hits.size());
    if (sentence->units[i].number != 0) AddHits(lexicon, i, sentence);
  }
  sentence->first_hit.push_back(sentence->hits.size());
  return true;
}

void FindMatches(const Lexicon& lexicon, uint32_t* triggers_left,
                 Sentence* sentence) {
  if (!sentence->has_trigger) return;
  NoteClasses(lexicon, sentence);
  LinkEndings(sentence);
  FoundList list;
  for (const Hit& hit : sentence->hits) {
    if (!lexicon.node(hit.node).trigger) continue;
    if (*triggers_left == 0) break;
    --*triggers_left;
    TryRules(lexicon, *sentence, hit, &list);
  }
  TakeInOrder(&list, sentence);
}

}  // namespace levee::text
