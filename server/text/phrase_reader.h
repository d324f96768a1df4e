// Reads the text of a book of phrases; see phrase_book.h for its grammar.
#ifndef LEVEE_SERVER_TEXT_PHRASE_READER_H_
#define LEVEE_SERVER_TEXT_PHRASE_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/text/phrase_book.h"

namespace levee::text {

// Used once, at start. Throw it away after an error, and the book with it.
class PhraseReader {
 public:
  // Stands for any number, among the hashes of words.
  static constexpr uint64_t kNumber = 0x23;

  PhraseReader(absl::Span<const std::string_view> kinds, PhraseBook* book);

  absl::Status Read(std::string_view text);

 private:
  using Letters = std::u32string;
  // Words one after the other, as letters.
  using Words = std::vector<Letters>;

  absl::Status ReadEntry(std::string_view entry);
  absl::Status ReadHead(std::string_view head);
  absl::Status ReadPhrase(std::string_view phrase);
  absl::Status Error(std::string_view what) const;

  // What a word may stand for: "best/lowest", "post(s)".
  static std::vector<std::string> Alternatives(std::string_view word);
  // A word of the file as words of the book: Han falls apart.
  static Words Split(std::string_view word);

  // From the phrase's nodes on. FollowWord: the words of its longest
  // alternative; 0 where one has no letters.
  size_t FollowWord(std::string_view word);
  void FollowGap(uint32_t gap);
  void End(uint32_t node);

  uint32_t NewNode();
  uint32_t Follow(uint32_t node, const Letters& word);
  uint32_t FollowAll(uint32_t node, const Words& words);

  // For the bitmaps: phrases begin with two words, or with one that nothing
  // certain follows.
  void BeginPair(const Letters& first, const Letters& second);
  void BeginAlone();

  absl::Span<const std::string_view> kinds_;
  PhraseBook* book_;
  uint32_t line_ = 0;
  uint32_t kind_ = 0;
  int32_t weight_ = 0;
  uint32_t phrase_ = 0;
  // Where the ways to read the phrase have come to.
  std::vector<uint32_t> nodes_;
  // Its first words, as long as it is of one word.
  std::vector<Letters> begun_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_PHRASE_READER_H_
