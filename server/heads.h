// The file of signed heads: what left the store, so that a cut journal is seen.
#ifndef LEVEE_SERVER_HEADS_H_
#define LEVEE_SERVER_HEADS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "storage/rocks_store.h"

namespace levee {

// Signs the journal's end as it is now, logs it and appends it to `file` as a
// line of JSON, on the disk when this returns. UNAVAILABLE names the file and
// the system's reason.
absl::Status AppendHead(const storage::RocksStore& store,
                        const std::string& file, int64_t now_ms);

// Compares the journal with the newest head in `file` that the store itself
// signed. DATA_LOSS: the journal ends before it, or ends there with another
// hash. OK where the file or such a head is missing. A file that is damaged is
// passed over: whoever can change it can also delete it, and the copies that
// left the machine stand against both.
absl::Status CheckHeads(const storage::RocksStore& store,
                        const std::string& file);

}  // namespace levee

#endif  // LEVEE_SERVER_HEADS_H_
