#include "server/rules/place.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/text/facts.h"

namespace levee::rules {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;
using levee::v1::RuleProblem;

// google::protobuf::io::Tokenizer.
constexpr int kTabWidth = 8;

}  // namespace

Lines::Lines(std::string_view text) : text_(text) {
  starts_.push_back(0);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts_.push_back(i + 1);
  }
}

void Lines::Locate(size_t offset, int* line, int* column) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  *line = static_cast<int>(after - starts_.begin());
  *column = static_cast<int>(offset - *(after - 1)) + 1;
}

int Lines::ByteColumn(int line, int column) const {
  if (line < 0 || line >= static_cast<int>(starts_.size())) return 1;
  size_t at = starts_[line];
  int passed = 0;
  while (passed < column && at < text_.size() && text_[at] != '\n') {
    passed += text_[at] == '\t' ? kTabWidth - passed % kTabWidth : 1;
    ++at;
  }
  return static_cast<int>(at - starts_[line]) + 1;
}

void Lines::FindBefore(std::string_view word, int* line, int* column) const {
  const size_t before = starts_[*line - 1] + (*column - 1);
  const std::string_view text = text_.substr(0, before);
  const size_t at = text.rfind(word);
  if (at != std::string_view::npos) Locate(at, line, column);
}

Place Place::In(int number, int index) const {
  const FieldDescriptor* const field = type_->FindFieldByNumber(number);
  Place place(lines_, nullptr, field->message_type());
  place.path_ = PathOf(field, index);
  place.line_ = line_;
  place.column_ = column_;
  if (tree_ == nullptr) return place;
  Find(field, index, &place.line_, &place.column_);
  place.tree_ = tree_->GetTreeForNested(field, index);
  return place;
}

Spot Place::At(int number, int index) const {
  if (number == 0) return Here();
  const FieldDescriptor* const field = type_->FindFieldByNumber(number);
  Spot spot{line_, column_, PathOf(field, index)};
  // A repeated field as a whole begins with its first value.
  const int first = field->is_repeated() && index < 0 ? 0 : index;
  if (tree_ != nullptr) Find(field, first, &spot.line, &spot.column);
  return spot;
}

std::string Place::PathOf(const FieldDescriptor* field, int index) const {
  std::string path = path_;
  if (!path.empty()) path += '.';
  path += field->name();
  if (index >= 0) absl::StrAppend(&path, "[", index, "]");
  return path;
}

void Place::Find(const FieldDescriptor* field, int index, int* line,
                 int* column) const {
  TextFormat::ParseLocation found = tree_->GetLocation(field, index);
  // A value in brackets: the last place noted of the field, if any.
  int noted = -1;
  int missing = index;
  while (found.line < 0 && noted + 1 < missing) {
    const int middle = noted + (missing - noted) / 2;
    (tree_->GetLocation(field, middle).line < 0 ? missing : noted) = middle;
  }
  if (found.line < 0 && noted >= 0) found = tree_->GetLocation(field, noted);
  if (found.line < 0) return;
  *line = found.line + 1;
  *column = lines_->ByteColumn(found.line, found.column);
}

void Problems::Add(const Spot& spot, std::string message) {
  ++count_;
  RuleProblem& problem = kept_.emplace_back();
  problem.set_line(spot.line);
  problem.set_column(spot.column);
  problem.set_field(spot.field);
  // A quoted string may hold any bytes.
  problem.set_message(text::IsUtf8(message) ? std::move(message)
                                            : absl::CEscape(message));
  if (kept_.size() > 2 * kProblemsMax) Cut();
}

void Problems::Cut() {
  std::stable_sort(kept_.begin(), kept_.end(),
                   [](const RuleProblem& a, const RuleProblem& b) {
                     return std::make_tuple(a.line(), a.column()) <
                            std::make_tuple(b.line(), b.column());
                   });
  if (kept_.size() > kProblemsMax + 1) kept_.resize(kProblemsMax + 1);
}

std::vector<RuleProblem> Problems::Take() {
  Cut();
  if (count_ > kProblemsMax) {
    kept_.back().clear_field();
    kept_.back().set_message(
        absl::StrCat("and ", count_ - kProblemsMax, " problems more"));
  }
  return std::move(kept_);
}

}  // namespace levee::rules
