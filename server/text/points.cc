// Folding: every code point by its table (fold.h), marks with what they stand
// on.
//
// A mark composes where Unicode composes it (e and an acute accent: é) and is
// dropped where it does not. More than kLooseMarksMax that were dropped from
// one letter are somebody's disguise; so are strokes through letters, styled
// letters, and what is invisible between two letters of Latin or Han. (Joiners
// between letters of Persian or within an emoji are honest.)
#include "server/text/points.h"

#include <array>

#include "server/text/fold.h"

namespace levee::text {
namespace {

// Yoruba, Lithuanian and stressed Russian have one; what Vietnamese and Greek
// heap composes.
constexpr int kLooseMarksMax = 1;

// What ASCII folds to: a point each, but for controls, which are dropped, and
// for '\r', which is before '\n'.
constexpr Point FoldAscii(char c) {
  const auto is_one_of = [c](std::string_view set) {
    return set.find(c) != std::string_view::npos;
  };
  Point point;
  const bool upper = c >= 'A' && c <= 'Z';
  point.value = static_cast<char32_t>(upper ? c + 'a' - 'A' : c);
  point.what = c == '\n' || c == '\r'            ? PointClass::kLineEnd
               : is_one_of(" \t\v\f")            ? PointClass::kSpace
               : upper || (c >= 'a' && c <= 'z') ? PointClass::kLatin
               : c >= '0' && c <= '9'            ? PointClass::kDigit
               : is_one_of(".!?")                ? PointClass::kStop
               : is_one_of(",:;()[]{}\"'`-")     ? PointClass::kPause
                                                 : PointClass::kSymbol;
  return point;
}

constexpr bool IsDropped(char c) {
  return c == 0x7F || (c >= 0 && c < ' ' && !(c >= '\t' && c <= '\r'));
}

struct AsciiTable {
  Point points[128];
  // By byte: nothing but a point, whatever stands beside it.
  bool plain[256] = {};
};
constexpr AsciiTable MakeAsciiTable() {
  AsciiTable table;
  for (int i = 0; i < 128; ++i) {
    const char c = static_cast<char>(i);
    table.points[i] = FoldAscii(c);
    table.plain[i] = !IsDropped(c) && c != '\r';
  }
  return table;
}
constexpr AsciiTable kAscii = MakeAsciiTable();

struct Decoded {
  char32_t code;
  uint32_t bytes;
};

Decoded Decode(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return static_cast<uint8_t>(text[at + i]);
  };
  const auto low = [&](size_t i) -> char32_t { return byte(i) & 0x3Fu; };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {(first & 0x1Fu) << 6 | low(1), 2};
  if (first < 0xF0) return {(first & 0x0Fu) << 12 | low(1) << 6 | low(2), 3};
  return {(first & 0x07u) << 18 | low(1) << 12 | low(2) << 6 | low(3), 4};
}

// Writes points behind those that are there.
class Folder {
 public:
  Folder(std::string_view text, std::vector<Point>* points)
      : text_(text),
        table_(FoldTable::Get()),
        points_(*points),
        size_(points->size()) {
    points_.resize(size_ + text.size());
  }

  // Folds what lies between two offsets.
  void Fold(uint32_t begin, uint32_t end, Place place) {
    place_ = place;
    for (uint32_t at = begin; at < end;) {
      at = FoldPlain(at, end);
      if (at == end) break;
      if (static_cast<uint8_t>(text_[at]) < 0x80) {
        FoldAsciiAt(at++);
        continue;
      }
      const Decoded decoded = Decode(text_, at);
      FoldCode(decoded.code, at);
      at += decoded.bytes;
    }
  }

  // REQUIRES: nothing is folded afterwards.
  void Finish() { points_.resize(size_); }

 private:
  // Folds ASCII up to what takes thought, and returns where that is.
  uint32_t FoldPlain(uint32_t at, uint32_t end) {
    if (invisible_) return at;
    Point* point = points_.data() + size_;
    const char* bytes = text_.data();
    const Place place = place_;
    const uint32_t begin = at;
    for (; at < end; ++at, ++point) {
      const auto byte = static_cast<uint8_t>(bytes[at]);
      if (!kAscii.plain[byte]) break;
      *point = kAscii.points[byte];
      point->begin = at;
      point->place = place;
    }
    size_ += at - begin;
    if (at > begin) marks_ = 0;
    return at;
  }

  void FoldAsciiAt(uint32_t at) {
    const char c = text_[at];
    if (IsDropped(c)) {
      invisible_ = true;
      return;
    }
    if (c == '\r' && at + 1 < text_.size() && text_[at + 1] == '\n') return;
    const Point& point = kAscii.points[static_cast<uint8_t>(c)];
    Add(point.value, point.what, at, false);
  }

  void FoldCode(char32_t code, uint32_t at) {
    const Folding folding = table_.Of(code);
    switch (folding.action) {
      case FoldAction::kKeep:
        Add(folding.value, folding.what, at, folding.styled);
        break;
      case FoldAction::kExpand:
        Expand(folding, at);
        break;
      case FoldAction::kInvisible:
        invisible_ = true;
        break;
      case FoldAction::kMark:
        AddMark(code, folding.styled);
        break;
      case FoldAction::kModifier:
        break;
    }
  }

  void Expand(const Folding& folding, uint32_t at) {
    const absl::Span<const uint32_t> codes = table_.Expansion(folding.value);
    // The text's bytes made room for one point each, or more by far.
    if (points_.size() - size_ < codes.size() + text_.size() - at) {
      points_.resize(points_.size() + codes.size() + points_.size() / 2);
    }
    for (const uint32_t code : codes) {
      const Folding part = table_.Of(code);
      if (part.action == FoldAction::kMark) {
        AddMark(code, false);
      } else {
        Add(code, part.what, at, folding.styled);
      }
    }
  }

  void Add(char32_t value, PointClass what, uint32_t at, bool styled) {
    Point& point = points_[size_];
    point.value = value;
    point.begin = at;
    point.what = what;
    point.place = place_;
    point.disguised = styled;
    if (invisible_) {
      invisible_ = false;
      if (IsHidden(what)) point.disguised = true;
    }
    ++size_;
    marks_ = 0;
  }

  // Whether what is invisible before a point parts a word.
  bool IsHidden(PointClass what) const {
    const auto is_word = [](PointClass c) {
      return c == PointClass::kLatin || c == PointClass::kHan;
    };
    return size_ > 0 && is_word(what) && is_word(points_[size_ - 1].what);
  }

  void AddMark(char32_t mark, bool strikes) {
    if (size_ == 0) return;
    Point& base = points_[size_ - 1];
    if (base.what == PointClass::kSpace || base.what == PointClass::kLineEnd) {
      return;
    }
    const char32_t composed =
        marks_ > kLooseMarksMax ? 0 : table_.Compose(base.value, mark);
    if (composed != 0) {
      base.value = composed;
    } else if (++marks_ > kLooseMarksMax || strikes) {
      base.disguised = true;
    }
  }

  std::string_view text_;
  const FoldTable& table_;
  std::vector<Point>& points_;
  // Points that are written; behind them lies room.
  size_t size_;
  Place place_ = Place::kWords;
  // Marks dropped since the last point.
  int marks_ = 0;
  // Something was dropped since the last point.
  bool invisible_ = false;
};

}  // namespace

void FoldText(std::string_view text, absl::Span<const Region> regions,
              std::vector<Point>* points) {
  Folder folder(text, points);
  uint32_t at = 0;
  for (const Region& region : regions) {
    folder.Fold(at, region.begin, Place::kWords);
    folder.Fold(region.begin, region.end, region.place);
    at = region.end;
  }
  folder.Fold(at, static_cast<uint32_t>(text.size()), Place::kWords);
  folder.Finish();
}

char32_t CodePointAt(std::string_view text, size_t at) {
  return Decode(text, at).code;
}

}  // namespace levee::text
