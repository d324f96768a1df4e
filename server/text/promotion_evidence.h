// What speaks for and against promotion in one message, added up.
#ifndef LEVEE_SERVER_TEXT_PROMOTION_EVIDENCE_H_
#define LEVEE_SERVER_TEXT_PROMOTION_EVIDENCE_H_

#include <cstddef>
#include <cstdint>

#include "server/text/normalise.h"
#include "server/text/promotion.h"

namespace levee::text {

// The kinds of models/promotion.lexicon, in the order of kPromotionKinds.
enum class PromotionKind : uint8_t {
  kOffer,
  kCall,
  kMessenger,
  kHidden,
  kPhone,
  kDigits,
  kOwn,
  kHonest,
  kReport,
};
inline constexpr std::string_view kPromotionKinds[] = {
    "offer",  "call", "messenger", "hidden", "phone",
    "digits", "own",  "honest",    "report"};

// Signs of one sort. The strongest counts in full, of those behind it a part:
// ten ways to say "cheap" say no more than three.
struct Signs {
  int32_t best = 0;
  int32_t second = 0;
  int32_t third = 0;
  uint32_t count = 0;

  void Add(int32_t weight);
};

class PromotionEvidence {
 public:
  // A message of this logit, in thousandths, sounds neither like promotion nor
  // like a ticket. Chosen, with the threshold, by five folds and by how many
  // held-out messages are found: at most one in a thousand bug reports is taken
  // for promotion.
  static constexpr int32_t kLogitZero = -2'200;

  // Each phrase counts once. False where it was there before.
  bool IsNew(uint32_t phrase);

  void Add(PromotionKind kind, int32_t weight) {
    signs_[static_cast<size_t>(kind)].Add(weight);
  }
  void AddContact(int32_t weight) { contacts_.Add(weight); }
  void AddLink(int32_t weight) { links_.Add(weight); }
  void AddTechnical() { ++technical_; }
  void SetDisposable() { disposable_ = true; }
  void SetPrice() { price_ = true; }
  // How the words sound, in thousandths: PromotionWords.
  void SetLogit(int32_t logit) { logit_ = logit; }

  const Signs& of(PromotionKind kind) const {
    return signs_[static_cast<size_t>(kind)];
  }
  const Signs& contacts() const { return contacts_; }
  const Signs& links() const { return links_; }

  // Thousandths; see promotion.cc.
  int32_t Score() const;

 private:
  static constexpr size_t kSeenMax = 64;

  int32_t For() const;
  int32_t Learned() const;
  int32_t Against() const;

  Signs signs_[std::size(kPromotionKinds)];
  Signs contacts_;
  Signs links_;
  uint32_t technical_ = 0;
  bool disposable_ = false;
  bool price_ = false;
  int32_t logit_ = 0;
  uint32_t seen_[kSeenMax];
  size_t seen_count_ = 0;
};

// The strongest places, apart from each other.
class PromotionSpans {
 public:
  void Add(uint32_t first, uint32_t last, int32_t weight);
  void Write(const Normalised& message, Promotion* promotion) const;

 private:
  struct Place {
    uint32_t first = 0;
    uint32_t last = 0;
    int32_t weight = 0;
  };
  Place places_[kPromotionSpansMax];
  uint32_t count_ = 0;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_PROMOTION_EVIDENCE_H_
