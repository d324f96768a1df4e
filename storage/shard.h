// All that is stored of one shard.
#ifndef LEVEE_STORAGE_SHARD_H_
#define LEVEE_STORAGE_SHARD_H_

#include <string>

#include "absl/status/statusor.h"
#include "storage/entities.h"
#include "storage/index.h"
#include "storage/journal.h"
#include "storage/names.h"

namespace levee::storage {

// The interfaces of one shard's store; the implementation owns them all.
class Shard : public Journal,
              public EntityStore,
              public NameStore,
              public TextStore,
              public Index {
 public:
  // The key of the store's hashes over event ids and contents, 32 bytes, made
  // with the store and never changed.
  virtual const std::string& hash_key() const = 0;
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_SHARD_H_
