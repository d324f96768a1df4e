// How RocksDB is set up for what we keep in it.
#ifndef LEVEE_STORAGE_ROCKS_TUNING_H_
#define LEVEE_STORAGE_ROCKS_TUNING_H_

#include <rocksdb/cache.h>
#include <rocksdb/options.h>

#include <memory>
#include <string>

#include "storage/rocks_engine.h"
#include "storage/rocks_store.h"

namespace levee::storage {

rocksdb::DBOptions DatabaseOptions(const RocksOptions& options,
                                   rocksdb::Env* env);

std::shared_ptr<rocksdb::Cache> MakeBlockCache(const RocksOptions& options);

// Of one of our families, by its name, or of any other.
rocksdb::ColumnFamilyOptions FamilyOptions(
    const RocksOptions& options, const std::string& family,
    const std::shared_ptr<rocksdb::Cache>& cache,
    const std::shared_ptr<IndexHorizon>& horizon);

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_ROCKS_TUNING_H_
