// Whatever a lexicon's text says: it is read, or refused with a reason.
#include "server/text/lexicon.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const levee::text::LexiconText given = {"fuzz", text};
  const auto lexicon = levee::text::Lexicon::Parse({&given, 1});
  if (!lexicon.ok() && lexicon.status().message().empty()) std::abort();
  return 0;
}
