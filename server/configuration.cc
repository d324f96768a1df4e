#include "server/configuration.h"

#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace levee {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

// Ours nests once.
constexpr int kDepthMax = 4;

// The name that an error of the parser's is about; empty: none.
std::string NameIn(const std::string& message) {
  for (const std::string before :
       {"has no field named \"", "Unknown enumeration value of \"",
        "Non-repeated field \""}) {
    const size_t found = message.find(before);
    if (found == std::string::npos) continue;
    const size_t begin = found + before.size();
    return message.substr(begin, message.find('"', begin) - begin);
  }
  return "";
}

// Keeps the first error.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(const std::string& text)
      : lines_(absl::StrSplit(text, '\n')) {}

  void AddError(int line, int column, const std::string& message) override {
    if (!message_.empty()) return;
    message_ = message;
    // Of a name the parser gives the place behind it.
    const std::string name = NameIn(message);
    if (!name.empty() && line >= 0 && line < std::ssize(lines_)) {
      const size_t found = lines_[line].substr(0, column).rfind(name);
      if (found != std::string::npos) column = static_cast<int>(found);
    }
    place_ = absl::StrCat(":", line + 1, ":", column + 1);
  }

  std::string Of(const std::string& file) const {
    return absl::StrCat(file, place_, ": ", message_);
  }

 private:
  const std::vector<std::string> lines_;
  std::string place_;
  std::string message_;
};

// Notes where each field of `message`, itself at `path`, stands.
void NotePlaces(const Message& message, const TextFormat::ParseInfoTree* tree,
                const std::string& file, const std::string& path,
                std::map<std::string, std::string>* places) {
  if (tree == nullptr) return;
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated()
                          ? message.GetReflection()->FieldSize(message, field)
                          : 1;
    for (int i = 0; i < count; ++i) {
      const int place = field->is_repeated() ? i : -1;
      const TextFormat::ParseLocation at = tree->GetLocation(field, place);
      const std::string name =
          field->is_repeated() ? absl::StrCat(path, field->name(), "[", i, "]")
                               : absl::StrCat(path, field->name());
      (*places)[name] =
          absl::StrCat(file, ":", at.line + 1, ":", at.column + 1);
      if (field->type() != FieldDescriptor::TYPE_MESSAGE) continue;
      const Message& inner =
          field->is_repeated()
              ? message.GetReflection()->GetRepeatedMessage(message, field, i)
              : message.GetReflection()->GetMessage(message, field);
      NotePlaces(inner, tree->GetTreeForNested(field, place), file,
                 absl::StrCat(name, "."), places);
    }
  }
}

}  // namespace

absl::StatusOr<Configuration> Configuration::Parse(const std::string& text,
                                                   const std::string& file) {
  Configuration configuration;
  configuration.file_ = file;
  TextFormat::Parser parser;
  TextFormat::ParseInfoTree tree;
  FirstError error(text);
  parser.RecordErrorsTo(&error);
  parser.WriteLocationsTo(&tree);
  parser.SetRecursionLimit(kDepthMax);
  if (!parser.ParseFromString(text, &configuration.proto_)) {
    return absl::FailedPreconditionError(error.Of(file));
  }
  NotePlaces(configuration.proto_, &tree, file, "", &configuration.places_);
  return configuration;
}

absl::StatusOr<Configuration> Configuration::Read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kConfigurationBytesMax + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  // A directory opens, but does not read.
  if (!in.is_open() || in.bad() || (in.fail() && !in.eof())) {
    return absl::FailedPreconditionError(absl::StrCat(
        file, ": ",
        in.is_open() ? "cannot be read as a configuration file"
                     : "there is no such file, or it may not be read"));
  }
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kConfigurationBytesMax) {
    return absl::FailedPreconditionError(
        absl::StrCat(file, ": more than ", kConfigurationBytesMax, " bytes"));
  }
  return Parse(text, file);
}

absl::Status Configuration::Wrong(const std::string& field,
                                  absl::string_view what) const {
  const auto place = places_.find(field);
  if (place != places_.end() && place->second.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("--", field, ": ", what));
  }
  if (place != places_.end()) {
    return absl::FailedPreconditionError(
        absl::StrCat(place->second, ": ", field, ": ", what));
  }
  // What is missing stands nowhere: name what it is missing in.
  const size_t dot = field.rfind('.');
  if (dot != std::string::npos) {
    const auto parent = places_.find(field.substr(0, dot));
    if (parent != places_.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat(parent->second, ": ", field, ": ", what));
    }
  }
  if (file_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(file_, ": ", field, ": ", what));
}

}  // namespace levee
