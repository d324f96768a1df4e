#include "server/rpc/groups.h"

#include <algorithm>
#include <future>
#include <utility>

namespace levee::rpc {
namespace {

using sequencer::EventGroup;

void Complete(std::unique_ptr<EventGroup> group) {
  auto done = std::move(group->done);
  done(std::move(group));
}

}  // namespace

void Send(sequencer::Sequencer* sequencer, std::unique_ptr<EventGroup> group) {
  // An import's refused events count into its position: the sequencer must
  // hear of them.
  if (group->purpose != sequencer::Purpose::kImport &&
      std::none_of(group->items.begin(), group->items.end(),
                   [](const auto& item) { return item.status.ok(); })) {
    return Complete(std::move(group));
  }
  sequencer::Job job = std::move(group);
  const absl::Status refused = sequencer->Enqueue(job);
  if (refused.ok()) return;
  group = std::move(std::get<std::unique_ptr<EventGroup>>(job));
  for (sequencer::Item& item : group->items) {
    if (item.status.ok()) item.status = refused;
  }
  Complete(std::move(group));
}

absl::Status LookAt(
    sequencer::Sequencer* sequencer, const state::EntityKey& key,
    absl::FunctionRef<absl::Status(const state::Entity*)> look) {
  // Shared: setting the value may still be under way when the wait ends.
  auto seen = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> answer = seen->get_future();
  auto request = std::make_unique<sequencer::Look>();
  request->key = key;
  request->look = [&look](const state::Entity* entity) { return look(entity); };
  request->done = [seen](absl::Status status) {
    seen->set_value(std::move(status));
  };
  sequencer::Job job = std::move(request);
  if (absl::Status status = sequencer->Enqueue(job); !status.ok()) {
    return status;
  }
  return answer.get();
}

void RecordLatency(const Parts& parts, int64_t arrived_us, size_t events) {
  const int64_t now_us = MonotonicUs();
  parts.latency->Record(now_us / 1000, now_us - arrived_us, events);
}

}  // namespace levee::rpc
