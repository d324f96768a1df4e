// Builds a Lexicon: entries, classes and rules as they are read.
#ifndef LEVEE_SERVER_TEXT_LEXICON_BUILDER_H_
#define LEVEE_SERVER_TEXT_LEXICON_BUILDER_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/text/lexicon.h"
#include "server/text/normalise.h"

namespace levee::text {

// The pieces of `text` between the characters `at`.
std::vector<std::string_view> Split(std::string_view text, char at);

// Errors are INVALID_ARGUMENT and say what would be right, but not where.
class LexiconBuilder {
 public:
  // The class of that name, made where there is none. All named classes are
  // made before the first list.
  absl::StatusOr<uint16_t> ClassNamed(std::string_view name);
  absl::StatusOr<uint16_t> FindClass(std::string_view name) const;
  void MakeTrigger(uint16_t of_class) { lexicon_.triggers_[of_class] = true; }
  // A class for the entries of a list within a rule; equal ones share it.
  absl::StatusOr<uint16_t> ClassOf(const std::vector<std::string>& entries);

  // `entry` as it is written: quoted, with `*` at the end, or plain.
  absl::Status AddEntry(std::string_view entry, uint16_t to_class);

  // The rule's elements; classes of element i: [first_class, last_class) of
  // `classes`. Sets what is left of `rule`.
  absl::Status AddRule(Rule rule, absl::Span<const Element> elements,
                       absl::Span<const uint16_t> classes);

  Lexicon Build() &&;

 private:
  struct Node {
    std::map<uint32_t, uint32_t> next;
    std::set<uint16_t> classes;
  };

  absl::StatusOr<std::vector<uint32_t>> Numbers(std::string_view words);
  absl::StatusOr<uint32_t> StemNumber(std::string_view stem);
  void AddSequence(absl::Span<const uint32_t> numbers, uint16_t to_class);
  void AddStems();
  void BuildNodes();
  void BuildHidden();
  void BuildRulesFrom();

  Lexicon lexicon_;
  std::map<std::string, uint16_t, std::less<>> classes_;
  std::map<std::vector<std::string>, uint16_t> lists_;
  // Node 0 is the root.
  std::vector<Node> nodes_ = {Node{}};
  // Words by number; number 0 is none.
  std::map<std::pair<std::u32string, bool>, uint32_t> numbers_;
  std::vector<std::pair<std::u32string, bool>> words_ = {{}};
  Normalised folded_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_LEXICON_BUILDER_H_
