// Builds batches of plausible entries, so that a test's line shows only what
// matters to it.
#ifndef LEVEE_TESTS_STORAGE_BATCH_BUILDER_H_
#define LEVEE_TESTS_STORAGE_BATCH_BUILDER_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "levee/storage/v1/entry.pb.h"
#include "levee/storage/v1/side.pb.h"
#include "storage/journal.h"

namespace levee::tests {

// A hash that stands for the event id of that number.
inline storage::Id128 IdOf(uint64_t number) {
  // Spread, as a hash would be.
  const uint64_t words[2] = {number * 0x9e3779b97f4a7c15, number};
  storage::Id128 id;
  std::memcpy(id.data(), words, sizeof(words));
  return id;
}

// What stands in an event's place in a batch.
struct EventOf {
  uint64_t id = 0;
  uint64_t tenant = 1;
  uint64_t customer = 1;
  int64_t effective_ms = 1'000;
  int64_t decided_at_ms = 1'000;
  // Empty: the event brings no text.
  std::string body = "";
};

class BatchBuilder {
 public:
  explicit BatchBuilder(uint64_t first_sequence) {
    batch_.first_sequence = first_sequence;
  }

  BatchBuilder& Event(const EventOf& event) {
    const auto place = static_cast<uint32_t>(batch_.ends.size());
    const storage::Id128 id = IdOf(event.id);
    storage::v1::Entry entry;
    entry.set_tenant(event.tenant);
    entry.set_decided_at_ms(event.decided_at_ms);
    storage::v1::EventEntry* const what = entry.mutable_event();
    what->set_event_id_hash(id.data(), id.size());
    what->mutable_happening()->set_effective_ms(event.effective_ms);
    what->mutable_happening()->mutable_subjects()->set_customer(event.customer);
    batch_.index.push_back({place, id, event.tenant, event.customer,
                            event.effective_ms, event.decided_at_ms});
    if (!event.body.empty()) {
      storage::v1::EventText text;
      text.set_event_id("e" + std::to_string(event.id));
      text.set_body(event.body);
      batch_.texts.push_back(
          {place, event.tenant, event.customer, text.SerializeAsString(), {}});
    }
    return Add(entry);
  }

  // An entry that is no event.
  BatchBuilder& RuleSet(std::string_view text, int64_t decided_at_ms = 1'000) {
    storage::v1::Entry entry;
    entry.set_tenant(1);
    entry.set_decided_at_ms(decided_at_ms);
    entry.mutable_rule_set()->set_text(std::string(text));
    return Add(entry);
  }

  BatchBuilder& Name(storage::v1::NameKind kind, std::string id,
                     uint64_t handle, uint64_t tenant = 1) {
    batch_.names.push_back({.tenant = tenant,
                            .kind = kind,
                            .handle = handle,
                            .id = std::move(id)});
    return *this;
  }
  BatchBuilder& Customer(std::string id, uint64_t handle) {
    return Name(storage::v1::NAME_KIND_CUSTOMER, std::move(id), handle);
  }

  const storage::Batch& batch() const { return batch_; }
  operator const storage::Batch&() const {  // NOLINT(google-explicit-*)
    return batch_;
  }

 private:
  BatchBuilder& Add(const storage::v1::Entry& entry) {
    entry.AppendToString(&batch_.entries);
    batch_.ends.push_back(static_cast<uint32_t>(batch_.entries.size()));
    batch_.decided_at_ms = entry.decided_at_ms();
    return *this;
  }

  storage::Batch batch_;
};

// The entry's serialized bytes.
inline std::string EntryOf(const storage::Batch& batch, size_t i) {
  const uint32_t start = i == 0 ? 0 : batch.ends[i - 1];
  return batch.entries.substr(start, batch.ends[i] - start);
}

}  // namespace levee::tests

#endif  // LEVEE_TESTS_STORAGE_BATCH_BUILDER_H_
