#include "server/text/tally.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace levee::text {
namespace {

using Letters = absl::Span<const char32_t>;

// In steps of Evidence. A word speaks for meaning from kMeaningAt on, and for
// mash with kWordMashMax at most.
constexpr int32_t kMeaningAt = 30;
constexpr int32_t kWordMashMax = 800;
// A link, an address, code.
constexpr int32_t kLooksUp = 1000;
// A word in another script.
constexpr int32_t kOtherScript = 400;
// "f**k"
constexpr int32_t kMasked = 60;
// Han: 78 steps are as sure as 130 of Latin letters.
constexpr int32_t kHanOver = 5;
constexpr int32_t kHanUnder = 3;
// 是否
constexpr int32_t kFunctionMeaning = 40;
// An abbreviation, as likely as not: half of what it says for mash counts.
constexpr uint32_t kAbbreviation = 3;
constexpr size_t kMixedLettersMin = 4;
constexpr size_t kPhraseRunMax = 24;

// One of these again and again is pressing, not empty.
constexpr std::u32string_view kPressing =
    U"急快卡慢退催救求黑断掉等停贵烂差坏死错挂崩炸烦滚骗";

// What ends a phrase, or is drawn out.
constexpr std::u32string_view kParticles =
    U"了吧呢吗吖呀哟啊啦哦噢嗯额呃哈呵嘿嘻";

// Digits that only count or repeat: 1, 111, 12345, 321, 123123.
bool SayNothing(std::string_view digits) {
  if (digits.size() < 2) return true;
  const auto steps_by = [&](int step, size_t period) {
    for (size_t i = 1; i < digits.size(); ++i) {
      if (i % period == 0) {
        if (digits[i] != digits[0]) return false;
      } else if ((digits[i] - digits[i - 1] - step) % 10 != 0) {
        return false;
      }
    }
    return true;
  };
  const size_t size = digits.size();
  if (steps_by(0, size)) return true;
  for (size_t period = 3; period <= size; ++period) {
    if (size % period == 0 && (steps_by(1, period) || steps_by(-1, period))) {
      return true;
    }
  }
  // Two digits in turn: 121212.
  if (size < 6) return false;
  for (size_t i = 2; i < size; ++i) {
    if (digits[i] != digits[i - 2]) return false;
  }
  return true;
}

class Reader {
 public:
  Reader(const Normalised& message, const LatinModel& latin,
         const HanModel& han, const Fillers& fillers)
      : message_(message), latin_(latin), han_(han), fillers_(fillers) {}

  Tally Read() {
    for (const Word& word : message_.words) {
      ReadWord(word);
      if (tally_.meaning >= kMeaningEnough &&
          kMeaningWeight * tally_.meaning > tally_.mash()) {
        break;
      }
    }
    tally_.numbers_say_nothing =
        !number_says_something_ ||
        (!digits_partial_ && SayNothing({digits_.data(), digits_size_}));
    return tally_;
  }

 private:
  Letters Of(const Word& word) const {
    return absl::MakeConstSpan(message_.letters)
        .subspan(word.begin, word.end - word.begin);
  }

  void ReadWord(const Word& word) {
    switch (word.kind) {
      case WordKind::kStop:
      case WordKind::kPause:
      case WordKind::kEmoji:
        return;
      case WordKind::kOther:
        return Other(word);
      case WordKind::kLatin:
        Latin(Of(word));
        break;
      case WordKind::kHan:
        Han(Of(word));
        break;
      case WordKind::kLetters:
        OtherScript(Of(word));
        break;
      case WordKind::kMixed:
        Mixed(word);
        break;
      case WordKind::kNumber:
        Number(Of(word));
        break;
    }
    ++tally_.words;
    if (tally_.first == tally_.last) tally_.first = word.first;
    tally_.last = word.last;
  }

  // Neither quotes nor signatures say anything here.
  void Other(const Word& word) {
    for (uint32_t i = word.first; i < word.last; ++i) {
      const Point& point = message_.points[i];
      if ((point.place == Place::kTechnical || point.place == Place::kLink) &&
          IsLetterOrDigit(point)) {
        tally_.meaning += kLooksUp;
        return;
      }
    }
  }

  static bool IsLetterOrDigit(const Point& point) {
    return point.what == PointClass::kLatin || point.what == PointClass::kHan ||
           point.what == PointClass::kLetter ||
           point.what == PointClass::kDigit;
  }

  void Number(Letters letters) {
    tally_.has_number = true;
    const size_t begin = digits_size_;
    for (const char32_t digit : letters) {
      if (digit < '0' || digit > '9') {
        // 1,234.56 or 12:34.
        number_says_something_ = digits_partial_ = true;
        return;
      }
      if (digits_size_ == digits_.size()) {
        digits_partial_ = true;
        number_says_something_ |= !AllSame(letters);
        return;
      }
      digits_[digits_size_++] = static_cast<char>(digit);
    }
    number_says_something_ |=
        !SayNothing({digits_.data() + begin, digits_size_ - begin});
  }

  void Role(FillerRole role) { ++tally_.roles[static_cast<size_t>(role)]; }

  // True where the word is known to say nothing.
  bool Known(Letters letters) {
    const FillerRole role = fillers_.Find(letters).role;
    if (role == FillerRole::kNone) return false;
    Role(role);
    return true;
  }

  void Latin(Letters letters) {
    // Without marks, and once more with each held letter but once.
    std::array<char32_t, 32> plain;
    std::array<char32_t, 32> single;
    size_t size = 0;
    size_t singles = 0;
    for (size_t i = 0; i < letters.size() && size + 1 < plain.size(); ++i) {
      uint8_t out[2];
      const int count = latin_.Letters(letters[i], out);
      for (int k = 0; k < count; ++k) {
        const char32_t letter = U'a' + out[k] - 1;
        if (size == 0 || plain[size - 1] != letter) single[singles++] = letter;
        plain[size++] = letter;
      }
    }
    const Letters word(plain.data(), size);
    if (KnownLatin(word)) return;
    if (size > 1 && singles == 1) {
      return Role(size == 2 ? FillerRole::kCompanion : FillerRole::kNoise);
    }
    if (singles + 1 < size && Known({single.data(), singles})) return;
    if (Syllables(letters, word)) return;
    Weigh(latin_.Judge(letters), letters.size() > 1);
  }

  bool KnownLatin(Letters word) {
    const FillerRole role = fillers_.Find(word).role;
    if (role == FillerRole::kNone) return false;
    if (role == FillerRole::kCompanion || role == FillerRole::kFunction) {
      const int32_t steps = latin_.Judge(word).steps;
      if (steps < -kMeaningAt) tally_.companions_meaning -= steps;
    }
    Role(role);
    return true;
  }

  // "lalala", "asdasdasd", "testtesttest": three times the same or more.
  bool Syllables(Letters letters, Letters start) {
    for (size_t period = 2; period <= 4; ++period) {
      if (letters.size() < 3 * period || start.size() < 2 * period) continue;
      bool repeats = true;
      for (size_t i = period; i < letters.size() && repeats; ++i) {
        repeats = letters[i] == letters[i - period];
      }
      if (!repeats) continue;
      const Letters unit = start.subspan(0, period);
      if (Laughter(unit)) {
        Role(FillerRole::kFiller);
        return true;
      }
      if (Known(unit)) return true;
      if (latin_.Judge(unit).steps < -kMeaningAt) return false;
      Role(FillerRole::kNoise);
      return true;
    }
    return false;
  }

  static bool Laughter(Letters unit) {
    static constexpr std::u32string_view kLaughs[] = {
        U"ha", U"ah", U"he", U"eh", U"hi", U"ih", U"ho", U"oh",
        U"ja", U"aj", U"je", U"lo", U"xd", U"rs", U"hue"};
    const std::u32string_view said(unit.data(), unit.size());
    return std::find(std::begin(kLaughs), std::end(kLaughs), said) !=
           std::end(kLaughs);
  }

  // Letters among digits: "k8s" and "10gb" say something, "test1" does not.
  void Mixed(const Word& word) {
    std::array<char32_t, 64> letters;
    std::array<char, 64> digits;
    size_t size = 0;
    size_t digits_size = 0;
    bool masked = false;
    for (uint32_t i = word.first; i < word.last; ++i) {
      const Point& point = message_.points[i];
      masked |= point.value == '*';
      if (point.what == PointClass::kLatin && size < letters.size()) {
        letters[size++] = point.value;
      }
      if (point.what == PointClass::kDigit && digits_size < digits.size()) {
        digits[digits_size++] = static_cast<char>(point.value);
      }
    }
    if (masked) return Weigh({-kMasked, 0}, true);
    const Letters own(letters.data(), size);
    const FillerRole role = fillers_.Find(own).role;
    if ((role == FillerRole::kTest || role == FillerRole::kNoise) &&
        SayNothing({digits.data(), digits_size})) {
      return Role(role);
    }
    Evidence evidence = latin_.Judge(own);
    evidence.steps = std::min(evidence.steps, latin_.Judge(Of(word)).steps);
    Weigh(evidence, size >= kMixedLettersMin);
  }

  void OtherScript(Letters letters) {
    if (Known(letters)) return;
    if (letters.size() > 2 && AllSame(letters)) {
      return Role(FillerRole::kNoise);
    }
    tally_.meaning += kOtherScript;
  }

  static bool AllSame(Letters letters) {
    return std::all_of(letters.begin(), letters.end(),
                       [&](char32_t c) { return c == letters[0]; });
  }

  void Han(Letters run) {
    if (run.size() > 2 && AllSame(run)) return SameHan(run);
    if (run.size() <= kPhraseRunMax && Phrases(run)) return;
    Evidence evidence = han_.Judge(run);
    evidence.steps = evidence.steps * kHanOver / kHanUnder;
    Weigh(evidence, run.size() > 1, /*han=*/true);
  }

  void SameHan(Letters run) {
    if (kPressing.find(run[0]) != std::u32string_view::npos) {
      tally_.meaning += kMeaningAt;
      return;
    }
    const FillerRole role = fillers_.Find(run.subspan(0, 1)).role;
    if (role != FillerRole::kNone && role != FillerRole::kCompanion) {
      return Role(role);
    }
    if (run.size() > 3) return Role(FillerRole::kNoise);
    ++tally_.unknown;
  }

  // True where phrases that say nothing make up the whole run.
  bool Phrases(Letters run) {
    if (run.size() == 2 && run[0] == run[1]) return Known(run.subspan(0, 1));
    std::array<FillerRole, kPhraseRunMax> roles;
    size_t count = 0;
    for (size_t at = 0; at < run.size();) {
      const auto [size, word] = fillers_.FindPrefix(run.subspan(at));
      if (word.role == FillerRole::kNone) return false;
      // 行 alone is an answer; 并行 is a word of its own.
      if (size == 1 && run.size() > 1 && word.role != FillerRole::kCompanion &&
          word.role != FillerRole::kFunction &&
          kParticles.find(run[at]) == std::u32string_view::npos) {
        return false;
      }
      roles[count++] = word.role;
      at += size;
    }
    for (size_t i = 0; i < count; ++i) {
      Role(roles[i]);
      if (roles[i] == FillerRole::kFunction) {
        tally_.companions_meaning += kFunctionMeaning;
      }
    }
    return true;
  }

  // `counts`: it is long enough to speak for mash.
  void Weigh(Evidence evidence, bool counts, bool han = false) {
    if (evidence.steps < -kMeaningAt) {
      tally_.meaning -= evidence.steps;
    } else if (evidence.steps > 0 && counts) {
      if (!han && evidence.letters <= kAbbreviation) evidence.steps /= 2;
      (han ? tally_.han_mash : tally_.latin_mash) +=
          std::min(evidence.steps, kWordMashMax);
      (han ? tally_.han_letters : tally_.latin_letters) += evidence.letters;
    } else {
      tally_.doubt += std::max(-evidence.steps, 0);
      ++tally_.unknown;
    }
  }

  const Normalised& message_;
  const LatinModel& latin_;
  const HanModel& han_;
  const Fillers& fillers_;
  Tally tally_;
  // The digits of all numbers, as many as there is room for.
  std::array<char, 64> digits_{};
  size_t digits_size_ = 0;
  bool digits_partial_ = false;
  bool number_says_something_ = false;
};

}  // namespace

Tally TallyWords(const Normalised& message, const LatinModel& latin,
                 const HanModel& han, const Fillers& fillers) {
  return Reader(message, latin, han, fillers).Read();
}

}  // namespace levee::text
