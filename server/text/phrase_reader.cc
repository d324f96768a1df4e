#include "server/text/phrase_reader.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace levee::text {
namespace {

constexpr uint32_t kGap = 4;
constexpr uint32_t kWideGap = 10;
// Ways to read one phrase, at most.
constexpr size_t kNodesAtOnceMax = 256;

absl::string_view Abseil(std::string_view text) {
  return {text.data(), text.size()};
}

// The code points of well-formed UTF-8.
std::u32string Decode(std::string_view text) {
  std::u32string points;
  for (size_t at = 0; at < text.size();) {
    const auto first = static_cast<uint8_t>(text[at]);
    const size_t size = first < 0x80   ? 1
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                                       : 4;
    char32_t point = size == 1 ? first : first & (0x7F >> size);
    for (size_t i = 1; i < size && at + i < text.size(); ++i) {
      point = point << 6 | (static_cast<uint8_t>(text[at + i]) & 0x3F);
    }
    points.push_back(point);
    at += size;
  }
  return points;
}

// What the book takes letter by letter: Han and emoji.
bool IsAlone(char32_t point) {
  return (point >= 0x2600 && point <= 0x27BF) ||
         (point >= 0x3400 && point <= 0x9FFF) ||
         (point >= 0x1F000 && point <= 0x3FFFF) || point == 0x3007;
}

std::vector<std::string> Parts(std::string_view text, char by) {
  return absl::StrSplit(Abseil(text), by, absl::SkipWhitespace());
}

}  // namespace

PhraseReader::PhraseReader(absl::Span<const std::string_view> kinds,
                           PhraseBook* book)
    : kinds_(kinds), book_(book) {
  book_->nodes_.assign(1, {});
}

absl::Status PhraseReader::Error(std::string_view what) const {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", line_, ": ", Abseil(what)));
}

absl::Status PhraseReader::Read(std::string_view text) {
  // An entry, its lines put together, and where it begins.
  std::string entry;
  uint32_t line_number = 0;
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(Abseil(text), '\n'))) {
    ++line_number;
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != ' ') {
      absl::Status status = ReadEntry(entry);
      if (!status.ok()) return status;
      entry.clear();
      line_ = line_number;
    } else if (entry.empty()) {
      line_ = line_number;
      return Error("carries on no line");
    }
    entry += line;
  }
  return ReadEntry(entry);
}

absl::Status PhraseReader::ReadEntry(std::string_view entry) {
  if (entry.empty()) return absl::OkStatus();
  const size_t colon = entry.find(": ");
  if (colon == std::string_view::npos) {
    return Error("expected \"KIND WEIGHT: PHRASE | ...\"");
  }
  absl::Status status = ReadHead(entry.substr(0, colon));
  if (!status.ok()) return status;
  for (const std::string& phrase : Parts(entry.substr(colon + 2), '|')) {
    absl::Status read = ReadPhrase(phrase);
    if (!read.ok()) return read;
  }
  return absl::OkStatus();
}

absl::Status PhraseReader::ReadHead(std::string_view head) {
  const std::vector<std::string> parts = Parts(head, ' ');
  const auto kind = parts.empty()
                        ? kinds_.end()
                        : std::find(kinds_.begin(), kinds_.end(), parts[0]);
  if (kind == kinds_.end()) return Error("unknown kind");
  kind_ = kind - kinds_.begin();
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &weight_) ||
      weight_ < 1 || weight_ > 1000) {
    return Error("expected a weight of 1 to 1000");
  }
  return absl::OkStatus();
}

absl::Status PhraseReader::ReadPhrase(std::string_view phrase) {
  const auto error = [&](std::string_view what) {
    return Error(absl::StrCat(Abseil(what), ": ", Abseil(phrase)));
  };
  nodes_ = {0};
  begun_.clear();
  size_t words = 0;
  size_t gaps = 0;
  bool gap = false;
  for (const std::string& word : Parts(phrase, ' ')) {
    gap = word == "~" || word == "~~";
    if (gap) {
      if (words == 0 || ++gaps > PhraseBook::kGapsMax) return error("a gap");
      FollowGap(word.size() == 1 ? kGap : kWideGap);
      continue;
    }
    const size_t longest = FollowWord(word);
    if (longest == 0) return error("a word without letters");
    words += longest;
    if (words > PhraseBook::kWordsMax || nodes_.size() > kNodesAtOnceMax) {
      return error("too long");
    }
  }
  if (words == 0 || gap) return error("without an end");
  BeginAlone();
  ++phrase_;
  for (const uint32_t at : nodes_) End(at);
  return absl::OkStatus();
}

size_t PhraseReader::FollowWord(std::string_view word) {
  std::vector<uint32_t> next;
  std::vector<Letters> begun;
  size_t longest = 0;
  for (const std::string& alternative : Alternatives(word)) {
    const Words split = Split(alternative);
    if (split.empty()) return 0;
    longest = std::max(longest, split.size());
    for (const Letters& first : begun_) BeginPair(first, split[0]);
    if (nodes_[0] == 0 && split.size() > 1) BeginPair(split[0], split[1]);
    if (nodes_[0] == 0 && split.size() == 1) begun.push_back(split[0]);
    for (const uint32_t node : nodes_) next.push_back(FollowAll(node, split));
  }
  std::sort(next.begin(), next.end());
  next.erase(std::unique(next.begin(), next.end()), next.end());
  nodes_ = std::move(next);
  begun_ = std::move(begun);
  return longest;
}

void PhraseReader::FollowGap(uint32_t gap) {
  BeginAlone();
  for (uint32_t& node : nodes_) {
    uint32_t behind = book_->nodes_[node].behind_gap;
    if (behind == 0) behind = NewNode();
    PhraseBook::Node& before = book_->nodes_[node];
    before.behind_gap = behind;
    before.gap = std::max(before.gap, gap);
    node = behind;
  }
}

void PhraseReader::End(uint32_t at) {
  PhraseBook::Node& node = book_->nodes_[at];
  if (weight_ <= node.weight) return;
  node.phrase = phrase_;
  node.kind = kind_;
  node.weight = weight_;
}

std::vector<std::string> PhraseReader::Alternatives(std::string_view word) {
  std::vector<std::string> all;
  for (const std::string& one : Parts(word, '/')) {
    const size_t open = one.find('(');
    const size_t close = one.find(')');
    if (open == std::string::npos || close == std::string::npos ||
        close < open) {
      all.push_back(one);
      continue;
    }
    const std::string before = one.substr(0, open);
    const std::string behind = one.substr(close + 1);
    all.push_back(before + behind);
    all.push_back(
        absl::StrCat(before, one.substr(open + 1, close - open - 1), behind));
  }
  return all;
}

PhraseReader::Words PhraseReader::Split(std::string_view word) {
  if (word == "<n>") return {U"#"};
  Words words;
  bool open = false;
  for (const char32_t point : Decode(word)) {
    if (IsAlone(point) || !open) words.emplace_back();
    words.back().push_back(point);
    open = !IsAlone(point);
  }
  return words;
}

uint32_t PhraseReader::NewNode() {
  book_->nodes_.emplace_back();
  return book_->nodes_.size() - 1;
}

uint32_t PhraseReader::Follow(uint32_t node, const Letters& word) {
  const uint64_t hash =
      word == U"#" ? kNumber : HashOf(absl::MakeConstSpan(word));
  const uint64_t key = PhraseBook::EdgeKey(node, hash);
  const uint32_t known = book_->edges_.Find(key);
  if (known != 0) return known;
  const uint32_t made = NewNode();
  book_->edges_.Insert(key, made);
  return made;
}

uint32_t PhraseReader::FollowAll(uint32_t node, const Words& words) {
  for (const Letters& word : words) node = Follow(node, word);
  return node;
}

void PhraseReader::BeginPair(const Letters& first, const Letters& second) {
  if (first == U"#") book_->numbers_ = true;
  const uint32_t filter = PhraseBook::FilterOf(HashOf(first));
  book_->first_.set(filter);
  book_->pairs_.set(
      PhraseBook::PairFilterOf(filter, PhraseBook::FilterOf(HashOf(second))));
}

void PhraseReader::BeginAlone() {
  for (const Letters& first : begun_) {
    const uint32_t filter = PhraseBook::FilterOf(HashOf(first));
    book_->first_.set(filter);
    book_->lone_.set(filter);
  }
  begun_.clear();
}

}  // namespace levee::text
