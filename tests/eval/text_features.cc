// Prints what the learned scores see, for tests/train, so that training and
// judging cannot differ.
//
//   text_features insult [LEXICON...] < MESSAGES
//   text_features promotion < MESSAGES
//
// A message a line: subject, a tab, body; in both, \n, \t and \\ stand for a
// line end, a tab and a backslash. A message becomes a line `M` and
//
//   S RULE=UNITS ...   for each sentence (insult): the rules that matched, and
//                      the text that each matched
//   B BUCKET ...       for each window (insult)
//   W BUCKET ...       for the message as a whole
//
// Lexica other than those linked in may be given, to try out an edit.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "server/text/grammar.h"
#include "server/text/insult.h"
#include "server/text/insult_features.h"
#include "server/text/lexicon.h"
#include "server/text/normalise.h"
#include "server/text/promotion_words.h"
#include "server/text/units.h"

namespace levee::text {
namespace {

std::string Unescaped(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char next = text[++i];
    plain += next == 'n' ? '\n' : next == 't' ? '\t' : next;
  }
  return plain;
}

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == ' ' || c == '\n' || c == '\t' || c == '|' ? '_' : c;
  }
  return escaped;
}

struct Message {
  std::string subject;
  std::string body;
  Normalised normalised;

  std::string_view TextOf(const Sentence& sentence, const Match& match) const {
    const Span span = normalised.SpanOf(sentence.units[match.begin].first,
                                        sentence.units[match.end - 1].last);
    const std::string_view part = span.subject ? subject : body;
    return part.substr(span.begin, span.end - span.begin);
  }
};

void Print(char what, const Buckets& buckets) {
  std::cout << what;
  for (const Buckets::Feature& feature : buckets.features()) {
    std::cout << ' ' << feature.bucket;
  }
  std::cout << '\n';
}

void PrintInsult(const Lexicon& lexicon, const Message& message,
                 InsultFeatures* features) {
  UnitCursor cursor;
  Sentence sentence;
  uint32_t triggers_left = kTriggersMax;
  const auto full = [](const Buckets& window) { Print('B', window); };
  features->Clear();
  while (ReadSentence(lexicon, message.normalised, &cursor, &sentence)) {
    FindMatches(lexicon, &triggers_left, &sentence);
    features->Read(lexicon, message.normalised, sentence, full);
    std::cout << "S";
    for (const Match& match : sentence.matches) {
      std::cout << ' ' << lexicon.rules()[match.rule].name << '='
                << Escaped(message.TextOf(sentence, match));
    }
    std::cout << '\n';
  }
  Print('B', features->last());
  Print('W', features->whole());
}

// Reads all messages, and calls `each` with every one.
template <typename Each>
void ForEach(Each each) {
  Message message;
  for (std::string line; std::getline(std::cin, line);) {
    const size_t tab = line.find('\t');
    message.subject = Unescaped(std::string_view(line).substr(0, tab));
    message.body = tab == std::string::npos
                       ? ""
                       : Unescaped(std::string_view(line).substr(tab + 1));
    Normalise(message.subject, message.body, &message.normalised);
    std::cout << "M\n";
    each(message);
  }
}

int Insults(absl::Span<char* const> files) {
  std::vector<LexiconText> texts = {EnglishLexicon(), ChineseLexicon()};
  std::vector<std::string> read(files.size());
  if (!files.empty()) texts.clear();
  for (size_t i = 0; i < files.size(); ++i) {
    std::stringstream bytes;
    bytes << std::ifstream(files[i]).rdbuf();
    read[i] = bytes.str();
    texts.push_back({files[i], read[i]});
  }
  absl::StatusOr<Lexicon> lexicon = Lexicon::Parse(texts);
  if (!lexicon.ok()) {
    std::cerr << lexicon.status().message() << '\n';
    return 1;
  }
  InsultFeatures features;
  ForEach([&](const Message& message) {
    PrintInsult(*lexicon, message, &features);
  });
  return 0;
}

int Promotions() {
  Buckets features;
  ForEach([&](const Message& message) {
    ReadPromotionFeatures(message.normalised, &features);
    Print('W', features);
  });
  return 0;
}

int Main(absl::Span<char* const> arguments) {
  const std::string_view what = arguments.empty() ? "" : arguments[0];
  if (what == "insult") return Insults(arguments.subspan(1));
  if (what == "promotion" && arguments.size() == 1) return Promotions();
  std::cerr << "text_features: say insult or promotion\n";
  return 2;
}

}  // namespace
}  // namespace levee::text

int main(int argc, char** argv) {
  return levee::text::Main(absl::MakeConstSpan(argv + 1, argv + argc));
}
