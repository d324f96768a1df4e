// Reads what lexicon.h describes: first the classes of all files, then their
// rules, so that a rule may stand before the words it speaks of.
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/text/lexicon.h"
#include "server/text/lexicon_builder.h"

namespace levee::text {
namespace {

constexpr int32_t kSeverityMax = 3;
constexpr int32_t kWeightMax = 1000;
constexpr int32_t kGapMax = 16;
constexpr size_t kElementsMax = 24;

struct Line {
  std::string_view file;
  size_t number = 0;
  std::vector<std::string> tokens;
};

absl::Status At(const Line& line, const absl::Status& status) {
  if (status.ok()) return status;
  std::string message(line.file);
  message.append(":").append(std::to_string(line.number)).append(": ");
  message.append(status.message().data(), status.message().size());
  return absl::InvalidArgumentError(message);
}

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(std::string(what));
}

bool ConsumePrefix(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

bool ConsumeSuffix(std::string_view* text, std::string_view suffix) {
  if (!text->ends_with(suffix)) return false;
  text->remove_suffix(suffix.size());
  return true;
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
             std::string_view::npos;
}

// Splits at white space that is not in double quotes, up to a `#` that begins
// a token.
absl::Status Tokenise(std::string_view text, std::vector<std::string>* tokens) {
  std::string token;
  bool quoted = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t' || c == '\r';
    if (!quoted && token.empty() && c == '#') break;
    if (!quoted && space) {
      if (!token.empty()) tokens->push_back(std::move(token));
      token.clear();
      continue;
    }
    if (c == '"') quoted = !quoted;
    token += c;
  }
  if (quoted) return Wrong("a double quote is not closed on its line");
  if (!token.empty()) tokens->push_back(std::move(token));
  return absl::OkStatus();
}

absl::Status ReadLines(const LexiconText& file, std::vector<Line>* lines) {
  size_t number = 0;
  for (const std::string_view text : Split(file.text, '\n')) {
    ++number;
    const bool carries_on =
        !text.empty() && (text.front() == ' ' || text.front() == '\t');
    Line line = {file.name, number, {}};
    if (absl::Status read = Tokenise(text, &line.tokens); !read.ok()) {
      return At(line, read);
    }
    if (line.tokens.empty()) continue;
    if (!carries_on) {
      lines->push_back(std::move(line));
      continue;
    }
    if (lines->empty() || lines->back().file.data() != file.name.data()) {
      return At(line, Wrong("the first line must not begin with a space"));
    }
    for (std::string& token : line.tokens) {
      lines->back().tokens.push_back(std::move(token));
    }
  }
  return absl::OkStatus();
}

// Takes the head's tokens, up to the `:`; what follows it stays.
absl::StatusOr<std::vector<std::string>> TakeHead(Line* line) {
  std::vector<std::string> head;
  for (size_t i = 0; i < line->tokens.size(); ++i) {
    std::string_view token = line->tokens[i];
    const bool last = ConsumeSuffix(&token, ":");
    if (!token.empty()) head.emplace_back(token);
    if (!last) continue;
    line->tokens.erase(line->tokens.begin(), line->tokens.begin() + i + 1);
    if (line->tokens.empty()) return Wrong("nothing stands behind the `:`");
    return head;
  }
  return Wrong(
      "a line must be `class NAME : ENTRY ...` or `rule NAME "
      "target=... severity=... weight=... : ELEMENT ...`");
}

absl::Status ReadClass(Line line, LexiconBuilder* builder) {
  absl::StatusOr<std::vector<std::string>> head = TakeHead(&line);
  if (!head.ok()) return head.status();
  const bool trigger = head->size() == 3 && (*head)[2] == "trigger";
  if ((head->size() != 2 && !trigger) || !IsName((*head)[1])) {
    return Wrong(
        "a class must begin `class NAME :` or `class NAME trigger :`, "
        "its name of a to z, 0 to 9 and -");
  }
  absl::StatusOr<uint16_t> of_class = builder->ClassNamed((*head)[1]);
  if (!of_class.ok()) return of_class.status();
  if (trigger) builder->MakeTrigger(*of_class);
  for (const std::string& entry : line.tokens) {
    if (absl::Status added = builder->AddEntry(entry, *of_class); !added.ok()) {
      return added;
    }
  }
  return absl::OkStatus();
}

bool ReadTarget(std::string_view name, Target* target) {
  static constexpr std::pair<std::string_view, Target> kTargets[] = {
      {"agent", Target::kAgent},     {"company", Target::kCompany},
      {"product", Target::kProduct}, {"self", Target::kSelf},
      {"third", Target::kThird},     {"none", Target::kNone}};
  for (const auto& [known, value] : kTargets) {
    if (known == name) {
      *target = value;
      return true;
    }
  }
  return false;
}

bool ReadNumber(std::string_view text, int32_t most, int32_t* number) {
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && at == end && *number >= 0 && *number <= most;
}

absl::StatusOr<Rule> ReadRuleHead(const std::vector<std::string>& head) {
  if (head.size() != 5 || !IsName(head[1])) {
    return Wrong(
        "a rule must begin `rule NAME target=... severity=... "
        "weight=... :`, its name of a to z, 0 to 9 and -");
  }
  Rule rule;
  rule.name = head[1];
  rule.name_hash = HashOfBytes(rule.name);
  std::string_view target = head[2];
  std::string_view severity = head[3];
  std::string_view weight = head[4];
  if (!ConsumePrefix(&target, "target=") || !ReadTarget(target, &rule.target)) {
    return Wrong(
        "a rule's target must be `target=` and agent, company, "
        "product, self, third or none");
  }
  if (!ConsumePrefix(&severity, "severity=") ||
      !ReadNumber(severity, kSeverityMax, &rule.severity)) {
    return Wrong("a rule's severity must be `severity=` and 0 to 3");
  }
  if (!ConsumePrefix(&weight, "weight=") ||
      !ReadNumber(weight, kWeightMax, &rule.weight)) {
    return Wrong("a rule's weight must be `weight=` and 0 to 1000");
  }
  return rule;
}

// Adds the classes that `<a|b>`, `(a|b|"c d")` or a word stands for.
absl::Status ReadClasses(std::string_view text, LexiconBuilder* builder,
                         std::vector<uint16_t>* classes) {
  if (text.size() > 2 && text.front() == '<' && text.back() == '>') {
    for (const std::string_view name :
         Split(text.substr(1, text.size() - 2), '|')) {
      absl::StatusOr<uint16_t> of_class = builder->FindClass(name);
      if (!of_class.ok()) return of_class.status();
      classes->push_back(*of_class);
    }
    return absl::OkStatus();
  }
  std::vector<std::string> entries = {std::string(text)};
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    const auto pieces = Split(text.substr(1, text.size() - 2), '|');
    entries.assign(pieces.begin(), pieces.end());
  }
  absl::StatusOr<uint16_t> list = builder->ClassOf(entries);
  if (!list.ok()) return list.status();
  classes->push_back(*list);
  return absl::OkStatus();
}

// Reads what is no class; false where it is one.
bool ReadSign(std::string_view text, Element* element) {
  static constexpr std::pair<std::string_view, Element::Kind> kSigns[] = {
      {",", Element::Kind::kPause},
      {"^", Element::Kind::kSentenceBegin},
      {"$", Element::Kind::kSentenceEnd},
      {"[", Element::Kind::kClauseBegin},
      {"]", Element::Kind::kClauseEnd}};
  for (const auto& [sign, kind] : kSigns) {
    if (text == sign) {
      element->kind = kind;
      return true;
    }
  }
  return false;
}

absl::Status ReadElement(std::string_view text, LexiconBuilder* builder,
                         std::vector<uint16_t>* classes, Element* element) {
  if (text.size() > 1 && text.front() == '~') {
    int32_t gap = 0;
    if (!ReadNumber(text.substr(1), kGapMax, &gap)) {
      return Wrong("a gap must be `~` and 0 to 16");
    }
    element->kind = Element::Kind::kGap;
    element->gap = gap;
    return absl::OkStatus();
  }
  if (text.size() > 1 && ConsumeSuffix(&text, "?")) {
    element->optional = true;
  }
  if (ReadSign(text, element)) {
    return element->optional && element->kind != Element::Kind::kPause
               ? Wrong("only words, classes and `,` may have a `?`")
               : absl::OkStatus();
  }
  if (text.size() > 1 && ConsumePrefix(&text, "!")) {
    if (element->optional) return Wrong("`!` and `?` do not go together");
    element->kind = Element::Kind::kNot;
  }
  element->first_class = classes->size();
  if (absl::Status read = ReadClasses(text, builder, classes); !read.ok()) {
    return read;
  }
  element->last_class = classes->size();
  return absl::OkStatus();
}

absl::Status ReadRule(Line line, LexiconBuilder* builder) {
  absl::StatusOr<std::vector<std::string>> head = TakeHead(&line);
  if (!head.ok()) return head.status();
  absl::StatusOr<Rule> rule = ReadRuleHead(*head);
  if (!rule.ok()) return rule.status();
  if (line.tokens.size() > kElementsMax) {
    return Wrong("a rule has at most 24 elements");
  }
  std::vector<Element> elements;
  std::vector<uint16_t> classes;
  for (const std::string& token : line.tokens) {
    Element element;
    if (absl::Status read = ReadElement(token, builder, &classes, &element);
        !read.ok()) {
      return read;
    }
    elements.push_back(element);
  }
  return builder->AddRule(*std::move(rule), elements, classes);
}

}  // namespace

absl::StatusOr<Lexicon> Lexicon::Parse(absl::Span<const LexiconText> texts) {
  std::vector<Line> lines;
  for (const LexiconText& text : texts) {
    if (absl::Status read = ReadLines(text, &lines); !read.ok()) return read;
  }
  LexiconBuilder builder;
  for (const Line& line : lines) {
    if (line.tokens[0] == "rule") continue;
    absl::Status read =
        line.tokens[0] == "class"
            ? ReadClass(line, &builder)
            : Wrong("a line must begin with `class`, `rule`, `#` or a space");
    if (!read.ok()) return At(line, read);
  }
  for (const Line& line : lines) {
    if (line.tokens[0] != "rule") continue;
    if (absl::Status read = ReadRule(line, &builder); !read.ok()) {
      return At(line, read);
    }
  }
  return std::move(builder).Build();
}

}  // namespace levee::text
