// Opening a store, and refusing with a sentence what is none of ours.
//
// A new store is finished by the write of `format` to `meta`. A directory in
// which that was never reached (the machine went down) and in which nothing
// else was written is a new store still.
#include <rocksdb/env.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/bytes.h"
#include "storage/heads.h"
#include "storage/keys.h"
#include "storage/rocks_engine.h"
#include "storage/rocks_tuning.h"
#include "storage/seal.h"

namespace levee::storage {
namespace {

// Format 1 was that of no release.
constexpr uint32_t kFormat = 2;
constexpr size_t kHashKeyBytes = 32;
// RocksDB wants this one; it stays empty.
constexpr char kDefaultFamily[] = "default";

// Our families and where their handles go.
struct FamilyPlace {
  const char* name;
  rocksdb::ColumnFamilyHandle* Engine::*handle;
};
constexpr FamilyPlace kFamilies[] = {
    {"journal", &Engine::journal}, {"texts", &Engine::texts},
    {"index", &Engine::index},     {"state", &Engine::state},
    {"base", &Engine::base},       {"names", &Engine::names},
    {"keys", &Engine::keys},       {"meta", &Engine::meta},
    {"notes", &Engine::notes},
};

class Opener {
 public:
  explicit Opener(const RocksOptions& options)
      : engine_(std::make_unique<Engine>()), dir_(options.dir) {
    engine_->options = options;
    engine_->env =
        options.env == nullptr ? rocksdb::Env::Default() : options.env;
    engine_->horizon = std::make_shared<IndexHorizon>();
    cache_ = MakeBlockCache(options);
  }

  absl::StatusOr<std::unique_ptr<Engine>> Open();

 private:
  // What lies in the directory: sets exists_, or tells why it is not ours.
  absl::Status Survey();
  absl::Status OpenDatabase();
  absl::Status CheckFormat();
  absl::Status CreateFamily(const FamilyPlace& place);
  // Whether not a single key lies in any family.
  absl::StatusOr<bool> IsEmpty() const;
  absl::Status Create();
  absl::Status ReadIdentity();

  absl::Status Explain(const rocksdb::Status& status) const;
  absl::Status Damaged(const std::string& what) const {
    return absl::DataLossError(absl::StrCat(
        "the store in ", dir_, " is damaged: ", what, ": restore a backup"));
  }
  absl::Status NotOurs(const std::string& what) const {
    return absl::FailedPreconditionError(
        absl::StrCat(dir_, " is not a Levee store: ", what,
                     ": name an empty directory, or one that Levee made"));
  }
  rocksdb::ColumnFamilyOptions OptionsOf(const std::string& family) const {
    return FamilyOptions(engine_->options, family, cache_, engine_->horizon);
  }
  rocksdb::Options WriterOptions(const std::string& family) const {
    return {DatabaseOptions(engine_->options, engine_->env), OptionsOf(family)};
  }

  std::unique_ptr<Engine> engine_;
  const std::string dir_;
  std::shared_ptr<rocksdb::Cache> cache_;
  bool exists_ = false;
  std::vector<std::string> families_ = {kDefaultFamily};
};

// Of a directory without CURRENT: what RocksDB may have left behind when it
// was cut short before it, and what a file system puts there itself.
bool MayLieInNewStore(const std::string& name) {
  return name == "." || name == ".." || name == "LOCK" || name == "IDENTITY" ||
         name == "lost+found" || absl::StartsWith(name, "LOG") ||
         absl::StartsWith(name, "MANIFEST-") || absl::EndsWith(name, ".dbtmp");
}

absl::Status Opener::Explain(const rocksdb::Status& status) const {
  const std::string text = status.ToString();
  if (absl::StrContains(text, "lock hold by") ||
      absl::StrContains(text, "While lock file")) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store in ", dir_,
                     " is open in another process: stop that one first"));
  }
  const bool missing = status.IsPathNotFound() || status.IsNotFound() ||
                       absl::StrContains(text, "No such file");
  if (status.IsCorruption() || (exists_ && missing)) return Damaged(text);
  if (status.IsNotSupported() || status.IsInvalidArgument()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the store in ", dir_, " cannot be read by this release: ", text,
        ": use the release that wrote it, or a newer one"));
  }
  return absl::UnavailableError(
      absl::StrCat("cannot open the store in ", dir_, ": ", text));
}

absl::Status Opener::Survey() {
  std::vector<std::string> names;
  const rocksdb::Status status = engine_->env->GetChildren(dir_, &names);
  if (status.IsNotFound() || status.IsPathNotFound()) return absl::OkStatus();
  if (!status.ok()) return Explain(status);
  exists_ = std::find(names.begin(), names.end(), "CURRENT") != names.end();
  if (exists_) return absl::OkStatus();
  // In whatever order the directory tells them.
  for (const std::string& name : names) {
    if (name == "ACKED" || absl::EndsWith(name, ".sst")) {
      return Damaged("the file CURRENT is missing");
    }
  }
  for (const std::string& name : names) {
    if (!MayLieInNewStore(name)) return NotOurs("it holds " + name);
  }
  return absl::OkStatus();
}

absl::Status Opener::OpenDatabase() {
  rocksdb::DBOptions database = DatabaseOptions(engine_->options, engine_->env);
  if (exists_) {
    const rocksdb::Status status =
        rocksdb::DB::ListColumnFamilies(database, dir_, &families_);
    if (!status.ok()) return Explain(status);
  } else {
    database.create_missing_column_families = true;
    for (const FamilyPlace& place : kFamilies) {
      families_.emplace_back(place.name);
    }
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& family : families_) {
    descriptors.emplace_back(family, OptionsOf(family));
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(database, dir_, descriptors, &engine_->handles, &db);
  if (!status.ok()) return Explain(status);
  engine_->db.reset(db);
  for (size_t i = 0; i < families_.size(); ++i) {
    for (const FamilyPlace& place : kFamilies) {
      if (families_[i] == place.name) {
        engine_.get()->*place.handle = engine_->handles[i];
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Opener::IsEmpty() const {
  for (rocksdb::ColumnFamilyHandle* handle : engine_->handles) {
    const std::unique_ptr<rocksdb::Iterator> it(
        engine_->db->NewIterator(rocksdb::ReadOptions(), handle));
    it->SeekToFirst();
    if (!it->status().ok()) return Explain(it->status());
    if (it->Valid()) return false;
  }
  return true;
}

absl::Status Opener::CheckFormat() {
  std::string format;
  rocksdb::Status status = rocksdb::Status::NotFound();
  if (engine_->meta != nullptr) {
    status = engine_->db->Get(rocksdb::ReadOptions(), engine_->meta,
                              ToSlice(kMetaFormat), &format);
  }
  if (status.IsNotFound()) {
    absl::StatusOr<bool> empty = IsEmpty();
    if (!empty.ok()) return empty.status();
    const bool ours = engine_->handles.size() == 1 ||
                      engine_->meta != nullptr || engine_->journal != nullptr;
    if (*empty && ours) return Create();
    return NotOurs("it is a database of something else");
  }
  if (!status.ok()) return Explain(status);
  if (format.size() != 4) return Damaged("its format is not a number");
  const uint32_t found = GetBig32(format.data());
  if (found > kFormat) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the store in ", dir_, " has format ", found,
        ", and this release of Levee knows formats up to ", kFormat,
        ": use the release that wrote it, or a newer one"));
  }
  if (found < kFormat) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the store in ", dir_, " has format ", found,
        ", from before the first release, and this release of Levee knows "
        "format ",
        kFormat,
        " only: begin with an empty directory, and import the history anew"));
  }
  for (const FamilyPlace& place : kFamilies) {
    if (engine_.get()->*place.handle == nullptr) {
      return Damaged(absl::StrCat("its family ", place.name, " is missing"));
    }
  }
  return absl::OkStatus();
}

absl::Status Opener::CreateFamily(const FamilyPlace& place) {
  rocksdb::ColumnFamilyHandle*& handle = engine_.get()->*place.handle;
  if (handle != nullptr) return absl::OkStatus();
  const rocksdb::Status status = engine_->db->CreateColumnFamily(
      OptionsOf(place.name), place.name, &handle);
  if (!status.ok()) return Explain(status);
  engine_->handles.push_back(handle);
  return absl::OkStatus();
}

absl::Status Opener::Create() {
  for (const FamilyPlace& place : kFamilies) {
    absl::Status status = CreateFamily(place);
    if (!status.ok()) return status;
  }
  absl::StatusOr<std::string> hash_key = RandomBytes(kHashKeyBytes);
  if (!hash_key.ok()) return hash_key.status();
  // Any 32 bytes are the seed of an Ed25519 key.
  absl::StatusOr<std::string> signing_key = RandomBytes(kSigningKeyBytes);
  if (!signing_key.ok()) return signing_key.status();
  std::string format;
  AppendBig32(kFormat, &format);
  rocksdb::WriteBatch batch;
  batch.Put(engine_->meta, ToSlice(kMetaShard),
            ShardPrefix(engine_->options.shard));
  batch.Put(engine_->meta, ToSlice(kMetaHashKey), *hash_key);
  batch.Put(engine_->meta, ToSlice(kMetaSigningKey), *signing_key);
  batch.Put(engine_->meta, ToSlice(kMetaFormat), format);
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const rocksdb::Status status = engine_->db->Write(durable, &batch);
  if (!status.ok()) return Explain(status);
  // RocksDB makes the directory, and leaves it to us that its name survives.
  std::unique_ptr<rocksdb::Directory> parent;
  const std::string path = absl::StrCat(dir_, "/..");
  rocksdb::Status named = engine_->env->NewDirectory(path, &parent);
  if (named.ok()) named = parent->Fsync();
  return named.ok() ? absl::OkStatus() : Explain(named);
}

absl::Status Opener::ReadIdentity() {
  const std::pair<std::string_view, std::string*> keys[] = {
      {kMetaHashKey, &engine_->hash_key},
      {kMetaSigningKey, &engine_->signing_key}};
  for (const auto& [name, value] : keys) {
    const rocksdb::Status status = engine_->db->Get(
        rocksdb::ReadOptions(), engine_->meta, ToSlice(name), value);
    if (!status.ok() && !status.IsNotFound()) return Explain(status);
    if (value->size() != 32) {
      return Damaged(
          absl::StrCat("its ", std::string(name), " is not 32 bytes long"));
    }
  }
  std::string shard;
  const rocksdb::Status status = engine_->db->Get(
      rocksdb::ReadOptions(), engine_->meta, ToSlice(kMetaShard), &shard);
  if (!status.ok() && !status.IsNotFound()) return Explain(status);
  if (shard.size() != 4) return Damaged("its shard is not a number");
  if (GetBig32(shard.data()) == engine_->options.shard) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the store in ", dir_, " holds shard ", GetBig32(shard.data()), ", not ",
      engine_->options.shard, ": name that shard's directory"));
}

absl::StatusOr<std::unique_ptr<Engine>> Opener::Open() {
  absl::Status status = Survey();
  if (status.ok()) status = OpenDatabase();
  if (status.ok()) status = CheckFormat();
  if (status.ok()) status = ReadIdentity();
  if (!status.ok()) return status;
  engine_->index_options = WriterOptions("index");
  engine_->names_options = WriterOptions("names");
  engine_->keys_options = WriterOptions("keys");
  return std::move(engine_);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> OpenEngine(
    const RocksOptions& options) {
  return Opener(options).Open();
}

}  // namespace levee::storage
