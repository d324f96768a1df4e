// Judges whether a message abuses those who answer it, in English and Chinese.
//
// Two witnesses are heard: a grammar of abuse (lexicon.h), which is precise and
// knows whom words are aimed at, and a linear model over hashed features, which
// knows what else abuse sounds like. Anger, swearing at a machine or at
// oneself, other people's insults and what is quoted are none.
#ifndef LEVEE_SERVER_TEXT_INSULT_H_
#define LEVEE_SERVER_TEXT_INSULT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/text/grammar.h"
#include "server/text/insult_features.h"
#include "server/text/lexicon.h"
#include "server/text/linear_model.h"
#include "server/text/model_file.h"
#include "server/text/normalise.h"
#include "server/text/thresholds.h"

namespace levee::text {

struct Insult {
  // Thousandths: 0 to 1000; from kInsultingAt (thresholds.h) on it is an
  // insult.
  int32_t score = 0;
  // 0 none, 1 mild, 2 clear, 3 severe: threats, slurs, wishes of death.
  int32_t severity = 0;
  // At whom the words are aimed; kNone where nothing was found.
  Target target = Target::kNone;
  // The name of the rule that weighs most; empty where it is the model alone.
  // Lives as long as the model.
  std::string_view rule;
  // What weighs most, then further parts, in the order of the text.
  Span span;
  size_t more_size = 0;
  std::array<Span, 4> more = {};
};

// The lexica that are linked in.
LexiconText EnglishLexicon();
LexiconText ChineseLexicon();

// Threads: any, each with a scratch of its own.
class InsultModel {
 public:
  // What Judge needs room for. Owned by its thread and used again.
  class Scratch {
   private:
    friend class InsultModel;
    Sentence sentence_;
    InsultFeatures features_;
  };

  // INVALID_ARGUMENT where a lexicon does not parse, DATA_LOSS or UNIMPLEMENTED
  // where the file of weights is not a whole one of this format. `weights` must
  // outlive the model.
  static absl::StatusOr<InsultModel> Open(absl::Span<const LexiconText> lexica,
                                          std::string_view weights);

  // Linear in the message's length.
  void Judge(const Normalised& message, Scratch* scratch, Insult* insult) const;

 private:
  struct Reading;
  // What was learned from one language's texts.
  struct Weights {
    LinearModel words;
    // Thousandths of a logit.
    int32_t threshold = 0;
    // How much the grammar's evidence weighs, in 256ths.
    int32_t grammar = 0;
    // Thousandths of a logit, taken from a message in which the grammar finds
    // nothing: words alone have to weigh more.
    int32_t alone = 0;
  };

  explicit InsultModel(Lexicon lexicon) : lexicon_(std::move(lexicon)) {}

  absl::Status ReadWeights(const ModelFile& file, std::string_view buckets,
                           std::string_view numbers, Weights* weights) const;
  void HearGrammar(const Normalised& message, const Sentence& sentence,
                   Reading* reading) const;
  static void HearWindow(const Weights& weights, const Buckets& window,
                         Reading* reading);
  // REQUIRES: all windows are heard.
  static void HearWhole(const Weights& weights, const InsultFeatures& features,
                        Reading* reading);
  // Reads the next sentence, what the grammar finds in it and its features;
  // `full` as for InsultFeatures::Read.
  template <typename Full>
  bool Next(const Normalised& message, UnitCursor* cursor,
            uint32_t* triggers_left, Scratch* scratch, Full full) const;
  // The row of units whose weights sum up to most, where it is they that tell.
  Span LoudestWords(const Normalised& message, const Weights& weights,
                    const Reading& reading, Scratch* scratch) const;
  int32_t ScoreOf(int32_t logit) const;
  void Conclude(const Weights& weights, const Reading& reading,
                Insult* insult) const;

  Lexicon lexicon_;
  Weights english_;
  Weights chinese_;
  // The evidence of a rule of weight i, in thousandths of a logit.
  absl::Span<const int32_t> evidence_;
  // The logistic curve: thousandths at quarters of a logit from -8 to 8.
  absl::Span<const int32_t> curve_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_INSULT_H_
