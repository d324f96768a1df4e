#include "server/text/facts.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/text/auto_reply.h"
#include "server/text/insult.h"
#include "server/text/meaningless.h"
#include "server/text/model_file.h"
#include "server/text/normalise.h"
#include "server/text/promotion.h"
#include "server/text/thresholds.h"

namespace levee::text {
namespace {

namespace v1 = levee::v1;
using storage::v1::TextFacts;

constexpr int kSpansMax = 12;

// A program whose own models are damaged judges nothing.
template <typename Model>
Model OrDie(absl::StatusOr<Model> model) {
  if (!model.ok()) {
    std::fputs(absl::StrCat("the text models of this program are damaged: ",
                            model.status().message(), "\n")
                   .c_str(),
               stderr);
    std::abort();
  }
  return *std::move(model);
}

struct Models {
  MeaninglessModel meaningless =
      OrDie(MeaninglessModel::Open(LatinFile(), HanFile()));
  InsultModel insult = OrDie(InsultModel::Open(
      std::array{EnglishLexicon(), ChineseLexicon()}, InsultFile()));
  PromotionModel promotion = OrDie(PromotionModel::Open());
  AutoReplyModel auto_reply = OrDie(AutoReplyModel::Open());

  static const Models& Builtin() {
    static const Models* const kModels = new Models();
    return *kModels;
  }
};

// What judging one message needs room for.
struct Scratch {
  Normalised normalised;
  FingerprintScratch print;
  InsultModel::Scratch insult;
  PromotionModel::Scratch promotion;
  std::vector<std::string_view> own_domains;
  std::vector<MailHeader> mail_headers;

  static Scratch& OfThread() {
    thread_local Scratch scratch;
    return scratch;
  }
};

void AddSpan(v1::TextFinding finding, const Span& span, TextFacts* facts) {
  if (span.begin >= span.end || facts->spans_size() >= kSpansMax) return;
  v1::TextSpan* const added = facts->add_spans();
  added->set_finding(finding);
  added->set_in_subject(span.subject);
  added->set_begin(span.begin);
  added->set_end(span.end);
}

v1::MeaninglessKind KindOf(MeaninglessKind kind) {
  switch (kind) {
    case MeaninglessKind::kNone:
      return v1::MEANINGLESS_KIND_UNSPECIFIED;
    case MeaninglessKind::kMash:
      return v1::MEANINGLESS_KIND_MASH;
    case MeaninglessKind::kImeMash:
      return v1::MEANINGLESS_KIND_IME_MASH;
    case MeaninglessKind::kRepeat:
      return v1::MEANINGLESS_KIND_REPEAT;
    case MeaninglessKind::kNoLetters:
      return v1::MEANINGLESS_KIND_NO_LETTERS;
    case MeaninglessKind::kTestPhrase:
      return v1::MEANINGLESS_KIND_TEST;
    case MeaninglessKind::kTemplate:
      return v1::MEANINGLESS_KIND_TEMPLATE;
    case MeaninglessKind::kFiller:
      return v1::MEANINGLESS_KIND_FILLER;
  }
  return v1::MEANINGLESS_KIND_UNSPECIFIED;
}

v1::InsultTarget TargetOf(Target target) {
  switch (target) {
    case Target::kNone:
      return v1::INSULT_TARGET_UNSPECIFIED;
    case Target::kAgent:
      return v1::INSULT_TARGET_STAFF;
    case Target::kCompany:
      return v1::INSULT_TARGET_COMPANY;
    case Target::kProduct:
      return v1::INSULT_TARGET_PRODUCT;
    case Target::kSelf:
      return v1::INSULT_TARGET_SELF;
    case Target::kThird:
      return v1::INSULT_TARGET_THIRD_PARTY;
  }
  return v1::INSULT_TARGET_UNSPECIFIED;
}

// Both are numbered alike.
v1::AutomaticKind KindOf(AutoReplyKind kind) {
  return static_cast<v1::AutomaticKind>(kind);
}
static_assert(v1::AutomaticKind_MAX == static_cast<int>(AutoReplyKind::kLoop));

void JudgeMeaning(const Models& models, bool opens, const Scratch& scratch,
                  TextFacts* facts) {
  const Meaningless judged =
      models.meaningless.Judge(scratch.normalised, opens);
  facts->set_meaningless(judged.score);
  facts->set_meaningless_kind(KindOf(judged.kind));
  if (judged.score >= kMeaninglessAt) {
    AddSpan(v1::TEXT_FINDING_MEANINGLESS, judged.span, facts);
  }
}

void JudgeInsult(const Models& models, Scratch* scratch, TextFacts* facts) {
  Insult judged;
  models.insult.Judge(scratch->normalised, &scratch->insult, &judged);
  facts->set_insult(judged.score);
  facts->set_insult_severity(judged.severity);
  facts->set_insult_target(TargetOf(judged.target));
  if (judged.target == Target::kNone && judged.score < kInsultingAt) return;
  AddSpan(v1::TEXT_FINDING_INSULT, judged.span, facts);
  for (size_t i = 0; i < judged.more_size; ++i) {
    AddSpan(v1::TEXT_FINDING_INSULT, judged.more[i], facts);
  }
}

void JudgePromotion(const Models& models, const v1::TicketEvent& event,
                    Scratch* scratch, TextFacts* facts) {
  scratch->own_domains.assign(event.own_domains().begin(),
                              event.own_domains().end());
  Promotion judged;
  models.promotion.Judge(
      scratch->normalised, event.subject(), event.body(),
      {.email = event.source().email(), .own_domains = scratch->own_domains},
      &scratch->promotion, &judged);
  facts->set_promotion(judged.score);
  if (judged.score < kPromotionAt) return;
  for (uint32_t i = 0; i < judged.span_count; ++i) {
    AddSpan(v1::TEXT_FINDING_PROMOTION, judged.spans[i], facts);
  }
}

void JudgeSender(const Models& models, const v1::TicketEvent& event,
                 Scratch* scratch, TextFacts* facts) {
  scratch->mail_headers.clear();
  for (const v1::MailHeader& header : event.mail_headers()) {
    scratch->mail_headers.emplace_back(header.name(), header.value());
  }
  const AutoReply judged =
      models.auto_reply.Judge(scratch->normalised, scratch->mail_headers);
  facts->set_automatic(KindOf(judged.kind));
  AddSpan(v1::TEXT_FINDING_AUTOMATIC, judged.span, facts);
}

}  // namespace

Examined Examine(const v1::TicketEvent& event) {
  const Models& models = Models::Builtin();
  Scratch& scratch = Scratch::OfThread();
  Normalise(event.subject(), event.body(), &scratch.normalised);
  Examined examined;
  TextFacts& facts = examined.facts;
  facts.set_model_version(kModelVersion);
  facts.set_subject_length(Length(event.subject()));
  facts.set_body_length(Length(event.body()));
  facts.set_links(CountLinks(event.subject()) + CountLinks(event.body()));
  JudgeMeaning(models, event.kind() == v1::EVENT_KIND_OPENED, scratch, &facts);
  JudgeInsult(models, &scratch, &facts);
  JudgePromotion(models, event, &scratch, &facts);
  JudgeSender(models, event, &scratch, &facts);
  examined.print = FingerprintOf(scratch.normalised, &scratch.print);
  return examined;
}

void Tell(const TextFacts& facts, v1::TextFacts* told) {
  told->set_model_version(facts.model_version());
  told->set_subject_length(facts.subject_length());
  told->set_body_length(facts.body_length());
  told->set_links(facts.links());
  told->set_meaningless(facts.meaningless());
  told->set_meaningless_kind(facts.meaningless_kind());
  told->set_insult(facts.insult());
  told->set_insult_target(facts.insult_target());
  told->set_insult_severity(facts.insult_severity());
  told->set_promotion(facts.promotion());
  told->set_automatic(facts.automatic());
  *told->mutable_spans() = facts.spans();
}

namespace {

void AppendUtf8(char32_t point, std::string* text) {
  const auto put = [&](char32_t byte) {
    text->push_back(static_cast<char>(byte));
  };
  const auto more = [&](int shift) { put(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    more(0);
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    more(6);
    more(0);
  } else {
    put(0xF0 | point >> 18);
    more(12);
    more(6);
    more(0);
  }
}

}  // namespace

std::string WordsOf(const v1::TicketEvent& event, size_t bytes_max) {
  Normalised& normalised = Scratch::OfThread().normalised;
  Normalise(event.subject(), event.body(), &normalised);
  std::string words;
  for (const Word& word : normalised.words) {
    if (words.size() >= bytes_max) break;
    switch (word.kind) {
      case WordKind::kStop:
        if (!words.empty()) words += '\n';
        continue;
      case WordKind::kPause:
        words += ',';
        continue;
      case WordKind::kOther:
        words += " [...]";
        continue;
      default:
        break;
    }
    if (!words.empty() && words.back() != '\n') words += ' ';
    for (uint32_t i = word.begin; i < word.end; ++i) {
      AppendUtf8(normalised.letters[i], &words);
    }
  }
  return words;
}

}  // namespace levee::text
