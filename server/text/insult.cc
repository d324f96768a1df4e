// How the two witnesses are heard.
//
// The grammar: a match of an `agent` rule of weight w is evidence of
// -ln(1 - w) logits, as of a witness who errs with a chance of 1 - w. The
// strongest match counts, and the next one by half: what misleads one rule
// misleads others. Excuses weigh nothing here: they take words away from the
// accusations.
//
// The weights: a linear model (linear_model.h) scores the message as a whole
// and each of its windows (insult_features.h); a window has to be worse by
// kWindowMargin. Who writes much has many chances to sound bad: beyond
// kWindowsFree windows the logarithm of their number is taken away from theirs.
//
// Both are added, logits as they are, and the threshold is taken away, and more
// of it where the grammar finds nothing; the
// logistic curve makes thousandths of it. All is counted in integers: the same
// text gets the same score on every machine.
#include "server/text/insult.h"

#include <algorithm>
#include <bit>
#include <optional>

namespace levee::text {
namespace {

// insult.model:
//
//   EVID  1001 x int32   evidence_
//   CURV  65 x int32     curve_
//   DAMP, WTEN, WTZH     linear_model.h; for messages without Han and with
//   NUEN, NUZH           5 x int32: scale, bias, threshold, grammar, alone
constexpr std::string_view kKind = "INSU";
constexpr uint32_t kVersion = 4;
constexpr size_t kEvidenceSize = 1001;
constexpr size_t kCurveSize = 65;
constexpr int32_t kCurveStep = 250;
constexpr int32_t kCurveEnd = 8000;
constexpr size_t kNumbers = 5;

constexpr int32_t kWindowMargin = 1'000;
constexpr uint32_t kWindowsFree = 8;
// A binary logarithm's logits, in thousandths.
constexpr int32_t kPerDoubling = 693;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(
      std::string("model file INSU: ").append(what.data(), what.size()));
}

// One past the last point of the unit that begins with `first`.
uint32_t UnitEnd(const Normalised& message, uint32_t first) {
  const auto behind = std::upper_bound(
      message.words.begin(), message.words.end(), first,
      [](uint32_t point, const Word& word) { return point < word.first; });
  if (behind == message.words.begin()) return first + 1;
  const Word& word = behind[-1];
  const bool letterwise =
      word.kind == WordKind::kHan || word.kind == WordKind::kEmoji;
  return letterwise || word.last <= first ? first + 1 : word.last;
}

}  // namespace

// What was heard of a message so far.
struct InsultModel::Reading {
  // Of the strongest match, and of the next one.
  int32_t evidence = 0;
  int32_t next_evidence = 0;
  const Rule* worst = nullptr;
  Span worst_span;
  size_t others_size = 0;
  std::array<Span, 4> others = {};
  // Of the worst window, and which that is.
  int32_t window = -LinearModel::kScoreEnd;
  uint32_t worst_window = 0;
  uint32_t windows = 0;
  // Of all words, and whether it is a window that tells.
  int32_t words = 0;
  bool by_window = false;
  // The first excuse.
  const Rule* excuse = nullptr;
  Span excuse_span;
};

absl::Status InsultModel::ReadWeights(const ModelFile& file,
                                      std::string_view buckets,
                                      std::string_view numbers,
                                      Weights* weights) const {
  const auto values = file.Numbers<int32_t>(numbers);
  if (!values.ok()) return values.status();
  if (values->size() != kNumbers) {
    return Damaged("numbers of another size than this version's");
  }
  const auto words =
      LinearModel::Open(file, buckets, (*values)[0], (*values)[1]);
  if (!words.ok()) return words.status();
  *weights = {*words, (*values)[2], (*values)[3], (*values)[4]};
  return absl::OkStatus();
}

absl::StatusOr<InsultModel> InsultModel::Open(
    absl::Span<const LexiconText> lexica, std::string_view weights) {
  absl::StatusOr<Lexicon> lexicon = Lexicon::Parse(lexica);
  if (!lexicon.ok()) return lexicon.status();
  const absl::StatusOr<ModelFile> file = ModelFile::Open(weights, kKind);
  if (!file.ok()) return file.status();
  if (file->version() != kVersion) {
    return absl::UnimplementedError(
        "model file INSU: a version that this program does not know");
  }
  InsultModel model(*std::move(lexicon));
  const auto evidence = file->Numbers<int32_t>("EVID");
  if (!evidence.ok()) return evidence.status();
  const auto curve = file->Numbers<int32_t>("CURV");
  if (!curve.ok()) return curve.status();
  if (evidence->size() != kEvidenceSize || curve->size() != kCurveSize) {
    return Damaged("a curve of another size than this version's");
  }
  model.evidence_ = *evidence;
  model.curve_ = *curve;
  absl::Status read = model.ReadWeights(*file, "WTEN", "NUEN", &model.english_);
  if (!read.ok()) return read;
  read = model.ReadWeights(*file, "WTZH", "NUZH", &model.chinese_);
  if (!read.ok()) return read;
  return model;
}

void InsultModel::HearGrammar(const Normalised& message,
                              const Sentence& sentence,
                              Reading* reading) const {
  for (const Match& match : sentence.matches) {
    const Rule& rule = lexicon_.rules()[match.rule];
    Span span = message.SpanOf(sentence.units[match.begin].first,
                               sentence.units[match.end - 1].last);
    if (rule.target != Target::kAgent) {
      if (reading->excuse == nullptr) {
        reading->excuse = &rule;
        reading->excuse_span = span;
      }
      continue;
    }
    const int32_t evidence = evidence_[rule.weight];
    reading->next_evidence =
        std::max(reading->next_evidence, std::min(reading->evidence, evidence));
    reading->evidence = std::max(reading->evidence, evidence);
    const bool worse =
        reading->worst == nullptr || rule.weight > reading->worst->weight;
    if (reading->worst != nullptr &&
        reading->others_size < reading->others.size()) {
      reading->others[reading->others_size++] =
          worse ? reading->worst_span : span;
    }
    if (!worse) continue;
    reading->worst = &rule;
    reading->worst_span = span;
  }
}

int32_t InsultModel::ScoreOf(int32_t logit) const {
  const int32_t at = std::clamp(logit, -kCurveEnd, kCurveEnd) + kCurveEnd;
  const int32_t step = std::min<int32_t>(at / kCurveStep, kCurveSize - 2);
  const int32_t rest = at - step * kCurveStep;
  return curve_[step] + (curve_[step + 1] - curve_[step]) * rest / kCurveStep;
}

void InsultModel::HearWindow(const Weights& weights, const Buckets& window,
                             Reading* reading) {
  const int32_t score = weights.words.Score(window);
  if (score > reading->window) {
    reading->window = score;
    reading->worst_window = reading->windows;
  }
  ++reading->windows;
}

void InsultModel::HearWhole(const Weights& weights,
                            const InsultFeatures& features, Reading* reading) {
  const int32_t doublings =
      std::bit_width(std::max(reading->windows, kWindowsFree) / kWindowsFree) -
      1;
  const int32_t window =
      reading->window - kWindowMargin - doublings * kPerDoubling;
  reading->words = features.last_is_whole()
                       ? reading->window
                       : weights.words.Score(features.whole());
  reading->by_window = window > reading->words;
  if (reading->by_window) reading->words = window;
}

void InsultModel::Conclude(const Weights& weights, const Reading& reading,
                           Insult* insult) const {
  const int32_t heard = reading.evidence == 0
                            ? -weights.alone
                            : (reading.evidence + reading.next_evidence / 2) *
                                  weights.grammar / 256;
  insult->score = ScoreOf(heard + reading.words - weights.threshold);
  if (reading.worst != nullptr) {
    insult->rule = reading.worst->name;
    insult->severity = reading.worst->severity;
    insult->target = Target::kAgent;
    insult->span = reading.worst_span;
    insult->more = reading.others;
    insult->more_size = reading.others_size;
  } else if (insult->score >= kInsultingAt) {
    insult->severity = 1;
    insult->target = Target::kAgent;
  } else if (reading.excuse != nullptr) {
    insult->rule = reading.excuse->name;
    insult->target = reading.excuse->target;
    insult->span = reading.excuse_span;
  }
}

template <typename Full>
bool InsultModel::Next(const Normalised& message, UnitCursor* cursor,
                       uint32_t* triggers_left, Scratch* scratch,
                       Full full) const {
  Sentence& sentence = scratch->sentence_;
  if (!ReadSentence(lexicon_, message, cursor, &sentence)) return false;
  FindMatches(lexicon_, triggers_left, &sentence);
  scratch->features_.Read(lexicon_, message, sentence, full);
  return true;
}

// Reads the message once more where a window tells: few ask.
Span InsultModel::LoudestWords(const Normalised& message,
                               const Weights& weights, const Reading& reading,
                               Scratch* scratch) const {
  std::optional<LinearModel::Places> loudest;
  uint32_t at = 0;
  const auto full = [&](const Buckets& window) {
    if (at++ == reading.worst_window) loudest = weights.words.Loudest(window);
  };
  if (reading.by_window) {
    UnitCursor cursor;
    uint32_t triggers_left = kTriggersMax;
    scratch->features_.Clear();
    while (Next(message, &cursor, &triggers_left, scratch, full)) {
    }
    full(scratch->features_.last());
  } else {
    loudest = weights.words.Loudest(scratch->features_.whole());
  }
  if (!loudest) return {};
  return message.SpanOf(loudest->first, UnitEnd(message, loudest->last));
}

void InsultModel::Judge(const Normalised& message, Scratch* scratch,
                        Insult* insult) const {
  *insult = Insult();
  const Weights& weights = HasHan(message) ? chinese_ : english_;
  Reading reading;
  const auto full = [&](const Buckets& window) {
    HearWindow(weights, window, &reading);
  };
  UnitCursor cursor;
  uint32_t triggers_left = kTriggersMax;
  scratch->features_.Clear();
  while (Next(message, &cursor, &triggers_left, scratch, full)) {
    HearGrammar(message, scratch->sentence_, &reading);
  }
  full(scratch->features_.last());
  HearWhole(weights, scratch->features_, &reading);
  Conclude(weights, reading, insult);
  const bool words_alone =
      reading.worst == nullptr && insult->score >= kInsultingAt;
  if (words_alone) {
    insult->span = LoudestWords(message, weights, reading, scratch);
  }
}

}  // namespace levee::text
