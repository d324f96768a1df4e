// Prints what the learned score of insults sees, for tests/train/insult.py, so
// that training and judging cannot differ.
//
//   insult_features [LEXICON...] < MESSAGES
//
// A message a line: subject, a tab, body; in both, \n, \t and \\ stand for a
// line end, a tab and a backslash. A message becomes a line `M` or, where it
// holds Han, `H`, then a line a sentence, then one of its features:
//
//   S RULE=UNITS ...
//   B BUCKET ...
//
// RULE=UNITS: a rule that matched, and the text that it matched. Lexica other
// than those linked in may be given, to try out an edit.
#include "server/text/insult_features.h"

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "server/text/grammar.h"
#include "server/text/insult.h"
#include "server/text/lexicon.h"
#include "server/text/normalise.h"
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

void Print(const Lexicon& lexicon, const Message& message,
           InsultFeatures* features) {
  std::cout << (HasHan(message.normalised) ? "H\n" : "M\n");
  UnitCursor cursor;
  Sentence sentence;
  uint32_t triggers_left = kTriggersMax;
  features->Clear();
  while (ReadSentence(lexicon, message.normalised, &cursor, &sentence)) {
    FindMatches(lexicon, &triggers_left, &sentence);
    features->Read(lexicon, message.normalised, sentence);
    std::cout << "S";
    for (const Match& match : sentence.matches) {
      std::cout << ' ' << lexicon.rules()[match.rule].name << '='
                << Escaped(message.TextOf(sentence, match));
    }
    std::cout << '\n';
  }
  std::cout << "B";
  for (const Buckets::Feature& feature : features->features()) {
    std::cout << ' ' << feature.bucket;
  }
  std::cout << '\n';
}

int Run(absl::Span<char* const> files) {
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
  Message message;
  for (std::string line; std::getline(std::cin, line);) {
    const size_t tab = line.find('\t');
    message.subject = Unescaped(std::string_view(line).substr(0, tab));
    message.body = tab == std::string::npos
                       ? ""
                       : Unescaped(std::string_view(line).substr(tab + 1));
    Normalise(message.subject, message.body, &message.normalised);
    Print(*lexicon, message, &features);
  }
  return 0;
}

}  // namespace
}  // namespace levee::text

int main(int argc, char** argv) {
  return levee::text::Run(absl::MakeConstSpan(argv + 1, argv + argc));
}
