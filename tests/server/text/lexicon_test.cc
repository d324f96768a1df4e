#include "server/text/lexicon.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "server/text/grammar.h"
#include "server/text/insult.h"

namespace levee::text {
namespace {

constexpr std::string_view kWords = R"(
class fool trigger : idiot* moron bastard asshole "waste of space" 傻逼 傻b 你🐎
class tool trigger : hammer
class be : are is
class you : you 你 你们
class machine : server panel 服务器
)";

Lexicon Parsed(std::string_view rules) {
  const std::string text = std::string(kWords) + std::string(rules);
  absl::StatusOr<Lexicon> lexicon = Lexicon::Parse({{"test.lexicon", text}});
  EXPECT_TRUE(lexicon.ok()) << lexicon.status();
  return *std::move(lexicon);
}

// "rule:text rule:text" of all that matches.
std::string Matches(const Lexicon& lexicon, std::string_view body) {
  Normalised message;
  Normalise("", body, &message);
  UnitCursor cursor;
  Sentence sentence;
  uint32_t triggers_left = kTriggersMax;
  std::string found;
  while (ReadSentence(lexicon, message, &cursor, &sentence)) {
    FindMatches(lexicon, &triggers_left, &sentence);
    for (const Match& match : sentence.matches) {
      const Span span = message.SpanOf(sentence.units[match.begin].first,
                                       sentence.units[match.end - 1].last);
      if (!found.empty()) found += " | ";
      found += lexicon.rules()[match.rule].name + ":" +
               std::string(body.substr(span.begin, span.end - span.begin));
    }
  }
  return found;
}

struct Case {
  std::string_view text;
  std::string_view matches;
};

TEST(Lexicon, AWordIsFoundThroughItsDisguises) {
  const Lexicon lexicon =
      Parsed("rule r target=agent severity=2 weight=900 : <fool>\n");
  const Case cases[] = {
      {"you idiot", "r:idiot"},
      {"IDIOTS!", "r:IDIOTS"},
      {"idiotically", ""},  // an ending of more than 4 letters
      {"stop, ｍｏｒｏｎ", "r:ｍｏｒｏｎ"},
      {"mooooron", "r:mooooron"},
      {"morron", "r:morron"},
      {"m*ron", "r:m*ron"},
      {"m0r0n", "r:m0r0n"},
      {"a$$hole", "r:a$$hole"},
      {"what a waste of space", "r:waste of space"},
      {"a waste of disk space", ""},
      {"waste of, space", ""},
      {"你这个傻逼客服", "r:傻逼"},
      {"你這個傻逼客服", "r:傻逼"},
      {"傻b", "r:傻b"},
      {"傻 b", "r:傻 b"},
      {"傻bug", ""},
      {"你🐎", "r:你🐎"},
      {"moronic", ""},
      {"", ""},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(c.matches, Matches(lexicon, c.text)) << c.text;
  }
}

TEST(Lexicon, ElementsMeanWhatTheHeaderSays) {
  struct RuleCase {
    std::string_view sequence;
    std::vector<Case> cases;
  };
  const RuleCase rules[] = {
      {"<you> <be> <fool>",
       {{"you are idiots", "r:you are idiots"},
        {"you are, idiots", ""},
        {"you are. idiots", ""},
        {"you idiots", ""}}},
      {"<you> <be>? <fool>",
       {{"you idiots", "r:you idiots"},
        {"you are idiots", "r:you are idiots"}}},
      {"<you> ~2 <fool>",
       {{"you big fat idiot", "r:you big fat idiot"},
        {"you big, fat idiot", "r:you big, fat idiot"},
        {"you big fat old idiot", ""},
        {"you. idiot", ""}}},
      {"<you> ~0 <fool>",
       {{"you, idiot", "r:you, idiot"}, {"you fat idiot", ""}}},
      {"(hey|\"look here\") , <fool>",
       {{"hey, idiot", "r:hey, idiot"},
        {"look here: idiot", "r:look here: idiot"},
        {"hey idiot", ""}}},
      {"hey ,? <fool>",
       {{"hey idiot", "r:hey idiot"}, {"hey, idiot", "r:hey, idiot"}}},
      {"<fool> !<machine>",
       {{"idiot server", ""},
        {"idiot agent", "r:idiot"},
        {"idiot", "r:idiot"}}},
      {"!(no|not) <fool>",
       {{"no idiot", ""}, {"an idiot", "r:idiot"}, {"idiot", "r:idiot"}}},
      {"^ <fool> $", {{"Well. Idiots! Bye", "r:Idiots"}, {"idiots, bye", ""}}},
      {"[ <fool> ]", {{"well, idiots, bye", "r:idiots"}, {"well idiots", ""}}},
      {"<you|machine> ~3 <tool|fool>",
       {{"server is an idiot", "r:server is an idiot"},
        {"your hammer", ""},
        {"you hammer", "r:you hammer"}}},
      {"<you> ~4 <fool>", {{"你们真的傻逼", "r:你们真的傻逼"}}},
      // The shortest gap, and back over several.
      {"<you> ~3 hit ~3 <fool>",
       {{"you should hit that old idiot", "r:you should hit that old idiot"}}},
  };
  for (const RuleCase& rule : rules) {
    const Lexicon lexicon =
        Parsed("rule r target=agent severity=2 weight=900 : " +
               std::string(rule.sequence) + "\n");
    for (const Case& c : rule.cases) {
      EXPECT_EQ(c.matches, Matches(lexicon, c.text))
          << rule.sequence << " on " << c.text;
    }
  }
}

TEST(Lexicon, WhatStandsFirstInTheFileTakesItsWordsAway) {
  const Lexicon lexicon = Parsed(
      "rule machine target=product severity=0 weight=0 : <fool> <machine>\n"
      "rule you target=agent severity=2 weight=900 : <you> ~3 <fool>\n"
      "rule any target=agent severity=2 weight=300 : <fool>\n");
  const Case cases[] = {
      {"you and this idiot server", "machine:idiot server"},
      {"you moron", "you:you moron"},
      {"this moron", "any:moron"},
      {"moron, you run an idiot server", "machine:idiot server | any:moron"},
      // Triggers are claimed, and what leads to them serves several.
      {"you moron moron moron moron moron",
       "you:you moron | you:you moron moron | you:you moron moron moron | "
       "you:you moron moron moron moron | any:moron"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(c.matches, Matches(lexicon, c.text)) << c.text;
  }
}

TEST(Lexicon, SpeechInQuotationMarksIsPassedOver) {
  const Lexicon lexicon =
      Parsed("rule r target=agent severity=2 weight=900 : <fool>\n");
  const Case cases[] = {
      {"a user wrote \"you are an idiot\" to us", ""},
      {"a user wrote “you are an idiot” to us", ""},
      {"she said: \"You are an idiot. Go.\" and left", ""},
      // A word held up with tongs is the writer's own.
      {"so you \"experts\", you \"idiots\"", "r:idiots"},
      // So is what is never closed, and a message that is nothing else.
      {"she said \"you are an idiot", "r:idiot"},
      {"\"you are an idiot\"", "r:idiot"},
      {"5\" disk, idiot", "r:idiot"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(c.matches, Matches(lexicon, c.text)) << c.text;
  }
}

TEST(Lexicon, ClassesAreSharedBetweenFilesAndMayFollowTheirRules) {
  absl::StatusOr<Lexicon> lexicon =
      Lexicon::Parse({{"a",
                       "rule a target=agent severity=1 weight=1 : <x> <y>\n"
                       "class x trigger : one\n"},
                      {"b",
                       "class y : two\n"
                       "class x : uno\n"
                       "rule b target=none severity=0 weight=0 :\n"
                       "  <x>   # carried on\n"}});
  ASSERT_TRUE(lexicon.ok()) << lexicon.status();
  EXPECT_EQ("a:one two | b:uno", Matches(*lexicon, "one two, uno"));
}

TEST(Lexicon, AnErrorNamesFileLineAndWhatWouldBeRight) {
  struct Wrong {
    std::string_view text;
    std::string_view message;
  };
  const Wrong cases[] = {
      {"words a : b", "f:1: a line must begin with"},
      {"\n\nclass a b", "f:3: a line must be `class NAME"},
      {"class A : b", "f:1: a class must begin"},
      {"class a often : b", "f:1: a class must begin"},
      {"class a :", "f:1: nothing stands behind the `:`"},
      {"class a : \"b", "f:1: a double quote is not closed"},
      {" class a : b", "f:1: the first line must not begin with a space"},
      {"class a : ab*", "at least 3 Latin letters"},
      {"class a : 傻逼逼*", "at least 3 Latin letters"},
      {"class a : ,", "f:1: entry `,`: it must have 1 to 8 words"},
      {"class a : \"a b c d e f g h i\"", "1 to 8 words"},
      {"rule r : a", "f:1: a rule must begin"},
      {"rule r target=us severity=1 weight=1 : a", "a rule's target must be"},
      {"rule r target=self severity=4 weight=1 : a", "severity must be"},
      {"rule r target=self severity=1 weight=1001 : a", "weight must be"},
      {"rule r target=self severity=1 weight=1 : <a>", "class `a`: it is not"},
      {"class a : b\nrule r target=self severity=1 weight=1 : <a>",
       "f:2: rule `r`: it must hold a class that is a trigger"},
      {"class a trigger : b\nrule r target=self severity=1 weight=1 : <a>?",
       "it must hold a class that is a trigger"},
      {"class a trigger : b\nrule r target=self severity=1 weight=1 : <a> ~99",
       "a gap must be"},
      {"class a trigger : b\nrule r target=self severity=1 weight=1 : <a> ^?",
       "only words, classes"},
      {"class a trigger : b\nrule r target=self severity=1 weight=1 : <a> !b?",
       "do not go together"},
      {"class a trigger : \xFF", "must be UTF-8"},
  };
  for (const Wrong& c : cases) {
    const absl::StatusOr<Lexicon> lexicon = Lexicon::Parse({{"f", c.text}});
    ASSERT_FALSE(lexicon.ok()) << c.text;
    const std::string message(lexicon.status().message());
    EXPECT_NE(std::string::npos, message.find(c.message))
        << c.text << " said: " << message;
  }
}

TEST(Lexicon, HostileTextsAreBounded) {
  const Lexicon lexicon = Parsed(
      "rule r target=agent severity=2 weight=900 : "
      "~16 <you>? ~16 <be>? ~16 <you>? ~16 <fool> ~16 <machine>\n");
  for (const std::string_view piece :
       {"idiot ", "you are ", "你傻逼", "傻", "m*r*n ", "\"", "“ ", "🐎", "a",
        "idiot. ", "\"x\" "}) {
    std::string text;
    while (text.size() < 64 * 1024) text += piece;
    Matches(lexicon, text);
  }
}

TEST(Lexicon, ThoseThatAreLinkedInParse) {
  const absl::StatusOr<Lexicon> lexicon =
      Lexicon::Parse({EnglishLexicon(), ChineseLexicon()});
  ASSERT_TRUE(lexicon.ok()) << lexicon.status();
  EXPECT_GT(lexicon->rules().size(), 100u);
}

}  // namespace
}  // namespace levee::text
