#include "server/rules/syntax.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "server/rules/rule_set.h"
#include "server/text/facts.h"

namespace levee::rules {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Reflection;
using levee::v1::RuleProblem;

// kDepthMax conditions, each in an All or Any of its own, in a rule of a rule
// set, and a leaf with a message in it; with some room, so that a condition
// that is a little too deep is told by the compiler, in our words.
constexpr int kMessagesDeepMax = 2 * kDepthMax + 16;

// Names longer than this are not looked at for likeness.
constexpr size_t kNameMax = 64;

// How many letters differ (Levenshtein).
size_t Distance(const std::string& a, const std::string& b) {
  std::array<size_t, kNameMax + 1> row{};
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

// What may stand there, the likeliest first where one is likely.
std::string Suggest(const std::string& given,
                    const std::vector<std::string>& known) {
  size_t least = kNameMax;
  std::string likely;
  for (const std::string& name : known) {
    if (given.size() > kNameMax || name.size() > kNameMax) continue;
    const size_t distance = Distance(given, name);
    if (distance < least && distance <= std::max<size_t>(name.size() / 3, 2) &&
        distance < name.size()) {
      least = distance;
      likely = name;
    }
  }
  const std::string all = absl::StrJoin(known, ", ");
  return absl::StrCat(
      likely.empty() ? "" : absl::StrCat("Did you mean ", likely, "? "),
      "There are: ", all);
}

// What stands between two parts of a message; empty where they do not.
std::string Between(const std::string& message, const std::string& before,
                    const std::string& after) {
  const size_t begin = message.find(before);
  if (begin == std::string::npos) return "";
  const size_t from = begin + before.size();
  const size_t end = message.find(after, from);
  return end == std::string::npos ? "" : message.substr(from, end - from);
}

std::string FieldsOf(const std::string& type, const std::string& given) {
  const Descriptor* const descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
          type);
  if (descriptor == nullptr) return "";
  std::vector<std::string> names;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    names.push_back(descriptor->field(i)->name());
  }
  return Suggest(given, names);
}

// The values of the enum fields of that name: each has one type in all
// messages of rule.proto.
std::string ValuesOf(const std::string& field, const std::string& given) {
  const FileDescriptor* const file = levee::v1::RuleSet::descriptor()->file();
  for (int i = 0; i < file->message_type_count(); ++i) {
    const FieldDescriptor* const found =
        file->message_type(i)->FindFieldByName(field);
    if (found == nullptr || found->enum_type() == nullptr) continue;
    std::vector<std::string> names;
    for (int j = 0; j < found->enum_type()->value_count(); ++j) {
      if (found->enum_type()->value(j)->number() != 0) {
        names.push_back(found->enum_type()->value(j)->name());
      }
    }
    return Suggest(given, names);
  }
  return "";
}

// Adds to the parser's message what would be right, where it can be told.
std::string Explain(const std::string& message) {
  std::string hint;
  const std::string type =
      Between(message, "Message type \"", "\" has no field named \"");
  if (!type.empty()) {
    hint = FieldsOf(type, Between(message, "has no field named \"", "\""));
  }
  const std::string field = Between(message, "\" for field \"", "\"");
  if (!field.empty()) {
    hint = ValuesOf(field, Between(message, "value of \"", "\""));
  }
  if (message.find("non ascii codepoint") != std::string::npos) {
    hint = "Only strings and comments hold other characters than ASCII";
  }
  if (message.find("recursion limit") != std::string::npos) {
    hint = absl::StrCat("at most ", kDepthMax, " conditions deep");
  }
  return hint.empty() ? message : absl::StrCat(message, " ", hint);
}

// The name that a message of the parser is about; empty: none. The parser
// gives such an error the place of what follows the name.
std::string NameIn(const std::string& message) {
  static constexpr const char* kBefore[] = {
      "has no field named \"", "Unknown enumeration value of \"",
      "Non-repeated field \"", "Field \""};
  for (const char* before : kBefore) {
    std::string name = Between(message, before, "\"");
    if (!name.empty()) return name;
  }
  return "";
}

// Keeps the first error.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(const Lines* lines) : lines_(lines) {}

  void AddError(int line, int column, const std::string& message) override {
    if (problem_.has_value()) return;
    problem_.emplace();
    int at_line = std::max(line, 0) + 1;
    int at_column = lines_->ByteColumn(line, column);
    const std::string name = NameIn(message);
    if (!name.empty()) lines_->FindBefore(name, &at_line, &at_column);
    problem_->set_line(at_line);
    problem_->set_column(at_column);
    problem_->set_message(Explain(message));
  }
  void AddWarning(int, int, const std::string&) override {}

  std::optional<RuleProblem>& problem() { return problem_; }

 private:
  const Lines* lines_;
  std::optional<RuleProblem> problem_;
};

RuleProblem At(int line, int column, std::string message) {
  RuleProblem problem;
  problem.set_line(line);
  problem.set_column(column);
  problem.set_message(std::move(message));
  return problem;
}

void CheckString(const std::string& value, const Place& place,
                 const FieldDescriptor* field, int index, Problems* problems) {
  if (field->type() == FieldDescriptor::TYPE_STRING && !text::IsUtf8(value)) {
    problems->Add(place.At(field->number(), index),
                  "no UTF-8: an escape stands for a byte, so that \"é\" is "
                  "\"\\303\\251\"");
  }
}

}  // namespace

std::optional<RuleProblem> ParseText(
    std::string_view text, const Lines& lines, levee::v1::RuleSet* rule_set,
    google::protobuf::TextFormat::ParseInfoTree* tree) {
  if (text.size() > kTextBytesMax) {
    return At(1, 1,
              absl::StrCat("a text of ", text.size(), " bytes, but at most ",
                           kTextBytesMax));
  }
  if (const size_t bad = text::FirstNonUtf8(text); bad < text.size()) {
    int line = 1;
    int column = 1;
    lines.Locate(bad, &line, &column);
    return At(line, column, "not UTF-8: save the text as UTF-8");
  }
  google::protobuf::io::ArrayInputStream input(text.data(),
                                               static_cast<int>(text.size()));
  FirstError error(&lines);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(tree);
  parser.SetRecursionLimit(kMessagesDeepMax);
  if (parser.Parse(&input, rule_set) && !error.problem().has_value()) {
    return std::nullopt;
  }
  if (!error.problem().has_value()) return At(1, 1, "no rule set");
  return std::move(error.problem());
}

void CheckStrings(const google::protobuf::Message& message, const Place& place,
                  Problems* problems) {
  const Reflection* const reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  std::string scratch;
  for (const FieldDescriptor* field : fields) {
    const int count =
        field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const int index = field->is_repeated() ? i : -1;
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        CheckStrings(field->is_repeated()
                         ? reflection->GetRepeatedMessage(message, field, i)
                         : reflection->GetMessage(message, field),
                     place.In(field->number(), index), problems);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        CheckString(
            field->is_repeated()
                ? reflection->GetRepeatedStringReference(message, field, i,
                                                         &scratch)
                : reflection->GetStringReference(message, field, &scratch),
            place, field, index, problems);
      }
    }
  }
}

}  // namespace levee::rules
