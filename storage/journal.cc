#include "storage/journal.h"

namespace levee::storage {

void Batch::Clear() {
  first_sequence = 0;
  entries.clear();
  ends.clear();
  decided_at_ms = 0;
  names.clear();
  texts.clear();
  notes.clear();
  index.clear();
}

Id128 ActId(uint64_t sequence) {
  Id128 id = {};
  for (int i = 0; i < 8; ++i) {
    id[15 - i] = static_cast<uint8_t>(sequence >> (8 * i));
  }
  return id;
}

}  // namespace levee::storage
