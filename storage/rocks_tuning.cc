#include "storage/rocks_tuning.h"

#include <rocksdb/compaction_filter.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <utility>

#include "storage/keys.h"

namespace levee::storage {
namespace {

constexpr size_t kJournalBlockBytes = size_t{16} << 10;
constexpr size_t kBlockBytes = size_t{4} << 10;
constexpr int kCacheShardBits = 2;
// About 1% of the lookups of what is not there read a block in vain.
constexpr double kFilterBitsPerKey = 10;
// A file this old is rewritten, so that what was deleted leaves the disk even
// where nothing new is written beside it.
constexpr uint64_t kPersonalRewriteSeconds = uint64_t{30} * 86'400;
constexpr uint64_t kIndexRewriteSeconds = uint64_t{7} * 86'400;
// Files of a family that wait to be merged into what is there.
constexpr int kNewFiles = 8;
constexpr size_t kInfoLogBytes = size_t{1} << 20;
constexpr size_t kInfoLogs = 4;
constexpr size_t kManifestBytes = size_t{16} << 20;

// Drops what FindEvents and FindTimeline would not show any more.
class IndexFilter final : public rocksdb::CompactionFilter {
 public:
  explicit IndexFilter(std::shared_ptr<const IndexHorizon> horizon)
      : horizon_(std::move(horizon)) {}

  bool Filter(int /*level*/, const rocksdb::Slice& key,
              const rocksdb::Slice& value, std::string* /*new_value*/,
              bool* /*value_changed*/) const override {
    const uint64_t first = horizon_->first_sequence.load();
    if (IsEventKey(ToView(key))) {
      const auto place = ParseEventValue(ToView(value));
      return place && (place->decided_at_ms <= horizon_->decided_ms.load() ||
                       place->sequence < first);
    }
    const auto place = ParseTimelineKey(ToView(key));
    return place && place->sequence < first;
  }

  // What it drops is hidden from every reader already, snapshots or not.
  bool IgnoreSnapshots() const override { return true; }
  const char* Name() const override { return "levee.index"; }

 private:
  const std::shared_ptr<const IndexHorizon> horizon_;
};

class IndexFilterFactory final : public rocksdb::CompactionFilterFactory {
 public:
  explicit IndexFilterFactory(std::shared_ptr<const IndexHorizon> horizon)
      : horizon_(std::move(horizon)) {}

  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& /*context*/) override {
    return std::make_unique<IndexFilter>(horizon_);
  }
  const char* Name() const override { return "levee.index"; }

 private:
  const std::shared_ptr<const IndexHorizon> horizon_;
};

rocksdb::CompressionType Lz4OrNone() {
  const auto supported = rocksdb::GetSupportedCompressions();
  const bool lz4 = std::find(supported.begin(), supported.end(),
                             rocksdb::kLZ4Compression) != supported.end();
  return lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
}

}  // namespace

rocksdb::DBOptions DatabaseOptions(const RocksOptions& options,
                                   rocksdb::Env* env) {
  rocksdb::DBOptions database;
  database.env = env;
  database.create_if_missing = true;
  database.max_background_jobs = 2;
  database.max_open_files = options.open_files_max;
  // Threads that each family would start to open its files.
  database.max_file_opening_threads = 1;
  database.db_write_buffer_size = options.write_buffer_bytes;
  database.max_total_wal_size = options.wal_bytes_max;
  // A power cut leaves the log's unsynced end torn in any way, whole records
  // behind a hole included. The log is replayed up to the first damage: all
  // that was acknowledged lies before it, since a sync covers everything
  // before. Damage to what was synced would pass for such an end; the file
  // ACKED tells it (acked_file.h), and signed heads elsewhere.
  database.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  database.track_and_verify_wals_in_manifest = true;
  // Writes of files reach the disk bit by bit and do not hold up a sync.
  database.bytes_per_sync = uint64_t{1} << 20;
  database.max_log_file_size = kInfoLogBytes;
  database.keep_log_file_num = kInfoLogs;
  database.max_manifest_file_size = kManifestBytes;
  database.info_log_level = rocksdb::WARN_LEVEL;
  database.stats_dump_period_sec = 0;
  database.stats_persist_period_sec = 0;
  database.skip_stats_update_on_db_open = true;
  return database;
}

std::shared_ptr<rocksdb::Cache> MakeBlockCache(const RocksOptions& options) {
  rocksdb::LRUCacheOptions cache;
  cache.capacity = options.block_cache_bytes;
  // Indexes and filters, which every lookup needs, are the last to go.
  cache.high_pri_pool_ratio = 0.5;
  // Few threads read; a part that is small beside a block would hold none.
  cache.num_shard_bits = kCacheShardBits;
  return rocksdb::NewLRUCache(cache);
}

rocksdb::ColumnFamilyOptions FamilyOptions(
    const RocksOptions& options, const std::string& family,
    const std::shared_ptr<rocksdb::Cache>& cache,
    const std::shared_ptr<IndexHorizon>& horizon) {
  const bool batches =
      family == "journal" || family == "texts" || family == "notes";
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.format_version = 5;
  table.block_size = batches ? kJournalBlockBytes : kBlockBytes;
  // Batches are found by seeking, never by their exact keys.
  if (!batches) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
    // In pages: a file's filter as one block is megabytes, more than the cache
    // may have to spare, and would be read anew for every lookup.
    table.index_type =
        rocksdb::BlockBasedTableOptions::IndexType::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.metadata_block_size = kBlockBytes;
    // The newest files are asked for every name and event id that is new: what
    // they need for their answer, which nearly always is no, stays at hand.
    table.metadata_cache_options.top_level_index_pinning =
        rocksdb::PinningTier::kAll;
    table.metadata_cache_options.partition_pinning =
        rocksdb::PinningTier::kFlushedAndSimilar;
  }

  rocksdb::ColumnFamilyOptions result;
  result.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  result.write_buffer_size = options.write_buffer_bytes / 4;
  result.level_compaction_dynamic_level_bytes = true;
  if (!batches && family != "index") {
    // What is merged is mostly old, and merged again with every few new files.
    result.level0_file_num_compaction_trigger = kNewFiles;
    result.level0_slowdown_writes_trigger = 4 * kNewFiles;
    result.level0_stop_writes_trigger = 6 * kNewFiles;
  }
  // Keys and sealed texts are random bytes.
  result.compression =
      family == "texts" || family == "notes" || family == "keys"
          ? rocksdb::kNoCompression
          : Lz4OrNone();
  if (family == "state") {
    // What is in the newest files is soon overtaken by newer records.
    result.compression_per_level.assign(result.num_levels, result.compression);
    result.compression_per_level[0] = rocksdb::kNoCompression;
  }
  if (family == "texts" || family == "notes" || family == "names" ||
      family == "keys") {
    result.periodic_compaction_seconds = kPersonalRewriteSeconds;
  }
  if (family == "index") {
    result.periodic_compaction_seconds = kIndexRewriteSeconds;
    result.compaction_filter_factory =
        std::make_shared<IndexFilterFactory>(horizon);
  }
  return result;
}

}  // namespace levee::storage
