#include "client/cli/printable.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "unicode/uchar.h"
#include "unicode/utf8.h"

namespace levee::cli {
namespace {

// One code point from `at` on; negative where the bytes are not UTF-8.
UChar32 Take(absl::string_view text, int32_t* at) {
  UChar32 c = 0;
  U8_NEXT(text.data(), *at, static_cast<int32_t>(text.size()), c);
  return c;
}

// C0, C1, and format characters, such as those that turn the direction.
bool IsHarmful(UChar32 c) {
  const int8_t type = u_charType(c);
  return type == U_CONTROL_CHAR || type == U_FORMAT_CHAR ||
         type == U_LINE_SEPARATOR || type == U_PARAGRAPH_SEPARATOR ||
         type == U_SURROGATE || type == U_PRIVATE_USE_CHAR;
}

size_t WidthOf(UChar32 c) {
  switch (u_charType(c)) {
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_FORMAT_CHAR:
      return 0;
    default:
      break;
  }
  switch (u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH)) {
    case U_EA_WIDE:
    case U_EA_FULLWIDTH:
      return 2;
    default:
      return 1;
  }
}

std::string Escape(UChar32 c) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return c < 0x80 ? absl::StrFormat("\\x%02x", c)
                      : absl::StrFormat("\\u%04x", c);
  }
}

std::string Cleaned(absl::string_view text, bool keep_lines) {
  std::string clean;
  int32_t at = 0;
  while (at < static_cast<int32_t>(text.size())) {
    const int32_t begin = at;
    const UChar32 c = Take(text, &at);
    if (c < 0) {
      for (const char byte : text.substr(begin, at - begin)) {
        absl::StrAppendFormat(&clean, "\\x%02x", static_cast<uint8_t>(byte));
      }
    } else if (IsHarmful(c) && !(keep_lines && c == '\n')) {
      clean += Escape(c);
    } else {
      absl::StrAppend(&clean, text.substr(begin, at - begin));
    }
  }
  return clean;
}

}  // namespace

std::string Printable(absl::string_view text) { return Cleaned(text, false); }

std::string PrintableLines(absl::string_view text) {
  return Cleaned(text, true);
}

size_t Utf8Prefix(absl::string_view text) {
  int32_t at = 0;
  while (at < static_cast<int32_t>(text.size())) {
    const int32_t begin = at;
    if (Take(text, &at) < 0) return begin;
  }
  return text.size();
}

bool IsUtf8(absl::string_view text) { return Utf8Prefix(text) == text.size(); }

size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  for (int32_t at = 0; at < static_cast<int32_t>(text.size());) {
    const UChar32 c = Take(text, &at);
    width += c < 0 ? 1 : WidthOf(c);
  }
  return width;
}

std::string Shortened(absl::string_view text, size_t columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  size_t width = 0;
  int32_t cut = 0;
  for (int32_t at = 0; at < static_cast<int32_t>(text.size());) {
    const UChar32 c = Take(text, &at);
    width += c < 0 ? 1 : WidthOf(c);
    if (width > columns - 1) break;
    cut = at;
  }
  return absl::StrCat(text.substr(0, cut), "\u2026");
}

}  // namespace levee::cli
