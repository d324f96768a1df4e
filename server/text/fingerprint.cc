// Tested by tests/server/text/fingerprint_test.cc, measured by
// tests/eval/near_duplicates.py.
//
// A message is read as two chains of characters, whatever stands between them:
//
//   - its Han characters, whose shingles are pairs;
//   - all others, whose shingles are four in a row. A number is one character,
//     so that order numbers, dates and amounts may change.
//
// White space, punctuation and emoji are in neither: who puts separators into
// words or takes them out changes nothing, and sentences in another order have
// all shingles but those at their seams.
//
// Technical parts and links are read like words, but that a digit beside a
// Latin letter is read as the letter it may stand for. (Measured on bug reports
// and forum posts: one mark for each technical part, or a quarter of their
// shingles, finds fewer changed messages, up to 4 in 100, and takes more
// different ones for the same: logs tell more than the sentence above them.)
// For the length, though, a link counts two fifths of its letters: bare links
// of one site, all alike but for a number, are mostly too short to be compared.
// With all of its letters a developer forum had 16 times as many false matches.
//
// A text with more than kShinglesMax different shingles is stood for by those
// of the least hashes (bottom-k: Thorup, "Bottom-k and priority sampling",
// 2013), so that MinHash costs the same for every longer text.
#include "server/text/fingerprint.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "server/text/fold.h"
#include "server/text/mix.h"

namespace levee::text {
namespace {

// Never to be changed, as kFingerprintVersion says. Constants of wyhash (Wang
// Yi, 2019).
constexpr uint64_t kSecret1 = 0xA0761D6478BD642F;
constexpr uint64_t kSecret2 = 0xE7037ED1A0B428DB;

// Shingles that MinHash is made of, at most.
constexpr size_t kShinglesMax = 1024;
// Different shingles that tell enough to compare: of 64 sorts.
constexpr int kVarietyMin = 8;
// Places for shingles that were met lately.
constexpr size_t kMetPlaces = 1024;
// For the length, so many letters of a link count as two.
constexpr size_t kLinkLetters = 5;
// What a number is in a shingle.
constexpr char32_t kNumberMark = '0';
// The letters that digits may stand for.
constexpr std::u32string_view kDigitLetters = U"oizeasbtbg";

// Both halves of the product, folded.
uint64_t Multiply(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Never 0.
uint64_t HashOf(absl::Span<const char32_t> text) {
  const auto two = [&](size_t at) {
    const uint64_t low = at < text.size() ? text[at] : 0;
    const uint64_t high = at + 1 < text.size() ? text[at + 1] : 0;
    return high << 32 | low;
  };
  uint64_t hash = Mix(text.size());
  for (size_t at = 0; at < text.size(); at += 4) {
    hash = Multiply(two(at) ^ kSecret1, two(at + 2) ^ hash ^ kSecret2);
  }
  hash = Mix(hash);
  return hash == 0 ? 1 : hash;
}

// Grows only: what is there is written before it is read.
template <typename Item>
void MakeRoom(size_t items, std::vector<Item>* room) {
  if (room->size() < items) room->resize(items);
}

// Keeps the kShinglesMax different ones of the least hashes, sorting now and
// then.
class Shingles {
 public:
  // As many as `shingles_max` may come.
  Shingles(size_t shingles_max, FingerprintScratch* scratch) {
    MakeRoom(std::min(shingles_max, kRoom), &scratch->shingles);
    kept_ = scratch->shingles.data();
    if (shingles_max <= kShinglesMax) return;
    scratch->met.assign(kMetPlaces, 0);
    met_ = scratch->met.data();
  }

  void Add(uint64_t hash) {
    variety_ |= uint64_t{1} << (hash >> 58);
    if (met_ != nullptr && !IsWanted(hash)) return;
    kept_[size_++] = hash;
  }

  absl::Span<const uint64_t> Finish() {
    if (size_ > kShinglesMax) Shrink();
    return {kept_, size_};
  }

  bool IsVaried() const { return std::popcount(variety_) >= kVarietyMin; }

 private:
  static constexpr size_t kRoom = 2 * kShinglesMax;

  // In long texts, which repeat themselves.
  bool IsWanted(uint64_t hash) {
    if (hash > most_) return false;
    uint64_t& met = met_[hash % kMetPlaces];
    if (met == hash) return false;
    met = hash;
    if (size_ == kRoom) Shrink();
    return true;
  }

  void Shrink() {
    std::sort(kept_, kept_ + size_);
    size_ = std::unique(kept_, kept_ + size_) - kept_;
    if (size_ <= kShinglesMax) return;
    size_ = kShinglesMax;
    most_ = kept_[size_ - 1];
  }

  uint64_t* kept_;
  size_t size_ = 0;
  // Null in short texts.
  uint64_t* met_ = nullptr;
  // No greater hash is wanted any more.
  uint64_t most_ = UINT64_MAX;
  // The sorts of hashes that were met.
  uint64_t variety_ = 0;
};

// Reads the message's parts in order.
class Reader {
 public:
  // `letters_max`: as many letters may come.
  Reader(size_t letters_max, FingerprintScratch* scratch)
      : shingles_(letters_max, scratch) {
    MakeRoom(letters_max, &scratch->text);
    text_ = scratch->text.data();
  }

  void Read(const Normalised& normalised) {
    const char32_t* const letters = normalised.letters.data();
    for (const Word& word : normalised.words) {
      const absl::Span<const char32_t> said(letters + word.begin,
                                            word.end - word.begin);
      switch (word.kind) {
        case WordKind::kStop:
        case WordKind::kPause:
          CountGap();
          break;
        case WordKind::kHan:
          ReadHan(said);
          break;
        case WordKind::kOther:
          ReadOther(normalised.points, word.first, word.last);
          break;
        default:
          ReadWord(said, word.kind);
      }
    }
  }

  Fingerprint Finish() {
    Fingerprint made;
    if (size_ > 0) made.exact = HashOf({text_, size_});
    if (tokens_ > 2 && last_ - second_ >= kInnerLettersMin) {
      made.inner = HashOf({text_ + second_, last_ - second_});
    }
    made.length = static_cast<uint32_t>(
        size_ - link_letters_ + 2 * link_letters_ / kLinkLetters + gaps_);
    if (!shingles_.IsVaried()) {
      made.length = std::min(made.length, kAlikeLengthMin - 1);
    }
    made.minhash = MinHashOf(shingles_.Finish());
    return made;
  }

 private:
  void ReadHan(absl::Span<const char32_t> letters) {
    for (const char32_t letter : letters) {
      BeginToken();
      text_[size_++] = letter;
      ChainHan(letter);
    }
  }

  void ReadWord(absl::Span<const char32_t> letters, WordKind kind) {
    if (letters.empty()) return;
    CountGap();
    BeginToken();
    std::copy(letters.begin(), letters.end(), text_ + size_);
    size_ += letters.size();
    if (kind == WordKind::kEmoji) return;
    if (kind == WordKind::kNumber) {
      Chain(kNumberMark);
      return;
    }
    for (const char32_t letter : letters) Chain(letter);
  }

  // What is no language; quotes and signatures are passed over.
  void ReadOther(const std::vector<Point>& points, uint32_t first,
                 uint32_t last) {
    bool in_token = false;
    for (uint32_t i = first; i < last; ++i) {
      const Point& point = points[i];
      if ((point.place != Place::kTechnical && point.place != Place::kLink) ||
          point.what == PointClass::kSpace ||
          point.what == PointClass::kLineEnd) {
        in_token = false;
        continue;
      }
      if (!in_token) {
        CountGap();
        BeginToken();
      }
      in_token = true;
      text_[size_++] = point.value;
      ChainOther(points, i);
    }
  }

  void ChainOther(const std::vector<Point>& points, uint32_t at) {
    const Point& point = points[at];
    link_letters_ += point.place == Place::kLink ? 1 : 0;
    switch (point.what) {
      case PointClass::kHan:
        ChainHan(point.value);
        break;
      case PointClass::kLatin:
      case PointClass::kLetter:
        Chain(point.value);
        break;
      case PointClass::kDigit:
        if (IsAt(points, at, -1, PointClass::kLatin) ||
            IsAt(points, at, 1, PointClass::kLatin)) {
          Chain(LetterOf(point.value));
        } else if (!IsAt(points, at, -1, PointClass::kDigit)) {
          Chain(kNumberMark);
        }
        break;
      default:
        break;
    }
  }

  static bool IsAt(const std::vector<Point>& points, uint32_t at, int offset,
                   PointClass what) {
    // Before the first it is beyond the last.
    const size_t place = at + static_cast<size_t>(offset);
    return place < points.size() && points[place].what == what;
  }

  static char32_t LetterOf(char32_t digit) {
    return digit >= '0' && digit <= '9' ? kDigitLetters[digit - '0'] : digit;
  }

  // Latin-1 to Latin Extended-B, and Latin Extended Additional.
  static bool IsMarkedLatin(char32_t letter) {
    return (letter >= 0xC0 && letter < 0x250) ||
           (letter >= 0x1E00 && letter < 0x1F00);
  }

  void ChainHan(char32_t letter) {
    const uint64_t pair = uint64_t{han_} << 32 | letter;
    if (han_ != 0) shingles_.Add(Mix(pair * kSecret1));
    han_ = letter;
  }

  // The next of the chain of all but Han: 16 bits each. Marks on Latin letters
  // are left out, and so is '*', which may stand for a letter or part two; a 1
  // may stand for either of i and l.
  void Chain(char32_t next) {
    if (next == '*') return;
    rest_ = rest_ << 16 | Link(next);
    if (rest_ >> 48 != 0) shingles_.Add(Mix(rest_));
  }

  // 16 bits of a letter.
  uint64_t Link(char32_t letter) const {
    if (letter == 'l') return 'i';
    if (letter < 0x80) return letter;
    if (IsMarkedLatin(letter)) {
      const char bare = fold_.Bare(letter);
      if (bare != 0) return static_cast<unsigned char>(bare);
    }
    return (letter ^ letter >> 16 << 5) & 0xFFFF;
  }

  void CountGap() { gaps_ += size_ > 0 ? 1 : 0; }

  void BeginToken() {
    if (tokens_ == 1) second_ = size_;
    last_ = size_;
    ++tokens_;
  }

  const FoldTable& fold_ = FoldTable::Get();
  Shingles shingles_;
  // All that was read, without what stands between it.
  char32_t* text_;
  size_t size_ = 0;
  size_t link_letters_ = 0;
  size_t gaps_ = 0;
  size_t tokens_ = 0;
  // Where the second and the last token begin.
  size_t second_ = 0;
  size_t last_ = 0;
  // The chains' last ones.
  char32_t han_ = 0;
  uint64_t rest_ = 0;
};

}  // namespace

Fingerprint FingerprintOf(const Normalised& normalised,
                          FingerprintScratch* scratch) {
  Reader reader(normalised.points.size() + normalised.letters.size(), scratch);
  reader.Read(normalised);
  return reader.Finish();
}

}  // namespace levee::text
