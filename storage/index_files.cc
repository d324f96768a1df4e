#include "storage/index_files.h"

#include <rocksdb/env.h>
#include <rocksdb/sst_file_writer.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/keys.h"

namespace levee::storage {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kFiles[] = {"build-index", "build-names", "build-keys"};

std::string PathOf(const Engine& engine, const char* name) {
  return absl::StrCat(engine.options.dir, "/", name);
}

// Of equal keys the last one put stays.
void Sort(Pairs* pairs) {
  std::stable_sort(
      pairs->begin(), pairs->end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  auto out = pairs->begin();
  for (auto it = pairs->begin(); it != pairs->end(); ++it) {
    if (std::next(it) != pairs->end() && std::next(it)->first == it->first) {
      continue;
    }
    if (out != it) *out = std::move(*it);
    ++out;
  }
  pairs->erase(out, pairs->end());
}

rocksdb::Status WriteFile(const std::string& path,
                          const rocksdb::Options& options, const Pairs& pairs) {
  // What lies there may be another name of a file that was taken in, and
  // writing to it would ruin that one.
  rocksdb::Status status = options.env->FileExists(path);
  if (status.ok()) status = options.env->DeleteFile(path);
  if (!status.ok() && !status.IsNotFound()) return status;
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(options), options);
  status = writer.Open(path);
  for (const auto& [key, value] : pairs) {
    if (!status.ok()) return status;
    status = writer.Put(key, value);
  }
  return status.ok() ? writer.Finish() : status;
}

absl::Status Ingest(const Engine& engine, rocksdb::ColumnFamilyHandle* family,
                    const rocksdb::Options& options, const char* name,
                    Pairs pairs) {
  if (pairs.empty()) return absl::OkStatus();
  Sort(&pairs);
  const std::string path = PathOf(engine, name);
  rocksdb::Status status = WriteFile(path, options, pairs);
  if (status.ok()) {
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    ingest.write_global_seqno = false;
    status = engine.db->IngestExternalFile(family, {path}, ingest);
  }
  return ToStatus(status, absl::StrCat("taking in ", name));
}

Pairs IndexPairs(const Tail& tail) {
  Pairs pairs;
  pairs.reserve(2 * tail.events().size());
  for (const TailEvent& event : tail.events()) {
    pairs.emplace_back(EventKey(event.id),
                       EventValue({.sequence = event.sequence,
                                   .decided_at_ms = event.decided_at_ms}));
    if (event.customer == 0) continue;
    pairs.emplace_back(TimelineKey(event.tenant, event.customer,
                                   {.effective_ms = event.effective_ms,
                                    .sequence = event.sequence}),
                       "");
  }
  return pairs;
}

Pairs NamePairs(const Tail& tail) {
  Pairs pairs;
  pairs.reserve(2 * tail.names().size());
  for (const TailName& tail_name : tail.names()) {
    const NewName& name = tail_name.name;
    pairs.emplace_back(NameKey(name.tenant, name.kind, name.id),
                       HandleValue(name.handle));
    pairs.emplace_back(HandleKey(name.tenant, name.kind, name.handle), name.id);
  }
  return pairs;
}

Pairs KeyPairs(const Tail& tail) {
  Pairs pairs;
  for (const TailName& tail_name : tail.names()) {
    if (tail_name.key.empty()) continue;
    pairs.emplace_back(
        CustomerKey(tail_name.name.tenant, tail_name.name.handle),
        tail_name.key);
  }
  return pairs;
}

}  // namespace

absl::Status IngestTail(const Engine& engine, const Tail& tail) {
  absl::Status status = Ingest(engine, engine.index, engine.index_options,
                               kFiles[0], IndexPairs(tail));
  if (status.ok()) {
    status = Ingest(engine, engine.names, engine.names_options, kFiles[1],
                    NamePairs(tail));
  }
  if (status.ok()) {
    status = Ingest(engine, engine.keys, engine.keys_options, kFiles[2],
                    KeyPairs(tail));
  }
  return status;
}

void RemoveIndexFiles(const Engine& engine) {
  for (const char* name : kFiles) {
    // Mostly there is none, and what stays is in nobody's way.
    engine.env->DeleteFile(PathOf(engine, name)).PermitUncheckedError();
  }
}

}  // namespace levee::storage
