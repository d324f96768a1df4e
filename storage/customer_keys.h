// Text keys of the customers written about lately.
#ifndef LEVEE_STORAGE_CUSTOMER_KEYS_H_
#define LEVEE_STORAGE_CUSTOMER_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "storage/mutex.h"

namespace levee::storage {

// A cache in two generations: when the young one is full it becomes the old
// one, and what is found in the old one becomes young again. Holds at most
// `keys_max` keys.
//
// Threads: any.
class CustomerKeys {
 public:
  explicit CustomerKeys(size_t keys_max) : generation_max_(keys_max / 2 + 1) {}

  std::optional<std::string> Find(uint64_t tenant, uint64_t customer);
  void Insert(uint64_t tenant, uint64_t customer, std::string key);
  void Erase(uint64_t tenant, uint64_t customer);

 private:
  using Customer = std::pair<uint64_t, uint64_t>;
  using Generation = absl::flat_hash_map<Customer, std::string>;

  void Keep(const Customer& customer, std::string key)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t generation_max_;

  Mutex mutex_;
  Generation young_ ABSL_GUARDED_BY(mutex_);
  Generation old_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace levee::storage

#endif  // LEVEE_STORAGE_CUSTOMER_KEYS_H_
