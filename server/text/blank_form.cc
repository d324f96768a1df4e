#include "server/text/blank_form.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace levee::text {
namespace {

constexpr size_t kLabelPointsMax = 60;
constexpr size_t kPromptRunMax = 40;
constexpr size_t kLinesMax = 64;
constexpr std::u32string_view kOpening = U"[<{(【《〈「『";
constexpr std::u32string_view kClosing = U"]>})】》〉」』";
// What stands for something to be filled in.
constexpr std::u32string_view kBlanks = U"_-.*~xX…/[]()<>";

bool Contains(std::u32string_view set, char32_t value) {
  return set.find(value) != std::u32string_view::npos;
}

// What a line's words are, as far as prompts go.
struct Prompt {
  bool verb = false;
  bool pointer = false;
  bool yours = false;
  bool issue = false;
  bool please = false;
  bool companions_only = true;
  bool other_words = false;
  int words = 0;
};

class FormReader {
 public:
  FormReader(const Normalised& message, const Fillers& fillers,
             const LatinModel& latin)
      : message_(message), fillers_(fillers), latin_(latin) {}

  bool Read() {
    size_t at = 0;
    const size_t size = message_.points.size();
    for (size_t line = 0; at < size; ++line) {
      size_t end = at;
      while (end < size && message_.points[end].what != PointClass::kLineEnd) {
        ++end;
      }
      if (line == kLinesMax || !ReadLine(at, end)) return false;
      at = end + 1;
    }
    return labels_ > 1 || clear_;
  }

 private:
  // Whether the line is one of a blank form.
  bool ReadLine(size_t first, size_t last) {
    while (first < last && IsSpace(first)) ++first;
    while (last > first && IsSpace(last - 1)) --last;
    if (first == last) return true;
    const Prompt prompt = Words(first, last);
    if (IsLabel(first, last)) {
      ++labels_;
      clear_ |=
          !prompt.other_words &&
          (prompt.pointer || (prompt.issue && (prompt.yours || prompt.verb)));
      return true;
    }
    if (IsVariable(first, last)) return clear_ = true;
    if (prompt.words == 0) return IsBlank(first, last);
    const bool bracketed =
        Contains(kOpening, Value(first)) && Contains(kClosing, Value(last - 1));
    // Two lines of "enter ..." are a form, one may be a wish.
    if (!prompt.other_words && (bracketed || prompt.verb || AsksFor(prompt))) {
      ++labels_;
      clear_ |= AsksFor(prompt) ||
                (bracketed && (prompt.verb || prompt.pointer || prompt.yours));
      return true;
    }
    const bool says_nothing = prompt.companions_only || !prompt.other_words;
    return first < message_.body_first && says_nothing;
  }

  static bool AsksFor(const Prompt& prompt) {
    if (prompt.pointer) return prompt.verb || prompt.yours;
    return prompt.verb && prompt.issue && (prompt.yours || prompt.please);
  }

  // "{{ticket.text}}": what a program was to fill in.
  bool IsVariable(size_t first, size_t last) const {
    return last - first > 4 && Value(first) == '{' && Value(first + 1) == '{' &&
           Value(last - 1) == '}' && Value(last - 2) == '}';
  }

  // A few words, a colon, and nothing behind it.
  bool IsLabel(size_t first, size_t last) const {
    size_t colon = first;
    while (colon < last && Value(colon) != ':') ++colon;
    if (colon == last || colon == first || colon - first > kLabelPointsMax) {
      return false;
    }
    return IsBlank(colon + 1, last) || IsNotAvailable(colon + 1, last);
  }

  bool IsBlank(size_t first, size_t last) const {
    for (size_t i = first; i < last; ++i) {
      if (!IsSpace(i) && !Contains(kBlanks, Value(i))) return false;
    }
    return true;
  }

  // "n/a", "none", 无.
  bool IsNotAvailable(size_t first, size_t last) const {
    std::array<char32_t, 9> text;
    size_t size = 0;
    for (size_t i = first; i < last; ++i) {
      if (IsSpace(i) || Value(i) == '/') continue;
      if (size == text.size()) return false;
      text[size++] = Value(i);
    }
    const std::u32string_view said(text.data(), size);
    static constexpr std::u32string_view kSaid[] = {U"na",   U"none", U"nil",
                                                    U"null", U"tbd",  U"无",
                                                    U"略",   U"暂无", U"没有"};
    return std::find(std::begin(kSaid), std::end(kSaid), said) !=
           std::end(kSaid);
  }

  // Reads the words that lie within [first, last).
  Prompt Words(size_t first, size_t last) {
    Prompt prompt;
    const auto& words = message_.words;
    while (next_ < words.size() && words[next_].first < last) {
      const Word& word = words[next_++];
      if (word.last <= first) continue;
      if (prompt.other_words && !prompt.companions_only) continue;
      if (word.begin != word.end) ReadWord(word, &prompt);
      if (word.kind == WordKind::kOther) {
        prompt.other_words = true;
        prompt.companions_only = false;
      }
    }
    return prompt;
  }

  void ReadWord(const Word& word, Prompt* prompt) const {
    ++prompt->words;
    const auto letters = absl::MakeConstSpan(message_.letters)
                             .subspan(word.begin, word.end - word.begin);
    if (word.kind != WordKind::kHan) return Note(Look(letters), prompt);
    if (letters.size() > kPromptRunMax) return Note({}, prompt);
    for (size_t at = 0; at < letters.size();) {
      const auto [size, found] = fillers_.FindPrefix(letters.subspan(at));
      if (size == 0) {
        prompt->other_words = true;
        prompt->companions_only = false;
        return;
      }
      Note(found, prompt);
      at += size;
    }
  }

  FillerWord Look(absl::Span<const char32_t> letters) const {
    std::array<char32_t, Fillers::kLettersMax> plain;
    size_t size = 0;
    for (const char32_t letter : letters) {
      uint8_t out[2];
      const int count = latin_.Letters(letter, out);
      if (count != 1 || size == plain.size()) return {};
      plain[size++] = U'a' + out[0] - 1;
    }
    return fillers_.Find({plain.data(), size});
  }

  static void Note(FillerWord word, Prompt* prompt) {
    prompt->verb |= word.part == PromptPart::kVerb;
    prompt->pointer |= word.part == PromptPart::kPointer;
    prompt->yours |= word.part == PromptPart::kYours;
    prompt->issue |= word.part == PromptPart::kIssue;
    prompt->please |= word.part == PromptPart::kPlease;
    if (word.part == PromptPart::kNone) prompt->other_words = true;
    if (word.role == FillerRole::kNone) prompt->companions_only = false;
  }

  char32_t Value(size_t at) const { return message_.points[at].value; }
  bool IsSpace(size_t at) const {
    return message_.points[at].what == PointClass::kSpace;
  }

  const Normalised& message_;
  const Fillers& fillers_;
  const LatinModel& latin_;
  size_t next_ = 0;
  int labels_ = 0;
  bool clear_ = false;
};

}  // namespace

bool IsBlankForm(const Normalised& message, const Fillers& fillers,
                 const LatinModel& latin) {
  return FormReader(message, fillers, latin).Read();
}

}  // namespace levee::text
