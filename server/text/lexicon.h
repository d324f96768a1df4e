// Words of abuse, and what must stand around them: a grammar in plain text,
// read at start and never changed.
//
// A lexicon is lines; what follows `#` is a comment, and a line that begins
// with a space carries on the one before. There are two kinds:
//
//   class NAME [trigger] : ENTRY ENTRY ...
//
//     Words that mean alike. An ENTRY is a word or, in double quotes, several:
//       idiot   "waste of space"   傻逼   傻b   你🐎   nmsl   250
//     A class may be given in several lines; an entry may stand in several
//     classes. `trigger` marks a class whose words begin the search for rules:
//     keep from it what ordinary tickets are full of.
//     Entries are folded as messages are (case, width, traditional Han), so
//     write them plainly. They are cut into units: a Latin word or a number,
//     one Han character, one emoji. Latin words match as whole words; Han and
//     emoji match anywhere. 傻b is the unit 傻 and the word b.
//     `*` at the end of a Latin entry of one word stands for any ending of up
//     to 4 letters, or none (fuck*: fucked, fuckers); at least 3 letters go
//     before it. Repeated letters are seen through (stuuupid), and stars within
//     a word (st*pid, f**k) where it is a trigger: no need to list those.
//
//   rule NAME target=TARGET severity=0..3 weight=0..1000 : ELEMENT ELEMENT ...
//
//     TARGET: agent (whoever answers, the team, "you"), company, product, self,
//     third (somebody else), none (no insult at all). Only `agent` rules count
//     as abuse of staff; all others are excuses, which take words away from the
//     rules below them. severity: 0 for excuses, 1 mild, 2 clear, 3 severe
//     (threats, slurs, wishes of death). weight: 1000 certain, 700 would be
//     enough by itself, below that only together with other signs.
//     An ELEMENT, without spaces inside, is one of
//       word          that entry of no class, written as an entry is ("go
//       away") (a|b|"c d")   one of these entries <name>        an entry of the
//       class <one|two>     an entry of one of the classes ~4            at
//       most 4 units, whichever, and pauses, but no stop
//       !<name>  !word  !(a|b)   not followed by; as the first element: not
//                     preceded by
//       ,             a pause (comma, bracket, quote, colon)
//       ^  $          beginning, end of a sentence or line (a stop)
//       [  ]          beginning, end of a clause: a stop or a pause
//     `?` after a word, bracket, class or comma: it may be missing.
//     What stands side by side in a rule must do so in the text, with neither
//     pause nor stop between; ~0 lets a pause pass.
//     Every rule holds at least one trigger class that is not optional; the
//     search begins at the first.
//
// Rules are tried in the file's order, whatever the order in the text. A match
// claims all units from its first to its last; a rule whose first trigger lies
// on a claimed unit does not match. So excuses stand before accusations:
//
//   class fool [trigger] : idiot* moron* "waste of space"
//   class be : is are r "is being"
//   class machine : server panel site
//   rule machine-fool target=product severity=0 weight=0 : <fool> <machine>
//   rule you-are-fool target=agent severity=2 weight=900 :
//     (you|u|ur|youre) <be>? ~2 <fool>
//
// A rule lies within one sentence; nothing is matched across a stop.
//
// A word given in full belongs to its own classes and to those of a `*` entry
// that matches it. Several files make one lexicon: their
// classes are shared, the rules of the first file come first.
#ifndef LEVEE_SERVER_TEXT_LEXICON_H_
#define LEVEE_SERVER_TEXT_LEXICON_H_

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/text/key_table.h"
#include "server/text/mix.h"

namespace levee::text {

// Whom words are aimed at.
enum class Target : uint8_t {
  kNone,
  kAgent,
  kCompany,
  kProduct,
  kSelf,
  kThird
};

// An element of a rule, as read.
struct Element {
  enum class Kind : uint8_t {
    kClass,
    kNot,
    kGap,
    kPause,
    kSentenceBegin,
    kSentenceEnd,
    kClauseBegin,
    kClauseEnd,
  };
  Kind kind = Kind::kClass;
  bool optional = false;
  // kGap: units at most.
  uint16_t gap = 0;
  // kClass, kNot: [first, last) of Lexicon::element_classes().
  uint32_t first_class = 0;
  uint32_t last_class = 0;
};

struct Rule {
  std::string name;
  uint64_t name_hash = 0;
  Target target = Target::kNone;
  int32_t severity = 0;
  int32_t weight = 0;
  // [first, last) of Lexicon::elements(), and the one where a search begins.
  uint32_t first = 0;
  uint32_t last = 0;
  uint32_t anchor = 0;
};

// A file's name, for errors, and what it says.
struct LexiconText {
  std::string_view name;
  std::string_view text;
};

// Threads: any, once built.
class Lexicon {
 public:
  // What a sequence of units means that is an entry, or begins one.
  struct Node {
    // Longer entries begin with it: a bit of NextBit for each unit that may
    // follow.
    uint64_t nexts = 0;
    // Of node_classes().
    uint32_t first_class = 0;
    uint16_t class_count = 0;
    // One of its classes is a trigger.
    bool trigger = false;
  };

  // Units of an entry at most.
  static constexpr size_t kEntryUnitsMax = 8;
  // Letters of a word that is looked up; longer ones are not known.
  static constexpr size_t kWordLettersMax = 48;

  // INVALID_ARGUMENT, naming file, line and what would be right.
  static absl::StatusOr<Lexicon> Parse(absl::Span<const LexiconText> texts);

  // The number of a word, a Han character or an emoji, disguises undone; 0
  // where no entry has it. `hash`: HashOf(letters).
  uint32_t NumberOf(absl::Span<const char32_t> letters, uint64_t hash) const;

  // The node for entries that begin with the unit; 0 where none does.
  uint32_t Root(uint32_t number) const { return roots_[number]; }
  // The node for what `node` and the unit make; 0 where no entry does.
  uint32_t Next(uint32_t node, uint32_t number) const {
    if ((nodes_[node].nexts & NextBit(number)) == 0) return 0;
    return edges_.Find(EdgeKey(node, number));
  }

  const Node& node(uint32_t at) const { return nodes_[at]; }
  absl::Span<const uint16_t> ClassesOf(const Node& node) const {
    return absl::MakeConstSpan(node_classes_)
        .subspan(node.first_class, node.class_count);
  }
  absl::Span<const uint16_t> ClassesOf(const Element& element) const {
    return absl::MakeConstSpan(element_classes_)
        .subspan(element.first_class, element.last_class - element.first_class);
  }
  bool IsTrigger(uint16_t of_class) const { return triggers_[of_class]; }
  // Classes that have a name come first.
  bool IsNamed(uint16_t of_class) const {
    return of_class < class_names_.size();
  }
  absl::Span<const std::string> class_names() const { return class_names_; }
  // Of its name's bytes.
  uint64_t NameHash(uint16_t of_class) const { return name_hashes_[of_class]; }
  absl::Span<const Rule> rules() const { return rules_; }
  absl::Span<const Element> elements() const { return elements_; }
  // The rules whose search begins with the class, in order.
  absl::Span<const uint16_t> RulesFrom(uint16_t trigger) const {
    return absl::MakeConstSpan(rules_from_)
        .subspan(first_rule_[trigger],
                 first_rule_[trigger + 1] - first_rule_[trigger]);
  }

 private:
  friend class LexiconBuilder;

  static size_t StemBit(uint64_t hash) {
    return hash * 0x9E3779B97F4A7C15 >> 52;
  }
  static uint64_t NextBit(uint32_t number) {
    return uint64_t{1} << number % 64;
  }
  static uint64_t EdgeKey(uint32_t node, uint32_t number) {
    return Mix(static_cast<uint64_t>(node) << 32 | number);
  }
  uint32_t FindPrefix(absl::Span<const char32_t> letters,
                      const KeyTable& prefixes) const;
  uint32_t FindCollapsed(absl::Span<const char32_t> letters) const;
  uint32_t FindStarred(absl::Span<const char32_t> letters) const;

  // A word that stars may hide; `open`: any ending of up to 4 letters may
  // follow.
  struct Hidden {
    std::u32string letters;
    uint32_t number = 0;
    bool open = false;
  };

  // Hashes of words, of words that may have endings, and of both with
  // repeated letters collapsed: to numbers.
  KeyTable words_;
  // A bit for 12 bits of the hash of the first three letters of what
  // `prefixes_` holds: most words are told there that they are unknown.
  std::bitset<4096> stems_;
  KeyTable prefixes_;
  KeyTable collapsed_;
  KeyTable collapsed_prefixes_;
  // By length in letters, in the file's order.
  std::vector<std::vector<Hidden>> hidden_;

  std::vector<uint32_t> roots_;
  KeyTable edges_;
  std::vector<Node> nodes_;
  std::vector<uint16_t> node_classes_;

  std::vector<std::string> class_names_;
  std::vector<uint64_t> name_hashes_;
  std::vector<bool> triggers_;
  std::vector<Rule> rules_;
  std::vector<Element> elements_;
  std::vector<uint16_t> element_classes_;
  std::vector<uint32_t> first_rule_;
  std::vector<uint16_t> rules_from_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_LEXICON_H_
