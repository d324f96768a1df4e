// Words and phrases that say nothing by themselves, and what they are good for.
#ifndef LEVEE_SERVER_TEXT_FILLERS_H_
#define LEVEE_SERVER_TEXT_FILLERS_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/types/span.h"

namespace levee::text {

enum class FillerRole : uint8_t {
  // Not known here: it may well say something.
  kNone,
  // Goes with any of the others: "the", "my", "ticket", 工单.
  kCompanion,
  // Goes with the word of a test only: "can", "see", "whether", 是否.
  kFunction,
  // Says nothing where a ticket is opened, and is an answer in a running one:
  // "ok", "hello", "thanks", 好的.
  kFiller,
  // "ignore": so does it, and tells of a test.
  kIgnore,
  // "test", 测试.
  kTest,
  // Never says anything: "blah", "asdf", 啊.
  kNoise,
  // Words of the dummy text that printers use.
  kDummyText,
};
inline constexpr size_t kFillerRoles = 8;

// Of a template's text for who is to fill it in; a word may have such a part
// beside its role.
enum class PromptPart : uint8_t {
  kNone,
  // "describe", 填写
  kVerb,
  // "here", 此处
  kPointer,
  // "your", 您的
  kYours,
  // "issue", 问题
  kIssue,
  // "please", 请
  kPlease,
  // What goes with these.
  kOther,
};

struct FillerWord {
  FillerRole role = FillerRole::kNone;
  PromptPart part = PromptPart::kNone;
};

// Built once, at start. Threads: const methods from any.
class Fillers {
 public:
  static constexpr size_t kLettersMax = 12;

  Fillers();

  // A word in lower case without marks, or a phrase of Han.
  FillerWord Find(absl::Span<const char32_t> letters) const;

  // The length of the longest phrase that `run` begins with, and what it is;
  // 0 where there is none.
  std::pair<size_t, FillerWord> FindPrefix(
      absl::Span<const char32_t> run) const;

 private:
  struct Slot {
    uint64_t key = 0;
    FillerWord word;
  };

  Slot& SlotOf(uint64_t key);

  // A hash table with linear probing; an empty slot's key is 0.
  std::vector<Slot> slots_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_FILLERS_H_
