#include "server/text/contacts.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace levee::text {
namespace {

// Points that may stand between a cue and a handle.
constexpr uint32_t kBetweenMax = 20;
// Of them, Han that say nothing known ("微信联系小李：").
constexpr uint32_t kHanBetweenMax = 4;
constexpr uint32_t kNameMin = 5;
constexpr uint32_t kNameMax = 40;
constexpr uint32_t kQqDigitsMin = 5;
constexpr uint32_t kPhoneDigitsMin = 7;
// Digits each with something between them, from which on it was done to hide
// them.
constexpr uint32_t kSpacedMin = 4;

constexpr std::u32string_view kHanDigits =
    U"〇零一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖";

bool IsHanDigit(char32_t point) {
  return kHanDigits.find(point) != std::u32string_view::npos;
}
bool IsDigit(char32_t point) { return point >= '0' && point <= '9'; }
bool IsLetter(char32_t point) { return point >= 'a' && point <= 'z'; }
// What is typed for 0 and 1.
bool IsFalseDigit(char32_t point) {
  return point == 'o' || point == 'l' || point == 'i';
}

// One step through the digits of a number.
struct Digits {
  uint32_t all = 0;
  uint32_t hidden = 0;
  uint32_t groups = 1;
  // Groups of one digit.
  uint32_t single = 0;
  uint32_t group = 0;
};

class NumberReader {
 public:
  NumberReader(const Normalised& message, uint32_t at)
      : points_(message.points), at_(at) {}

  // Reads as far as digits go; the place behind the last one.
  uint32_t Read() {
    if (at_ < points_.size() && points_[at_].value == '+') ++at_;
    uint32_t last = at_;
    while (at_ < points_.size() && digits_.all <= kContactDigitsMax) {
      if (!Take()) {
        if (digits_.all == 0 || !PassSeparator()) break;
        continue;
      }
      last = ++at_;
    }
    EndGroup();
    return last;
  }

  const Digits& digits() const { return digits_; }
  bool disguised() const {
    return digits_.hidden > 0 ||
           (digits_.single >= kSpacedMin && 2 * digits_.single > digits_.all);
  }

 private:
  bool DigitBeside(uint32_t at) const {
    return (at > 0 && IsDigit(points_[at - 1].value)) ||
           (at + 1 < points_.size() && IsDigit(points_[at + 1].value)) ||
           // "OOOO" in a number: as far as the last digit read.
           (digits_.group > 0 && digits_.all >= 2);
  }

  bool Take() {
    const Point& point = points_[at_];
    const bool han = IsHanDigit(point.value);
    const bool letter = IsFalseDigit(point.value) && DigitBeside(at_);
    if (!IsDigit(point.value) && !han && !letter) return false;
    ++digits_.all;
    ++digits_.group;
    digits_.hidden += han || letter || point.disguised ? 1 : 0;
    return true;
  }

  void EndGroup() {
    digits_.single += digits_.group == 1 ? 1 : 0;
    digits_.group = 0;
  }

  // Passes what may stand between two digits, where another one follows.
  bool PassSeparator() {
    uint32_t next = at_;
    while (next < points_.size() && next < at_ + 3) {
      const char32_t value = points_[next].value;
      if (value != ' ' && value != '-' && value != '.' && value != '(' &&
          value != ')' && value != 0xB7) {
        break;
      }
      ++next;
    }
    if (next == at_ || next == points_.size() ||
        (!IsDigit(points_[next].value) && !IsHanDigit(points_[next].value) &&
         !(IsFalseDigit(points_[next].value) && DigitBeside(next)))) {
      return false;
    }
    EndGroup();
    ++digits_.groups;
    at_ = next;
    return true;
  }

  const std::vector<Point>& points_;
  uint32_t at_;
  Digits digits_;
};

// A name: Latin letters, digits, "_", "-", ".".
struct Name {
  uint32_t last = 0;
  uint32_t digits = 0;
  uint32_t letters = 0;
  uint32_t marks = 0;
};

Name ReadName(const Normalised& message, uint32_t at) {
  Name name;
  const uint32_t end = std::min<size_t>(message.points.size(), at + kNameMax);
  uint32_t marks = 0;
  name.last = at;
  for (; at < end; ++at) {
    const char32_t value = message.points[at].value;
    if (IsLetter(value)) {
      ++name.letters;
    } else if (IsDigit(value)) {
      ++name.digits;
    } else if (value == '_' || value == '-' || value == '.') {
      ++marks;
      continue;
    } else {
      break;
    }
    // Marks count within a name alone.
    name.marks = marks;
    name.last = at + 1;
  }
  return name;
}

// What stands between cue and handle.
struct Between {
  bool colon = false;
  bool at_sign = false;
  uint32_t han = 0;
};

constexpr std::u32string_view kHanBetween = U"号是为同或和及加客服联系人我的群";
constexpr std::u32string_view kLatinBetween[] = {
    U"is",      U"me",    U"on",   U"at",  U"us",     U"number",
    U"no",      U"id",    U"only", U"or",  U"and",    U"here",
    U"account", U"qq",    U"vx",   U"wx",  U"wechat", U"call",
    U"contact", U"group", U"my",   U"our", U"now",    U"free"};

// Whether the Latin word at `at` may stand there; its size.
uint32_t FillerSize(const Normalised& message, uint32_t at) {
  uint32_t size = 0;
  while (at + size < message.points.size() && size < 10 &&
         IsLetter(message.points[at + size].value)) {
    ++size;
  }
  for (const std::u32string_view word : kLatinBetween) {
    if (word.size() != size) continue;
    uint32_t same = 0;
    while (same < size && message.points[at + same].value == word[same]) ++same;
    if (same == size) return size;
  }
  return 0;
}

// Passes one point or word; 0 where a handle must begin here.
uint32_t PassBetween(const Normalised& message, uint32_t at, Between* between) {
  const Point& point = message.points[at];
  if (IsDigit(point.value) || IsHanDigit(point.value) || point.value == '+') {
    return 0;
  }
  if (IsLetter(point.value)) return FillerSize(message, at);
  if (point.value == '@') between->at_sign = true;
  if (point.value == ':') between->colon = true;
  if (point.what == PointClass::kHan &&
      kHanBetween.find(point.value) == std::u32string_view::npos) {
    ++between->han;
  }
  return 1;
}

bool IsHandle(const Name& name, HandleKind kind, const Between& between) {
  const uint32_t size = name.letters + name.digits + name.marks;
  if (name.letters == 0 || size < kNameMin) return false;
  if (between.at_sign) return true;
  if (kind == HandleKind::kNumber) return false;
  if (between.colon) return name.digits + name.marks > 0 || size <= 20;
  if (kind == HandleKind::kMarked) return name.digits > 0 && name.letters > 2;
  return name.digits + name.marks > 0 || between.han == 0;
}

bool ReadHandle(const Normalised& message, uint32_t at, HandleKind kind,
                const Between& between, Contact* contact) {
  const Name name = ReadName(message, at);
  if (IsHandle(name, kind, between)) {
    contact->first = at;
    contact->last = name.last;
    return true;
  }
  return ReadNumber(message, at,
                    kind == HandleKind::kAny ? kQqDigitsMin : kPhoneDigitsMin,
                    contact);
}

}  // namespace

bool ReadNumber(const Normalised& message, uint32_t at, uint32_t digits_min,
                Contact* contact) {
  NumberReader reader(message, at);
  const uint32_t last = reader.Read();
  if (reader.digits().all < digits_min ||
      reader.digits().all > kContactDigitsMax) {
    return false;
  }
  contact->first = at;
  contact->last = last;
  contact->disguised = reader.disguised();
  return true;
}

bool FindContact(const Normalised& message, uint32_t from, HandleKind kind,
                 Contact* contact) {
  *contact = Contact{};
  Between between;
  const uint32_t end =
      std::min<size_t>(message.points.size(), from + kBetweenMax);
  for (uint32_t at = from; at < end;) {
    const Place place = message.points[at].place;
    if (place == Place::kQuoted || place == Place::kLink ||
        (at >= message.body_first) != (from >= message.body_first)) {
      return false;
    }
    const uint32_t passed = PassBetween(message, at, &between);
    if (passed == 0) return ReadHandle(message, at, kind, between, contact);
    if (between.han > kHanBetweenMax) return false;
    at += passed;
  }
  return false;
}

}  // namespace levee::text
