#include "server/text/fold.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/status/status.h"
#include "server/text/model_file.h"

namespace levee::text {
namespace {

constexpr size_t kPages = 0x1100;
constexpr size_t kPageSize = 256;
constexpr uint32_t kExpansionMax = 18;

// `letters`: ascending, a code point << 8 | an ASCII letter.
char LetterOf(absl::Span<const uint32_t> letters, char32_t code) {
  const auto* at = std::lower_bound(letters.begin(), letters.end(), code << 8);
  return at != letters.end() && *at >> 8 == code ? static_cast<char>(*at & 0xFF)
                                                 : '\0';
}

template <typename Number>
absl::Status Read(const ModelFile& file, std::string_view name,
                  absl::Span<const Number>* numbers) {
  absl::StatusOr<absl::Span<const Number>> section = file.Numbers<Number>(name);
  if (!section.ok()) return section.status();
  *numbers = *section;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FoldTable> FoldTable::FromFile(std::string_view bytes) {
  absl::StatusOr<ModelFile> file = ModelFile::Open(bytes, "FOLD");
  if (!file.ok()) return file.status();
  FoldTable table;
  for (const absl::Status& status : {Read(*file, "PAGE", &table.pages_),
                                     Read(*file, "ENTR", &table.entries_),
                                     Read(*file, "EXPA", &table.expansions_),
                                     Read(*file, "PAIR", &table.pairs_),
                                     Read(*file, "COMP", &table.compositions_),
                                     Read(*file, "LOOK", &table.look_alikes_),
                                     Read(*file, "BARE", &table.bare_)}) {
    if (!status.ok()) return status;
  }
  if (!table.IsConsistent()) {
    return absl::DataLossError("model file FOLD: its sections do not agree");
  }
  return table;
}

bool FoldTable::IsConsistent() const {
  if (pages_.size() != kPages || pairs_.size() != compositions_.size() ||
      std::any_of(pages_.begin(), pages_.end(), [&](uint16_t page) {
        return (page + 1u) * kPageSize > entries_.size();
      })) {
    return false;
  }
  for (char32_t code = 0; code < kPages * kPageSize; ++code) {
    const Folding folding = Of(code);
    if (folding.what > PointClass::kEmoji ||
        folding.action > FoldAction::kModifier) {
      return false;
    }
    if (folding.action != FoldAction::kExpand) continue;
    if (folding.value >= expansions_.size()) return false;
    const uint32_t count = expansions_[folding.value];
    if (count > kExpansionMax || count >= expansions_.size() - folding.value) {
      return false;
    }
  }
  return std::all_of(expansions_.begin(), expansions_.end(),
                     [](uint32_t code) { return code <= 0x10FFFF; });
}

const FoldTable& FoldTable::Get() {
  static const FoldTable table = [] {
    absl::StatusOr<FoldTable> linked = FromFile(FoldFile());
    // The program was built of a damaged file: it can judge nothing.
    if (!linked.ok()) {
      std::fprintf(stderr, "%s\n", linked.status().ToString().c_str());
      std::abort();
    }
    return *linked;
  }();
  return table;
}

char32_t FoldTable::Compose(char32_t first, char32_t mark) const {
  const uint64_t pair = static_cast<uint64_t>(first) << 21 | mark;
  const auto* at = std::lower_bound(pairs_.begin(), pairs_.end(), pair);
  if (at == pairs_.end() || *at != pair) return 0;
  return compositions_[at - pairs_.begin()];
}

char FoldTable::LookAlike(char32_t code) const {
  return LetterOf(look_alikes_, code);
}

char FoldTable::Bare(char32_t letter) const {
  if (letter < 0x80) return static_cast<char>(letter);
  return LetterOf(bare_, letter);
}

}  // namespace levee::text
