// Folds a journal from its start into entities, and re-decides it, so that a
// test can hold what was stored against what the journal says.
#ifndef LEVEE_TESTS_FOLD_H_
#define LEVEE_TESTS_FOLD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "levee/storage/v1/entry.pb.h"
#include "server/rules/decide.h"
#include "server/rules/rule_set.h"
#include "server/state/entity.h"
#include "storage/shard.h"

namespace levee::tests {

using Records = std::map<std::string, std::string>;

// What lies in the store's family `state`.
inline Records StoredRecords(const storage::EntityStore& store) {
  Records records;
  absl::Status scanned = store.ScanEntities(
      "", [&](std::string_view key, std::string_view record) {
        records.emplace(key, record);
        return true;
      });
  if (!scanned.ok()) records.emplace("error", scanned.ToString());
  return records;
}

// What should lie there once everything is flushed: the fold of the whole
// journal. Also re-measures nothing but re-decides every event from its
// recorded facts; the first difference is INTERNAL.
inline absl::Status Fold(const storage::Journal& journal, Records* records) {
  std::map<state::EntityKey, state::Entity> entities;
  std::map<uint64_t, std::map<uint64_t, std::shared_ptr<const rules::RuleSet>>>
      rule_sets;
  absl::Status result;
  absl::Status scanned = journal.Scan(
      1, journal.head().last_sequence,
      [&](uint64_t sequence, std::string_view bytes) {
        storage::v1::Entry entry;
        if (!entry.ParseFromArray(bytes.data(),
                                  static_cast<int>(bytes.size()))) {
          result = absl::InternalError(absl::StrCat(sequence, ": no entry"));
          return false;
        }
        if (entry.has_rule_set()) {
          const uint64_t revision = entry.rule_set().revision();
          rule_sets[entry.tenant()][revision] =
              rules::Compile(entry.rule_set().text(), revision,
                             entry.rule_set().shadow())
                  .rule_set;
        } else if (entry.has_event()) {
          const uint64_t revision = entry.event().rule_set_revision();
          storage::v1::DecisionOutcome outcome;
          rules::Decide(revision == 0
                            ? nullptr
                            : rule_sets[entry.tenant()][revision].get(),
                        entry.event(), &outcome);
          if (outcome.SerializeAsString() !=
              entry.event().outcome().SerializeAsString()) {
            result = absl::InternalError(absl::StrCat(
                sequence, ": decided again: ", outcome.ShortDebugString(),
                "; recorded: ", entry.event().outcome().ShortDebugString()));
            return false;
          }
        }
        std::vector<state::EntityKey> keys;
        state::AppendKeysOf(entry, sequence, &keys);
        for (const state::EntityKey& key : keys) {
          auto [it, inserted] =
              entities.try_emplace(key, state::Entity(key.kind));
          it->second.Apply(entry, sequence, key);
        }
        return true;
      });
  if (!scanned.ok()) return scanned;
  for (const auto& [key, entity] : entities) {
    records->emplace(key.Encode(), entity.Encode());
  }
  return result;
}

}  // namespace levee::tests

#endif  // LEVEE_TESTS_FOLD_H_
