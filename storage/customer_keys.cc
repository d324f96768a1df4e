#include "storage/customer_keys.h"

namespace levee::storage {

std::optional<std::string> CustomerKeys::Find(uint64_t tenant,
                                              uint64_t customer) {
  MutexLock lock(mutex_);
  const Customer wanted(tenant, customer);
  if (auto it = young_.find(wanted); it != young_.end()) return it->second;
  auto it = old_.find(wanted);
  if (it == old_.end()) return std::nullopt;
  std::string key = it->second;
  Keep(wanted, key);
  return key;
}

void CustomerKeys::Insert(uint64_t tenant, uint64_t customer, std::string key) {
  MutexLock lock(mutex_);
  Keep({tenant, customer}, std::move(key));
}

void CustomerKeys::Erase(uint64_t tenant, uint64_t customer) {
  MutexLock lock(mutex_);
  young_.erase({tenant, customer});
  old_.erase({tenant, customer});
}

void CustomerKeys::Keep(const Customer& customer, std::string key) {
  if (young_.size() >= generation_max_) {
    old_ = std::move(young_);
    young_.clear();
  }
  young_[customer] = std::move(key);
}

}  // namespace levee::storage
