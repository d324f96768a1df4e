#include "tests/bench/chatter.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace levee::bench {
namespace {

// The word before the first, and behind the last.
constexpr uint32_t kEdge = 0;

// Where the word at `at` ends: an ASCII word with the space behind it, or one
// character of another script.
size_t WordEnd(std::string_view text, size_t at) {
  const auto is_ascii = [&](size_t i) {
    return static_cast<uint8_t>(text[i]) < 0x80;
  };
  size_t end = at + 1;
  if (!is_ascii(at)) {
    while (end < text.size() && (static_cast<uint8_t>(text[end]) >> 6) == 2) {
      ++end;
    }
    return end;
  }
  while (end < text.size() && is_ascii(end) && text[end - 1] != ' ') ++end;
  return end;
}

// A word's characters: it is ASCII, or one of another script.
size_t LengthOf(const std::string& word) {
  return word.empty() || static_cast<uint8_t>(word[0]) < 0x80 ? word.size() : 1;
}

}  // namespace

Chatter::Chatter(std::string_view file) {
  Know("");
  const std::string path =
      std::string(LEVEE_MESSAGES "/").append(file.data(), file.size());
  std::ifstream lines(path);
  for (std::string line; std::getline(lines, line);) {
    google::protobuf::Struct message;
    if (!google::protobuf::util::JsonStringToMessage(line, &message).ok()) {
      std::fprintf(stderr, "%s: a line that is no JSON\n", path.c_str());
      std::exit(1);
    }
    const auto& fields = message.fields();
    if (fields.at("label").string_value() == "insult") continue;
    Learn(fields.at("body").string_value());
  }
  if (words_.size() > 1) return;
  std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
  std::exit(1);
}

const Chatter& Chatter::English() {
  static const Chatter* const kEnglish = new Chatter("en-train.jsonl");
  return *kEnglish;
}

const Chatter& Chatter::Chinese() {
  static const Chatter* const kChinese = new Chatter("zh-train.jsonl");
  return *kChinese;
}

uint32_t Chatter::Know(std::string_view word) {
  const auto number = static_cast<uint32_t>(words_.size());
  const auto [known, is_new] = numbers_.try_emplace(std::string(word), number);
  if (is_new) {
    words_.emplace_back(word);
    next_.emplace_back();
  }
  return known->second;
}

void Chatter::Learn(std::string_view body) {
  uint32_t before = kEdge;
  for (size_t at = 0; at < body.size();) {
    const size_t end = WordEnd(body, at);
    const uint32_t word = Know(body.substr(at, end - at));
    next_[before].push_back(word);
    before = word;
    at = end;
  }
  next_[before].push_back(kEdge);
}

void Chatter::Say(size_t characters, std::mt19937_64* random,
                  std::string* text) const {
  text->clear();
  uint32_t word = kEdge;
  for (size_t said = 0; said < characters; said += LengthOf(words_[word])) {
    const std::vector<uint32_t>& next = next_[word];
    word = next[(*random)() % next.size()];
    if (word == kEdge && !text->empty() && text->back() != ' ') *text += ' ';
    *text += words_[word];
  }
}

}  // namespace levee::bench
