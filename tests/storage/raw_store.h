// A store's database without the store: to look at and to spoil.
#ifndef LEVEE_TESTS_STORAGE_RAW_STORE_H_
#define LEVEE_TESTS_STORAGE_RAW_STORE_H_

#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace levee::tests {

// REQUIRES: no store is open in the directory.
class RawStore {
 public:
  explicit RawStore(const std::string& dir) {
    const rocksdb::Options options;
    std::vector<std::string> names;
    Check(rocksdb::DB::ListColumnFamilies(options, dir, &names));
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    families.reserve(names.size());
    for (const std::string& name : names) families.emplace_back(name, options);
    rocksdb::DB* db = nullptr;
    Check(rocksdb::DB::Open(options, dir, families, &handles_, &db));
    db_.reset(db);
    for (size_t i = 0; i < names.size(); ++i) families_[names[i]] = handles_[i];
  }
  ~RawStore() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      Check(db_->DestroyColumnFamilyHandle(handle));
    }
  }
  RawStore(const RawStore&) = delete;
  RawStore& operator=(const RawStore&) = delete;

  void Put(const std::string& family, const std::string& key,
           const std::string& value) {
    Check(db_->Put(rocksdb::WriteOptions(), families_.at(family), key, value));
  }
  void Delete(const std::string& family, const std::string& key) {
    Check(db_->Delete(rocksdb::WriteOptions(), families_.at(family), key));
  }
  void Drop(const std::string& family) {
    Check(db_->DropColumnFamily(families_.at(family)));
  }
  // All pairs, or those whose keys begin so.
  std::vector<std::pair<std::string, std::string>> Pairs(
      const std::string& family, const std::string& prefix = "") {
    std::vector<std::pair<std::string, std::string>> pairs;
    const std::unique_ptr<rocksdb::Iterator> it(
        db_->NewIterator(rocksdb::ReadOptions(), families_.at(family)));
    for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix);
         it->Next()) {
      pairs.emplace_back(it->key().ToString(), it->value().ToString());
    }
    Check(it->status());
    return pairs;
  }
  // Paths within the directory.
  std::vector<std::string> FilesOf(const std::string& family) {
    std::vector<rocksdb::LiveFileMetaData> all;
    db_->GetLiveFilesMetaData(&all);
    std::vector<std::string> paths;
    for (const rocksdb::LiveFileMetaData& file : all) {
      if (file.column_family_name == family) paths.push_back(file.name);
    }
    return paths;
  }

 private:
  static void Check(const rocksdb::Status& status) {
    EXPECT_TRUE(status.ok()) << status.ToString();
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::map<std::string, rocksdb::ColumnFamilyHandle*> families_;
};

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void WriteFile(const std::filesystem::path& path,
                      const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// The files in the directory whose names end so.
inline std::vector<std::filesystem::path> FilesIn(const std::string& dir,
                                                  const std::string& end = "") {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(dir)) {
    const std::string name = file.path().filename();
    if (name.size() >= end.size() &&
        name.compare(name.size() - end.size(), end.size(), end) == 0) {
      files.push_back(file.path());
    }
  }
  return files;
}

// The names of those that hold the bytes.
inline std::vector<std::string> FilesWith(const std::string& dir,
                                          const std::string& bytes) {
  std::vector<std::string> names;
  for (const std::filesystem::path& file : FilesIn(dir)) {
    if (ReadFile(file).find(bytes) != std::string::npos) {
      names.push_back(file.filename());
    }
  }
  return names;
}

}  // namespace levee::tests

#endif  // LEVEE_TESTS_STORAGE_RAW_STORE_H_
