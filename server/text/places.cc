// Line by line, and within a line token by token.
//
// A line is a quote's, a program's, a header's or part of a block of code by
// its beginning (lines.h, quotes.h). In all other lines each token is judged by
// its shape (tokens.h); a line that has little but technical tokens, or little
// but the signs of code, is technical as a whole.
//
// Code is where there is evidence of code: within a fence ("```") or an
// indented block a line of plain words is still the writer's. Nobody hides by
// adding spaces.
//
// Where nothing is the writer's own but what he quotes, nothing is quoted: a
// message of "> " lines alone is what he says.
#include "server/text/places.h"

#include <algorithm>

#include "server/text/lines.h"
#include "server/text/links.h"
#include "server/text/quotes.h"
#include "server/text/tokens.h"

namespace levee::text {
namespace {

// What the tokens of a line are, counted.
struct LineCount {
  uint32_t words = 0;
  uint32_t technical = 0;
  // Tokens such as those of a dump: two, four or eight hexadecimal digits.
  uint32_t hexadecimal = 0;
  // Signs of code.
  uint32_t code = 0;
  // Bytes beyond ASCII.
  uint32_t foreign = 0;
};

class PlaceFinder {
 public:
  PlaceFinder(std::string_view text, std::vector<Region>* regions)
      : text_(text), regions_(*regions), first_(regions->size()) {}

  void Find() {
    while (at_ < text_.size()) {
      const size_t end = std::min(text_.find('\n', at_), text_.size());
      Line(at_, end);
      at_ = std::max(at_, end + 1);
    }
    if (!own_) Unquote();
  }

 private:
  // Reads the line [begin, end). Moves at_ to the text's end where all that is
  // left belongs to one region.
  void Line(size_t begin, size_t end) {
    const std::string_view whole = text_.substr(begin, end - begin);
    const std::string_view line = Trimmed(whole);
    if (line.empty()) {
      header_ = false;
      return;
    }
    const size_t indent = static_cast<size_t>(line.data() - whole.data());
    const std::string_view rest = text_.substr(begin);
    if (IsFence(line)) {
      fence_ = !fence_;
      Add(begin, end, Place::kTechnical);
    } else if (indent < 4 && IsQuoteLine(line)) {
      Add(begin, end, Place::kQuoted);
    } else if (IsHeader(line, indent) || IsProgramLine(line)) {
      Add(begin, end, Place::kTechnical);
    } else if (!IsEarlier(begin, rest) && !IsSignature(begin, rest)) {
      Tokens(begin, end);
    }
  }

  static bool IsFence(std::string_view line) {
    const std::string_view mark = line.substr(0, 3);
    return (mark == "```" || mark == "~~~") && line.size() < 32 &&
           line.find(' ', 4) == std::string_view::npos;
  }

  bool IsHeader(std::string_view line, size_t indent) {
    header_ = IsHeaderLine(line) || (header_ && indent > 0);
    return header_;
  }

  // An earlier message, or a line that says whose it is.
  bool IsEarlier(size_t begin, std::string_view rest) {
    const size_t attribution = AttributionSize(rest);
    if (attribution > 0) {
      const bool marked = IsQuoteLine(NextLine(rest.substr(attribution)));
      if (!marked && !own_) return false;
      AddToEnd(begin, marked ? begin + attribution : text_.size(),
               Place::kQuoted);
      return true;
    }
    if (!BeginsOriginal(rest)) return false;
    AddToEnd(begin, text_.size(), Place::kQuoted);
    return true;
  }

  bool IsSignature(size_t begin, std::string_view rest) {
    if (!own_) return false;
    const size_t size = SignatureSize(rest);
    if (size > 0) AddToEnd(begin, begin + size, Place::kSignature);
    return size > 0;
  }

  // The next line that is not empty.
  static std::string_view NextLine(std::string_view rest) {
    const size_t begin = rest.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    rest.remove_prefix(begin);
    return rest.substr(0, rest.find('\n'));
  }

  void Tokens(size_t begin, size_t end) {
    const size_t known = regions_.size();
    LineCount count;
    for (size_t at = begin; at < end;) at = Token(at, end, &count);
    if (IsTechnical(text_.substr(begin, end - begin), count)) {
      regions_.resize(known);
      Add(begin, end, Place::kTechnical);
    } else {
      own_ = true;
    }
  }

  // Whether a line is technical as a whole.
  bool IsTechnical(std::string_view whole, const LineCount& count) const {
    if (count.foreign > 0) return false;
    const uint32_t tokens = count.words + count.technical;
    if (count.hexadecimal >= 6 && count.hexadecimal * 10 >= tokens * 7) {
      return true;
    }
    if (count.technical >= 3 && count.words * 2 <= count.technical) return true;
    const bool block =
        fence_ || whole[0] == '\t' || whole.substr(0, 4) == "    ";
    if (!block && count.code < 4) return false;
    const std::string_view line = Trimmed(whole);
    const bool opens =
        std::string_view("{}<[(;\"").find(line[0]) != std::string_view::npos;
    const bool closes = std::string_view(";{}>)],|\"").find(line.back()) !=
                        std::string_view::npos;
    if (block) {
      return std::string_view(";{}").find(line.back()) !=
                 std::string_view::npos ||
             (count.code >= 2 && (opens || closes || count.code >= 4));
    }
    return (opens || closes) && count.code * 6 >= line.size();
  }

  // Judges the token at `at`, or passes over what is none. Returns where it
  // ends.
  size_t Token(size_t at, size_t end, LineCount* count) {
    const char* bytes = text_.data();
    uint32_t bits = 0;
    size_t last = at;
    for (uint16_t bit; last < end && (bit = TokenBit(bytes[last])) != 0;
         ++last) {
      bits |= bit;
    }
    if (last == at) {
      uint32_t foreign = 0;
      for (; last < end && TokenBit(bytes[last]) == 0; ++last) {
        foreign += static_cast<uint8_t>(bytes[last]) >> 7;
      }
      count->foreign += foreign;
      return last;
    }
    constexpr uint16_t kPlain = kHasLower | kHasUpper;
    if ((bits & ~kPlain) == 0) {
      ++count->words;
      return last;
    }
    if ((bits & (kHasCode | kHasOther)) != 0) {
      const size_t size = MarkupWithin(at, last, end, count);
      if (size > 0) return size;
    }
    Judge(at, last, count);
    return last;
  }

  // Markup in the token [at, last): what stands before it is judged, the markup
  // is technical. Returns where that ends; 0: there is none.
  size_t MarkupWithin(size_t at, size_t last, size_t end, LineCount* count) {
    for (size_t i = at; i < last; ++i) {
      if (text_[i] != '<' && text_[i] != '&') continue;
      const size_t size = MarkupSize(text_.substr(i, end - i));
      if (size == 0) continue;
      if (i > at) Judge(at, i, count);
      Add(i, i + size, Place::kTechnical);
      return i + size;
    }
    return 0;
  }

  void Judge(size_t at, size_t last, LineCount* count) {
    size_t begin = at;
    size_t end = last;
    while (begin < end && (TokenBit(text_[begin]) & kTrimBefore) != 0) ++begin;
    // "main()" keeps its brackets.
    while (
        end > begin && (TokenBit(text_[end - 1]) & kTrimBehind) != 0 &&
        !(end - begin > 3 && text_[end - 1] == ')' && text_[end - 2] == '(')) {
      --end;
    }
    uint16_t bits = 0;
    for (size_t i = at; i < last; ++i) {
      const uint16_t bit = TokenBit(text_[i]);
      if (i >= begin && i < end) bits |= bit;
      count->code += (bit & (kHasCode | kHasEquals)) != 0 ? 1 : 0;
    }
    if (begin == end) return;
    const std::string_view token = text_.substr(begin, end - begin);
    if ((bits & kHasDot) != 0 && Links(begin, end)) {
      ++count->technical;
    } else if (IsTechnicalToken(token, bits)) {
      Add(begin, end, Place::kTechnical);
      ++count->technical;
    } else {
      count->words += (bits & (kHasLower | kHasUpper)) != 0 ? 1 : 0;
      CountHexadecimal(token, bits, count);
    }
  }

  static void CountHexadecimal(std::string_view token, uint16_t bits,
                               LineCount* count) {
    const bool hexadecimal =
        (token.size() == 2 || token.size() == 4 || token.size() == 8) &&
        (bits & ~(kHasLower | kHasUpper | kHasDigit)) == 0 &&
        token.find_first_not_of("0123456789abcdefABCDEF") ==
            std::string_view::npos;
    if (!hexadecimal) return;
    ++count->hexadecimal;
    count->words += (bits & (kHasLower | kHasUpper)) != 0 ? 0 : 1;
  }

  // Adds the links within [begin, end); whether there is one.
  bool Links(size_t begin, size_t end) {
    bool found = false;
    for (size_t at = begin; at < end;) {
      size_t last = at;
      while (last < end && IsLinkCharacter(text_[last])) ++last;
      if (last > at && IsLink(text_.substr(at, last - at), text_.substr(at))) {
        Add(at, last, Place::kLink);
        found = true;
      }
      at = last + 1;
    }
    return found;
  }

  // Regions of a kind that only white space parts grow together where they are
  // whole lines; a quote line's end is the quote's.
  void Add(size_t begin, size_t end, Place place) {
    if (regions_.size() > first_ && regions_.back().place == place &&
        begin <= regions_.back().end + 1) {
      regions_.back().end = static_cast<uint32_t>(end);
      return;
    }
    regions_.push_back(
        {static_cast<uint32_t>(begin), static_cast<uint32_t>(end), place});
  }

  void AddToEnd(size_t begin, size_t end, Place place) {
    // A line's end parts what comes next from what came before.
    const size_t kept =
        end > begin + 1 && end < text_.size() && text_[end - 1] == '\n' ? 1 : 0;
    Add(begin, end - kept, place);
    at_ = end;
  }

  void Unquote() {
    regions_.erase(std::remove_if(regions_.begin() + first_, regions_.end(),
                                  [](const Region& region) {
                                    return region.place == Place::kQuoted;
                                  }),
                   regions_.end());
  }

  std::string_view text_;
  std::vector<Region>& regions_;
  // Where the regions of this text begin.
  const size_t first_;
  size_t at_ = 0;
  // A line of the writer's own was seen.
  bool own_ = false;
  bool fence_ = false;
  // The line before belongs to a header.
  bool header_ = false;
};

}  // namespace

void FindPlaces(std::string_view text, std::vector<Region>* regions) {
  PlaceFinder(text, regions).Find();
}

}  // namespace levee::text
