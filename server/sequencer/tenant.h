// A tenant as the sequencer knows it.
#ifndef LEVEE_SERVER_SEQUENCER_TENANT_H_
#define LEVEE_SERVER_SEQUENCER_TENANT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "server/rules/rule_set.h"
#include "storage/mutex.h"

namespace levee::sequencer {

struct Tenant {
  // Constant once the sequencer runs.
  std::string name;
  uint64_t handle = 0;

  // The rule set in force; null for none. Threads: any.
  std::shared_ptr<const rules::RuleSet> rules() const {
    storage::MutexLock lock(mutex);
    return rules_in_force;
  }
  void set_rules(std::shared_ptr<const rules::RuleSet> rules) const {
    storage::MutexLock lock(mutex);
    rules_in_force = std::move(rules);
  }

  mutable storage::Mutex mutex;
  mutable std::shared_ptr<const rules::RuleSet> rules_in_force
      ABSL_GUARDED_BY(mutex);
};

}  // namespace levee::sequencer

#endif  // LEVEE_SERVER_SEQUENCER_TENANT_H_
