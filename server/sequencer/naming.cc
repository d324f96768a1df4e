#include "server/sequencer/naming.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace levee::sequencer {

Naming::Naming(const storage::NameStore* store, int64_t names_max,
               std::function<uint64_t()> random)
    : store_(store),
      generation_max_(static_cast<size_t>(std::max<int64_t>(names_max, 2)) / 2),
      random_(std::move(random)) {}

const Naming::Key& Naming::KeyOf(const storage::NameRef& name) {
  constexpr size_t kHead = 1 + sizeof(name.tenant);
  key_.resize(kHead + name.id.size());
  key_[0] = static_cast<char>(name.kind);
  std::memcpy(&key_[1], &name.tenant, sizeof(name.tenant));
  std::memcpy(key_.data() + kHead, name.id.data(), name.id.size());
  return key_;
}

void Naming::Remember(const Key& key, uint64_t handle) {
  if (young_.size() >= generation_max_) {
    old_ = std::move(young_);
    young_ = Generation();
  }
  young_[key] = handle;
}

std::optional<uint64_t> Naming::Find(const storage::NameRef& name) {
  const Key& key = KeyOf(name);
  if (auto it = young_.find(key); it != young_.end()) return it->second;
  if (auto it = old_.find(key); it != old_.end()) {
    const uint64_t handle = it->second;
    Remember(key, handle);
    return handle;
  }
  return std::nullopt;
}

std::optional<uint64_t> Naming::Want(const storage::NameRef& name) {
  const std::optional<uint64_t> handle = Find(name);
  if (!handle) wanted_.push_back(name);
  return handle;
}

absl::Status Naming::Load() {
  if (wanted_.empty()) return absl::OkStatus();
  found_.assign(wanted_.size(), std::nullopt);
  absl::Status read = store_->FindHandles(wanted_, absl::MakeSpan(found_));
  for (size_t i = 0; read.ok() && i < wanted_.size(); ++i) {
    if (found_[i]) Remember(KeyOf(wanted_[i]), *found_[i]);
  }
  wanted_.clear();
  return read;
}

uint64_t Naming::NewHandle() {
  while (true) {
    const uint64_t handle = random_();
    if (handle != 0) return handle;
  }
}

uint64_t Naming::FindOrPropose(const storage::NameRef& name, bool* proposed) {
  if (std::optional<uint64_t> handle = Find(name)) return *handle;
  *proposed = true;
  auto [it, inserted] = proposals_.try_emplace(KeyOf(name), 0);
  if (inserted) it->second = NewHandle();
  return it->second;
}

uint64_t Naming::Give(const storage::NameRef& name,
                      std::vector<storage::NewName>* given) {
  bool proposed = false;
  const uint64_t handle = FindOrPropose(name, &proposed);
  if (!proposed) return handle;
  Remember(KeyOf(name), handle);
  given->push_back({.tenant = name.tenant,
                    .kind = name.kind,
                    .handle = handle,
                    .id = std::string(name.id)});
  return handle;
}

}  // namespace levee::sequencer
