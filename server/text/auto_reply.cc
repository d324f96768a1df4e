#include "server/text/auto_reply.h"

#include <algorithm>
#include <cstddef>

#include "server/text/auto_headers.h"
#include "server/text/model_file.h"

namespace levee::text {
namespace {

// The kinds of models/auto_subject.lexicon, in the order of kSubjectNames.
enum class SubjectKind : uint8_t {
  kAuto,
  kAbsent,
  kBounce,
  kAck,
  kReply,
  // None of them.
  kOther,
};
constexpr std::string_view kSubjectNames[] = {"auto", "absent", "bounce", "ack",
                                              "reply"};

// The same of models/auto_body.lexicon.
enum class BodyKind : uint8_t {
  kAbsent,
  kBounce,
  kAck,
  kBack,
  kAccess,
  kRobot
};
constexpr std::string_view kBodyNames[] = {"absent", "bounce", "ack",
                                           "back",   "access", "robot"};

class BodyKinds {
 public:
  void Add(BodyKind kind) { bits_ |= 1 << static_cast<int>(kind); }
  bool Holds(BodyKind kind) const {
    return (bits_ >> static_cast<int>(kind) & 1) != 0;
  }
  bool SaySomething() const {
    return Holds(BodyKind::kAbsent) || Holds(BodyKind::kBounce) ||
           Holds(BodyKind::kAck);
  }

 private:
  uint32_t bits_ = 0;
};

// Where a machine says what it is: so many sentences, a greeting being one.
constexpr uint32_t kHeadSentences = 3;
constexpr uint32_t kHeadWordsMax = 60;
// Where it says the rest.
constexpr uint32_t kWordsMax = 160;
// What stands before the subject: Re:, [Ticket 17].
constexpr uint32_t kPrefixWordsMax = 12;
constexpr int kMatchesMax = 32;

// A first sentence that is no longer is a greeting or a headline.
constexpr uint32_t kGreetingPointsMax = 24;

// What a message says of itself.
struct Saying {
  // What the subject begins with, and where a colon or nothing must stand
  // behind it, does.
  SubjectKind subject = SubjectKind::kOther;
  bool colon = false;
  // Two machines' subjects, one before the other.
  bool twice = false;
  // Of the first sentence; of the first few; of these and what follows.
  BodyKinds first;
  BodyKinds head;
  BodyKinds body;
  bool body_empty = true;
  bool asks = false;
  Span subject_span;
  Span body_span;
};

class Reader {
 public:
  Reader(const Normalised& message, const PhraseBook& subjects,
         const PhraseBook& bodies)
      : message_(message),
        words_(message.words),
        subjects_(subjects),
        bodies_(bodies) {}

  Saying Read() {
    while (body_ < words_.size() && words_[body_].last <= message_.body_first) {
      ++body_;
    }
    ReadSubject();
    FindSentences();
    ReadBody();
    return saying_;
  }

 private:
  void ReadSubject();
  // True where the subject has been understood.
  bool ReadSubjectPhrase(const PhraseMatch& match);
  void FindSentences();
  void ReadBody();
  void ReadBodyPhrase(const PhraseMatch& match);
  // Whether a sentence or a clause begins at the point.
  bool BeginsClause(uint32_t point) const;

  // Whether the subject ends at `place`, or goes on behind a colon.
  bool Ends(PhrasePlace place) const {
    return place.word >= body_ ||
           (place.letter == 0 && words_[place.word].kind == WordKind::kStop);
  }
  bool GoesOn(PhrasePlace place) const {
    return !Ends(place) && place.letter == 0 &&
           words_[place.word].kind == WordKind::kPause &&
           message_.points[words_[place.word].first].value == ':';
  }

  const Normalised& message_;
  const std::vector<Word>& words_;
  const PhraseBook& subjects_;
  const PhraseBook& bodies_;
  // The body's first word, and those behind its first sentence and its first
  // few.
  uint32_t body_ = 0;
  uint32_t first_end_ = 0;
  uint32_t head_end_ = 0;
  Saying saying_;
};

void Reader::ReadSubject() {
  PhrasePlace place;
  PhraseMatch match;
  for (uint32_t i = 0; i < kPrefixWordsMax && place.word < body_; ++i) {
    const WordKind kind = words_[place.word].kind;
    if (kind == WordKind::kPause || kind == WordKind::kStop ||
        kind == WordKind::kNumber || kind == WordKind::kOther) {
      place = {place.word + 1, 0};
      continue;
    }
    if (!subjects_.FindAt(message_, place, &match) ||
        ReadSubjectPhrase(match)) {
      return;
    }
    place = match.end;
  }
}

bool Reader::ReadSubjectPhrase(const PhraseMatch& match) {
  const auto kind = static_cast<SubjectKind>(match.kind);
  if (kind == SubjectKind::kReply) return false;
  if (saying_.subject == SubjectKind::kAuto) {
    saying_.twice = kind == SubjectKind::kAuto;
    return true;
  }
  const bool colon = GoesOn(match.end);
  // "We have received your request" and "Undelivered mail" go on as they like.
  if (kind != SubjectKind::kAck && kind != SubjectKind::kBounce && !colon &&
      !Ends(match.end)) {
    return true;
  }
  saying_.subject = kind;
  saying_.colon = colon;
  saying_.subject_span = message_.SpanOf(match.first, match.last);
  return kind != SubjectKind::kAuto;
}

void Reader::FindSentences() {
  uint32_t sentences = 0;
  uint32_t at = body_;
  first_end_ = body_;
  for (; at < words_.size() && at < body_ + kHeadWordsMax; ++at) {
    if (words_[at].kind != WordKind::kStop) {
      saying_.body_empty = false;
      continue;
    }
    if (saying_.body_empty) continue;
    ++sentences;
    const bool greeting =
        sentences == 1 &&
        words_[at].first - words_[body_].first <= kGreetingPointsMax;
    if (first_end_ == body_ && !greeting) first_end_ = at;
    if (sentences == kHeadSentences) break;
  }
  if (first_end_ == body_) first_end_ = at;
  head_end_ = at;
}

void Reader::ReadBody() {
  const uint32_t all =
      std::min<size_t>(words_.size(), size_t{body_} + kWordsMax);
  PhrasePlace place = {body_, 0};
  PhraseMatch match;
  for (int i = 0; i < kMatchesMax; ++i) {
    // What confirms is looked for where there is something to confirm.
    const bool more =
        saying_.subject != SubjectKind::kOther || saying_.head.SaySomething();
    if (!bodies_.Find(message_, place, more ? all : head_end_, &match)) break;
    ReadBodyPhrase(match);
    place = match.end;
  }
  if (saying_.subject == SubjectKind::kOther && !saying_.head.SaySomething()) {
    return;
  }
  for (uint32_t at = body_; at < all && !saying_.asks; ++at) {
    if (words_[at].kind != WordKind::kStop) continue;
    const char32_t value = message_.points[words_[at].first].value;
    saying_.asks = value == '?' || value == 0xFF1F;
  }
}

bool Reader::BeginsClause(uint32_t point) const {
  const std::vector<Point>& points = message_.points;
  while (point > message_.body_first &&
         points[point - 1].what == PointClass::kSpace) {
    --point;
  }
  if (point == message_.body_first) return true;
  const Point& before = points[point - 1];
  return before.what == PointClass::kLineEnd ||
         before.what == PointClass::kStop || before.value == ',' ||
         before.value == 0x3001;
}

void Reader::ReadBodyPhrase(const PhraseMatch& match) {
  const auto kind = static_cast<BodyKind>(match.kind);
  // What a machine says it says outright; people quote it.
  if (kind == BodyKind::kAck && !BeginsClause(match.first)) return;
  saying_.body.Add(kind);
  if (match.end.word <= first_end_) saying_.first.Add(kind);
  if (match.end.word > head_end_) return;
  if (kind <= BodyKind::kAck && !saying_.head.SaySomething()) {
    saying_.body_span = message_.SpanOf(match.first, match.last);
  }
  saying_.head.Add(kind);
}

// The kind that the words name, where a header has said that a machine wrote
// them.
AutoReplyKind Named(const Saying& saying) {
  if (saying.subject == SubjectKind::kBounce ||
      saying.head.Holds(BodyKind::kBounce)) {
    return AutoReplyKind::kDeliveryFailure;
  }
  if (saying.subject == SubjectKind::kAbsent ||
      saying.head.Holds(BodyKind::kAbsent)) {
    return AutoReplyKind::kOutOfOffice;
  }
  return AutoReplyKind::kNone;
}

bool IsBounce(const Saying& saying) {
  return saying.subject == SubjectKind::kBounce &&
         (saying.body_empty || saying.first.Holds(BodyKind::kBounce));
}

bool IsAbsence(const Saying& saying) {
  const bool absent = saying.head.Holds(BodyKind::kAbsent);
  const bool back = saying.body.Holds(BodyKind::kBack);
  const bool access = saying.body.Holds(BodyKind::kAccess) ||
                      saying.body.Holds(BodyKind::kRobot);
  if (saying.asks && !saying.colon) return false;
  if (saying.subject == SubjectKind::kAuto) return absent || (back && access);
  if (saying.asks) return false;
  if (saying.subject == SubjectKind::kAbsent) {
    return absent ? back || access : back && access;
  }
  return absent && back && access;
}

bool IsAcknowledgement(const Saying& saying) {
  const bool robot = saying.body.Holds(BodyKind::kRobot);
  if (saying.subject == SubjectKind::kAuto && !saying.asks) {
    return saying.body_empty || robot || saying.head.Holds(BodyKind::kAck);
  }
  if (saying.subject == SubjectKind::kAck && robot) return true;
  return saying.head.Holds(BodyKind::kAck) && robot && !saying.asks;
}

AutoReplyKind KindOf(const AutoHeaders& headers, const Saying& saying) {
  if (headers.kind != AutoReplyKind::kNone) return headers.kind;
  if (saying.twice) return AutoReplyKind::kLoop;
  const AutoReplyKind named = Named(saying);
  if (headers.automatic) {
    return named != AutoReplyKind::kNone ? named
                                         : AutoReplyKind::kAcknowledgement;
  }
  if ((headers.likely || headers.bulk) && named != AutoReplyKind::kNone) {
    return named;
  }
  if (IsBounce(saying)) return AutoReplyKind::kDeliveryFailure;
  if (IsAbsence(saying)) return AutoReplyKind::kOutOfOffice;
  if (IsAcknowledgement(saying)) return AutoReplyKind::kAcknowledgement;
  return headers.bulk ? AutoReplyKind::kBulk : AutoReplyKind::kNone;
}

}  // namespace

absl::StatusOr<AutoReplyModel> AutoReplyModel::Open() {
  return Open(AutoSubjectLexicon(), AutoBodyLexicon());
}

absl::StatusOr<AutoReplyModel> AutoReplyModel::Open(
    std::string_view subject_lexicon, std::string_view body_lexicon) {
  absl::StatusOr<PhraseBook> subjects =
      PhraseBook::Read(subject_lexicon, kSubjectNames);
  if (!subjects.ok()) return subjects.status();
  absl::StatusOr<PhraseBook> bodies =
      PhraseBook::Read(body_lexicon, kBodyNames);
  if (!bodies.ok()) return bodies.status();
  return AutoReplyModel(*std::move(subjects), *std::move(bodies));
}

AutoReply AutoReplyModel::Judge(const Normalised& message,
                                absl::Span<const MailHeader> headers) const {
  const Saying saying = Reader(message, subjects_, bodies_).Read();
  AutoReply reply;
  reply.kind = KindOf(ReadAutoHeaders(headers), saying);
  if (reply.kind == AutoReplyKind::kNone) return reply;
  reply.span = saying.subject != SubjectKind::kOther ? saying.subject_span
                                                     : saying.body_span;
  return reply;
}

}  // namespace levee::text
