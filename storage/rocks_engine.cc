#include "storage/rocks_engine.h"

#include "absl/strings/str_cat.h"
#include "storage/bytes.h"
#include "storage/keys.h"

namespace levee::storage {

Engine::~Engine() {
  if (db == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    // Fails for none but a null or the default handle, which the database
    // keeps.
    db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  // What could fail here is a flush of what the log has as well.
  db->Close().PermitUncheckedError();
}

absl::StatusOr<std::optional<uint64_t>> Engine::MetaNumber(
    std::string_view name) const {
  std::string value;
  const rocksdb::Status status =
      db->Get(rocksdb::ReadOptions(), meta, ToSlice(name), &value);
  if (status.IsNotFound()) return std::optional<uint64_t>();
  if (!status.ok()) return ToStatus(status, "reading the store's positions");
  if (value.size() != 8) {
    return absl::DataLossError(
        absl::StrCat("the store is damaged: its position ", std::string(name),
                     " is not a number: restore a backup"));
  }
  return std::optional<uint64_t>(GetBig64(value.data()));
}

absl::Status ToStatus(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string message =
      absl::StrCat(std::string(what), ": ", status.ToString());
  if (status.IsCorruption()) {
    return absl::DataLossError(
        absl::StrCat("the store is damaged: ", message, ": restore a backup"));
  }
  if (status.IsNotFound()) return absl::NotFoundError(message);
  return absl::UnavailableError(message);
}

absl::Status GetAll(const Engine& engine, rocksdb::ColumnFamilyHandle* family,
                    const std::vector<std::string>& keys, std::string_view what,
                    std::vector<std::optional<std::string>>* values) {
  values->assign(keys.size(), std::nullopt);
  if (keys.empty()) return absl::OkStatus();
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> found(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  engine.db->MultiGet(rocksdb::ReadOptions(), family, slices.size(),
                      slices.data(), found.data(), statuses.data());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return ToStatus(statuses[i], what);
    (*values)[i] = found[i].ToString();
  }
  return absl::OkStatus();
}

}  // namespace levee::storage
