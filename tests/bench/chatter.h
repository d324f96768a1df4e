// Messages such as customers write, of which no two are alike: each word is one
// that followed the word before it in some message of tests/data/messages (a
// Markov chain of the first order).
#ifndef LEVEE_TESTS_BENCH_CHATTER_H_
#define LEVEE_TESTS_BENCH_CHATTER_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace levee::bench {

// Threads: any, each with a generator of its own.
class Chatter {
 public:
  // Of what was said without malice. Reads the files when first called, and
  // ends the program where they cannot be read.
  static const Chatter& English();
  static const Chatter& Chinese();

  // Replaces `text` by `characters`, and up to a word more.
  void Say(size_t characters, std::mt19937_64* random, std::string* text) const;

 private:
  explicit Chatter(std::string_view file);
  void Learn(std::string_view body);
  // The number of a word.
  uint32_t Know(std::string_view word);

  std::unordered_map<std::string, uint32_t> numbers_;
  std::vector<std::string> words_;
  // By word, what followed it, as often as it did.
  std::vector<std::vector<uint32_t>> next_;
};

}  // namespace levee::bench

#endif  // LEVEE_TESTS_BENCH_CHATTER_H_
