#include "server/text/model_file.h"

#include <array>
#include <bit>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace levee::text {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "LEVEETXT";
constexpr uint32_t kFormat = 1;
constexpr size_t kNameSize = 4;
constexpr size_t kFormatAt = 8;
constexpr size_t kKindAt = 12;
constexpr size_t kVersionAt = 16;
constexpr size_t kSumAt = 20;
constexpr size_t kSectionsAt = 24;
constexpr size_t kTableAt = 28;
constexpr size_t kSectionSize = 12;
constexpr uint32_t kSectionsMax = 32;

uint32_t NumberAt(std::string_view bytes, size_t at) {
  uint32_t number;
  std::memcpy(&number, bytes.data() + at, sizeof(number));
  return number;
}

// CRC-32C (RFC 3720 §12.1), a byte at a time: read once at start. Debian 12's
// Abseil has none, and storage's is another room's.
constexpr std::array<uint32_t, 256> CrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
    }
    table[byte] = crc;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kCrcTable = CrcTable();

uint32_t Crc32c(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) {
    crc = kCrcTable[(crc ^ static_cast<uint8_t>(byte)) & 0xFF] ^ crc >> 8;
  }
  return ~crc;
}

absl::Status Damaged(std::string_view kind, std::string_view what) {
  return absl::DataLossError(
      absl::StrCat("model file ", absl::string_view(kind.data(), kind.size()),
                   ": ", absl::string_view(what.data(), what.size())));
}

// Whether the table lies within the file and its sections behind it.
bool AreSectionsWithin(std::string_view bytes) {
  const uint32_t sections = NumberAt(bytes, kSectionsAt);
  if (sections > kSectionsMax ||
      bytes.size() < kTableAt + sections * kSectionSize) {
    return false;
  }
  size_t end = kTableAt + sections * kSectionSize;
  for (uint32_t i = 0; i < sections; ++i) {
    const size_t at = kTableAt + i * kSectionSize + kNameSize;
    const size_t offset = NumberAt(bytes, at);
    const size_t size = NumberAt(bytes, at + 4);
    if (offset % 8 != 0 || offset < end || offset > bytes.size() ||
        size > bytes.size() - offset) {
      return false;
    }
    end = offset + size;
  }
  return true;
}

}  // namespace

absl::StatusOr<ModelFile> ModelFile::Open(std::string_view bytes,
                                          std::string_view kind) {
  if (bytes.size() < kTableAt || bytes.substr(0, kMagic.size()) != kMagic) {
    return Damaged(kind, "no such file");
  }
  if (NumberAt(bytes, kFormatAt) > kFormat) {
    return absl::UnimplementedError(
        absl::StrCat("model file: its format ", NumberAt(bytes, kFormatAt),
                     " is newer than this program, which reads ", kFormat));
  }
  if (NumberAt(bytes, kFormatAt) != kFormat) {
    return Damaged(kind, "unknown format");
  }
  if (bytes.substr(kKindAt, kNameSize) != kind) {
    return Damaged(kind, "a file of another kind");
  }
  if (Crc32c(bytes.substr(kSectionsAt)) != NumberAt(bytes, kSumAt)) {
    return Damaged(kind, "its checksum does not match");
  }
  if (!AreSectionsWithin(bytes)) {
    return Damaged(kind, "its sections do not lie within it");
  }
  return ModelFile(bytes, NumberAt(bytes, kVersionAt));
}

absl::StatusOr<std::string_view> ModelFile::Section(
    std::string_view name) const {
  const uint32_t sections = NumberAt(bytes_, kSectionsAt);
  for (uint32_t i = 0; i < sections; ++i) {
    const size_t at = kTableAt + i * kSectionSize;
    if (bytes_.substr(at, kNameSize) != name) continue;
    return bytes_.substr(NumberAt(bytes_, at + kNameSize),
                         NumberAt(bytes_, at + kNameSize + 4));
  }
  return Damaged(bytes_.substr(kKindAt, kNameSize),
                 absl::StrCat("it has no section ",
                              absl::string_view(name.data(), name.size())));
}

}  // namespace levee::text
