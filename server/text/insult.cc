// How the two witnesses are heard.
//
// The grammar: a match of an `agent` rule of weight w is evidence of
// -ln(1 - w) logits, as of a witness who errs with a chance of 1 - w. The
// strongest match counts, and the next one by half: what misleads one rule
// misleads others. Excuses weigh nothing here: they take words away from the
// accusations.
//
// The weights: a message's score is the sum of its buckets' weights over a root
// of their number (and six more, lest one odd word be judged by a bucket that
// it shares). What stands around an insult often tells that it is quoted, told
// or meant for somebody else, which one sentence does not: scores of sentences,
// of which the worst counts, find a tenth less at the same false alarms. The
// root is a weak one (the power 0.3), so that a long and patient letter does
// not dilute the one insult in it. Whose words weigh most can be shown.
//
// Both are added, logits as they are, and the threshold is taken away, and more
// of it where the grammar finds nothing; the
// logistic curve makes thousandths of it. All is counted in integers: the same
// text gets the same score on every machine.
#include "server/text/insult.h"

#include <algorithm>
#include <vector>

namespace levee::text {
namespace {

// insult.model:
//
//   EVID  1001 x int32   evidence_
//   CURV  65 x int32     curve_
//   DAMP  4096 x uint16  damping_
//   WTEN, WTZH           65,536 x int8: the weights of the buckets, for
//                        messages without Han and with
//   NUEN, NUZH           5 x int32: scale, bias, threshold, grammar, alone
constexpr std::string_view kKind = "INSU";
constexpr uint32_t kVersion = 3;
constexpr size_t kEvidenceSize = 1001;
constexpr size_t kCurveSize = 65;
constexpr int32_t kCurveStep = 250;
constexpr int32_t kCurveEnd = 8000;
constexpr size_t kNumbers = 5;

// More features are damped like so many.
constexpr size_t kDampingSize = 4096;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(
      std::string("model file INSU: ").append(what.data(), what.size()));
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
  // The first excuse.
  const Rule* excuse = nullptr;
  Span excuse_span;
};

absl::Status InsultModel::ReadWeights(const ModelFile& file,
                                      std::string_view buckets,
                                      std::string_view numbers,
                                      Weights* weights) const {
  const auto bytes = file.Numbers<int8_t>(buckets);
  if (!bytes.ok()) return bytes.status();
  const auto values = file.Numbers<int32_t>(numbers);
  if (!values.ok()) return values.status();
  if (bytes->size() != kInsultBuckets || values->size() != kNumbers) {
    return Damaged("weights of another size than this version's");
  }
  *weights = {*bytes,       (*values)[0], (*values)[1],
              (*values)[2], (*values)[3], (*values)[4]};
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
  const auto damping = file->Numbers<uint16_t>("DAMP");
  if (!damping.ok()) return damping.status();
  if (evidence->size() != kEvidenceSize || curve->size() != kCurveSize ||
      damping->size() != kDampingSize) {
    return Damaged("a curve of another size than this version's");
  }
  model.damping_ = *damping;
  model.evidence_ = *evidence;
  model.curve_ = *curve;
  absl::Status read = model.ReadWeights(*file, "WTEN", "NUEN", &model.english_);
  if (!read.ok()) return read;
  read = model.ReadWeights(*file, "WTZH", "NUZH", &model.chinese_);
  if (!read.ok()) return read;
  return model;
}

int32_t InsultModel::WordScore(const Weights& weights,
                               const InsultFeatures& features) const {
  int64_t sum = 0;
  for (const Buckets::Feature& feature : features.features()) {
    sum += weights.buckets[feature.bucket];
  }
  const size_t size = std::min(features.features().size(), kDampingSize - 1);
  const int64_t score = sum * damping_[size] * weights.scale / (1 << 24);
  return static_cast<int32_t>(
      std::clamp<int64_t>(score + weights.bias, -kCurveEnd, kCurveEnd));
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

void InsultModel::Conclude(const Weights& weights,
                           const InsultFeatures& features,
                           const Reading& reading, Insult* insult) const {
  const int32_t heard = reading.evidence == 0
                            ? -weights.alone
                            : (reading.evidence + reading.next_evidence / 2) *
                                  weights.grammar / 256;
  insult->score =
      ScoreOf(heard + WordScore(weights, features) - weights.threshold);
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

// Reads the next sentence, what the grammar finds in it and its features.
bool InsultModel::NextMatches(const Normalised& message, UnitCursor* cursor,
                              uint32_t* triggers_left, Scratch* scratch) const {
  Sentence& sentence = scratch->sentence_;
  if (!ReadSentence(lexicon_, message, cursor, &sentence)) return false;
  FindMatches(lexicon_, triggers_left, &sentence);
  scratch->features_.Read(lexicon_, message, sentence);
  return true;
}

// Reads the message once more: few ask.
Span InsultModel::LoudestWords(const Normalised& message,
                               const Weights& weights, Scratch* scratch) const {
  Span loudest;
  int32_t most = 0;
  UnitCursor cursor;
  uint32_t triggers_left = kTriggersMax;
  InsultFeatures& features = scratch->features_;
  features.Clear();
  size_t first = 0;
  while (NextMatches(message, &cursor, &triggers_left, scratch)) {
    const std::vector<Unit>& units = scratch->sentence_.units;
    int32_t of_unit[kSentenceUnitsMax] = {};
    // What the sentence brings that was not there before.
    for (; first < features.features().size(); ++first) {
      const Buckets::Feature& feature = features.features()[first];
      of_unit[feature.place] += weights.buckets[feature.bucket];
    }
    size_t begin = 0;
    int32_t sum = 0;
    for (size_t i = 0; i < units.size(); ++i) {
      if (sum <= 0) {
        sum = 0;
        begin = i;
      }
      sum += of_unit[i];
      if (sum <= most) continue;
      most = sum;
      loudest = message.SpanOf(units[begin].first, units[i].last);
    }
  }
  return loudest;
}

void InsultModel::Judge(const Normalised& message, Scratch* scratch,
                        Insult* insult) const {
  *insult = Insult();
  const Weights& weights = HasHan(message) ? chinese_ : english_;
  Reading reading;
  UnitCursor cursor;
  uint32_t triggers_left = kTriggersMax;
  scratch->features_.Clear();
  while (NextMatches(message, &cursor, &triggers_left, scratch)) {
    HearGrammar(message, scratch->sentence_, &reading);
  }
  Conclude(weights, scratch->features_, reading, insult);
  const bool words_alone =
      reading.worst == nullptr && insult->score >= kInsultingAt;
  if (words_alone) insult->span = LoudestWords(message, weights, scratch);
}

}  // namespace levee::text
