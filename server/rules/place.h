// Where the parts of a rule set stand in its text, and what is wrong there.
#ifndef LEVEE_SERVER_RULES_PLACE_H_
#define LEVEE_SERVER_RULES_PLACE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/text_format.h"
#include "levee/v1/rule_service.pb.h"

namespace levee::rules {

// The lines of a text, by offset.
class Lines {
 public:
  // The text must outlive the object.
  explicit Lines(std::string_view text);

  // Line and column, from 1, of a byte.
  void Locate(size_t offset, int* line, int* column) const;
  // The column in bytes, from 1, of what protobuf's tokenizer calls `column`
  // in `line` (both from 0): it counts a tab up to the next multiple of 8.
  int ByteColumn(int line, int column) const;
  // Moves back to where `word` begins that stands before a place; stays where
  // there is none.
  void FindBefore(std::string_view word, int* line, int* column) const;

 private:
  std::string_view text_;
  std::vector<size_t> starts_;
};

// A field's place.
struct Spot {
  // From 1.
  int line = 1;
  int column = 1;
  // Such as "rules[2].when.all.of[0].rate.window".
  std::string field;
};

// A message that was parsed from the text, as long as lines and tree live.
//
// Values in brackets ("on: [A, B]") have the place of their field, because the
// parser notes no other.
class Place {
 public:
  using Tree = google::protobuf::TextFormat::ParseInfoTree;

  // The whole text.
  Place(const Lines* lines, const Tree* tree,
        const google::protobuf::Descriptor* type)
      : lines_(lines), tree_(tree), type_(type) {}

  // The message in a field, by number; `index` where the field is repeated.
  Place In(int number, int index = -1) const;
  // A field; where the text does not mention it, that of the message, with the
  // field's name. 0, which is how a oneof says that it is not set, is the
  // message itself.
  Spot At(int number, int index = -1) const;
  // The message itself.
  Spot Here() const { return {line_, column_, path_}; }

 private:
  std::string PathOf(const google::protobuf::FieldDescriptor* field,
                     int index) const;
  void Find(const google::protobuf::FieldDescriptor* field, int index,
            int* line, int* column) const;

  const Lines* lines_;
  // Null: nothing is known of its fields.
  const Tree* tree_;
  const google::protobuf::Descriptor* type_;
  std::string path_;
  int line_ = 1;
  int column_ = 1;
};

// Problems, the first kProblemsMax of the text being kept.
class Problems {
 public:
  static constexpr size_t kProblemsMax = 100;

  void Add(const Spot& spot, std::string message);
  // How many were added.
  size_t count() const { return count_; }
  // All, in the order of the text; where there are more than kProblemsMax, one
  // more says how many.
  std::vector<levee::v1::RuleProblem> Take();

 private:
  void Cut();

  std::vector<levee::v1::RuleProblem> kept_;
  size_t count_ = 0;
};

}  // namespace levee::rules

#endif  // LEVEE_SERVER_RULES_PLACE_H_
