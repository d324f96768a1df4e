// Sorted files of index entries and names, taken into the database.
#ifndef LEVEE_STORAGE_INDEX_FILES_H_
#define LEVEE_STORAGE_INDEX_FILES_H_

#include "absl/status/status.h"
#include "storage/rocks_engine.h"
#include "storage/tail.h"

namespace levee::storage {

// Puts what the tail holds into `index`, `names` and `keys`, durably. Doing so
// again changes nothing.
absl::Status IngestTail(const Engine& engine, const Tail& tail);

// Removes what an interrupted IngestTail left in the directory.
void RemoveIndexFiles(const Engine& engine);

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_INDEX_FILES_H_
