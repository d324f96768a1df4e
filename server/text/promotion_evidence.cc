// How the signs add up. Two offers reach the threshold where one is certain
// (700) or both are likely; what the reader is to do, contacts, links, prices
// and the learned weight of all words add to one. A single sign never does
// unless all words sound like it, whatever its disguise: honest customers leave
// their WeChat and their links all the time. One honest phrase outweighs a
// third of a likely offer, four of them a certain one; a report of spam
// outweighs nearly all.
#include "server/text/promotion_evidence.h"

#include <algorithm>

#include "server/text/thresholds.h"

namespace levee::text {
namespace {

// The sum from which on a message counts as promotion.
constexpr int32_t kEnough = 575;
// What is beyond that and scores 1000.
constexpr int32_t kMost = 1400;

constexpr int32_t kOffersMax = 1200;
constexpr int32_t kCallsMax = 350;
constexpr int32_t kContactsMax = 500;
constexpr int32_t kLinksMax = 350;
constexpr int32_t kHonestMax = 700;
constexpr int32_t kPriceWeight = 80;
constexpr int32_t kDisposableWeight = 200;
// IP addresses, logs, configuration.
constexpr int32_t kTechnicalWeight = 70;
constexpr uint32_t kTechnicalMax = 4;
// A single sign is chance, however strong: 快排 lies in 尽快排查.
constexpr int32_t kSingleMax = 550;
// ... but not where all of a message sounds like it, by so much of a logit.
constexpr int32_t kLogitCertain = -500;
// What a logit weighs, in both directions.
constexpr int32_t kLogitWeight = 300;
constexpr int32_t kLearnedMin = -700;
constexpr int32_t kLearnedMax = 1400;

int32_t Sum(const Signs& signs, int32_t most) {
  return std::min(most, signs.best + (signs.second + signs.third) / 2);
}

}  // namespace

void Signs::Add(int32_t weight) {
  ++count;
  if (weight > best) std::swap(weight, best);
  if (weight > second) std::swap(weight, second);
  if (weight > third) std::swap(weight, third);
}

bool PromotionEvidence::IsNew(uint32_t phrase) {
  const auto end = seen_ + seen_count_;
  if (std::find(seen_, end, phrase) != end) return false;
  if (seen_count_ < kSeenMax) seen_[seen_count_++] = phrase;
  return true;
}

int32_t PromotionEvidence::Learned() const {
  return std::clamp((logit_ - kLogitZero) * kLogitWeight / 1000, kLearnedMin,
                    kLearnedMax);
}

int32_t PromotionEvidence::For() const {
  const Signs& offers = of(PromotionKind::kOffer);
  const int32_t sum =
      Sum(offers, kOffersMax) + Sum(of(PromotionKind::kCall), kCallsMax) +
      Sum(contacts_, kContactsMax) + Sum(links_, kLinksMax) +
      (price_ ? kPriceWeight : 0) + (disposable_ ? kDisposableWeight : 0);
  const bool single = offers.count + contacts_.count + links_.count +
                              of(PromotionKind::kCall).count +
                              (price_ ? 1 : 0) <=
                          1 &&
                      logit_ < kLogitCertain;
  return std::min(sum + Learned(), single ? kSingleMax : kMost);
}

int32_t PromotionEvidence::Against() const {
  const Signs& honest = of(PromotionKind::kHonest);
  int32_t sum = honest.best + honest.second + honest.third +
                of(PromotionKind::kOwn).best + of(PromotionKind::kReport).best;
  if (honest.count > 3) sum += 50 * static_cast<int32_t>(honest.count - 3);
  sum = std::min(sum, kHonestMax + of(PromotionKind::kReport).best);
  return sum + kTechnicalWeight *
                   static_cast<int32_t>(std::min(technical_, kTechnicalMax));
}

int32_t PromotionEvidence::Score() const {
  const int32_t sum = std::clamp(For() - Against(), 0, kMost);
  if (sum < kEnough) return sum * kPromotionAt / kEnough;
  return kPromotionAt +
         (sum - kEnough) * (1000 - kPromotionAt) / (kMost - kEnough);
}

void PromotionSpans::Add(uint32_t first, uint32_t last, int32_t weight) {
  for (uint32_t i = 0; i < count_; ++i) {
    if (first < places_[i].last && places_[i].first < last) {
      places_[i].first = std::min(first, places_[i].first);
      places_[i].last = std::max(last, places_[i].last);
      places_[i].weight = std::max(weight, places_[i].weight);
      return;
    }
  }
  if (count_ < kPromotionSpansMax) {
    places_[count_++] = {first, last, weight};
    return;
  }
  Place* weakest = std::min_element(
      places_, places_ + count_,
      [](const Place& a, const Place& b) { return a.weight < b.weight; });
  if (weight > weakest->weight) *weakest = {first, last, weight};
}

void PromotionSpans::Write(const Normalised& message,
                           Promotion* promotion) const {
  Place places[kPromotionSpansMax];
  for (uint32_t i = 0; i < count_; ++i) {
    uint32_t at = i;
    for (; at > 0 && places[at - 1].weight < places_[i].weight; --at) {
      places[at] = places[at - 1];
    }
    places[at] = places_[i];
  }
  promotion->span_count = count_;
  for (uint32_t i = 0; i < count_; ++i) {
    promotion->spans[i] = message.SpanOf(places[i].first, places[i].last);
  }
}

}  // namespace levee::text
