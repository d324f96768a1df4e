// A sequencer over a store, driven by hand: time stands still until it is
// moved, handles are counted, and Submit waits for the answer.
#ifndef LEVEE_TESTS_SERVER_SEQUENCER_DESK_H_
#define LEVEE_TESTS_SERVER_SEQUENCER_DESK_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "levee/v1/decision.pb.h"
#include "levee/v1/event.pb.h"
#include "server/rules/rule_set.h"
#include "server/sequencer/directory.h"
#include "server/sequencer/sequencer.h"
#include "storage/shard.h"

namespace levee::tests {

// Threads: any.
class FakeClock final : public sequencer::Clock {
 public:
  // 2026-01-01T00:00:00Z.
  static constexpr int64_t kStartMs = 1'767'225'600'000;

  int64_t WallMs() const override { return wall_ms_; }
  int64_t MonotonicMs() const override { return monotonic_ms_; }
  void Advance(int64_t ms) {
    wall_ms_ += ms;
    monotonic_ms_ += ms;
  }
  void JumpWall(int64_t ms) { wall_ms_ += ms; }

 private:
  std::atomic<int64_t> wall_ms_{kStartMs};
  std::atomic<int64_t> monotonic_ms_{5'000};
};

// SplitMix64: well-spread handles that are the same in every run.
class CountedHandles {
 public:
  explicit CountedHandles(uint64_t seed) : state_(seed) {}
  uint64_t operator()() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

class Desk {
 public:
  // `shard` must outlive the desk.
  explicit Desk(storage::Shard* shard, sequencer::Options options = {})
      : shard_(shard), options_(std::move(options)) {
    if (options_.tenants.empty()) options_.tenants = {"acme", "other"};
    if (!options_.random) options_.random = CountedHandles(7);
    if (options_.clock == nullptr) options_.clock = &clock;
  }

  // Errors: those of Sequencer::Start.
  absl::Status Start() {
    auto started = sequencer::Sequencer::Start(shard_, options_);
    if (!started.ok()) return started.status();
    sequencer = *std::move(started);
    return absl::OkStatus();
  }
  void Stop() { sequencer.reset(); }
  absl::Status Restart() {
    Stop();
    // Other handles than before, as a new process would draw.
    options_.random = CountedHandles(++restarts_ * 1'000'003);
    return Start();
  }

  // Decides the events as one group and waits; an error for each that failed.
  std::vector<absl::StatusOr<v1::Decision>> SubmitAll(
      std::vector<v1::TicketEvent> events,
      sequencer::Purpose purpose = sequencer::Purpose::kSubmit,
      std::string import_id = "", uint64_t position = 0,
      const std::string& tenant = "acme") {
    std::vector<v1::Decision> decisions(events.size());
    auto group = std::make_unique<sequencer::EventGroup>();
    group->tenant = sequencer->FindTenant(tenant);
    group->purpose = purpose;
    group->import_id = std::move(import_id);
    group->import_position = position;
    for (size_t i = 0; i < events.size(); ++i) {
      sequencer::Item& item = group->items.emplace_back();
      item.event = &events[i];
      item.decision = &decisions[i];
      sequencer->Prepare(*group->tenant, &item);
    }
    std::promise<std::vector<absl::Status>> answered;
    group->done = [&](std::unique_ptr<sequencer::EventGroup> done) {
      std::vector<absl::Status> statuses;
      for (sequencer::Item& item : done->items) {
        statuses.push_back(std::move(item.status));
      }
      answered.set_value(std::move(statuses));
    };
    sequencer::Job job = std::move(group);
    const absl::Status queued = sequencer->Enqueue(job);
    std::vector<absl::Status> statuses(events.size(), queued);
    if (queued.ok()) statuses = answered.get_future().get();
    std::vector<absl::StatusOr<v1::Decision>> results;
    for (size_t i = 0; i < events.size(); ++i) {
      if (statuses[i].ok()) {
        results.emplace_back(std::move(decisions[i]));
      } else {
        results.emplace_back(statuses[i]);
      }
    }
    return results;
  }

  absl::StatusOr<v1::Decision> Submit(const v1::TicketEvent& event,
                                      const std::string& tenant = "acme") {
    return SubmitAll({event}, sequencer::Purpose::kSubmit, "", 0, tenant)[0];
  }
  absl::StatusOr<v1::Decision> Preview(const v1::TicketEvent& event) {
    return SubmitAll({event}, sequencer::Purpose::kPreview)[0];
  }

  // Compiles and applies; the compiler's problems come as INVALID_ARGUMENT.
  absl::StatusOr<v1::RuleSetRevision> ApplyRules(
      const std::string& text, const std::string& tenant = "acme") {
    const sequencer::Tenant* owner = sequencer->FindTenant(tenant);
    const auto before = sequencer->RulesOf(*owner);
    auto act = std::make_unique<sequencer::RuleSetAct>();
    rules::Compiled compiled =
        rules::Compile(text, before == nullptr ? 1 : before->revision() + 1);
    if (compiled.rule_set == nullptr) {
      return absl::InvalidArgumentError(rules::ToString(compiled.problems));
    }
    act->tenant = owner;
    act->rules = compiled.rule_set;
    act->text = text;
    act->author = "operator";
    std::promise<absl::StatusOr<v1::RuleSetRevision>> answered;
    act->done = [&](absl::StatusOr<v1::RuleSetRevision> revision) {
      answered.set_value(std::move(revision));
    };
    sequencer::Job job = std::move(act);
    if (absl::Status queued = sequencer->Enqueue(job); !queued.ok()) {
      return queued;
    }
    return answered.get_future().get();
  }

  // Does what the act says for the tenant "acme" and waits; the sequence of
  // its entry.
  absl::StatusOr<uint64_t> Do(sequencer::Act given) {
    auto act = std::make_unique<sequencer::Act>(std::move(given));
    act->tenant = sequencer->FindTenant("acme");
    if (act->entry.author().empty()) act->entry.set_author("operator");
    std::promise<absl::StatusOr<uint64_t>> answered;
    act->done = [&](absl::StatusOr<uint64_t> sequence) {
      answered.set_value(std::move(sequence));
    };
    sequencer::Job job = std::move(act);
    if (absl::Status queued = sequencer->Enqueue(job); !queued.ok()) {
      return queued;
    }
    return answered.get_future().get();
  }

  // Shows what can be listed of the tenant "acme".
  absl::Status LookAtLists(
      const std::function<void(const sequencer::Directory::Lists&)>& look) {
    auto survey = std::make_unique<sequencer::Survey>();
    const uint64_t tenant =
        sequencer::Sequencer::HandleOf(*sequencer->FindTenant("acme"));
    survey->look = [&look, tenant](const sequencer::Directory& directory,
                                   int64_t) { look(directory.Of(tenant)); };
    std::promise<absl::Status> answered;
    survey->done = [&](absl::Status status) {
      answered.set_value(std::move(status));
    };
    sequencer::Job job = std::move(survey);
    if (absl::Status queued = sequencer->Enqueue(job); !queued.ok()) {
      return queued;
    }
    return answered.get_future().get();
  }

  FakeClock clock;
  std::unique_ptr<sequencer::Sequencer> sequencer;

 private:
  storage::Shard* const shard_;
  sequencer::Options options_;
  uint64_t restarts_ = 0;
};

}  // namespace levee::tests

#endif  // LEVEE_TESTS_SERVER_SEQUENCER_DESK_H_
