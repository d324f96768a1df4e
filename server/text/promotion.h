// Whether a ticket is there to sell something: links, contacts and offers that
// have nothing to do with the customer's own service.
//
// No single sign decides. What is sold weighs most; what the reader is to do
// (write, click, apply), how to reach the seller and where to click add to it;
// what only somebody says who needs help, or who tells of spam he got, takes
// away from it. A learned weight of all words says how much the rest sounds
// like it, and decides where it is sure. Everything is added up in integers:
// weights of phrases stand in models/promotion.lexicon, the others in
// promotion.cc and promotion_evidence.cc.
#ifndef LEVEE_SERVER_TEXT_PROMOTION_H_
#define LEVEE_SERVER_TEXT_PROMOTION_H_

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/text/domains.h"
#include "server/text/normalise.h"
#include "server/text/phrase_book.h"
#include "server/text/promotion_words.h"

namespace levee::text {

inline constexpr uint32_t kPromotionSpansMax = 4;

struct Promotion {
  // Thousandths; from kPromotionAt (thresholds.h) on it is promotion.
  int32_t score = 0;
  // Links to what is neither the writer's own nor there for support.
  uint32_t foreign_links = 0;
  // Names and numbers to be reached at.
  uint32_t contacts = 0;
  // Different phrases that sell something.
  uint32_t offers = 0;
  // The sender's mail domain is a throw-away one.
  bool disposable_mail = false;
  // What weighed most; the first span_count.
  Span spans[kPromotionSpansMax];
  uint32_t span_count = 0;
};

// Whom a message is from, as far as known.
struct Sender {
  // His mail address; empty: unknown.
  std::string_view email;
  // Domains that the helpdesk knows to be his.
  absl::Span<const std::string_view> own_domains;
};

// Threads: any, once opened, each with a scratch of its own. No allocation in
// Judge but what the scratch grows by. Views the bytes of the model files,
// which must outlive it.
class PromotionModel {
 public:
  // What Judge needs room for. Owned by its thread and used again.
  using Scratch = Buckets;

  // The files that are linked in. INVALID_ARGUMENT, DATA_LOSS: one of them is
  // not as it should be.
  static absl::StatusOr<PromotionModel> Open();
  static absl::StatusOr<PromotionModel> Open(std::string_view lexicon,
                                             std::string_view words,
                                             std::string_view domains);

  // REQUIRES: `message` is what Normalise made of `subject` and `body`.
  void Judge(const Normalised& message, std::string_view subject,
             std::string_view body, const Sender& sender, Scratch* scratch,
             Promotion* promotion) const;

 private:
  PromotionModel(PhraseBook book, PromotionWords words,
                 DisposableDomains domains)
      : book_(std::move(book)), words_(words), domains_(domains) {}

  PhraseBook book_;
  PromotionWords words_;
  DisposableDomains domains_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_PROMOTION_H_
