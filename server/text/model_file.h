// The files that the text room learned: how they lie on disk, and how they are
// read.
//
//   offset  bytes  what (numbers are little-endian)
//        0      8  "LEVEETXT"
//        8      4  format of the file: 1
//       12      4  what it is: four letters, such as "FOLD"
//       16      4  version of its contents
//       20      4  CRC-32C of everything from offset 24 on
//       24      4  number of sections, n, at most 32
//       28   12 n  a section each: name (4 letters), offset from the start of
//                  the file (a multiple of 8), size in bytes
//              ..  the sections, in order, zeros between them
//
// tests/train builds them; they are linked into every program that judges
// texts.
#ifndef LEVEE_SERVER_TEXT_MODEL_FILE_H_
#define LEVEE_SERVER_TEXT_MODEL_FILE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace levee::text {

// A checked view of a file's bytes, which must outlive it.
class ModelFile {
 public:
  // DATA_LOSS where the bytes are not a whole, undamaged file of that kind;
  // UNIMPLEMENTED for a newer format. `kind`: four letters.
  static absl::StatusOr<ModelFile> Open(std::string_view bytes,
                                        std::string_view kind);

  uint32_t version() const { return version_; }
  // The bytes of a section, aligned as the file is; DATA_LOSS where there is no
  // such section.
  absl::StatusOr<std::string_view> Section(std::string_view name) const;

  // A section as numbers; DATA_LOSS also where its size is no multiple of
  // theirs. Little-endian machines only.
  template <typename Number>
  absl::StatusOr<absl::Span<const Number>> Numbers(
      std::string_view name) const {
    absl::StatusOr<std::string_view> section = Section(name);
    if (!section.ok()) return section.status();
    if (section->size() % sizeof(Number) != 0) {
      return absl::DataLossError("a section ends within a number");
    }
    return absl::MakeConstSpan(reinterpret_cast<const Number*>(section->data()),
                               section->size() / sizeof(Number));
  }

 private:
  ModelFile(std::string_view bytes, uint32_t version)
      : bytes_(bytes), version_(version) {}

  std::string_view bytes_;
  uint32_t version_;
};

// The files that are linked in, aligned to 8 bytes.
std::string_view FoldFile();
std::string_view LatinFile();
std::string_view HanFile();
std::string_view InsultFile();
std::string_view DomainsFile();
std::string_view PromotionFile();
// The same for text.
std::string_view PromotionLexicon();
std::string_view AutoSubjectLexicon();
std::string_view AutoBodyLexicon();

}  // namespace levee::text

#endif  // LEVEE_SERVER_TEXT_MODEL_FILE_H_
