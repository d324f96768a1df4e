// What every code point folds to: the table of models/fold.model, which
// tests/train/fold.py builds from ICU.
#ifndef LEVEE_SERVER_TEXT_FOLD_H_
#define LEVEE_SERVER_TEXT_FOLD_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/text/normalise.h"

namespace levee::text {

// What folding does with a code point.
enum class FoldAction : uint8_t {
  // It becomes one other, or itself.
  kKeep,
  // It becomes several.
  kExpand,
  // It is dropped; between letters of Latin or Han it is a disguise.
  kInvisible,
  // A combining mark: composes with what is before it, or is dropped.
  kMark,
  // It is dropped, and honest wherever it stands.
  kModifier,
};

struct Folding {
  // kKeep: what it becomes. kExpand: see FoldTable::Expansion.
  char32_t value;
  // What `value` is; of a mark, what the mark is.
  PointClass what;
  FoldAction action;
  // Undoes more than case and width; of a mark: it strikes a letter through.
  bool styled;
  // FoldTable::LookAlike knows a letter for it.
  bool look_alike;
};

// Views of a file's sections. Threads: const methods from any.
class FoldTable {
 public:
  // Of the file that is linked in, which was checked when first asked for.
  static const FoldTable& Get();
  // DATA_LOSS where the bytes are no such table. `file` must outlive it.
  static absl::StatusOr<FoldTable> FromFile(std::string_view file);

  // REQUIRES: code <= 0x10FFFF. O(1).
  Folding Of(char32_t code) const {
    const uint32_t entry =
        entries_[static_cast<size_t>(pages_[code >> 8]) << 8 | (code & 0xFF)];
    return {(code + entry) & kValueMask,
            static_cast<PointClass>(entry >> 21 & 0xF),
            static_cast<FoldAction>(entry >> 25 & 0x7), (entry >> 28 & 1) != 0,
            (entry >> 29 & 1) != 0};
  }

  // The code points that a folding with kExpand of this `value` becomes; at
  // most 18.
  absl::Span<const uint32_t> Expansion(char32_t value) const {
    return expansions_.subspan(value + 1, expansions_[value]);
  }

  // What a letter and a combining mark compose to (Unicode's canonical
  // compositions, in small letters); 0: they do not.
  char32_t Compose(char32_t first, char32_t mark) const;

  // The small ASCII letter that a letter, as it was before folding, may be
  // taken for (Unicode confusables); 0: none.
  char LookAlike(char32_t code) const;

  // A folded Latin letter without its marks and strokes, in ASCII: a for ä, o
  // for ø, i for dotless i. ASCII as it is; 0 where there is none.
  char Bare(char32_t letter) const;

 private:
  static constexpr uint32_t kValueMask = (1u << 21) - 1;

  FoldTable() = default;
  bool IsConsistent() const;

  absl::Span<const uint16_t> pages_;
  absl::Span<const uint32_t> entries_;
  absl::Span<const uint32_t> expansions_;
  absl::Span<const uint64_t> pairs_;
  absl::Span<const uint32_t> compositions_;
  absl::Span<const uint32_t> look_alikes_;
  absl::Span<const uint32_t> bare_;
};

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_FOLD_H_
