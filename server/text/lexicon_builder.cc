#include "server/text/lexicon_builder.h"

#include <algorithm>

#include "server/text/facts.h"
#include "server/text/units.h"

namespace levee::text {
namespace {

// Names, lists and rules at most, so that their numbers fit 16 bits.
constexpr size_t kClassesMax = 8192;
constexpr size_t kRulesMax = 8192;
constexpr size_t kStemMin = 3;
constexpr size_t kEndingMax = 4;

std::u32string Collapsed(const std::u32string& letters) {
  std::u32string collapsed = letters;
  collapsed.erase(std::unique(collapsed.begin(), collapsed.end()),
                  collapsed.end());
  return collapsed;
}

bool IsWordLike(const std::u32string& letters) { return letters.size() > 1; }

absl::Status Wrong(std::string_view what, std::string_view entry,
                   std::string_view right) {
  std::string message(what);
  message.append(" `").append(entry).append("`: ").append(right);
  return absl::InvalidArgumentError(message);
}

uint64_t KeyOf(const std::u32string& letters) {
  return HashOf(absl::MakeConstSpan(letters.data(), letters.size()));
}

}  // namespace

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> pieces;
  while (true) {
    const size_t end = text.find(at);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

absl::StatusOr<uint16_t> LexiconBuilder::ClassNamed(std::string_view name) {
  const auto [at, added] = classes_.try_emplace(
      std::string(name), static_cast<uint16_t>(lexicon_.triggers_.size()));
  if (!added) return at->second;
  if (lexicon_.triggers_.size() >= kClassesMax) {
    return Wrong("class", name, "there may be at most 8192 classes and lists");
  }
  lexicon_.triggers_.push_back(false);
  lexicon_.class_names_.emplace_back(name);
  lexicon_.name_hashes_.push_back(HashOfBytes(name));
  return at->second;
}

absl::StatusOr<uint16_t> LexiconBuilder::FindClass(
    std::string_view name) const {
  const auto at = classes_.find(name);
  if (at == classes_.end()) {
    return Wrong("class", name,
                 "it is not known; a line `class NAME : ENTRY ...` must say "
                 "its words");
  }
  return at->second;
}

absl::StatusOr<uint16_t> LexiconBuilder::ClassOf(
    const std::vector<std::string>& entries) {
  const auto [at, added] = lists_.try_emplace(
      entries, static_cast<uint16_t>(lexicon_.triggers_.size()));
  if (!added) return at->second;
  if (lexicon_.triggers_.size() >= kClassesMax) {
    return Wrong("list", entries[0],
                 "there may be at most 8192 classes and lists");
  }
  lexicon_.triggers_.push_back(false);
  for (const std::string& entry : entries) {
    if (absl::Status added_entry = AddEntry(entry, at->second);
        !added_entry.ok()) {
      return added_entry;
    }
  }
  return at->second;
}

absl::Status LexiconBuilder::AddEntry(std::string_view entry,
                                      uint16_t to_class) {
  const bool quoted = entry.size() >= 2 && entry.front() == '"';
  if (quoted) entry = entry.substr(1, entry.size() - 2);
  if (!quoted && entry.size() > 1 && entry.back() == '*') {
    absl::StatusOr<uint32_t> stem =
        StemNumber(entry.substr(0, entry.size() - 1));
    if (!stem.ok()) return stem.status();
    AddSequence({*stem}, to_class);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<uint32_t>> numbers = Numbers(entry);
  if (!numbers.ok()) return numbers.status();
  AddSequence(*numbers, to_class);
  return absl::OkStatus();
}

// A piece between spaces is folded by itself, so that single letters stay
// apart.
absl::StatusOr<std::vector<uint32_t>> LexiconBuilder::Numbers(
    std::string_view words) {
  if (!IsUtf8(words)) return Wrong("entry", words, "it must be UTF-8");
  std::vector<uint32_t> numbers;
  std::vector<Unit> units;
  for (const std::string_view piece : Split(words, ' ')) {
    Normalise("", piece, &folded_);
    UnitCursor cursor;
    while (NextSentence(folded_, &cursor, &units)) {
      for (const Unit& unit : units) {
        if (unit.begin == unit.end) {
          return Wrong("entry", words,
                       "it must be words, digits, Han or emoji, without "
                       "punctuation; several words stand in double quotes");
        }
        std::pair<std::u32string, bool> word(
            std::u32string(folded_.letters.begin() + unit.begin,
                           folded_.letters.begin() + unit.end),
            false);
        const auto [at, added] = numbers_.try_emplace(word, words_.size());
        if (added) words_.push_back(word);
        numbers.push_back(at->second);
      }
    }
  }
  if (numbers.empty() || numbers.size() > Lexicon::kEntryUnitsMax) {
    return Wrong("entry", words, "it must have 1 to 8 words or characters");
  }
  return numbers;
}

absl::StatusOr<uint32_t> LexiconBuilder::StemNumber(std::string_view stem) {
  if (!IsUtf8(stem)) return Wrong("entry", stem, "it must be UTF-8");
  Normalise("", stem, &folded_);
  UnitCursor cursor;
  std::vector<Unit> units;
  if (!NextSentence(folded_, &cursor, &units) || units.size() != 1 ||
      units[0].kind != UnitKind::kWord ||
      units[0].end - units[0].begin < kStemMin) {
    return Wrong("entry", std::string(stem) + "*",
                 "before the `*` must stand one word of at least 3 Latin "
                 "letters");
  }
  std::pair<std::u32string, bool> word(
      std::u32string(folded_.letters.begin(), folded_.letters.end()), true);
  const auto [at, added] = numbers_.try_emplace(word, words_.size());
  if (added) words_.push_back(word);
  return at->second;
}

void LexiconBuilder::AddSequence(absl::Span<const uint32_t> numbers,
                                 uint16_t to_class) {
  uint32_t node = 0;
  for (const uint32_t number : numbers) {
    const auto [at, added] =
        nodes_[node].next.try_emplace(number, nodes_.size());
    node = at->second;
    if (added) nodes_.emplace_back();
  }
  nodes_[node].classes.insert(to_class);
}

absl::Status LexiconBuilder::AddRule(Rule rule,
                                     absl::Span<const Element> elements,
                                     absl::Span<const uint16_t> classes) {
  if (lexicon_.rules_.size() >= kRulesMax) {
    return Wrong("rule", rule.name, "there may be at most 8192 rules");
  }
  const auto is_anchor = [&](const Element& element) {
    return element.kind == Element::Kind::kClass && !element.optional &&
           std::all_of(classes.begin() + element.first_class,
                       classes.begin() + element.last_class,
                       [&](uint16_t of) { return lexicon_.triggers_[of]; });
  };
  const auto anchor = std::find_if(elements.begin(), elements.end(), is_anchor);
  if (anchor == elements.end()) {
    return Wrong("rule", rule.name,
                 "it must hold a class that is a trigger (and no other in its "
                 "alternatives), without `?`");
  }
  rule.first = lexicon_.elements_.size();
  rule.last = rule.first + elements.size();
  rule.anchor = rule.first + (anchor - elements.begin());
  const auto base = static_cast<uint32_t>(lexicon_.element_classes_.size());
  for (Element element : elements) {
    element.first_class += base;
    element.last_class += base;
    lexicon_.elements_.push_back(element);
  }
  lexicon_.element_classes_.insert(lexicon_.element_classes_.end(),
                                   classes.begin(), classes.end());
  lexicon_.rules_.push_back(std::move(rule));
  return absl::OkStatus();
}

// A word given in full belongs to the classes of its stems as well.
void LexiconBuilder::AddStems() {
  for (uint32_t number = 1; number < words_.size(); ++number) {
    const auto& [letters, open] = words_[number];
    if (open) continue;
    for (size_t ending = 0;
         ending <= kEndingMax && letters.size() >= kStemMin + ending;
         ++ending) {
      const auto stem =
          numbers_.find({letters.substr(0, letters.size() - ending), true});
      if (stem == numbers_.end()) continue;
      const auto root = nodes_[0].next.find(stem->second);
      if (root == nodes_[0].next.end()) continue;
      const std::set<uint16_t> classes = nodes_[root->second].classes;
      for (const uint16_t of_class : classes) AddSequence({number}, of_class);
    }
  }
}

void LexiconBuilder::BuildNodes() {
  lexicon_.roots_.assign(words_.size(), 0);
  lexicon_.nodes_.resize(nodes_.size());
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    Lexicon::Node& node = lexicon_.nodes_[i];
    node.first_class = lexicon_.node_classes_.size();
    for (const uint16_t of_class : nodes_[i].classes) {
      lexicon_.node_classes_.push_back(of_class);
      if (lexicon_.triggers_[of_class]) node.trigger = true;
    }
    node.class_count = static_cast<uint16_t>(nodes_[i].classes.size());
    for (const auto& [number, next] : nodes_[i].next) {
      node.nexts |= Lexicon::NextBit(number);
      if (i == 0) {
        lexicon_.roots_[number] = next;
      } else {
        lexicon_.edges_.Insert(Lexicon::EdgeKey(i, number), next);
      }
    }
  }
}

void LexiconBuilder::BuildHidden() {
  for (uint32_t number = 1; number < words_.size(); ++number) {
    const auto& [letters, open] = words_[number];
    KeyTable& words = open ? lexicon_.prefixes_ : lexicon_.words_;
    words.Insert(KeyOf(letters), number);
    if (open) {
      lexicon_.stems_.set(Lexicon::StemBit(KeyOf(letters.substr(0, kStemMin))));
    }
    if (!IsWordLike(letters)) continue;
    KeyTable& collapsed =
        open ? lexicon_.collapsed_prefixes_ : lexicon_.collapsed_;
    collapsed.Insert(KeyOf(Collapsed(letters)), number);
    const uint32_t root = lexicon_.roots_[number];
    if (root == 0 || !lexicon_.nodes_[root].trigger) continue;
    if (lexicon_.hidden_.size() <= letters.size()) {
      lexicon_.hidden_.resize(letters.size() + 1);
    }
    lexicon_.hidden_[letters.size()].push_back({letters, number, open});
  }
}

void LexiconBuilder::BuildRulesFrom() {
  std::vector<std::vector<uint16_t>> from(lexicon_.triggers_.size());
  for (size_t i = 0; i < lexicon_.rules_.size(); ++i) {
    const Element& anchor = lexicon_.elements_[lexicon_.rules_[i].anchor];
    for (const uint16_t of_class : lexicon_.ClassesOf(anchor)) {
      from[of_class].push_back(static_cast<uint16_t>(i));
    }
  }
  lexicon_.first_rule_.push_back(0);
  for (const std::vector<uint16_t>& rules : from) {
    lexicon_.rules_from_.insert(lexicon_.rules_from_.end(), rules.begin(),
                                rules.end());
    lexicon_.first_rule_.push_back(lexicon_.rules_from_.size());
  }
}

Lexicon LexiconBuilder::Build() && {
  AddStems();
  BuildNodes();
  BuildHidden();
  BuildRulesFrom();
  return std::move(lexicon_);
}

}  // namespace levee::text
