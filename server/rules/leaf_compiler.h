// Compiles one leaf of a condition: checks what it asks against what can be
// told, and words its label.
#ifndef LEVEE_SERVER_RULES_LEAF_COMPILER_H_
#define LEVEE_SERVER_RULES_LEAF_COMPILER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "levee/v1/rule.pb.h"
#include "server/rules/leaf.h"
#include "server/rules/place.h"
#include "server/rules/value_list.h"

namespace levee::rules {

// The named lists of a rule set; null: the list is wrong, which was told.
using Lists = std::map<std::string, std::shared_ptr<const ValueList>>;

// Names that rules and lists go by.
inline constexpr size_t kNameBytesMax = 64;
// a-z, 0-9, - and _.
bool IsName(std::string_view name);
// Adds a problem where it is none.
void CheckName(const std::string& name, const Spot& spot, Problems* problems);

// A leaf and what tells it from every other.
struct NamedLeaf {
  Leaf leaf;
  std::string key;
};

class LeafCompiler {
 public:
  // Both must outlive the object.
  LeafCompiler(const Lists* lists, Problems* problems)
      : lists_(lists), problems_(problems) {}

  // The leaf in a condition of a rule on the kinds `on` (bits). Empty where
  // something is wrong with it: at least one problem was added.
  // REQUIRES: the condition is neither all, any nor not, and it is set.
  std::optional<NamedLeaf> Compile(const levee::v1::Condition& condition,
                                   const Place& place, uint32_t on);

 private:
  // Each of these leaves `leaf` alone where it adds a problem. Those about
  // words are in text_compiler.cc.
  void CompileText(const levee::v1::TextLeaf& text, const Place& place,
                   Leaf* leaf);
  void CompileScore(const levee::v1::TextLeaf& text, const Place& place,
                    Leaf* leaf);
  void CompileSimilar(const levee::v1::SimilarLeaf& similar, const Place& place,
                      Leaf* leaf);
  void CompileCampaign(const levee::v1::CampaignLeaf& campaign,
                       const Place& place, Leaf* leaf);
  void CompilePattern(const levee::v1::TextLeaf& text, const Place& place,
                      Leaf* leaf);
  void CompileTicket(const levee::v1::TicketLeaf& ticket, const Place& place,
                     Leaf* leaf);
  void CompileSurge(const levee::v1::SurgeLeaf& surge, const Place& place,
                    Leaf* leaf);
  void CompileSource(const levee::v1::SourceLeaf& source, const Place& place,
                     Leaf* leaf);
  void CompileAttribute(const levee::v1::AttributeLeaf& attribute,
                        const Place& place, Leaf* leaf);
  void CompileAttributeText(const levee::v1::AttributeText& text,
                            const Place& place, Leaf* leaf);
  void CompileAttributeNumber(const levee::v1::AttributeNumber& number,
                              const Place& place, Leaf* leaf);
  void CompileList(const levee::v1::ListLeaf& list, const Place& place,
                   Leaf* leaf);

  void Add(const Spot& spot, std::string message) {
    problems_->Add(spot, std::move(message));
  }
  // Adds a problem where `value` lies outside.
  void CheckRange(const Spot& spot, int64_t value, int64_t least, int64_t most);

  const Lists* lists_;
  Problems* problems_;
};

// Milliseconds; empty, and a problem is added, where it is none from 1 s to
// `most_ms`. `state`: the bound is what state keeps.
std::optional<int64_t> CompileDuration(const std::string& text,
                                       const Spot& spot, int64_t most_ms,
                                       Problems* problems);

// Behind a label: what the value is compared with is its most.
std::string BoundWord(const Leaf& leaf);

// A rate, in a file of its own: rate_compiler.cc.
void CompileRate(const levee::v1::RateLeaf& rate, const Place& place,
                 uint32_t on, Problems* problems, Leaf* leaf);

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_LEAF_COMPILER_H_
