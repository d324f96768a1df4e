#include "storage/journal.h"

namespace levee::storage {

void Batch::Clear() {
  first_sequence = 0;
  entries.clear();
  ends.clear();
  decided_at_ms = 0;
  names.clear();
  texts.clear();
  index.clear();
}

}  // namespace levee::storage
