// Words, in one pass over the points. What a word is called follows from the
// classes of its points; what hides it, disguises.h knows.
//
// A word of letters is first taken as a chunk (chunk.h). One script: that is
// the word. Latin letters and others that all look like Latin ones ("shіt"):
// what they look like. Scripts that honestly meet ("VPS-ка"): a word for each.
#include "server/text/words.h"

#include <algorithm>
#include <iterator>

#include "absl/types/span.h"
#include "server/text/chunk.h"
#include "server/text/disguises.h"
#include "server/text/fold.h"
#include "server/text/key_table.h"
#include "server/text/points.h"

namespace levee::text {
namespace {

// Spaces between two words that are spelled out.
constexpr size_t kSpacesMax = 4;

class WordFinder {
 public:
  WordFinder(std::string_view subject, std::string_view body, Normalised* out)
      : subject_(subject), body_(body), out_(*out), size_(out->points.size()) {}

  void Find() {
    // A point is one letter at most.
    out_.letters.resize(size_);
    std::fill(std::begin(out_.counts), std::end(out_.counts), 0);
    for (size_t at = 0; at < size_;) at = FindAt(at);
    out_.letters.resize(letters_);
    out_.counts[static_cast<size_t>(PointClass::kSpace)] = 0;
    out_.counts[static_cast<size_t>(PointClass::kLineEnd)] = 0;
  }

 private:
  absl::Span<const Point> points() const { return out_.points; }
  bool Is(size_t at, PointClass what) const {
    return IsOwn(points(), at, what);
  }

  // Each of these reads what begins at `at`, and returns where it ends.

  size_t FindAt(size_t at) {
    const Point& point = out_.points[at];
    if (point.place != Place::kWords) return Other(at);
    switch (point.what) {
      case PointClass::kSpace:
        return at + 1;
      case PointClass::kLatin:
        return Latin(at);
      case PointClass::kHan:
        return Han(at);
      case PointClass::kLetter:
      case PointClass::kDigit:
        return Letters(at);
      case PointClass::kEmoji:
        Begin(at);
        Letter(point.value);
        return End(at + 1, WordKind::kEmoji, point.disguised);
      case PointClass::kLineEnd:
        return Break(at, WordKind::kStop);
      case PointClass::kStop:
      case PointClass::kPause:
      case PointClass::kSymbol:
        return Sign(at);
    }
    return at + 1;
  }

  size_t Other(size_t at) {
    size_t end = at + 1;
    while (end < size_ && out_.points[end].place != Place::kWords) ++end;
    if (!out_.words.empty() && out_.words.back().kind == WordKind::kOther) {
      out_.words.back().last = static_cast<uint32_t>(end);
      return end;
    }
    Begin(at);
    return End(end, WordKind::kOther, false);
  }

  // A stop or a pause; joins the one before it.
  size_t Break(size_t at, WordKind kind) {
    Count(out_.points[at].what, 1);
    if (!out_.words.empty()) {
      Word& last = out_.words.back();
      if (last.kind == WordKind::kStop || last.kind == WordKind::kPause) {
        if (kind == WordKind::kStop) last.kind = kind;
        last.last = static_cast<uint32_t>(at + 1);
        return at + 1;
      }
    }
    Begin(at);
    return End(at + 1, kind, false);
  }

  size_t Sign(size_t at) {
    // Behind a letter it was read with that, and is none of the word's.
    const bool begins = at == 0 || !IsLetterOrDigit(points(), at - 1);
    if (begins && IsSignForLetter(points(), at, at)) {
      const Chunk chunk = ChunkAt(points(), at);
      if (chunk.latin > 1) return Mixed(at, chunk);
    }
    const Point& point = out_.points[at];
    // "max_allowed_packet" is three words.
    if (point.value == '_' && IsLetterOrDigit(points(), at + 1)) {
      Count(point.what, 1);
      return at + 1;
    }
    return Break(at, point.what == PointClass::kStop ? WordKind::kStop
                                                     : WordKind::kPause);
  }

  // The usual word: nothing but Latin letters up to a space.
  size_t Latin(size_t at) {
    const Point* begin = out_.points.data() + at;
    const Point* last = out_.points.data() + size_;
    const Point* point = begin;
    char32_t* letter = out_.letters.data() + letters_;
    bool disguised = false;
    for (; point < last && point->what == PointClass::kLatin &&
           point->place == Place::kWords;
         ++point) {
      *letter++ = point->value;
      disguised |= point->disguised;
    }
    const size_t end = at + static_cast<size_t>(point - begin);
    if (point < last && !EndsWord(*point, end - at)) return Letters(at);
    if (end == at + 1) {
      const size_t spelled_out = SpelledOut(at);
      if (spelled_out != at) return spelled_out;
    }
    Begin(at);
    letters_ += static_cast<uint32_t>(end - at);
    return End(end, WordKind::kLatin, disguised);
  }

  // Whether nothing of a word of that many letters can stand behind this.
  static bool EndsWord(const Point& point, size_t letters) {
    if (point.place != Place::kWords) return false;
    if (point.what == PointClass::kSpace) return true;
    return letters > 1 &&
           (point.what == PointClass::kLineEnd || point.value == '.' ||
            point.value == ',' || point.value == ':' || point.value == '?');
  }

  // A word that is spelled out, where a lone letter stands; `at` where there is
  // none.
  size_t SpelledOut(size_t at) {
    size_t before = at;
    while (before > 0 && at - before < kSpacesMax &&
           out_.points[before - 1].what == PointClass::kSpace) {
      --before;
    }
    const bool again = before > 0 && before == spelled_out_;
    const size_t end = SpelledOutEnd(points(), at, again);
    if (end == at) return at;
    spelled_out_ = end;
    Begin(at);
    for (size_t i = at; i < end; ++i) {
      if (out_.points[i].what == PointClass::kLatin) {
        Letter(out_.points[i].value);
      }
    }
    return End(end, WordKind::kLatin, true);
  }

  size_t Han(size_t at) {
    Begin(at);
    bool disguised = false;
    size_t end = at;
    while (true) {
      const size_t run = end;
      for (; Is(end, PointClass::kHan); ++end) {
        disguised |= out_.points[end].disguised;
        Letter(out_.points[end].value);
      }
      if (end == size_) break;
      const size_t next = HanSeparatorsEnd(points(), end, end - run == 1);
      if (next == end) break;
      disguised = true;
      end = next;
    }
    return End(end, WordKind::kHan, disguised);
  }

  // A word of letters or digits that is not the usual one.
  size_t Letters(size_t at) {
    if (Is(at, PointClass::kLatin) && !IsLetterOrDigit(points(), at + 1)) {
      const size_t spelled_out = SpelledOut(at);
      if (spelled_out != at) return spelled_out;
    }
    Chunk chunk = ChunkAt(points(), at);
    if (chunk.latin > 0 && chunk.other > 0) {
      if (TakeForLatin(at, chunk.end)) {
        chunk.latin += chunk.other;
        chunk.other = 0;
      }
    }
    if (chunk.other > 0) return Pieces(at, chunk.end);
    if (chunk.latin == 0) return Number(at, chunk.end);
    if (chunk.digits + chunk.signs > 0) return Mixed(at, chunk);
    return Plain(at, chunk.end, WordKind::kLatin);
  }

  size_t Number(size_t at, size_t end) {
    return Plain(at, end, WordKind::kNumber);
  }

  // Letters as they are; joiners are left out, but for those of numbers.
  size_t Plain(size_t at, size_t end, WordKind kind) {
    Begin(at);
    bool disguised = false;
    for (size_t i = at; i < end; ++i) {
      const Point& point = out_.points[i];
      disguised |= point.disguised;
      if (kind == WordKind::kNumber || point.what == PointClass::kLatin ||
          point.what == PointClass::kLetter) {
        Letter(point.value);
      }
    }
    return End(end, kind, disguised);
  }

  size_t Mixed(size_t at, const Chunk& chunk) {
    Begin(at);
    bool disguised = chunk.signs > 0;
    // "vps1" and "500mb" hide nothing, "b1tch" does.
    bool behind_latin = false;
    bool behind_digit = false;
    for (size_t i = at; i < chunk.end; ++i) {
      const Point& point = out_.points[i];
      if (IsApostrophe(point.value) || IsHyphen(point.value)) continue;
      const bool latin = point.what == PointClass::kLatin;
      disguised |= point.disguised || (latin && behind_digit);
      behind_latin |= latin;
      behind_digit |= behind_latin && point.what == PointClass::kDigit;
      Letter(MeantLetter(point.value));
    }
    return End(chunk.end, WordKind::kMixed, disguised);
  }

  // Whether every letter of another script in [begin, end) looks like a Latin
  // one; if so they become that. Scripts that a hyphen or an apostrophe parts
  // ("VPS-ка") meet honestly.
  bool TakeForLatin(size_t begin, size_t end) {
    const FoldTable& table = FoldTable::Get();
    for (size_t i = begin; i < end; ++i) {
      const PointClass what = out_.points[i].what;
      if (what == PointClass::kLetter ? LooksLike(table, i) == 0
                                      : what == PointClass::kPause) {
        return false;
      }
    }
    for (size_t i = begin; i < end; ++i) {
      Point& point = out_.points[i];
      const char letter = LooksLike(table, i);
      if (letter == 0) continue;
      point.value = static_cast<char32_t>(letter);
      point.what = PointClass::kLatin;
      point.disguised = true;
    }
    return true;
  }

  char LooksLike(const FoldTable& table, size_t at) const {
    const Point& point = out_.points[at];
    if (point.value < 0x80) return 0;
    const std::string_view text = at < out_.body_first ? subject_ : body_;
    return table.LookAlike(CodePointAt(text, point.begin));
  }

  // Scripts that meet in one chunk: a word for each.
  size_t Pieces(size_t at, size_t end) {
    while (at < end) {
      const PointClass what = out_.points[at].what;
      size_t last = at + 1;
      while (last < end && out_.points[last].what == what) ++last;
      if (what == PointClass::kDigit) {
        Plain(at, last, WordKind::kNumber);
      } else if (what == PointClass::kLatin) {
        Plain(at, last, WordKind::kLatin);
      } else if (what == PointClass::kLetter) {
        // "д'Артаньян" and "кое-что" are one word.
        while (last + 1 < end && out_.points[last + 1].what == what &&
               !IsLetterOrDigit(points(), last)) {
          last += 2;
          while (last < end && out_.points[last].what == what) ++last;
        }
        Plain(at, last, WordKind::kLetters);
      } else {
        Count(what, last - at);
      }
      at = last;
    }
    return end;
  }

  void Begin(size_t at) {
    Word& word = out_.words.emplace_back();
    word.first = static_cast<uint32_t>(at);
    word.begin = letters_;
  }
  // Counts the points of a word; those of stops and pauses are counted already.
  void CountWord(const Word& word, size_t last, WordKind kind) {
    if (kind == WordKind::kStop || kind == WordKind::kPause ||
        kind == WordKind::kOther) {
      return;
    }
    // Nothing but letters, as most words are.
    if (kind == WordKind::kLatin &&
        last - word.first == letters_ - word.begin) {
      Count(PointClass::kLatin, last - word.first);
      return;
    }
    for (size_t i = word.first; i < last; ++i) Count(out_.points[i].what, 1);
  }

  void Count(PointClass what, size_t points) {
    out_.counts[static_cast<size_t>(what)] += static_cast<uint32_t>(points);
  }
  void Letter(char32_t letter) { out_.letters[letters_++] = letter; }
  size_t End(size_t last, WordKind kind, bool disguised) {
    Word& word = out_.words.back();
    CountWord(word, last, kind);
    word.last = static_cast<uint32_t>(last);
    word.end = letters_;
    word.kind = kind;
    word.disguised = disguised;
    if (letters_ > word.begin && kind != WordKind::kHan &&
        kind != WordKind::kEmoji) {
      word.hash =
          HashOf({out_.letters.data() + word.begin, letters_ - word.begin});
    }
    return last;
  }

  std::string_view subject_;
  std::string_view body_;
  Normalised& out_;
  const size_t size_;
  // Letters that are written.
  uint32_t letters_ = 0;
  // Where the last word ends that was spelled out.
  size_t spelled_out_ = 0;
};

}  // namespace

void FindWords(std::string_view subject, std::string_view body,
               Normalised* normalised) {
  WordFinder(subject, body, normalised).Find();
}

}  // namespace levee::text
