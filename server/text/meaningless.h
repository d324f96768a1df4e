// Tickets in which nothing means anything: hands drummed on the keys, a test, a
// template nobody filled in.
//
// The message is judged as a whole. Each of its words is known to say nothing
// (fillers.h), or it is weighed by what its letters are like (latin.h, han.h):
// for mash, or for meaning. Meaning weighs four times as much, and three or
// four plain words are enough to stop reading: one sentence makes a ticket,
// whatever stands beside it. So do a link, an address, an error's code, a
// number that somebody may look up, a word in another script.
#ifndef LEVEE_SERVER_TEXT_MEANINGLESS_H_
#define LEVEE_SERVER_TEXT_MEANINGLESS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/text/fillers.h"
#include "server/text/han.h"
#include "server/text/latin.h"
#include "server/text/normalise.h"

namespace levee::text {

enum class MeaninglessKind : uint8_t {
  kNone,
  // Latin letters as hands drum them.
  kMash,
  // The same through a pinyin input method.
  kImeMash,
  // One letter, syllable or word without meaning again and again.
  kRepeat,
  // Only punctuation, emoji, or digits that count or repeat.
  kNoLetters,
  kTestPhrase,
  // A form or a prompt that nobody filled in; printers' dummy text.
  kTemplate,
  // "ok", "hello", "as above": says nothing where a ticket is opened.
  kFiller,
};

struct Meaningless {
  // Thousandths. From kMeaninglessAt (thresholds.h) on, at most one ordinary
  // message of a thousand is flagged; tests/eval measures that.
  int32_t score = 0;
  MeaninglessKind kind = MeaninglessKind::kNone;
  // What was judged; empty where the kind is kNone.
  Span span;
};

// Threads: const methods from any.
class MeaninglessModel {
 public:
  // DATA_LOSS where the bytes are no such models. Both must outlive it.
  static absl::StatusOr<MeaninglessModel> Open(std::string_view latin_file,
                                               std::string_view han_file);

  // `opens`: the message opens a ticket. In a running one "ok" and "thanks" are
  // answers. Linear, and short for a message that means something; allocates
  // nothing.
  Meaningless Judge(const Normalised& message, bool opens) const;

 private:
  MeaninglessModel(LatinModel latin, HanModel han) : latin_(latin), han_(han) {}

  LatinModel latin_;
  HanModel han_;
  Fillers fillers_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_MEANINGLESS_H_
