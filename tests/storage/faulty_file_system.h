// A file system whose power can be cut.
#ifndef LEVEE_TESTS_STORAGE_FAULTY_FILE_SYSTEM_H_
#define LEVEE_TESTS_STORAGE_FAULTY_FILE_SYSTEM_H_

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace levee::tests {

// Passes everything on to the machine's file system and remembers what was
// not synced. When the power is cut, nothing is written any more; when it
// comes back, of each file's unsynced bytes some beginning is left, sometimes
// with pages of zeroes in it, of what was overwritten only the first few writes
// happened, and so of the names that were made, changed and removed since their
// directory was synced.
//
// Threads: any; RestorePower while no file is open for writing.
class FaultyFileSystem : public rocksdb::FileSystemWrapper {
 public:
  // Keeps what may have to come back in `attic`, an existing directory on the
  // same file system. `seed` decides what is lost.
  FaultyFileSystem(std::string attic, uint64_t seed);

  // An Env over it.
  static std::unique_ptr<rocksdb::Env> NewEnv(
      const std::shared_ptr<FaultyFileSystem>& file_system);

  // The power goes off before the operation after the next `operations` ones
  // that change something.
  void CutPowerAfter(int operations);
  bool power_is_cut() const;
  // Loses what a power cut loses, whether or not it went off before, and
  // stops failing.
  void RestorePower();
  // Bytes lost over all cuts.
  uint64_t bytes_lost() const;

  // Writes, or syncs, fail until told otherwise; the power stays.
  void FailWrites(bool fail);
  void FailSyncs(bool fail);

  const char* Name() const override { return "FaultyFileSystem"; }

  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomRWFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomRWFile>* file,
      rocksdb::IODebugContext* debug) override;
  // What nobody here needs and would pass by: not supported.
  rocksdb::IOStatus ReuseWritableFile(
      const std::string& name, const std::string& old_name,
      const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name,
                                 const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* dir,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDir(const std::string& name,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& name,
                                       const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& name, size_t size,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;

 private:
  friend class FaultyFile;
  friend class FaultyDirectory;
  friend class FaultyRandomFile;

  // Bytes that were overwritten.
  struct Overwrite {
    uint64_t at = 0;
    std::string before;
    uint64_t size_before = 0;
  };
  // A file's contents, under whatever names it has.
  struct Contents {
    // Of what is appended.
    uint64_t written = 0;
    uint64_t synced = 0;
    // What was written elsewhere and not synced, oldest first. The oldest
    // count as on the disk when there are many.
    std::deque<Overwrite> overwrites;
    // A write-ahead log that a newer one follows. To sync it never fails, even
    // where nothing reaches the disk: Debian's RocksDB has its assertions on,
    // and a commit that meets a log whose sync failed on a background thread
    // dies of one. No false promise comes of it: a commit syncs the newest log
    // as well.
    bool closed_log = false;
  };
  using ContentsPtr = std::shared_ptr<Contents>;

  // A change of names that is not durable yet, and how it is undone.
  struct NameChange {
    enum class Kind { kMade, kMoved, kRemoved };
    Kind kind = Kind::kMade;
    std::string directory;
    // What was made or removed, or the new name.
    std::string name;
    // For kMoved: the old name.
    std::string from;
    // What stood under `name` before: its place in the attic, or empty.
    std::string attic;
  };

  // Counts one operation that changes something; an error: it must not happen.
  rocksdb::IOStatus Admit(bool fails);
  rocksdb::IOStatus AdmitWrite();
  rocksdb::IOStatus AdmitSync();
  // The new file is `newest`: the other logs of its directory are closed.
  void CloseLogs(const std::string& newest);
  // Of an existing file; made as fully synced where it is not known.
  ContentsPtr ContentsOf(const std::string& name);
  // Moves what stands under the name to the attic; empty: there was nothing.
  std::string PutAway(const std::string& name);
  void SyncNames(const std::string& directory);
  void Undo(const NameChange& change);
  void LoseBytes(const std::string& name, Contents& contents);
  void LoseOverwrites(const std::string& name, Contents& contents);
  bool OneIn(uint32_t n);

  const std::string attic_;

  mutable std::mutex mutex_;
  // All below: under mutex_.
  std::mt19937_64 random_;
  bool cut_ = false;
  int operations_left_ = -1;
  bool fail_writes_ = false;
  bool fail_syncs_ = false;
  uint64_t bytes_lost_ = 0;
  uint64_t attic_names_ = 0;
  std::map<std::string, ContentsPtr> files_;
  std::vector<NameChange> changes_;
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_STORAGE_FAULTY_FILE_SYSTEM_H_
