#include "server/text/promotion.h"

#include <algorithm>
#include <cstddef>

#include "server/text/contacts.h"
#include "server/text/foreign_links.h"
#include "server/text/model_file.h"
#include "server/text/promotion_evidence.h"
#include "server/text/thresholds.h"

namespace levee::text {
namespace {

// Phrases and links of a message that are looked at.
constexpr int kPhrasesMax = 256;
constexpr int kLinksMax = 64;
// Points in which a quotation mark is looked for.
constexpr uint32_t kQuotationMax = 300;
// What is said between quotation marks counts a third: "代开发票" in a report.
constexpr int32_t kQuotedPart = 3;

constexpr int32_t kNumberDisguised = 250;
constexpr int32_t kMailAtFreeMailer = 120;
constexpr int32_t kForeignLink = 120;
constexpr int32_t kShortenedLink = 250;
constexpr int32_t kFunnelLink = 250;

constexpr size_t kOwnDomainsMax = 65;
constexpr size_t kAddressMax = 80;

bool IsQuotationMark(char32_t point) {
  return point == '"' || point == 0x201C || point == 0x201D ||
         point == 0x300C || point == 0x300D || point == 0x300E ||
         point == 0x300F || point == 0xAB || point == 0xBB;
}

// Whether an odd number of quotation marks stands before the point in its line,
// and another one behind it.
bool IsQuoted(const Normalised& message, uint32_t point) {
  const std::vector<Point>& points = message.points;
  bool open = false;
  for (uint32_t at = point; at > 0 && point - at < kQuotationMax; --at) {
    if (points[at - 1].what == PointClass::kLineEnd) break;
    open ^= IsQuotationMark(points[at - 1].value);
  }
  if (!open) return false;
  const uint32_t end = std::min<size_t>(points.size(), point + kQuotationMax);
  for (uint32_t at = point; at < end; ++at) {
    if (IsQuotationMark(points[at].value)) return true;
    if (points[at].what == PointClass::kLineEnd) return false;
  }
  return false;
}

// Reads one message.
class Reader {
 public:
  Reader(const Normalised& message, std::string_view subject,
         std::string_view body, const PhraseBook& book)
      : message_(message), subject_(subject), body_(body), book_(book) {}

  void ReadPhrases();
  // `own`: domains of the writer's.
  void ReadOthers(absl::Span<const std::string_view> own);
  void ReadPrices();

  PromotionEvidence& evidence() { return evidence_; }
  const PromotionSpans& spans() const { return spans_; }
  uint32_t foreign_links() const { return foreign_links_; }

 private:
  void ReadPhrase(const PhraseMatch& match);
  void ReadContact(const PhraseMatch& match, PromotionKind kind);
  // The parts of a run that is not the writer's own words.
  void ReadRun(const Word& word, absl::Span<const std::string_view> own);
  void ReadPart(uint32_t first, uint32_t last,
                absl::Span<const std::string_view> own);
  void ReadLink(uint32_t first, uint32_t last, std::string_view host,
                absl::Span<const std::string_view> own);
  std::string_view BytesOf(uint32_t first, uint32_t last) const {
    const Span span = message_.SpanOf(first, last);
    return (span.subject ? subject_ : body_)
        .substr(span.begin, span.end - span.begin);
  }

  const Normalised& message_;
  const std::string_view subject_;
  const std::string_view body_;
  const PhraseBook& book_;
  PromotionEvidence evidence_;
  PromotionSpans spans_;
  uint32_t foreign_links_ = 0;
  int links_ = 0;
};

void Reader::ReadPhrases() {
  const auto end = static_cast<uint32_t>(message_.words.size());
  PhrasePlace place;
  PhraseMatch match;
  for (int i = 0; i < kPhrasesMax && book_.Find(message_, place, end, &match);
       ++i) {
    ReadPhrase(match);
    place = match.end;
  }
}

void Reader::ReadPhrase(const PhraseMatch& match) {
  const auto kind = static_cast<PromotionKind>(match.kind);
  int32_t weight = match.weight;
  switch (kind) {
    case PromotionKind::kMessenger:
    case PromotionKind::kHidden:
    case PromotionKind::kPhone:
    case PromotionKind::kDigits:
      ReadContact(match, kind);
      return;
    case PromotionKind::kOffer:
    case PromotionKind::kCall:
      if (!evidence_.IsNew(match.phrase)) return;
      if (IsQuoted(message_, match.first)) weight /= kQuotedPart;
      spans_.Add(match.first, match.last, weight);
      break;
    case PromotionKind::kOwn:
    case PromotionKind::kHonest:
    case PromotionKind::kReport:
      if (!evidence_.IsNew(match.phrase)) return;
      break;
  }
  evidence_.Add(kind, weight);
  // "加微信", "call": what the reader is to do may be how to reach somebody.
  if (kind == PromotionKind::kCall) ReadContact(match, kind);
}

void Reader::ReadContact(const PhraseMatch& match, PromotionKind kind) {
  Contact contact;
  bool found = false;
  if (kind == PromotionKind::kDigits) {
    constexpr uint32_t kMobileDigits = 10;
    found = ReadNumber(message_, match.first, kMobileDigits, &contact);
  } else {
    // A single letter, "V" or "Q", is a name among Han only.
    const bool han = message_.counts[static_cast<size_t>(PointClass::kHan)] > 0;
    if (!han && match.last - match.first == 1) return;
    found = FindContact(message_, match.last,
                        kind == PromotionKind::kPhone ? HandleKind::kNumber
                        : han                         ? HandleKind::kAny
                                                      : HandleKind::kMarked,
                        &contact);
  }
  if (!found) return;
  int32_t weight = kind == PromotionKind::kCall || kind == PromotionKind::kPhone
                       ? 60
                       : match.weight;
  if (contact.disguised) weight += kNumberDisguised;
  if (IsQuoted(message_, match.first)) weight /= kQuotedPart;
  evidence_.AddContact(weight);
  spans_.Add(match.first, contact.last, weight);
}

void Reader::ReadOthers(absl::Span<const std::string_view> own) {
  for (const Word& word : message_.words) {
    if (word.kind != WordKind::kOther) continue;
    if (links_ >= kLinksMax) return;
    ReadRun(word, own);
  }
}

void Reader::ReadRun(const Word& word, absl::Span<const std::string_view> own) {
  const std::vector<Point>& points = message_.points;
  for (uint32_t at = word.first; at < word.last && links_ < kLinksMax;) {
    const Place place = points[at].place;
    uint32_t last = at;
    while (last < word.last && points[last].place == place &&
           points[last].what != PointClass::kSpace &&
           points[last].what != PointClass::kLineEnd) {
      ++last;
    }
    if (last > at && (place == Place::kLink || place == Place::kTechnical)) {
      ++links_;
      ReadPart(at, last, own);
    }
    at = std::max(last, at + 1);
  }
}

void Reader::ReadPart(uint32_t first, uint32_t last,
                      absl::Span<const std::string_view> own) {
  const std::string_view bytes = BytesOf(first, last);
  if (message_.points[first].place == Place::kLink) {
    ReadLink(first, last, HostOf(bytes), own);
    return;
  }
  const size_t at =
      bytes.size() <= kAddressMax ? bytes.find('@') : std::string_view::npos;
  if (at == std::string_view::npos) {
    evidence_.AddTechnical();
  } else if (IsFreeMailer(DomainOf(bytes))) {
    evidence_.AddContact(kMailAtFreeMailer);
    spans_.Add(first, last, kMailAtFreeMailer);
  }
}

void Reader::ReadLink(uint32_t first, uint32_t last, std::string_view host,
                      absl::Span<const std::string_view> own) {
  const LinkKind kind = KindOfHost(host, own);
  // Who speaks of his own site has a reason to name hosts.
  const bool speaks_of_own = evidence_.of(PromotionKind::kOwn).count > 0;
  if (kind == LinkKind::kOwn || kind == LinkKind::kSupport ||
      (kind == LinkKind::kForeign && speaks_of_own)) {
    return;
  }
  ++foreign_links_;
  int32_t weight = kind == LinkKind::kShortener ? kShortenedLink
                   : kind == LinkKind::kFunnel  ? kFunnelLink
                                                : kForeignLink;
  if (IsQuoted(message_, first)) weight /= kQuotedPart;
  if (kind == LinkKind::kMessenger) {
    evidence_.AddContact(weight + kForeignLink);
  } else {
    evidence_.AddLink(weight);
  }
  spans_.Add(first, last, weight);
}

void Reader::ReadPrices() {
  const std::vector<Point>& points = message_.points;
  const auto is_money = [&](uint32_t at) {
    if (at >= points.size()) return false;
    const char32_t value = points[at].value;
    return value == '$' || value == '%' || value == 0x20AC || value == 0xA3 ||
           value == 0xA5 || value == U'元' || value == U'块' || value == U'折';
  };
  for (const Word& word : message_.words) {
    if (word.kind != WordKind::kNumber) continue;
    if (is_money(word.last) || (word.first > 0 && is_money(word.first - 1))) {
      evidence_.SetPrice();
      return;
    }
  }
}

}  // namespace

absl::StatusOr<PromotionModel> PromotionModel::Open() {
  return Open(PromotionLexicon(), PromotionFile(), DomainsFile());
}

absl::StatusOr<PromotionModel> PromotionModel::Open(std::string_view lexicon,
                                                    std::string_view words,
                                                    std::string_view domains) {
  absl::StatusOr<PhraseBook> book = PhraseBook::Read(lexicon, kPromotionKinds);
  if (!book.ok()) return book.status();
  const absl::StatusOr<PromotionWords> learned = PromotionWords::Open(words);
  if (!learned.ok()) return learned.status();
  const absl::StatusOr<DisposableDomains> listed =
      DisposableDomains::Open(domains);
  if (!listed.ok()) return listed.status();
  return PromotionModel(*std::move(book), *learned, *listed);
}

void PromotionModel::Judge(const Normalised& message, std::string_view subject,
                           std::string_view body, const Sender& sender,
                           Scratch* scratch, Promotion* promotion) const {
  *promotion = Promotion{};
  std::string_view own[kOwnDomainsMax];
  size_t own_count = 0;
  for (const std::string_view domain : sender.own_domains) {
    if (own_count + 1 < kOwnDomainsMax) own[own_count++] = domain;
  }
  const std::string_view domain = DomainOf(sender.email);
  promotion->disposable_mail = domains_.HoldsDomain(domain);
  if (!domain.empty() && !promotion->disposable_mail && !IsFreeMailer(domain)) {
    own[own_count++] = domain;
  }
  Reader reader(message, subject, body, book_);
  reader.ReadPhrases();
  reader.ReadOthers(absl::MakeConstSpan(own, own_count));
  PromotionEvidence& evidence = reader.evidence();
  if (message.counts[static_cast<size_t>(PointClass::kDigit)] > 0) {
    reader.ReadPrices();
  }
  if (promotion->disposable_mail) evidence.SetDisposable();
  evidence.SetLogit(
      words_.LogitOf(message, PromotionEvidence::kLogitZero, scratch));
  promotion->score = evidence.Score();
  promotion->foreign_links = reader.foreign_links();
  promotion->contacts = evidence.contacts().count;
  promotion->offers = evidence.of(PromotionKind::kOffer).count;
  reader.spans().Write(message, promotion);
  if (promotion->span_count == 0 && promotion->score >= kPromotionAt) {
    const Span loudest = words_.Loudest(message, *scratch);
    if (loudest.begin < loudest.end) {
      promotion->spans[promotion->span_count++] = loudest;
    }
  }
}

}  // namespace levee::text
