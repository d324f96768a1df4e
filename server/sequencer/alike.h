// What was said lately, and by whom: the customer's own near-duplicates, and
// campaigns, which are near-identical texts of several customers.
//
// Remembered beside state: what was found stands in the journal, so that state
// needs none of it.
#ifndef LEVEE_SERVER_SEQUENCER_ALIKE_H_
#define LEVEE_SERVER_SEQUENCER_ALIKE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "levee/storage/v1/entry.pb.h"
#include "server/text/fingerprint.h"
#include "server/text/fingerprint_index.h"
#include "storage/names.h"

namespace levee::sequencer {

// Customers, the one in question included, whose texts make a campaign.
inline constexpr size_t kCampaignCustomersMin = 3;

// A message by what is remembered of it.
struct Said {
  uint64_t sequence = 0;
  uint64_t tenant = 0;
  uint64_t customer = 0;
  int64_t effective_ms = 0;
  // The campaign that it belongs to; 0: none.
  uint64_t campaign = 0;
  // Where it found the campaign: the messages before it.
  std::vector<uint64_t> founders;
  text::Fingerprint print;
};

// Threads: one. Some 330 bytes for each message that fits, from the beginning.
class Alike {
 public:
  // Of the last `messages_max` messages.
  explicit Alike(size_t messages_max);

  // The last messages that are kept. Errors: those of the store.
  absl::Status Load(const storage::TextStore& store);

  // A message that will be asked for soon: fetches what is looked at then.
  void Expect(uint64_t tenant, uint64_t customer,
              const text::Fingerprint& print) const;

  // Fills similar and similar_to: the customer's own messages.
  void FindOwn(const Said& said, storage::v1::TextFacts* text) const;

  // Fills in the campaign that the message belongs to, or 0: that of any
  // message like it, the customer's own too. Where there is none yet, and
  // enough customers said it, `founders` are the messages that found one,
  // ascending; else they are empty.
  // REQUIRES: FindOwn has filled `facts`.
  void FindCampaign(const storage::v1::TextFacts& facts, Said* said);

  // REQUIRES: sequences ascend.
  void Remember(const Said& said);

 private:
  void Join(uint64_t sequence, uint64_t campaign);

  const size_t messages_max_;
  text::FingerprintIndex index_;
  // Of messages that belong to a campaign.
  absl::flat_hash_map<uint64_t, uint64_t> campaign_of_;
  std::deque<uint64_t> joined_;
  std::vector<text::FingerprintMatch> matches_;
};

// A serialized storage.v1.TextPrint; empty: the text is too little to be known
// by.
std::string EncodePrint(const Said& said);

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_ALIKE_H_
